"""flowspec density: integrals, the numbers behind the picture, the picture, and what it refuses."""

from __future__ import annotations

import contextlib
import io
import json
import math
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from PIL import Image

from flowspec.cli import Command

from .conftest import Run

SPECS = {
    "line": ("x: {shape: [1], values: real}\nflow: [{cdf: {gaussian_mixture: 3}}, {invert: [{cdf: normal}]}]\nbase: normal\n", "line.npy"),
    "plane": ("x: {shape: [2], values: real}\nflow: [{coupling: {keep: half, net: {mlp: [8]}}, times: 2}, {linear: dense}]\nbase: normal\n", "plane.npy"),
    "ordered": ("x: {shape: [2], values: real}\norder: raster\nnet: [{linear: 8}, tanh]\nhead: {gaussian_mixture: 2}\n", "plane.npy"),
    "unit": (
        "x: {shape: [2], values: [0, 1]}\n"
        "flow: [{coupling: {keep: half, net: {mlp: [8]}, transform: {spline: {kind: quadratic, bins: 8, box: [0, 1], tails: none}}}, times: 2}]\n"
        "base: uniform\n", "unit.npy",
    ),
    "dice": ("x: {shape: [2], values: 6}\norder: raster\nnet: [{linear: 8}, tanh]\nhead: categorical\n", "dice.npy"),
    "noisy": ("x: {shape: [1], values: 6}\nflow: [dequantize, {logit: 0.05}, affine]\nbase: normal\n", "die.npy"),
    "labelled": (
        "x: {shape: [1], values: real}\ngiven: {label: {classes: 2}}\nflow: [{affine: {}}]\n"
        "base: {last: {given: label, net: [{linear: 4}], head: normal}}\n", "labelled.npz",
    ),
    "three": ("x: {shape: [3], values: real}\nflow: [affine]\nbase: normal\n", "three.npy"),
}  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every spec trained for an epoch, with its data, that of `plane` standardised."""
    home = tmp_path_factory.mktemp("runs")
    random = np.random.default_rng(0)
    np.save(home / "line.npy", random.standard_normal((200, 1)) - 1)
    tilted = random.standard_normal((200, 2)) @ np.array(
        [[1, 0.9], [0, 0.45]]
    )  # correlated, so that there is something to learn
    np.save(home / "plane.npy", [3, -1] + [2, 0.5] * tilted)
    np.save(home / "unit.npy", random.beta(2, 2, (200, 2)))
    np.save(home / "dice.npy", random.integers(0, 6, (200, 2)))
    np.save(home / "die.npy", random.integers(0, 6, (200, 1)))
    np.savez(home / "labelled.npz", data=random.standard_normal((200, 1)), label=np.arange(200) % 2)
    np.save(home / "three.npy", random.standard_normal((200, 3)))
    with contextlib.chdir(home):
        for name, (spec, data) in SPECS.items():
            Path(f"{name}.yaml").write_text(f"flowspec: 1\nname: {name}\n{spec}")
            args = ["train", f"{name}.yaml", "--data", data, "--epochs", "2", "--batch", "20", "--out", name, "--quiet"]
            out, err = io.StringIO(), io.StringIO()
            more = ["--standardize"] if name == "plane" else []
            assert Command(io.StringIO(), out, err, {}).main([*args, *more]) == 0, out.getvalue() + err.getvalue()
    return home


@pytest.fixture
def tool(flowspec: Run, runs: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line, in the folder of the runs."""
    monkeypatch.chdir(runs)
    return flowspec


BOXES = {
    "line": "--box=-12,12",
    "plane": "--box=-15,21,-5,3",
    "ordered": "--box=-60,60,-60,60",
    "unit": "--box=0,1,0,1",
    "dice": "",
    "labelled": "--box=-30,30",
}


@pytest.mark.parametrize("name", BOXES)
def test_densities_integrate_to_one(name: str, tool: Run) -> None:
    given = ["--given", "label=1"] if name == "labelled" else []
    size = ["--size", "400"] if name in ("plane", "ordered") else []
    done = tool("density", name, *filter(None, [BOXES[name]]), *given, *size, "--format", "json")
    assert done.code == 0, done.err
    found = json.loads(done.out)
    for side in ("before", "after"):
        assert found[side]["integral"] == pytest.approx(1, abs=1e-3)
    assert found["after"]["nats"] < found["before"]["nats"]


def test_a_bound_sums_to_less(tool: Run) -> None:
    found = json.loads(tool("density", "noisy", "--format", "json").out)
    assert found["after"]["integral"] < 1.2  # exp of one draw of a bound: its mean is at most 1
    assert found["measures"] == "upper bound on NLL"
    assert found["cells"] == [6]


