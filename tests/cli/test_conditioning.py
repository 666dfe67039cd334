"""`flowspec verify` on runs, on real data and on checkpoints."""

from __future__ import annotations

import io
import json
import os
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from flowspec.cli import Command

FLOW = """flowspec: 1
name: moons
x: {shape: [2], values: real}
flow: [actnorm, {coupling: {keep: half, net: {mlp: [8]}}, times: 2}]
base: normal
"""
MADE = "flowspec: 1\nname: made\nx: {shape: [3], values: binary}\norder: raster\nnet: [{linear: 8}, relu]\nhead: bernoulli\n"
DATA = "synthetic:moons:300"


def flowspec(*args: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = Command(io.StringIO(FLOW), out, err, {}).main(args)
    return code, out.getvalue(), err.getvalue()


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.chdir(tmp_path)
    Path("flow.yaml").write_text(FLOW)
    Path("made.yaml").write_text(MADE)
    code, _, err = flowspec("train", "flow.yaml", "--data", DATA, "--out", "r", "--epochs", "1", "--quiet")
    assert code == 0, err
    return "r"


def test_a_run_on_its_own_data_and_on_other(run: str) -> None:
    code, out, _ = flowspec("verify", run)
    assert code == 0
    assert "weights of step" in out.splitlines()[0]
    assert f"16 samples, rows of {DATA}" in out.splitlines()[0]
    assert "actnorm.1 (line 4)" in out
    assert "loses most" in out
    code, out, _ = flowspec("verify", run, "--data", "synthetic:pinwheel:100", "--batch", "5", "--format", "json")
    document = json.loads(out)
    assert (code, document["ok"], document["samples"]) == (0, True, 5)
    assert document["inputs"] == "rows of synthetic:pinwheel:100"
    assert [step["label"] for step in document["flows"][0]["steps"]] == [
        "actnorm.1 (line 4)", "coupling.1 (line 4)", "coupling.2 (line 4)"
    ]  # fmt: skip


def test_a_split_of_a_run_is_that_of_its_training(run: str) -> None:
    """Of a file that names no splits, too: the held-out rows are not all rows."""
    rows = np.random.default_rng(0).standard_normal((100, 2))
    np.save("rows.npy", rows)
    assert flowspec("train", "flow.yaml", "--data", "rows.npy", "--out", "s", "--epochs", "1", "--quiet")[0] == 0
    counts = {}
    for split in ("train", "valid"):
        code, out, err = flowspec("verify", "s", "--split", split, "--batch", "100", "--format", "json")
        assert code == 0, err
        counts[split] = json.loads(out)["samples"]
    assert counts == {"train": 90, "valid": 10}
    code, _, err = flowspec("verify", "s", "--split", "tset")
    assert (code, "has no tset split" in err) == (2, True)


def test_a_spec_on_data_with_fresh_weights_and_with_those_of_a_checkpoint(run: str) -> None:
    fresh = json.loads(flowspec("verify", "flow.yaml", "--data", DATA, "--format", "json")[1])
    kept = os.path.join(run, "model.safetensors")
    trained = json.loads(
        flowspec("verify", "flow.yaml", "--data", DATA, "--checkpoint", kept, "--format", "json", "--split", "train")[1]
    )
    assert fresh["weights"] == "fresh weights, seed 0"
    assert trained["weights"] == f"weights of {kept}"
    assert fresh["flows"][0]["singular"] != trained["flows"][0]["singular"]


def test_the_certificate_and_the_conditioning_together(run: str) -> None:
    code, out, _ = flowspec("verify", "flow.yaml", "--conditioning")
    assert code == 0
    assert out.startswith("verified flow.yaml")
    assert "conditioning flow.yaml   fresh weights, seed 0; 16 samples, random numbers inside the support of x" in out
    document = json.loads(flowspec("verify", "-", "--conditioning", "--format", "json")[1])
    assert document["conditioning"]["flows"][0]["variables"] == 2
    assert "conditioning" in {result["name"] for result in document["results"]}
    assert "conditioning" not in json.loads(flowspec("verify", "flow.yaml", "--format", "json")[1])


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["made.yaml", "--conditioning"], "`made` is no flow"),
        (["made.yaml", "--data", DATA], "`made` is no flow"),
        (["flow.yaml", "--data", "nowhere.npz"], "cannot read `nowhere.npz`"),
        (["flow.yaml", "--checkpoint", "nowhere.safetensors"], "cannot read `nowhere.safetensors`"),
        (["flow.yaml", "--checkpoint", "flow.yaml"], "is not a readable safetensors file"),
        (["r", "--checkpoint", "r/model.safetensors"], "a run has weights of its own"),
        (["."], "is not a run"),
        (["-", "--data", DATA], "need a spec in a file"),
        (["flow.yaml", "--batch", "0"], "`0` is not a number from 1 up"),
        (["flow.yaml", "--data", DATA, "--split", "tset"], "has no tset split"),
    ],
)
def test_faults(args: list[str], message: str, run: str) -> None:
    code, _, err = flowspec("verify", *args)
    assert code == 2
    assert message in err
