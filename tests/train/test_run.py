"""Run folders: atomic files, the spec's hash, what is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from safetensors.torch import load_file

from flowspec.train import (
    Options,
    Quiet,
    Request,
    Run,
    Spec,
    TrainError,
    Traits,
    begin,
    evaluate,
    files,
    go_on,
    reopen,
    train,
)
from flowspec.train.run import BEST, LAST, RECORD, STANDARD

from . import models

CPU = torch.device("cpu")


def spec(cls: type = models.Affine) -> Spec:
    return Spec(cls, "specs/a.yaml", {"spec.yaml": "flowspec: 1\n", "model.py": "# a module\n"})


def trained(out: Path, cls: type = models.Affine, source: str = "synthetic:moons:200", **options: Any) -> Run:
    prepare = {name: options.pop(name) for name in ("standardize",) if name in options}
    chosen = Options(epochs=2, batch=50).updated(options, "a test")
    job = begin(spec(cls), Request(source, **prepare), chosen, CPU, out)
    train(job, Quiet(), lambda: False, "specs/a.yaml")
    return Run.open(out)


def fault(act: Any) -> TrainError:
    with pytest.raises(TrainError) as caught:
        act()
    assert "\n" not in caught.value.message + caught.value.help
    return caught.value


def test_a_run_holds_all_it_needs(tmp_path: Path) -> None:
    run = trained(tmp_path / "run")
    assert sorted(path.name for path in run.path.iterdir()) == [
        "last.safetensors",
        "metrics.jsonl",
        "model.py",
        "model.safetensors",
        "run.json",
        "spec.yaml",
    ]
    record = run.record
    assert (record["name"], record["spec_sha256"], record["status"]) == ("affine", "f" * 64, "finished")
    assert record["options"]["epochs"] == 2
    assert record["data"]["rows"] == {"train": 160, "valid": 20, "test": 20}
    assert len(record["history"]) == 2
    assert load_file(run.path / BEST).keys() == models.Affine().state_dict().keys()


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    out = trained(tmp_path / "run").path
    error = fault(lambda: trained(out))
    assert error.message == f"`{out}` holds a run already"
    (tmp_path / "notes").mkdir()
    (tmp_path / "notes" / "a.txt").write_text("mine")
    assert (
        fault(lambda: trained(tmp_path / "notes")).message
        == f"`{tmp_path / 'notes'}` exists and is not an empty folder"
    )
    assert fault(lambda: trained(tmp_path / "notes" / "a.txt")).message.endswith("is not an empty folder")


def test_bad_data_leaves_no_folder(tmp_path: Path) -> None:
    fault(lambda: trained(tmp_path / "run", source="synthetic:none"))
    assert not (tmp_path / "run").exists()


def test_a_run_that_failed_before_it_saved_anything_is_replaced(tmp_path: Path) -> None:
    job = begin(spec(models.Broken), Request("synthetic:moons:2000"), Options(epochs=1), CPU, tmp_path / "run")
    job.model.BROKEN_AT = 1
    assert "no state was saved yet" in fault(lambda: train(job, Quiet(), lambda: False, "a")).help
    assert trained(tmp_path / "run").record["status"] == "finished"


def test_a_checkpoint_of_another_spec_is_refused(tmp_path: Path) -> None:
    run = trained(tmp_path / "run")

    class Changed(models.Affine):
        SPEC_SHA256 = "0" * 64

    for act in (
        lambda: reopen(run, spec(Changed), CPU),
        lambda: go_on(spec(Changed), {}, None, CPU, run.path),
        lambda: run.load_best(Changed(), Traits.of(Changed), "specs/a.yaml"),
    ):
        error = fault(act)
        for word in ("f" * 16, "0" * 16, "`specs/a.yaml`", str(run.path)):
            assert word in error.message


def test_swapped_weights_are_refused_by_their_own_hash(tmp_path: Path) -> None:
    """Checked in the file itself, not only in run.json."""
    run = trained(tmp_path / "run")
    files.write_tensors(run.path / BEST, load_file(run.path / BEST), {"name": "other", "spec_sha256": "1" * 64})
    message = fault(lambda: reopen(run, spec(), CPU)).message
    assert message.startswith(f"`{run.path / BEST}` belongs to another spec: it was made from `other` with sha256 1111")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (lambda weights: {k: v for k, v in weights.items() if k != "shift"}, "the checkpoint has no tensor `shift`"),
        (lambda weights: weights | {"more": torch.ones(1)}, "the model has no tensor `more`"),
        (lambda weights: weights | {"shift": torch.ones(3)}, "`shift` is [3], not [2]"),
    ],
)
def test_weights_that_do_not_fit(damage: Any, message: str, tmp_path: Path) -> None:
    run = trained(tmp_path / "run")
    header = {"name": "affine", "spec_sha256": "f" * 64}
    files.write_tensors(run.path / BEST, damage(load_file(run.path / BEST)), header)
    assert fault(lambda: reopen(run, spec(), CPU)).message == f"`{run.path / BEST}` does not fit the model: {message}"


def test_truncated_checkpoints(tmp_path: Path) -> None:
    run = trained(tmp_path / "run")
    for name, act in ((BEST, lambda: reopen(run, spec(), CPU)), (LAST, resumed(run))):
        whole = (run.path / name).read_bytes()
        (run.path / name).write_bytes(whole[: len(whole) // 2])
        assert fault(act).message.startswith(f"`{run.path / name}` is not a readable safetensors file")
        (run.path / name).write_bytes(whole)


def resumed(run: Run) -> Any:
    def act() -> None:
        job = go_on(spec(), {"epochs": 9}, None, CPU, run.path)
        train(job, Quiet(), lambda: False, "specs/a.yaml", resume=True)

    return act


def test_best_weights_cannot_stand_in_for_a_state(tmp_path: Path) -> None:
    run = trained(tmp_path / "run")
    (run.path / LAST).write_bytes((run.path / BEST).read_bytes())
    assert fault(resumed(run)).message == f"`{run.path / LAST}` holds weights alone, not the state of a run"


def test_no_run_at_all(tmp_path: Path) -> None:
    assert fault(lambda: Run.open(tmp_path)).message == f"`{tmp_path}` is not a run: it has no run.json"
    (tmp_path / RECORD).write_text("{")
    assert fault(lambda: Run.open(tmp_path)).message.startswith(f"`{tmp_path / RECORD}` is not JSON")
    (tmp_path / RECORD).write_text('{"format": 7}')
    assert fault(lambda: Run.open(tmp_path)).message == f"`{tmp_path / RECORD}` has format 7, and this version reads 1"
    (tmp_path / RECORD).write_text('{"format": 1}')
    assert fault(lambda: Run.open(tmp_path)).message == f"`{tmp_path / RECORD}` is damaged: it has no `name`"


def test_changed_data_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.random.default_rng(0).standard_normal((100, 2)))
    run = trained(tmp_path / "run", source=str(path))
    np.save(path, np.random.default_rng(1).standard_normal((100, 2)))
    message = f"`{path}` has changed since `{run.path}` was trained on it: its train split differs"
    assert fault(resumed(run)).message == message
    assert fault(lambda: evaluate(reopen(run, spec(), CPU), "valid")).message == message


def test_moved_data_is_found_by_its_new_name(tmp_path: Path) -> None:
    path = tmp_path / "a.npy"
    np.save(path, np.random.default_rng(0).standard_normal((100, 2)))
    run = trained(tmp_path / "run", source=str(path))
    path.rename(tmp_path / "b.npy")
    assert go_on(spec(), {}, str(tmp_path / "b.npy"), CPU, run.path).data.splits.keys() == {"train", "valid"}


def test_options_that_a_resumed_run_keeps(tmp_path: Path) -> None:
    run = trained(tmp_path / "run")
    error = fault(lambda: go_on(spec(), {"batch": 7}, None, CPU, run.path))
    assert error.message == "a run that is resumed keeps its batch: it was started with 50, not 7"


def test_a_write_that_fails_leaves_the_old_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    path = tmp_path / "a.json"
    files.write_json(path, {"a": 1})

    def full(handle: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(files.os, "fsync", full)
    error = fault(lambda: files.write_json(path, {"a": 2}))
    assert (error.message, error.code) == (f"cannot write `{path}`: No space left on device", 1)
    assert json.loads(path.read_text()) == {"a": 1}
    assert [p.name for p in tmp_path.iterdir()] == ["a.json"]


def test_tied_tensors_are_written(tmp_path: Path) -> None:
    tensor = torch.arange(6.0).view(2, 3)
    files.write_tensors(tmp_path / "a", {"a": tensor, "b": tensor, "c": tensor.t()}, {})
    back, _ = files.read_tensors(tmp_path / "a")
    assert torch.equal(back["b"], tensor)
    assert torch.equal(back["c"], tensor.t())


def test_scores_of_a_run(tmp_path: Path) -> None:
    run = trained(tmp_path / "run", epochs=5, lr=0.01)
    opened = reopen(run, spec(), CPU)
    valid = evaluate(opened, "valid")
    best = min(run.record["history"], key=lambda entry: entry["valid_nats"])
    assert valid.nll == best["valid_nats"]
    assert evaluate(opened, "test").rows == 20
    other = evaluate(opened, "test", Request("synthetic:moons:2000"), batch=7)
    assert other.rows == 200


def test_scores_of_standardised_data_are_in_its_own_units(tmp_path: Path) -> None:
    run = trained(tmp_path / "run", source="synthetic:moons:2000", standardize=True)
    score = evaluate(reopen(run, spec(), CPU), "test")
    opened = reopen(run, spec(), CPU)
    standard = run.load_standard()
    assert (run.path / STANDARD).exists()
    assert standard is not None
    x = standard.apply(raw_test_rows())
    by_hand = -(opened.model.log_prob(torch.from_numpy(x).float()).double() + standard.log_det).mean()
    assert score.nll == pytest.approx(by_hand.item(), abs=1e-6)
    assert (
        score.lines()[-1]
        == f"in the units of the data: the log-det of --standardize, {standard.log_det:+.4f} nats, is in"
    )


def raw_test_rows() -> np.ndarray:
    from flowspec.train import toy

    return toy.table("synthetic:moons:2000", Traits.of(models.Affine)).arrays["x_test"]


def test_a_run_that_cannot_go_on_keeps_its_record(tmp_path: Path) -> None:
    run = trained(tmp_path / "run")
    (run.path / LAST).write_bytes(b"half")
    before = (run.path / RECORD).read_bytes()
    job = go_on(spec(), {"epochs": 9}, None, CPU, run.path)
    assert (
        "is not a readable safetensors file" in fault(lambda: train(job, Quiet(), bool, "specs/a.yaml", True)).message
    )
    assert (run.path / RECORD).read_bytes() == before


def test_weights_that_are_gone_are_not_said_to_be_still_to_come(tmp_path: Path) -> None:
    run = trained(tmp_path / "run")
    (run.path / BEST).unlink()
    message = fault(lambda: reopen(run, spec(), CPU)).message
    assert message == f"`{run.path}` has lost its {BEST}: 2 validations were finished"
