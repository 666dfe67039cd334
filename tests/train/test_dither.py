"""Noise for rounded numbers: fixed, of the declared widths, and counted as what it is."""

from __future__ import annotations

import json
import math
from pathlib import Path

import numpy as np
import pytest

torch = pytest.importorskip("torch")

from flowspec.train.data import load, load_rows  # noqa: E402
from flowspec.train.dither import dithered, log_widths  # noqa: E402
from flowspec.train.errors import TrainError  # noqa: E402
from flowspec.train.metrics import score  # noqa: E402
from flowspec.train.request import Request  # noqa: E402
from flowspec.train.session import defaults  # noqa: E402
from flowspec.train.values import Values  # noqa: E402
from tests.train.test_data import fault, npz, traits  # noqa: E402

REAL = Values.of("real")
COUNTS = np.arange(12000).reshape(4000, 3) % 7


def test_noise_fills_the_bins_evenly() -> None:
    x = dithered(COUNTS, (1.0, 0.5, 0.0), REAL, "`a`", "train") - COUNTS
    assert (x >= 0).all()
    assert x.max(0) == pytest.approx([1, 0.5, 0], abs=2e-3)
    assert x.max(0)[0] < 1
    assert x.mean(0) == pytest.approx([0.5, 0.25, 0], abs=0.02)
    assert abs(np.corrcoef(x[:, 0], x[:, 1])[0, 1]) < 0.05
    assert len(np.unique(x[:, 0])) == 4000


def test_noise_is_the_same_in_every_run_and_another_in_every_array() -> None:
    first, again, other = (dithered(COUNTS, (1.0,), REAL, "`a`", name) for name in ("train", "train", "test"))
    assert np.array_equal(first, again)
    assert abs(np.corrcoef((first - COUNTS).ravel(), (other - COUNTS).ravel())[0, 1]) < 0.05
    assert (first - COUNTS)[0].tolist() == pytest.approx([0.67352328, 0.92810108, 0.24466340], abs=1e-7)


def test_one_width_stands_for_every_variable() -> None:
    many = dithered(COUNTS, (0.5, 0.5, 0.5), REAL, "`a`", "x")
    assert np.array_equal(dithered(COUNTS, (0.5,), REAL, "`a`", "x"), many)
    image = dithered(COUNTS.reshape(4000, 1, 3, 1), (0.5,), REAL, "`a`", "x")
    assert np.array_equal(image.reshape(4000, 3), many)


@pytest.mark.parametrize("declared", ["binary", 7, "positive", (0.0, 10.0)])
def test_values_with_bounds_take_no_noise(declared: object) -> None:
    with pytest.raises(TrainError, match="--noise is for real data, and the model is of "):
        dithered(COUNTS, (1.0,), Values.of(declared), "`a`", "x")


def test_widths_that_do_not_fit(tmp_path: Path) -> None:
    source = npz(tmp_path, train=COUNTS)
    error = fault(lambda: load(Request(source, noise=(1.0, 1.0)), traits((3,), "real")))
    assert error.message == f"--noise names 2 widths, and the rows of `{source}` have 3 variables"
    for width in (-1.0, math.inf, math.nan):
        error = fault(lambda width=width: Request(source, noise=(1.0, width)))
        assert error.message == f"--noise has the width {width:g}; it must be 0 or more"


def test_missing_values_are_found_before_the_noise(tmp_path: Path) -> None:
    holes = COUNTS.astype(float)
    holes[5, 1] = np.nan
    error = fault(lambda: load(Request(npz(tmp_path, train=holes), noise=(1.0,)), traits((3,), "real")))
    assert "row 5" in error.message


def test_noise_comes_before_standardization_and_stays_on_other_data(tmp_path: Path) -> None:
    source, model = npz(tmp_path, train=COUNTS, test=COUNTS[:900]), traits((3,), "real")
    request = Request(source, noise=(1.0, 1.0, 1.0), standardize=True)
    data = load(request, model, wide=True)
    assert not any("few distinct values" in note for note in data.notes)
    assert data.standard is not None
    x = data.standard.undo(data.splits["test"].x)
    assert np.array_equal(np.floor(x + 1e-9), COUNTS[:900])
    rows = load_rows(request, model, "test", data.standard, wide=True)
    assert np.array_equal(rows.splits["test"].x, data.splits["test"].x)
    assert any("few distinct values" in note for note in load(Request(source), model).notes)


def test_requests_with_noise_survive_json_and_old_ones_have_none(tmp_path: Path) -> None:
    record = Request(npz(tmp_path, train=COUNTS), noise=(1.0, 0.0)).as_json()
    assert Request.from_json(json.loads(json.dumps(record))).noise == (1.0, 0.0)
    record.pop("noise")
    assert Request.from_json(record).noise == ()


def test_a_spec_may_ask_for_noise() -> None:
    _, request = defaults({"noise": 1}, Request("a.npz"))
    assert request.noise == (1.0,)
    _, request = defaults({"noise": [0.002, 1]}, Request("a.npz", noise=(3.0,)))
    assert request.noise == (3.0,)
    for wrong in ("a", True, [1, "b"], []):
        error = fault(lambda wrong=wrong: defaults({"noise": wrong}, Request("a.npz")))
        assert error.message.endswith("it must be a width or a list of widths")


def test_the_score_says_what_it_bounds() -> None:
    assert log_widths((0.5, 0.0, 2.0, 4.0), 4) == pytest.approx(math.log(4))
    assert log_widths((0.5,), 3) == pytest.approx(3 * math.log(0.5))
    log_p = torch.full((10,), -2.0, dtype=torch.float64)
    told = score("test", log_p, traits((3,), "real"), 0.0, (0.5,))
    assert told.lines()[-1] == "of x with the noise of --noise; -log P of the rounded x is at most 4.0794 nats"
    assert told.as_json()["noise"] == [0.5]
    assert not any("noise" in line for line in score("test", log_p, traits((3,), "real"), 0.0, (0.0,)).lines())


def test_the_bound_holds_and_is_tight_for_a_uniform_density() -> None:
    """Seven equally likely integers under a uniform density on [0, 7): -log P is ln 7."""
    x = dithered(COUNTS[:, :1], (1.0,), REAL, "`a`", "x")
    log_p = torch.where(torch.tensor((x >= 0) & (x < 7)), -math.log(7), -math.inf).sum(1)
    told = score("test", log_p, traits((1,), "real"), 0.0, (1.0,))
    assert told.nll - log_widths((1.0,), 1) == pytest.approx(math.log(7))
