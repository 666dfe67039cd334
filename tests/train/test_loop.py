"""The training loop: resumed runs, early stopping, faults, ensembles, precision."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from flowspec.train import metrics
from flowspec.train.compute import Compute, Feed
from flowspec.train.data import Data, Split, load
from flowspec.train.errors import TrainError
from flowspec.train.loop import FINISHED, INTERRUPTED, STOPPED, Job, Loop, Outcome, train
from flowspec.train.options import Options
from flowspec.train.progress import Quiet
from flowspec.train.request import Request
from flowspec.train.run import BEST, LAST, METRICS, RECORD, Run
from flowspec.train.session import Spec, begin
from flowspec.train.state import State
from flowspec.train.traits import Traits

from . import models


def bits(rows: int = 300) -> Data:
    random = np.random.default_rng(0)
    x = (random.random((rows, 6)) < [0.9, 0.1, 0.5, 0.5, 0.2, 0.8]).astype(np.uint8)
    x[:, 3] = x[:, 2]
    label = (x.sum(1) % 3).astype(np.uint8)
    cut = rows * 2 // 3
    return Data(
        "bits", {"train": Split(x[:cut], {"label": label[:cut]}), "valid": Split(x[cut:], {"label": label[cut:]})}
    )


def without_labels(data: Data) -> Data:
    return Data(data.source, {name: Split(split.x, {}) for name, split in data.splits.items()})


def job(cls: type, folder: Path, data: Data | None = None, precision: str = "float32", **options: Any) -> Job:
    traits = Traits.of(cls)
    if data is None:
        data = bits() if traits.given else without_labels(bits())
    chosen = Options(batch=32, precision=precision).updated(options, "a test")
    compute = Compute(torch.device("cpu"), precision)
    torch.manual_seed(chosen.seed)
    model = cls().to(compute.dtype)
    record = {
        "options": chosen.as_json(),
        "data": {"request": Request("bits").as_json(), "fingerprints": data.fingerprints()},
    }
    run = Run.open(folder) if (folder / RECORD).exists() else Run.create(folder, traits, {"spec.yaml": "x"}, record)
    return Job(model, traits, data, chosen, compute, run)


class StopAt:
    """Asks to stop once the loop has come to a step."""

    def __init__(self, step: int) -> None:
        self.left = step

    def __call__(self) -> bool:
        self.left -= 1
        return self.left < 0


def run(one: Job, stop: int = 10**9, resume: bool = False) -> Outcome:
    return train(one, Quiet(), StopAt(stop), "spec.yaml", resume)


def plain_history(folder: Path) -> list[dict[str, Any]]:
    history = json.loads((folder / RECORD).read_text())["history"]
    return [{name: value for name, value in entry.items() if name != "seconds"} for entry in history]


@pytest.mark.parametrize("cls", [models.Noisy, models.Ensemble, models.Conditional, models.Affine, models.Dequantized])
@pytest.mark.parametrize("stop", [0, 7, 12])
def test_resumed_equals_uninterrupted(cls: type, stop: int, tmp_path: Path) -> None:
    data = load(Request("synthetic:moons:200"), Traits.of(cls)) if cls is models.Affine else None
    if cls is models.Dequantized:
        x = np.random.default_rng(1).integers(0, 4, (300, 1, 2, 2)).astype(np.uint8)
        data = Data("ints", {"train": Split(x[:200], {}), "valid": Split(x[200:], {})})
    options = {"epochs": 4, "eval_every": 5, "ema": 0.9, "schedule": "cosine"}
    run(job(cls, tmp_path / "whole", data, **options))
    assert run(job(cls, tmp_path / "cut", data, **options), stop).reason == INTERRUPTED
    torch.manual_seed(99)  # whatever happened in between
    assert run(job(cls, tmp_path / "cut", data, **options), resume=True).reason == FINISHED
    for name in (BEST, LAST):
        whole, cut = (load_file(tmp_path / folder / name) for folder in ("whole", "cut"))
        assert whole.keys() == cut.keys()
        assert all(torch.equal(whole[key], cut[key]) for key in whole), name
    assert plain_history(tmp_path / "whole") == plain_history(tmp_path / "cut")


def test_same_seed_same_weights_other_seed_other_weights(tmp_path: Path) -> None:
    weights = []
    for folder, seed in (("a", 1), ("b", 1), ("c", 2)):
        run(job(models.TinyMade, tmp_path / folder, epochs=2, seed=seed))
        weights.append(load_file(tmp_path / folder / BEST)["head.weight"])
    assert torch.equal(weights[0], weights[1])
    assert not torch.equal(weights[0], weights[2])


def test_learns_the_distribution(tmp_path: Path) -> None:
    """The model approaches the entropy of the bits: a copy costs nothing once its original is known."""
    one = job(models.TinyMade, tmp_path / "run", without_labels(bits(3000)), epochs=60, lr=0.02)
    outcome = run(one)
    entropy = -sum(p * math.log(p) + (1 - p) * math.log(1 - p) for p in (0.9, 0.1, 0.5, 0.2, 0.8))
    assert outcome.best is not None
    assert outcome.best["valid_nats"] == pytest.approx(entropy, abs=0.12)


def test_early_stopping_keeps_the_best(tmp_path: Path) -> None:
    one = job(models.TinyMade, tmp_path / "run", epochs=500, lr=0.05, patience=3)
    outcome = run(one)
    history = plain_history(tmp_path / "run")
    assert outcome.reason == STOPPED
    assert [entry["best"] for entry in history[-3:]] == [False] * 3
    assert outcome.best == min(history, key=lambda e: e["valid_nats"]) | {"seconds": outcome.best["seconds"]}
    model = models.TinyMade()
    assert one.run.load_best(model, one.traits, "spec.yaml") == outcome.best["step"]
    log_p = metrics.log_probs(model, Feed(one.data.splits["valid"], one.traits, one.compute), one.compute, 32)
    assert metrics.score("valid", log_p, one.traits).nll == pytest.approx(outcome.best["valid_nats"], abs=1e-12)


def test_a_finished_run_is_resumed_to_more_epochs(tmp_path: Path) -> None:
    run(job(models.TinyMade, tmp_path / "run", epochs=2))
    assert run(job(models.TinyMade, tmp_path / "run", epochs=2), resume=True).step == 12
    assert run(job(models.TinyMade, tmp_path / "run", epochs=3), resume=True).step == 18


def test_initialize_runs_once(tmp_path: Path) -> None:
    data = load(Request("synthetic:moons:200"), Traits.of(models.Affine))
    first = job(models.Affine, tmp_path / "run", data, epochs=2)
    run(first, stop=3)
    again = job(models.Affine, tmp_path / "run", data, epochs=2)
    run(again, resume=True)
    assert (first.model.calls, again.model.calls) == (1, 0)


def test_nan_stops_with_the_last_good_state(tmp_path: Path) -> None:
    data = load(Request("synthetic:moons:400"), Traits.of(models.Broken))
    one = job(models.Broken, tmp_path / "run", data, epochs=20, eval_every=10)
    with pytest.raises(TrainError) as caught:
        run(one)
    assert caught.value.message == "the loss is nan at step 29 (epoch 2.90): training cannot go on"
    assert "holds the state of the last validation" in caught.value.help
    assert caught.value.code == 1
    weights = load_file(tmp_path / "run" / LAST)
    assert all(torch.isfinite(w).all() for w in weights.values() if w.is_floating_point())
    record = json.loads((tmp_path / "run" / RECORD).read_text())
    assert record["status"] == "failed: the loss is nan at step 29 (epoch 2.90): training cannot go on"
    assert record["history"][-1]["step"] == 20


def test_an_ensemble_trains_on_single_orders_and_is_scored_as_a_mixture(tmp_path: Path) -> None:
    one = job(models.Ensemble, tmp_path / "run", epochs=1)
    seen: list[int | None] = []
    loop = Loop(one, State.fresh(one.model, one.options))
    loop.forward = lambda x, order=None, **given: seen.append(order) or one.model(x, order=order, **given)
    for _ in range(40):
        loop.step()
    assert set(seen) == {0, 1, 2}
    valid = one.data.splits["valid"]
    log_p = metrics.log_probs(one.model, Feed(valid, one.traits, one.compute), one.compute, 7)
    x = torch.from_numpy(valid.x).float()
    parts = torch.stack([one.model.terms(x, k).sum(1) for k in range(3)])
    assert torch.allclose(log_p, (parts.logsumexp(0) - math.log(3)).double(), atol=1e-5)


def test_an_ensemble_can_train_on_the_mixture(tmp_path: Path) -> None:
    """A step of `orders: all` has the loss of the mixture, which the mean loss of the members bounds from above."""
    one = job(models.Ensemble, tmp_path / "run", epochs=1, orders="all")
    loop = Loop(one, State.fresh(one.model, one.options))
    x, _ = loop.train_rows.batch(loop.rows(0))
    with torch.no_grad():
        members = torch.stack([one.model.terms(x, k).sum(1) for k in range(3)])
    mixture = -(members.logsumexp(0) - math.log(3)).mean().item()
    assert loop.step() == pytest.approx(mixture, abs=1e-5)
    assert mixture <= -members.mean().item()


def test_one_order_has_no_mixture_to_train_on(tmp_path: Path) -> None:
    spec = Spec(models.TinyMade, "made.yaml", {})
    data = Request("synthetic:digits:100")
    with pytest.raises(TrainError, match="the option `orders` is 'all', and the model has one order"):
        begin(spec, data, Options(orders="all"), torch.device("cpu"), tmp_path / "run")


def test_every_epoch_sees_each_row_once(tmp_path: Path) -> None:
    one = job(models.TinyMade, tmp_path / "run", epochs=2, batch=50)
    loop = Loop(one, State.fresh(one.model, one.options))
    first, second = ([loop.rows(step) for step in range(k, k + 4)] for k in (0, 4))
    assert torch.equal(torch.cat(first).sort().values, torch.arange(200))
    assert not torch.equal(torch.cat(first), torch.cat(second))
    assert torch.equal(loop.rows(2), first[2])


@pytest.mark.parametrize(("precision", "dtype"), [("float64", torch.float64), ("bfloat16", torch.float32)])
def test_precisions(precision: str, dtype: torch.dtype, tmp_path: Path) -> None:
    data = load(Request("synthetic:moons:400"), Traits.of(models.Affine), wide=precision == "float64")
    outcome = run(job(models.Affine, tmp_path / "run", data, precision, epochs=3, lr=0.01))
    assert load_file(tmp_path / "run" / BEST)["shift"].dtype == dtype
    assert outcome.best is not None
    assert math.isfinite(outcome.best["valid_nats"])


def test_batches_larger_than_the_data(tmp_path: Path) -> None:
    assert run(job(models.TinyMade, tmp_path / "run", epochs=3, batch=5000)).step == 3


def test_the_history_is_written_a_line_each(tmp_path: Path) -> None:
    run(job(models.TinyMade, tmp_path / "run", epochs=3))
    lines = [json.loads(line) for line in (tmp_path / "run" / METRICS).read_text().splitlines()]
    assert [line["epoch"] for line in lines] == [1, 2, 3]
    assert lines == json.loads((tmp_path / "run" / RECORD).read_text())["history"]
    wanted = {
        "step",
        "train_nats",
        "valid_nats",
        "valid_bits_per_dim",
        "valid_standard_error",
        "measures",
        "lr",
        "best",
    }
    assert wanted <= lines[0].keys()


def test_standardised_training_reports_the_units_of_the_data(tmp_path: Path) -> None:
    """A flow that is exactly standardising gains nothing from --standardize: both runs end in the same units."""
    found = []
    for name, standardize in (("raw", False), ("standard", True)):
        data = load(Request("synthetic:moons:2000", standardize=standardize), Traits.of(models.Affine))
        outcome = run(job(models.Affine, tmp_path / name, data, epochs=1, lr=1e-6))
        assert outcome.best is not None
        found.append(outcome.best["valid_nats"])
    assert found[0] == pytest.approx(found[1], abs=0.05)
