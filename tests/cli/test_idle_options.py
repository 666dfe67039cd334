"""Options that would say nothing, or the same twice, are refused; those that stay have an effect."""

from __future__ import annotations

import contextlib
import io
import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from flowspec.cli import Command

from .conftest import Run

FLOW = """flowspec: 1
name: flow
x: {shape: [2], values: real}
given: {label: {classes: 3}}
flow: [actnorm, {coupling: {keep: half, net: {mlp: [4]}, times: 2}, given: label}]
base: normal
"""
CORNERS, BETWEEN = ("--corners", "0", "3", "6", "8"), ("--between", "0", "3")


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A run of the flow, with its data and files that are not fit for it."""
    home = tmp_path_factory.mktemp("runs")
    random = np.random.default_rng(0)
    x, label = random.standard_normal((90, 2)), np.arange(90) % 3
    np.savez(home / "x.npz", x=x, label=label)
    np.savez(home / "two.npz", a=x, b=x)
    np.savez(home / "flat.npz", x=np.stack([x[:, 0], np.full(90, 3.0)], 1), label=label)
    np.save(home / "row.npy", x[:1])
    (home / "x.csv").write_text("a,b,label\n" + "".join(f"{a},{b},{n}\n" for (a, b), n in zip(x, label, strict=True)))
    (home / "flow.yaml").write_text(FLOW)
    with contextlib.chdir(home):
        assert command("train", "flow.yaml", "--data", "x.npz", "--out", "r", "--steps", "4", "--quiet") == ""
    return home


def command(*args: str) -> str:
    """What stands on stderr, without the notes; the command has to do its work."""
    err = io.StringIO()
    assert Command(io.StringIO(), io.StringIO(), err, {}).main(args) == 0, err.getvalue()
    return "".join(line for line in err.getvalue().splitlines(True) if line.startswith(("error", "warning")))


@pytest.fixture
def tool(flowspec: Run, runs: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line, in the folder of the run."""
    monkeypatch.chdir(runs)
    return flowspec


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["sample", "r", "--given", "label=1", "--given", "label=2"], "--given label stands twice, as `1` and as `2`"),
        (["decode", "r", "z.npz", "--given", "label=1", "--given", "label=1"], "--given label stands twice"),
        (["density", "r", "--given", "label=1", "--given", "label=2"], "--given label stands twice"),
        (["sample", "r", *CORNERS, "--each", "3"], "--corners draws nothing: --each does not go with it"),
        (["sample", "r", *BETWEEN, "--order", "0"], "--between draws nothing: --order does not go with it"),
        (["sample", "r", "--order", "1"], "--order 1 chooses from an ensemble of orders, and `flow` is none"),
        (["sample", "r", "--given", "label=-1"], "the given `label`, row 0 (counting from 0) holds -1"),
        (["decode", "r", "two.npz", "--given", "label=1"], "`two.npz` has no array `z`"),
        (["eval", "r", "--key", "x"], "--key says which part of --data is meant, and there is no --data"),
        (["eval", "r", "--columns", "1,0"], "--columns says which part of --data is meant"),
        *((args, f"the seed is {2**63}; it must be below 2^63") for args in (
            ["sample", "r", "--seed", str(2**63)],
            ["encode", "r", "--split", "valid", "--seed", str(2**63)],
            ["density", "r", "--given", "label=1", "--seed", str(2**63)],
        )),
        (["eval", "r", "--batch", "0"], "argument --batch: `0` is not a number above 0"),
        (["eval", "r", "--batch", "-5"], "argument --batch: `-5` is not a number above 0"),
        (["verify", "r", "--columns", "1,0"], "--columns says which part of --data is meant"),
        (["verify", "r", "--key", "x"], "--key says which part of --data is meant"),
        (["verify", "r", "--full"], "trained weights and real data are measured at their own size"),
        (["verify", "flow.yaml", "--checkpoint", "r/model.safetensors", "--split", "test"], "--split says which part"),
        (["verify", "flow.yaml", "--split", "test"], "--split is for a measurement on rows"),
        (["verify", "flow.yaml", "--conditioning", "--columns", "0,1"], "--columns is for a measurement on rows"),
        (["verify", "flow.yaml", "--batch", "3"], "--batch is for a measurement on rows"),
        (["train", "flow.yaml", "--data", "x.csv", "--columns", "a,0", "--out", "s"], "column `0` of `x.csv` is named twice"),
        (["train", "flow.yaml", "--data", "x.npz", "--text", "--out", "s"], "`x.npz` is not read as text"),
        (["train", "flow.yaml", "--data", "x.npz", "--test", "label=1", "--out", "s"], "--test chooses recordings, and `x.npz`"),
        (["train", "flow.yaml", "--out", "r", "--resume", "--standardize"], "a run that is resumed keeps how its data were prepared: --standardize"),
        (["train", "flow.yaml", "--out", "r", "--resume", "--noise", "0.1"], "a run that is resumed keeps how its data were prepared: --noise"),
        (["train", "flow.yaml", "--out", "r", "--resume", "--columns", "1,0"], "a run that is resumed keeps how its data were prepared: --columns"),
        (["train", "flow.yaml", "--out", "r", "--resume", "--key", "label"], "`x.npz:label` holds rows of shape []"),
        (["train", "flow.yaml", "--out", "r", "--resume", "--valid", "flat.npz"], "`x.npz` has changed since `r` was trained"),
    ],
)  # fmt: skip
def test_refused(args: list[str], message: str, tool: Run, runs: Path) -> None:
    before = {path: path.read_bytes() for path in runs.rglob("*") if path.is_file()}
    found = tool(*args)
    said = found.err.splitlines()
    first = next(line for line in said if line.startswith("error: ")).replace(f"{runs}/", "")
    assert (found.code, first[: len(message) + 7]) == (2, f"error: {message}")
    assert {path: path.read_bytes() for path in runs.rglob("*") if path.is_file()} == before


