"""Options from the spec and the command line."""

from __future__ import annotations

from typing import Any

import pytest

from flowspec.train import Options, TrainError


def test_layers_of_options() -> None:
    spec = {"lr": 1, "betas": [0.5, 0.9], "epochs": 7, "schedule": "cosine"}
    options = Options().updated(spec, "`train`").updated({"lr": None, "epochs": 3}, "the command line")
    assert (options.lr, options.betas, options.epochs, options.batch) == (1.0, (0.5, 0.9), 3, 100)
    assert Options.from_json(options.as_json()) == options


@pytest.mark.parametrize(
    ("entry", "message", "helps"),
    [
        ({"learning": 1}, "`train` sets `learning`, which is no option of training", "the options are epochs, steps"),
        ({"epoch": 1}, "`train` sets `epoch`, which is no option of training", "did you mean `epochs`?"),
        ({"epochs": 1.5}, "`train` sets `epochs` to 1.5; it must be an integer", ""),
        ({"epochs": True}, "`train` sets `epochs` to True; it must be an integer", ""),
        ({"lr": "big"}, "`train` sets `lr` to 'big'; it must be a number", ""),
        ({"betas": [0.9]}, "`train` sets `betas` to [0.9]; it must be two numbers", ""),
        ({"compile": 1}, "`train` sets `compile` to 1; it must be true or false", ""),
        ({"lr": 0}, "the option `lr` is 0.0; it must be above 0", ""),
        ({"batch": 0}, "the option `batch` is 0; it must be 1 or more", ""),
        ({"ema": 1}, "the option `ema` is 1.0; it must be from 0 to below 1", ""),
        ({"orders": "some"}, "the option `orders` is 'some'; it must be one of sample, all", ""),
        ({"precision": "half"}, "the option `precision` is 'half'; it must be one of float32, bfloat16, float64", ""),
    ],
)
def test_faults(entry: dict[str, Any], message: str, helps: str) -> None:
    with pytest.raises(TrainError) as caught:
        Options().updated(entry, "`train`")
    assert caught.value.message == message
    assert caught.value.help.startswith(helps)


@pytest.mark.parametrize(
    ("options", "total"),
    [(Options(), 1000), (Options(epochs=3), 30), (Options(steps=7), 7), (Options(epochs=3, steps=7), 7)],
)
def test_the_end(options: Options, total: int) -> None:
    assert options.total_steps(10) == total


def test_rates() -> None:
    options = Options(lr=1.0, warmup=4, schedule="cosine")
    assert [round(options.rate(step, 100), 3) for step in (0, 3, 50, 100)] == [0.25, 0.998, 0.5, 0.0]
    assert Options(lr=0.5).rate(99, 100) == 0.5
