"""flowspec encode, decode and attribute, and what sample does with corners, attributes and temperature."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from PIL import Image

from .conftest import Run

HEAD = "flowspec: 1\nname: NAME\n"
SPECS = {
    "linear": ("x: {shape: [3], values: real}\nflow: [{linear: dense}, affine]\nbase: normal\n", "points.npz"),
    "scales": (
        """x: {shape: [1, 4, 4], values: 16}
flow: [dequantize, {logit: 0.05}, {coupling: {keep: checkerboard, net: [{conv: 4, kernel: 3}, tanh]}, times: 2}, {squeeze: 2},
  {split: {sizes: [2, 2], names: [fine, coarse]}}]
base:
  fine: {given: coarse, net: [{conv: 4}, tanh], head: normal}
  coarse: normal
""",
        "images.npz",
    ),
    "labelled": (
        "x: {shape: [2], values: real}\ngiven: {label: {classes: 3}}\n"
        "flow: [{coupling: {keep: half, net: {mlp: [4]}}, given: label}]\nbase: normal\n",
        "points2.npz",
    ),
    "vae": (
        "x: {shape: [1, 4, 4], values: binary}\nflow:\n- encode: [2]\n  posterior: {net: {mlp: [8]}, head: normal}\n"
        "  decoder: {net: {mlp: [8]}, head: bernoulli}\n- affine\nbase: normal\n",
        "bits.npz",
    ),
    "unit": ("x: {shape: [1], values: real}\nflow: [{cdf: {gaussian_mixture: 2}}]\nbase: uniform\n", "line.npz"),
    "ordered": ("x: {shape: [1, 4, 4], values: binary}\norder: raster\nnet: [{conv: 4, kernel: 3}, tanh]\nhead: bernoulli\n", "bits.npz"),
}  # fmt: skip


@pytest.fixture(scope="module")
def runs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every spec trained for an epoch, with its data."""
    import contextlib
    import io

    from flowspec.cli import Command

    home = tmp_path_factory.mktemp("runs")
    random = np.random.default_rng(0)
    label = np.arange(80) % 4
    points = random.standard_normal((80, 3)) + label[:, None]
    np.savez(home / "points.npz", x_train=points, label_train=label, x_test=points[:20], label_test=label[:20])
    np.savez(
        home / "points2.npz",
        x_train=points[:, :2],
        x_test=points[:20, :2],
        label_train=label % 3,
        label_test=label[:20] % 3,
    )
    np.savez(home / "images.npz", data=random.integers(0, 16, (60, 4, 4)))
    np.savez(home / "bits.npz", data=random.integers(0, 2, (60, 4, 4)))
    np.savez(home / "line.npz", data=random.standard_normal((60, 1)))
    with contextlib.chdir(home):
        for name, (spec, data) in SPECS.items():
            Path(f"{name}.yaml").write_text(HEAD.replace("NAME", name) + spec)
            args = ["train", f"{name}.yaml", "--data", data, "--epochs", "1", "--batch", "20", "--out", name, "--quiet"]
            err = io.StringIO()
            assert Command(io.StringIO(), io.StringIO(), err, {}).main(args) == 0, err.getvalue()
    return home