def test_nats_are_those_of_eval(tool: Run) -> None:
    score = json.loads(tool("eval", "plane", "--split", "valid", "--format", "json").out)
    found = json.loads(tool("density", "plane", "--format", "json").out)
    assert found["after"]["nats"] == pytest.approx(score["nats"], abs=1e-5)


def test_the_numbers_behind_the_picture(tool: Run) -> None:
    assert tool("density", "line", "--box=-4,2", "--size", "60", "-o", "x.npz").code == 0
    found = np.load("x.npz")
    assert np.allclose(found["x"], -4 + 0.1 * (np.arange(60) + 0.5))
    assert found["log_p_after"].shape == (60,)
    slope = np.gradient(found["z_after"][:, 0], found["x"])
    base = -0.5 * found["z_after"][:, 0] ** 2 - 0.5 * math.log(2 * math.pi)
    assert np.allclose(found["log_p_after"][1:-1], (base + np.log(slope))[1:-1], atol=0.02)
    assert (found["samples"].shape, found["data"].shape) == ((5000, 1), (20, 1))
    tool("density", "ordered", "--size", "10", "-o", "y.npz")
    assert "z_data" not in np.load("y.npz")
    assert np.load("y.npz")["log_p_before"].shape == (10, 10)


def test_a_seed_repeats_samples(tool: Run) -> None:
    kept = []
    for seed in ("3", "3", "4"):
        tool("density", "line", "--size", "10", "--seed", seed, "-o", "x.npz")
        kept.append(np.load("x.npz")["samples"])
    assert np.array_equal(kept[0], kept[1])
    assert not np.array_equal(kept[0], kept[2])


def test_a_picture_may_be_drawn_again(flowspec: Run, tmp_path: Path) -> None:
    (tmp_path / "s.yaml").write_text(
        "flowspec: 1\nname: s\nx: {shape: [1], values: real}\nflow: [affine]\nbase: normal\n"
    )
    args = ["--data", "synthetic:peaks:100", "--epochs", "1", "--batch", "20", "--out", "s", "--quiet"]
    assert flowspec("train", "s.yaml", *args).code == 0
    for _ in range(2):
        assert flowspec("density", "s", "-o", "x.png").code == 0


def test_pictures(tool: Run) -> None:
    sizes = {"line": (804, 286), "plane": (1206, 266), "ordered": (972, 266), "dice": (972, 266)}
    for name, size in sizes.items():
        size_of = [] if name == "dice" else ["--size", "40"]
        done = tool("density", name, *size_of, "-o", "x.png")
        assert done.code == 0, done.err
        image = Image.open("x.png")
        assert image.size == size
        assert len(image.convert("RGB").getcolors(1000) or []) > 20
        assert "integral" in done.out or "sum" in done.out


@pytest.mark.parametrize("name", ["line", "plane", "dice"])
def test_text(name: str, tool: Run) -> None:
    for more in ((), ("--ascii",)):
        done = tool("density", name, *more)
        assert done.code == 0, done.err
        lines = done.out.splitlines()
        assert lines[0].startswith(f"{name} on [")
        assert max(map(len, lines)) <= 120
        assert done.out.isascii() == bool(more)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["three"], "the model has 3 variables, and a density is drawn of one or two: a marginal of more is an integral"),
        (["labelled"], "the model is conditional on `label`, and a density has one context"),
        (["labelled", "--given", "label=2"], "the given `label`, row 0 (counting from 0) holds 2 where one of the integers 0..1"),
        (["line", "--box=1"], "argument --box: `1` is not LOW,HIGH or LOW,HIGH,LOW,HIGH"),
        (["line", "--box=1,0"], "--box runs from 1 to 0"),
        (["plane", "--box=-1,1,2,-2"], "--box runs from 2 to -2"),
        (["labelled", "--given", "label=0,1"], "--given label=0,1 chooses 2 classes, and a density has one"),
        (["line", "--box=0,1,0,1"], "--box of 4 numbers for 1 variables"),
        (["plane", "--size", "5000"], "--size 5000 makes 25,000,000 cells, and 16,777,216 are the most"),
        (["labelled", "--given", "label=own.npz", "-o", "own.npz"], "`own.npz` is what is read: it would be lost"),
        (["line", "-o", "x.svg"], "argument -o/--output: `x.svg` does not end in .png, .npz"),
        (["line", "--data", "absent.npy"], "cannot read `absent.npy`: No such file or directory"),
        (["dice", "--box=0,1,0,1"], "the model is of integers, which all are shown: --box and --size do not go with it"),
        (["absent"], "`absent` is not a run: it has no run.json"),
    ],
)  # fmt: skip
def test_faults(args: list[str], message: str, tool: Run) -> None:
    np.savez("own.npz", label=np.zeros(1, dtype=int))
    found = tool("density", *args)
    assert (found.code, found.err.splitlines()[0][: len(message) + 7]) == (2, f"error: {message}")
