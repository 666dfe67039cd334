"""Devices, limits, and rows on their way to a model."""

from __future__ import annotations

import numpy as np
import pytest
import torch

from flowspec.train import Compute, Split, TrainError, Traits, device, toy
from flowspec.train.compute import Feed, limits
from flowspec.train.picture import picture

from . import models


def test_devices() -> None:
    assert device("cpu").type == "cpu"
    assert device(None).type == ("cuda" if torch.cuda.is_available() else "cpu")
    with pytest.raises(TrainError) as caught:
        device("toaster")
    assert caught.value.message.startswith("the device `toaster` cannot be used: ")
    assert "\n" not in caught.value.message


@pytest.mark.parametrize(
    "error",
    [MemoryError(), torch.OutOfMemoryError("CUDA out of memory"), RuntimeError("can't allocate memory: 9 bytes")],
)
def test_out_of_memory(error: Exception) -> None:
    with pytest.raises(TrainError) as caught, limits(64):
        raise error
    assert (caught.value.message, caught.value.code) == ("out of memory with batches of 64 rows", 1)


def test_other_errors_are_bugs() -> None:
    with pytest.raises(RuntimeError, match="shapes"), limits(64):
        raise RuntimeError("shapes do not match")


def test_compilers_that_fail() -> None:
    with pytest.raises(TrainError) as caught, limits(64):
        raise torch._dynamo.exc.Unsupported("graph break\nmore")
    assert caught.value.message == "torch.compile failed: graph break"
    assert caught.value.help == "train without --compile"


@pytest.mark.parametrize(("precision", "dtype"), [("float32", torch.float32), ("float64", torch.float64)])
def test_rows_arrive_floating_and_labels_as_integers(precision: str, dtype: torch.dtype) -> None:
    split = Split(np.array([[0, 1], [1, 1], [1, 0]], np.uint8), {"label": np.array([2, 0, 1], np.uint8)})
    feed = Feed(split, Traits.of(models.Conditional), Compute(torch.device("cpu"), precision))
    x, given = feed.batch(torch.tensor([2, 0]))
    assert x.dtype == dtype
    assert x.tolist() == [[1, 0], [0, 1]]
    assert given["label"].dtype == torch.int64
    assert given["label"].tolist() == [1, 2]
    assert [len(x) for x, _ in feed.batches(2)] == [2, 1]


def centre_of(name: str) -> tuple[float, float]:
    """Where data lie in the middle: at 0, but for a picture, which is bright where it is bright."""
    if name != "picture":
        return 0.0, 0.0
    bright = picture() / picture().sum()
    down, across = ((np.arange(len(bright)) + 0.5) * bright.sum(axis) for axis in (1, 0))
    return 6 * across.sum() / len(bright) - 3, 3 - 6 * down.sum() / len(bright)


@pytest.mark.parametrize("name", sorted(toy.PLANE))
def test_planar_data_is_centred_and_wide(name: str) -> None:
    x = toy.PLANE[name](np.random.default_rng(0), 4000)
    assert np.abs(x.mean(0) - centre_of(name)).max() < 0.2
    assert 1 < x.std(0).mean() < 3
