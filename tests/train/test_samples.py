"""Samples: repeatable, in the units of the data, as arrays, texts and pictures."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from PIL import Image

from flowspec.train import Compute, TrainError, Traits
from flowspec.train.pictures import GAP, GRID, MARGIN, PANEL, as_bytes, bounds, picture, write_picture
from flowspec.train.samples import Samples, contexts, draw, original_units
from flowspec.train.standard import Standard
from flowspec.train.values import Values

from . import models

CPU = Compute(torch.device("cpu"))


def traits(shape: tuple[int, ...], values: Any) -> Traits:
    return Traits("m", "0" * 64, "exact", shape, Values.of(values), {}, 1)


def fault(act: Any) -> TrainError:
    with pytest.raises(TrainError) as caught:
        act()
    return caught.value


def test_samples_repeat_by_seed() -> None:
    model = models.TinyMade()
    one, same, other = (draw(model, Traits.of(model), {}, CPU, 50, seed, 20) for seed in (1, 1, 2))
    assert one.shape == (50, 6)
    assert one.dtype == np.uint8
    assert np.array_equal(one, same)
    assert not np.array_equal(one, other)


def test_drawing_leaves_the_generators_alone() -> None:
    before = torch.get_rng_state()
    draw(models.Dequantized(), Traits.of(models.Dequantized), {}, CPU, 5, 0, 2)
    assert torch.equal(torch.get_rng_state(), before)


def test_context_of_samples() -> None:
    found = Traits.of(models.Conditional)
    assert contexts(found, {}, 7)["label"].tolist() == [0, 1, 2, 0, 1, 2, 0]
    assert contexts(found, {"label": "2"}, 3)["label"].tolist() == [2, 2, 2]
    assert contexts(found, {"label": "2,0"}, 3)["label"].tolist() == [2, 0, 2]
    model = models.Conditional()
    with torch.no_grad():
        model.bias.weight[1] = 50.0
    assert draw(model, found, contexts(found, {"label": "1"}, 4), CPU, 4, 0, 3).all()


def test_context_from_a_file(tmp_path: Path) -> None:
    np.savez(tmp_path / "a.npz", label=np.array([1, 2]), other=np.array([0]))
    found = Traits.of(models.Conditional)
    assert contexts(found, {"label": str(tmp_path / "a.npz")}, 3)["label"].tolist() == [1, 2, 1]
    assert contexts(found, {"label": f"{tmp_path / 'a.npz'}:other"}, 2)["label"].tolist() == [0, 0]


def test_context_that_is_not_there() -> None:
    found = Traits.of(models.Conditional)
    assert fault(lambda: contexts(found, {"kind": "1"}, 1)).message == "the model has no given `kind`"
    assert fault(lambda: contexts(found, {"label": "0,3"}, 1)).message == (
        "the given `label`, row 1 (counting from 0) holds 3 where one of the integers 0..2 is due"
    )


def test_samples_that_overflow() -> None:
    model = models.Affine()
    torch.nn.init.constant_(model.log_scale, -200.0)
    error = fault(lambda: draw(model, Traits.of(model), {}, CPU, 5, 0, 2))
    assert error.message == "5 of 5 samples are not finite numbers: decoding overflows"
    assert error.code == 1


def test_samples_of_standardised_models_are_in_the_units_of_the_data() -> None:
    standard = Standard(np.array([5.0, 0.0]), np.array([2.0, 1.0]))
    assert original_units(np.array([[1, 1]], np.float32), standard).tolist() == [[7, 1]]
    assert original_units(np.ones((1, 2)), None).tolist() == [[1, 1]]


def test_arrays(tmp_path: Path) -> None:
    x, label = np.arange(6).reshape(3, 2), np.array([0, 1, 2])
    samples = Samples(x, {"label": label}, traits((2,), 6))
    samples.write_array(tmp_path / "a.npy")
    samples.write_array(tmp_path / "a.npz")
    assert np.array_equal(np.load(tmp_path / "a.npy"), x)
    archive = np.load(tmp_path / "a.npz")
    assert np.array_equal(archive["x"], x)
    assert np.array_equal(archive["label"], label)


def test_table() -> None:
    x = np.array([[1.5, -2.0], [0.25, 10.0]])
    assert Samples(x, {"label": np.array([3, 10])}, traits((2,), "real")).text().splitlines() == [
        "label      x0  x1",
        "    3  1.5000  -2",
        "   10  0.2500  10",
    ]
    long = Samples(np.zeros((1, 784)), {}, traits((784,), "binary"))
    assert fault(long.text).message == "a sample has 784 variables, too many for a line of text"


def test_grid_of_bits() -> None:
    x = np.zeros((5, 784), np.uint8)
    x[4, 28] = 1  # the first pixel of the second row of the fifth image
    page = np.asarray(picture(x, traits((784,), "binary")))
    assert page.shape == (2 * (2 * 30 + 2), 2 * (3 * 30 + 2))
    top, left = 2 * (GAP + 30 + 1), 2 * (GAP + 30)
    assert (page == 255).sum() == 4
    assert (page[top : top + 2, left : left + 2] == 255).all()
    assert page[0, 0] == GRID


def test_grid_of_colours() -> None:
    x = np.zeros((1, 3, 64, 64), np.uint8)
    x[0, 0] = 255
    page = np.asarray(picture(x, traits((3, 64, 64), 256)))
    assert page.shape == (68, 68, 3)
    assert page[10, 10].tolist() == [255, 0, 0]


@pytest.mark.parametrize(
    ("values", "x", "levels"),
    [
        ("binary", [0, 1], [0, 255]),
        (4, [0, 1, 3], [0, 85, 255]),
        ((-1.0, 1.0), [-1, 0, 1], [0, 128, 255]),
        ("real", [3, 3], [0, 0]),
        ("positive", [0.5, 0.5, 2.0], [0, 0, 255]),
    ],
)
def test_gray_levels(values: Any, x: list[float], levels: list[int]) -> None:
    assert as_bytes(np.array(x, dtype=np.float64), Values.of(values)).tolist() == levels


def test_heat_map_has_the_y_axis_upwards() -> None:
    x = np.concatenate([np.full((500, 2), [0.0, 0.0]), np.full((500, 2), [1.0, 1.0])])
    page = np.asarray(picture(x, traits((2,), "real")).convert("L")).astype(int)
    left = PANEL + 2 * MARGIN
    heat = page[MARGIN : MARGIN + PANEL, left : left + PANEL]
    corner = PANEL // 4
    assert heat[:corner, -corner:].max() > heat[:corner, :corner].max()
    assert heat[-corner:, :corner].max() > heat[-corner:, -corner:].max()
    assert np.allclose(bounds(x), [[-0.05, 1.05], [-0.05, 1.05]])


@pytest.mark.parametrize(
    ("shape", "values", "size"),
    [((6,), "real", (650, 650)), ((180,), "binary", (900, 50)), ((5, 12, 12), 256, (288, 568)), ((2, 7), 3, (112, 80))],
)
def test_other_pictures(shape: tuple[int, ...], values: Any, size: tuple[int, int], tmp_path: Path) -> None:
    random = np.random.default_rng(0)
    high = {"real": 1, "binary": 2}.get(values, values)
    x = random.standard_normal((10, *shape)) if values == "real" else random.integers(0, high, (10, *shape))
    write_picture(tmp_path / "a.png", x, traits(shape, values))
    assert Image.open(tmp_path / "a.png").size == size


def test_shapes_without_a_picture() -> None:
    error = fault(lambda: picture(np.zeros((1, 20)), traits((20,), "real")))
    assert error.message == "there is no picture for samples of shape [20]"
