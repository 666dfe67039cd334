"""flowspec sample with something known: rows of data that are completed, prompts, members of an ensemble."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("torch")

from PIL import Image

from flowspec.train.inpaint import kept
from flowspec.train.traits import Traits
from flowspec.train.values import Values

from .conftest import Run

HEAD = "flowspec: 1\nname: m\n"
IMAGES = f"""{HEAD}x: {{shape: [1, 6, 6], values: binary}}
order: raster
net: [{{conv: 4, kernel: 3}}, tanh]
head: bernoulli
"""
ORDERS = f"""{HEAD}x: {{shape: [4], values: binary}}
order: {{random: 3, seed: 2}}
net: [{{linear: 8}}, tanh]
head: bernoulli
"""
TEXT = f"""{HEAD}x: {{shape: [12], values: 20}}
order: raster
net: [{{one_hot: {{}}}}, {{conv: 8, kernel: 3}}, tanh]
head: categorical
"""
FLOW = f"""{HEAD}x: {{shape: [2], values: real}}
flow: [{{coupling: {{keep: half, net: {{mlp: [4]}}}}}}]
base: normal
"""


@pytest.fixture
def trained(flowspec: Run, tmp_path: Path) -> Run:
    """Runs of one short epoch in the folders images, orders, text and flow."""
    random = np.random.default_rng(0)
    np.savez(tmp_path / "images.npz", train=random.integers(0, 2, (40, 6, 6)), test=random.integers(0, 2, (20, 6, 6)))
    np.save(tmp_path / "orders.npy", random.integers(0, 2, (40, 4)))
    (tmp_path / "text.txt").write_text("to be or not to be\n" * 40)
    data = {"images": "images.npz", "orders": "orders.npy", "text": "text.txt", "flow": "synthetic:moons:100"}
    for name, spec in {"images": IMAGES, "orders": ORDERS, "text": TEXT, "flow": FLOW}.items():
        (tmp_path / f"{name}.yaml").write_text(spec)
        done = flowspec(
            "train", f"{name}.yaml", "--data", data[name], "--epochs", "1", "--batch", "20", "--out", name, "--quiet"
        )
        assert done.code == 0, done.err
    return flowspec


def test_completions(trained: Run, tmp_path: Path) -> None:
    done = trained("sample", "images", "--keep", "rows:3", "-n", "4", "--each", "2", "-o", "x.npz")
    assert (done.code, done.err) == (0, "wrote x.npz\n")
    found, test = np.load(tmp_path / "x.npz"), np.load(tmp_path / "images.npz")["test"]
    assert found["mask"].sum() == 18
    assert np.array_equal(found["original"][:, 0], test[[0, 6, 12, 19]])
    assert found["x"].shape == (8, 1, 6, 6)
    assert np.array_equal(found["x"][:, 0, :3], np.repeat(test[[0, 6, 12, 19], :3], 2, axis=0))
    assert not np.array_equal(found["x"][0], found["x"][1])
    again = trained("sample", "images", "--keep", "rows:3", "-n", "4", "--each", "2", "-o", "y.npz")
    assert again.code == 0
    assert np.array_equal(np.load(tmp_path / "y.npz")["x"], found["x"])


def test_rows_of_a_square_vector() -> None:
    traits = Traits("m", "0" * 64, "exact", (9,), Values.of("binary"), {}, 1)
    assert kept("rows:1", traits).tolist() == [True] * 3 + [False] * 6
    assert kept("columns:2", traits).tolist() == [True, True, False] * 3
    assert kept("first:4", traits).sum() == 4


def test_a_picture_has_a_row_for_each_row_of_data(trained: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "mask.npy", np.tri(6, 6, -6, dtype=bool) | (np.arange(6) < 2)[:, None])
    assert trained("sample", "images", "--keep", "mask.npy", "-n", "3", "-o", "x.png").code == 0
    picture = np.asarray(Image.open(tmp_path / "x.png"))
    assert picture.shape == (9 * (3 * 8 + 2), 9 * (8 * 8 + 2))
    small = picture[::9, ::9][2:8, 2:8]  # what is seen of the first row: two lines, then gray
    assert (small[2:] == 128).all()
    assert set(np.unique(small[:2])) <= {0, 255}


def test_other_rows_can_be_completed(trained: Run, tmp_path: Path) -> None:
    np.save(tmp_path / "other.npy", np.ones((2, 6, 6), dtype=np.uint8))
    done = trained("sample", "images", "--keep", "first:6", "--observed", "other.npy", "--each", "1", "-o", "x.npy")
    assert done.code == 0
    assert np.load(tmp_path / "x.npy")[:, 0, 0].all()


def test_a_prompt_begins_every_text(trained: Run) -> None:
    done = trained("sample", "text", "--prompt", "not t", "-n", "3")
    texts = done.out.split("-" * 40 + "\n")
    assert len(texts) == 3
    assert all(text.startswith("not t") and len(text) == 13 for text in texts)


def test_training_on_text_can_be_resumed(trained: Run, tmp_path: Path) -> None:
    """Two steps and two more give the weights of four; the text is read again, and must not have changed."""
    train = ["train", "text.yaml", "--batch", "20", "--eval-every", "2", "--quiet", "--out"]
    assert trained(*train, "whole", "--data", "text.txt", "--steps", "4").code == 0
    assert trained(*train, "parts", "--data", "text.txt", "--steps", "2").code == 0
    assert trained(*train, "parts", "--steps", "4", "--resume").code == 0
    one, other = (trained("sample", name, "-n", "5").out for name in ("whole", "parts"))
    assert one == other
    (tmp_path / "text.txt").write_text("not to be or to be\n" * 40)
    done = trained(*train, "parts", "--steps", "6", "--resume")
    assert (done.code, "has changed since `parts` was trained on it" in done.err) == (2, True)


def test_a_member_of_an_ensemble(trained: Run, tmp_path: Path) -> None:
    assert trained("sample", "orders", "--order", "1", "-n", "5").code == 0
    done = trained("sample", "orders", "--order", "3", "-n", "5")
    assert (done.code, done.err) == (2, "error: order=3: this is an ensemble of orders, say one of 0..2\n")


@pytest.mark.parametrize(
    ("args", "message"),
    [
        (["images", "--keep", "columns:3"], "m: 13 of 18 observed variables may depend on unobserved ones, the first of"),
        (["images", "--keep", "rows:7"], "`--keep rows:7` keeps more than the 6 rows of x"),
        (["text", "--keep", "rows:1"], "`--keep rows:1`: x has shape [12], without rows"),
        (["images", "--keep", "half"], "`--keep half` is neither rows:K, columns:K, first:K nor a file"),
        (["images", "--keep", "images.npz:train"], "`images.npz:train` holds int64 of shape [40, 6, 6]; a mask has"),
        (["images", "--each", "3"], "--each completes rows of data, and nothing says what is seen of them"),
        (["images", "--prompt", "a"], "--prompt is for models of text, and this one was trained on other data"),
        (["text", "--prompt", "z"], "the prompt holds 'z' (character 0), which is not among the 8 characters"),
        (["text", "--prompt", "to be or not to be"], "the prompt has 18 characters, and a sample has 12"),
        (["text", "--prompt", "to", "--keep", "first:2"], "--prompt says what is seen already: --keep and --observed"),
        (["flow", "--keep", "first:1", "-o", "x.npz"], "m: `observed` is for models with an order: of a flow model"),
        (["flow", "--order", "1"], "--order 1 chooses from an ensemble of orders, and `m` is none"),
    ],
)  # fmt: skip
def test_what_cannot_be_completed(args: list[str], message: str, trained: Run) -> None:
    done = trained("sample", *args)
    assert done.code == 2
    assert done.err.startswith(f"error: {message}"), done.err