@pytest.fixture
def tool(flowspec: Run, runs: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The command line, in the folder of the runs."""
    monkeypatch.chdir(runs)
    return flowspec


def done(tool: Run, *args: str) -> str:
    found = tool(*args)
    assert found.code == 0, found.err
    return found.out


def linear_map(runs: Path) -> np.ndarray:
    """The matrix A of z = A x + b of the trained linear flow."""
    import torch
    from safetensors.torch import load_file

    import flowspec

    weights = load_file(runs / "linear" / "model.safetensors")
    model = flowspec.build(str(runs / "linear" / "spec.yaml"))()
    model.load_state_dict(weights)
    with torch.no_grad():
        z = model.encode(torch.cat([torch.eye(3), torch.zeros(1, 3)]))[0].double().numpy()
    return (z[:3] - z[3]).T


def test_there_and_back(tool: Run, runs: Path) -> None:
    for name, data in (("linear", "x_test"), ("scales", None)):
        done(tool, "encode", name, "--data", SPECS[name][1], "-o", "z.npz")
        done(tool, "decode", name, "z.npz", "-o", "x.npy")
        x, stored = np.load("x.npy"), np.load(SPECS[name][1])[data or "data"]
        assert np.allclose(x.reshape(stored.shape), stored, atol=1e-4)


def test_what_is_written_beside_z(tool: Run, runs: Path) -> None:
    done(tool, "encode", "scales", "--data", "images.npz", "-n", "7", "-o", "z.npz")
    found = np.load("z.npz")
    assert (found["z"].shape, found["log_det"].shape, found["nats"].shape) == ((7, 16), (7,), (7,))
    assert found["part_sizes"].tolist() == [8, 8]
    told = json.loads(done(tool, "encode", "scales", "--data", "images.npz", "-n", "7", "--format", "json"))
    assert [(part["shape"], part["density"]) for part in told["parts"]] == [
        ([2, 2, 2], "Normal"),
        ([2, 2, 2], "StandardNormal"),
    ]
    assert (told["measures"], told["rows"]) == ("upper bound on NLL", 7)
    assert told["nats"] == pytest.approx(found["nats"].mean())


def test_nats_of_an_exact_flow_are_those_of_eval(tool: Run) -> None:
    score = json.loads(done(tool, "eval", "linear", "--format", "json"))
    told = json.loads(done(tool, "encode", "linear", "--format", "json"))
    assert told["nats"] == pytest.approx(score["nats"], abs=1e-5)
    done(tool, "encode", "linear", "-o", "z.npy")
    z, meant = np.load("z.npy"), np.load("points.npz")["x_test"] @ linear_map(Path()).T
    assert np.allclose(z - z.mean(0), meant - meant.mean(0), atol=1e-4)


def test_a_seed_repeats_what_is_drawn(tool: Run) -> None:
    kept = []
    for seed in ("1", "1", "2"):
        done(tool, "encode", "vae", "--data", "bits.npz", "--seed", seed, "-o", "z.npy")
        kept.append(np.load("z.npy"))
    assert np.array_equal(kept[0], kept[1])
    assert not np.array_equal(kept[0], kept[2])
    done(tool, "decode", "vae", "z.npy", "-o", "x.npy")
    assert np.isin(np.load("x.npy"), (0, 1)).all()


def test_contexts_go_along(tool: Run) -> None:
    done(tool, "encode", "labelled", "-o", "z.npz")
    assert np.load("z.npz")["label"].tolist() == [k % 4 % 3 for k in range(20)]
    done(tool, "decode", "labelled", "z.npz", "-o", "x.npz")
    assert np.allclose(np.load("x.npz")["x"], np.load("points2.npz")["x_test"], atol=1e-4)
    done(tool, "decode", "labelled", "z.npz", "--given", "label=1", "-o", "x.npz")
    assert np.load("x.npz")["label"].tolist() == [1] * 20


def test_the_attribute_of_a_linear_flow(tool: Run, runs: Path) -> None:
    done(tool, "attribute", "linear", "--with", "label=2", "--without", "label=1", "-o", "v.npz")
    data = np.load("points.npz")
    x, label = data["x_train"], data["label_train"]
    from flowspec.train.splits import held_out

    kept = held_out(80)[0]
    x, label = x[kept], label[kept]
    meant = linear_map(runs) @ (x[label == 2].mean(0) - x[label == 1].mean(0))
    found = np.load("v.npz")
    assert np.allclose(found["direction"], meant, atol=1e-4)
    assert found["counts"].tolist() == [(label == 2).sum(), (label == 1).sum()]
    done(
        tool,
        "sample",
        "linear",
        "--attribute",
        "v.npz",
        "--rows",
        "3",
        "5",
        "-n",
        "3",
        "--strength",
        "1",
        "-o",
        "x.npz",
    )
    moved, step = np.load("x.npz"), np.linalg.solve(linear_map(runs), meant)
    rows = data["x_test"][[3, 5]]
    assert np.allclose(moved["x"].reshape(2, 3, 3), rows[:, None] + np.array([-1, 0, 1])[:, None] * step, atol=1e-3)


def test_sets_from_labels_and_from_files(tool: Run) -> None:
    done(tool, "attribute", "linear", "--with", "label=2", "--data", "points.npz", "-o", "v.npz")
    data = np.load("points.npz")
    done(
        tool,
        "attribute",
        "linear",
        "--with",
        "label=2",
        "--without",
        "label=0,1,3",
        "--data",
        "points.npz",
        "-o",
        "u.npz",
    )
    assert np.array_equal(np.load("u.npz")["direction"], np.load("v.npz")["direction"])
    np.save("two.npy", data["x_train"][data["label_train"] == 2])
    np.save("rest.npy", data["x_train"][data["label_train"] != 2])
    done(tool, "attribute", "linear", "--with", "two.npy", "--without", "rest.npy", "-o", "w.npz")
    assert np.allclose(np.load("v.npz")["direction"], np.load("w.npz")["direction"], atol=1e-5)
    told = json.loads(
        done(tool, "attribute", "linear", "--with", "two.npy", "--without", "rest.npy", "--format", "json")
    )
    assert (told["with"], told["without"], told["size"]) == (20, 60, 3)


def test_corners_are_the_rows(tool: Run) -> None:
    done(
        tool, "sample", "scales", "--corners", "1", "4", "0", "2", "-n", "5", "--observed", "images.npz", "-o", "x.npz"
    )
    grid, data = np.load("x.npz"), np.load("images.npz")["data"]
    assert grid["z"].shape == (25, 16)
    assert np.array_equal(grid["x"][[0, 4, 20, 24], 0], data[[1, 4, 0, 2]])
    told = tool("sample", "scales", "--corners", "1", "4", "0", "2", "-o", "x.png")
    assert told.err.splitlines()[0].endswith("by angles in its normal parts, linearly in the others")
    assert Image.open("x.png").size == (14 * (8 * 6 + 2), 14 * (8 * 6 + 2))


def test_a_vae_has_paths_too(tool: Run) -> None:
    assert tool("sample", "vae", "--between", "0", "1", "--observed", "bits.npz", "-n", "4", "-o", "x.png").code == 0
    assert tool("sample", "vae", "--corners", "0", "1", "2", "3", "--observed", "bits.npz", "-o", "x.png").code == 0


def test_temperature(tool: Run) -> None:
    drawn = {}
    for T in ("1", "0.5"):
        done(tool, "sample", "linear", "-n", "2000", "--temperature", T, "-o", "x.npy")
        drawn[T] = np.load("x.npy")
    assert np.allclose(np.cov(drawn["0.5"].T), np.cov(drawn["1"].T) / 4, rtol=1e-3)
    done(
        tool,
        "sample",
        "ordered",
        "-n",
        "20",
        "--temperature",
        "0.000001",
        "--keep",
        "rows:1",
        "--each",
        "2",
        "-o",
        "x.npz",
    )
    pairs = np.load("x.npz")["x"].reshape(-1, 2, 16)
    assert np.array_equal(pairs[:, 0], pairs[:, 1])  # the likelier value of each bit


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["encode", "ordered"], "`ordered` is an autoregressive model: it has no latent space and no decoder"),
        (["encode", "linear", "--data", "absent.npz"], "cannot read `absent.npz`: No such file or directory"),
        (["encode", "labelled", "--split", "valid", "--data", "points2.npz"], "`points2.npz` has no valid split"),
        (["encode", "linear", "--data", "points.npz", "-o", "points.npz"], "`points.npz` is what is read: it would be lost"),
        (["sample", "linear", "-o", "points.npz"], "`points.npz` is what is read: it would be lost"),
        (["sample", "linear", "--attribute", "v0.npz", "-o", "v0.npz"], "`v0.npz` is what is read: it would be lost"),
        (["sample", "scales", "--corners", "0", "1", "2", "3", "--observed", "bits.npz", "-o", "bits.npz"], "`bits.npz` is what is read"),
        (["sample", "labelled", "--given", "label=other.npz:z", "-o", "other.npz"], "`other.npz` is what is read: it would be lost"),
        (["sample", "scales", "--keep", "two.npy", "-o", "two.npy"], "`two.npy` is what is read: it would be lost"),
        (["decode", "labelled", "two.npy", "--given", "label=other.npz:z", "-o", "other.npz"], "`other.npz` is what is read"),
        (["decode", "linear", "none.npy", "-o", "points.npz"], "`points.npz` is what is read: it would be lost"),
        (["encode", "linear", "--data", "none.npy", "-o", "points.npz"], "`points.npz` is what is read: it would be lost"),
        (["encode", "linear", "-o", "z.png"], "argument -o/--output: `z.png` does not end in .npz, .npy"),
        (["encode", "linear", "--seed", "-1"], "the seed is -1; it must be 0 or more"),
        (["decode", "ordered", "bits.npz"], "`ordered` is an autoregressive model"),
        (["decode", "linear", "bits.npz"], "`bits.npz` holds an array of shape [60, 4, 4]; latents of this model have 3 numbers"),
        (["decode", "labelled", "line2.npy"], "`line2.npy` holds entries that are not finite numbers"),
        (["decode", "linear", "other.npz"], "`other.npz` belongs to other weights: its latents mean nothing to this model"),
        (["decode", "linear", "none.npy"], "`none.npy` holds an array of shape [0, 3]; latents of this model have 3 numbers"),
        (["decode", "labelled", "two.npy"], "the model is conditional on `label`, and `two.npy` has none beside it"),
        (["decode", "linear", "line2.npy:y"], "`line2.npy` has no array `y`"),
        (["attribute", "linear"], "the following arguments are required: --with"),
        (["attribute", "linear", "--with", "label=7"], "no row of the train split has label 7"),
        (["attribute", "linear", "--with", "smile=1", "--data", "points.npz"], "`points.npz` has no labels `smile` of its rows"),
        (["attribute", "linear", "--with", "label=a"], "`label=a` is no label and its values"),
        (["attribute", "linear", "--with", "label=1", "--without", "label="], "`label=` is no label and its values"),
        (["attribute", "linear", "--with", "label=1", "--without", "label=1"], "rows with the attribute and rows without it have the same"),
        (["attribute", "linear", "--with", "points.npz"], "nothing says which rows are without the attribute"),
        (["attribute", "ordered", "--with", "label=1"], "`ordered` is an autoregressive model"),
        (["sample", "linear", "--attribute", "points.npz"], "`points.npz` holds no attribute"),
        (["sample", "scales", "--attribute", "v0.npz"], "`v0.npz` belongs to other weights: a direction means nothing"),
        (["sample", "linear", "--attribute", "v0.npz", "--rows", "0", "20"], "there is no row 20: rows run from 0 to 19"),
        (["sample", "linear", "--rows", "1"], "--rows is for --attribute"),
        (["sample", "linear", "--attribute", "v0.npz", "--corners", "0", "1", "2", "3"], "--corners does not go with --attribute"),
        (["sample", "linear", "--corners", "0", "1", "2", "20"], "there is no row 20: rows run from 0 to 19"),
        (["sample", "linear", "--corners", "0", "1", "2", "3", "-n", "1"], "a grid has two images a side at least: -n 2"),
        (["sample", "linear", "--corners", "0", "1", "2", "3", "--temperature", "2"], "--corners draws nothing: --temperature"),
        (["sample", "labelled", "--corners", "0", "1", "2", "3"], "the four rows are given different `label`, and a grid has one"),
        (["sample", "labelled", "--corners", "0", "1", "2", "3", "--given", "kind=1"], "the model has no given `kind`"),
        (["sample", "labelled", "--corners", "0", "1", "2", "3", "--given", "label=0,1"], "--given label=0,1 chooses 2 classes, and a grid has one"),
        (["sample", "ordered", "--corners", "0", "1", "2", "3"], "`ordered` is an autoregressive model"),
        (["sample", "linear", "--temperature", "0"], "argument --temperature: `0` is not a number above 0"),
        (["sample", "unit", "--temperature", "0.5"], "the density Uniform has no temperature"),
    ],
)  # fmt: skip
def test_faults(args: list[str], message: str, tool: Run) -> None:
    np.save("line2.npy", np.full((3, 2), np.nan))
    np.save("none.npy", np.zeros((0, 3)))
    np.save("two.npy", np.zeros((4, 2)))
    np.savez("other.npz", z=np.zeros((3, 3)), weights=np.array("x"))
    done(tool, "attribute", "linear", "--with", "label=2", "-o", "v0.npz")
    found = tool(*args)
    assert (found.code, found.err.splitlines()[0][: len(message) + 7]) == (2, f"error: {message}")


def test_latents_beyond_the_base(tool: Run) -> None:
    np.save("far.npy", np.array([[0.5], [1.5]]))
    found = tool("decode", "unit", "far.npy")
    meant = "error: 1 of 2 latents lie where the base has no density, the first of them in row 1"
    assert (found.code, found.err.splitlines()[0]) == (1, meant)
    np.save("far.npy", np.array([[0.0, 0, 0], [0, np.finfo(np.float32).max, 0]]))
    found = tool("decode", "linear", "far.npy")
    assert (found.code, "the first of them in row 1" in found.err) == (1, True)


def test_help_has_an_example(flowspec: Run) -> None:
    for name in ("encode", "decode", "attribute"):
        assert f"example: flowspec {name} runs/" in flowspec(name, "--help").out