def test_a_class_that_is_not_there_names_those_that_are(tool: Run) -> None:
    assert "  = help: the classes of `label` run from 0 to 2" in tool("sample", "r", "--given", "label=3").err


def test_what_the_run_was_prepared_with_may_be_said_again(tool: Run) -> None:
    args = ["train", "flow.yaml", "--data", "x.csv", "--columns", "a,b", "--standardize", "--out", "t", "--quiet"]
    assert command(*args, "--steps", "4") == ""
    assert command(*args, "--resume", "--steps", "6") == ""
    assert json.loads(Path("t/run.json").read_text())["options"]["steps"] == 6


@pytest.mark.parametrize("way", [CORNERS, BETWEEN])
def test_the_batch_counts_on_every_way(way: tuple[str, ...], tool: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    from flowspec.train import latents

    seen, decode = [], latents._to_data
    monkeypatch.setattr(latents, "_to_data", lambda *args: (seen.append(len(args[1])), decode(*args))[1])
    assert command("sample", "r", *way, "-n", "4", "--given", "label=1", "--batch", "3", "-o", "few.npy") == ""
    few, parts = np.load("few.npy"), seen[1:]  # the first call finds the parts of z
    assert command("sample", "r", *way, "-n", "4", "--given", "label=1", "-o", "all.npy") == ""
    assert (max(parts), sum(parts)) == (3, len(few))
    assert np.allclose(few, np.load("all.npy"), atol=1e-5)


def test_the_box_of_rows_without_a_range(tool: Run) -> None:
    """One row has no range, and a box of no width no integral."""
    np.savez("one.npz", x=np.load("row.npy"), label=[1])
    figures = json.loads(tool("density", "r", "--given", "label=1", "--data", "one.npz", "--format", "json").out)
    assert [round(high - low, 6) for low, high in figures["box"]] == [2, 2]
    assert figures["after"]["integral"] > 0.01


def test_a_warning_of_the_model_is_a_line_of_ours(tool: Run) -> None:
    said = command("train", "flow.yaml", "--data", "flat.npz", "--out", "w", "--steps", "2", "--quiet")
    assert said == "warning: ActNorm: 1 of 2 channels are constant in the batch it starts from; their scale stays 1\n"


def test_a_stride_for_rows_says_that_it_does_nothing(tool: Run) -> None:
    found = tool("train", "flow.yaml", "--data", "x.npz", "--stride", "3", "--out", "v", "--steps", "1", "--quiet")
    assert (found.code, "note: `x.npz` holds rows already: a stride is for what is cut into rows" in found.err) == (
        0,
        True,
    )
