"""flowspec sample --between: decoded paths of flows, and retrieved rows where there is no decoder."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

import torch
from PIL import Image

from flowspec.train.between import _circle, _words
from flowspec.train.latents import Part

from .conftest import Run

IMAGES = """flowspec: 1
name: images
x: {shape: [1, 5, 5], values: binary}
order: raster
net: [{conv: 4, kernel: 3}, tanh]
head: bernoulli
"""
FLOW = """flowspec: 1
name: flow
x: {shape: [2], values: real}
flow: [{coupling: {keep: half, net: {mlp: [4]}}}, actnorm]
base: BASE
"""
LABELLED = """flowspec: 1
name: labelled
x: {shape: [2], values: real}
given: {label: {classes: 3}}
flow: [{coupling: {keep: half, net: {mlp: [4]}}, given: label}]
base: normal
"""
PARTS = """flowspec: 1
name: parts
x: {shape: [1, 4, 4], values: 4}
flow: [{split: {subsample: 2, names: [low, rest]}}]
base:
  low:  {order: raster, net: [{conv: 4, kernel: 3}, relu], head: categorical}
  rest: {given: low, order: raster, net: [{conv: 6, kernel: 3}, relu], head: categorical}
"""


@pytest.fixture
def trained(flowspec: Run, tmp_path: Path) -> Run:
    random = np.random.default_rng(0)
    np.save(tmp_path / "images.npy", random.integers(0, 2, (60, 5, 5)))
    np.save(tmp_path / "parts.npy", random.integers(0, 4, (60, 4, 4)))
    np.savez(tmp_path / "labelled.npz", data=random.standard_normal((60, 2)), label=np.arange(60) % 3)
    specs = {
        "images": (IMAGES, "images.npy"), "normal": (FLOW.replace("BASE", "normal"), "synthetic:moons:100"),
        "logistic": (FLOW.replace("BASE", "logistic"), "synthetic:moons:100"), "labelled": (LABELLED, "labelled.npz"),
        "parts": (PARTS, "parts.npy"),
    }  # fmt: skip
    for name, (spec, data) in specs.items():
        (tmp_path / f"{name}.yaml").write_text(spec)
        args = ["train", f"{name}.yaml", "--data", data, "--epochs", "1", "--batch", "20", "--out", name, "--quiet"]
        assert flowspec(*args).code == 0
    return flowspec


def way(trained: Run, tmp_path: Path, *args: str) -> tuple[np.lib.npyio.NpzFile, str]:
    done = trained("sample", *args, "-o", "x.npz")
    assert done.code == 0, done.err
    return np.load(tmp_path / "x.npz"), done.err


def test_a_flow_decodes_a_great_circle(trained: Run, tmp_path: Path) -> None:
    found, told = way(trained, tmp_path, "normal", "--between", "1", "7", "-n", "5")
    assert told.splitlines()[0] == "note: each step is decoded from a latent: on a great circle"
    assert np.allclose(found["x"][[0, -1]], found["ends"], atol=1e-5)
    z, t = found["z"], found["t"]
    angle = math.acos(z[0] @ z[-1] / np.linalg.norm(z[0]) / np.linalg.norm(z[-1]))
    halfway = (z[0] + z[-1]) * math.sin(angle / 2) / math.sin(angle)
    assert (t[2], z.shape) == (0.5, (5, 2))
    assert np.allclose(z[2], halfway, atol=1e-5)


def test_other_bases_have_straight_lines(trained: Run, tmp_path: Path) -> None:
    found, told = way(trained, tmp_path, "logistic", "--between", "1", "7", "-n", "5")
    assert told.splitlines()[0].endswith("on a straight line")
    assert np.allclose(found["z"][2], found["z"][[0, -1]].mean(0), atol=1e-6)


def test_great_circles_keep_the_radius() -> None:
    ends = torch.nn.functional.normalize(torch.randn(2, 9, generator=torch.Generator().manual_seed(0)).double())
    path = _circle(ends, torch.linspace(0, 1, 7).double())
    assert torch.allclose(path.norm(dim=1), torch.ones(7).double())
    steps = (path[1:] * path[:-1]).sum(1)
    assert torch.allclose(steps, steps[:1].expand(6))
    same = _circle(ends[[0, 0]], torch.linspace(0, 1, 3).double())
    assert torch.allclose(same, ends[[0, 0, 0]])


def test_an_autoregressive_model_retrieves(trained: Run, tmp_path: Path) -> None:
    found, told = way(trained, tmp_path, "images", "--between", "0", "3", "-n", "4", "--observed", "images.npy")
    assert "retrieval, not generation" in told
    data = np.load(tmp_path / "images.npy")
    assert np.array_equal(found["ends"][:, 0], data[[0, 3]])
    assert found["row"].shape == (4,)
    assert (np.abs(found["cosine"]) <= 1 + 1e-9).all()
    own = [i for i in (0, 3) if any(np.array_equal(data[i], row[0]) for row in found["x"])]
    ends = [np.array_equal(found["x"][k, 0], data[i]) for k, i in ((0, 0), (-1, 3))]
    assert sum(ends) == len(own)  # an end that is a training row is its own nearest
    again, _ = way(trained, tmp_path, "images", "--between", "0", "3", "-n", "4", "--observed", "images.npy")
    assert np.array_equal(again["row"], found["row"])


def test_a_way_as_a_picture(trained: Run, tmp_path: Path) -> None:
    assert trained("sample", "images", "--between", "0", "2", "-n", "3", "-o", "x.png").code == 0
    assert Image.open(tmp_path / "x.png").size == (11 * (5 * 7 + 2), 11 * 9)


def test_ends_with_other_labels_need_one(trained: Run, tmp_path: Path) -> None:
    done = trained("sample", "labelled", "--between", "0", "1", "--observed", "labelled.npz")
    assert (done.code, done.err.splitlines()[:2]) == (
        2,
        [
            "error: the two rows are given different `label`, and a path has one",
            "  = help: choose it: --given label=...",
        ],
    )
    found, _ = way(trained, tmp_path, "labelled", "--between", "0", "3", "--observed", "labelled.npz", "-n", "3")
    assert found["label"].tolist() == [0, 0, 0]
    found, _ = way(
        trained,
        tmp_path,
        "labelled",
        "--between",
        "0",
        "1",
        "--observed",
        "labelled.npz",
        "-n",
        "3",
        "--given",
        "label=2",
    )
    assert found["label"].tolist() == [2, 2, 2]
    assert np.allclose(found["x"][[0, -1]], np.load(tmp_path / "labelled.npz")["data"][[0, 1]], atol=1e-5)


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["normal", "--between", "0", "99"], "there is no row 99: rows run from 0 to 9"),
        (["normal", "--between", "0", "a"], "argument --between: `a` is not the number of a row, from 0"),
        (["normal", "--between", "0", "1", "--keep", "first:1"], "--between does not go with --keep or --prompt"),
        (
            ["parts", "--between", "0", "1", "-o", "x.png"],
            "part 0 of the latents holds integers, between which there is",
        ),
    ],
)
def test_faults(args: list[str], message: str, trained: Run) -> None:
    done = trained("sample", *args)
    assert (done.code, done.err.splitlines()[0].startswith(f"error: {message}")) == (2, True), done.err


def test_one_number_has_no_circle() -> None:
    one, two = (Part("base", (size,), "StandardNormal", True, False) for size in (1, 2))
    assert [_words((one,)), _words((two,))] == ["on a straight line", "on a great circle"]
    assert _words((one, two)) == "on great circles in its normal parts, on straight lines in the others"
