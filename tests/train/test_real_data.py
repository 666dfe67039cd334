"""Real data of the field, where it is at hand: read, checked against its published sums, and learned from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from flowspec.train import Options, Quiet, Request, Spec, Traits, begin, evaluate, load, reopen, train
from flowspec.train.values import Values

from . import models

DATA = Path(__file__).parents[3] / "shared" / "data"
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(
        not DATA.is_dir(), reason="needs the data sets in ../shared/data, which are not in the repository"
    ),
]


def traits(shape: tuple[int, ...], values: Any) -> Traits:
    return Traits("m", "0" * 64, "exact", shape, Values.of(values), {}, 1)


def test_binarized_mnist_has_its_published_sums() -> None:
    source = str(DATA / "binarized_mnist" / "binarized_mnist.npz")
    for shape in ((784,), (1, 28, 28)):
        data = load(Request(source), traits(shape, "binary"))
        assert {name: split.x.shape for name, split in data.splits.items()} == {
            "train": (50000, *shape),
            "valid": (10000, *shape),
            "test": (10000, *shape),
        }
        assert [int(split.x.sum()) for split in data.splits.values()] == [5118041, 1028036, 1038896]


@pytest.mark.parametrize(("name", "variables"), [("dna", 180), ("mushrooms", 112), ("nips", 500), ("bbc", 1058)])
def test_packed_tables(name: str, variables: int) -> None:
    data = load(Request(str(DATA / "binary_tabular" / f"{name}.npz")), traits((variables,), "binary"))
    archive = np.load(DATA / "binary_tabular" / f"{name}.npz")
    for split, rows in data.splits.items():
        assert np.array_equal(rows.x, np.unpackbits(archive[split], axis=1, count=variables))


def test_mnist_folder() -> None:
    data = load(Request(str(DATA / "mnist")), traits((1, 28, 28), 256))
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 54000, "valid": 6000, "test": 10000}
    both = np.concatenate([data.splits["train"].x, data.splits["valid"].x])
    assert both.mean() / 255 == pytest.approx(0.13066, abs=1e-5)


def test_cifar_comes_channels_first() -> None:
    data = load(Request(str(DATA / "cifar10" / "cifar10_10k_2k.npz")), traits((3, 32, 32), 256))
    archive = np.load(DATA / "cifar10" / "cifar10_10k_2k.npz")
    assert np.array_equal(data.splits["test"].x[:, 2], archive["x_test"][..., 2])


def test_power_by_named_columns() -> None:
    names = ("global_active_power", "voltage", "sub_metering_1", "sub_metering_2", "sub_metering_3", "minute_of_day")
    request = Request(str(DATA / "power_subset" / "power_48k.npz"), columns=names, standardize=True)
    data = load(request, traits((6,), "real"))
    assert len(data.splits["train"]) == 43159
    assert data.standard is not None
    assert data.standard.mean[1] == pytest.approx(241, abs=2)  # volts
    assert "variables 2, 3, 4 with few distinct values" in data.notes[0]


def test_shakespeare_is_windows_of_characters() -> None:
    data = load(Request(str(DATA / "tinyshakespeare" / "input.txt")), traits((1, 64), 65))
    assert data.medium is not None
    assert len(data.medium.characters) == 65
    assert [len(split) for split in data.splits.values()] == [15685, 871, 871]
    assert data.medium.decode(data.splits["train"].x[0]).startswith("First Citizen:\nBefore we proceed")


def test_spoken_digits_by_their_own_split() -> None:
    """The data set tests on repetitions 0 to 4 of every digit and speaker."""
    request = Request(str(DATA / "speech_fsdd" / "fsdd.npz"), mu_law=True, test="index=0,1,2,3,4")
    data = load(request, traits((1, 512), 256))
    assert data.medium is not None
    assert (data.medium.rate, data.medium.mu_law) == (8000, True)
    assert sum(map(len, data.splits.values())) == 19015
    assert len(data.splits["test"]) == 1867


def test_clips_of_a_street() -> None:
    request = Request(str(DATA / "video_small" / "video_small.npz"), key="vtest", patches=True, quantize=True)
    data = load(request, traits((1, 4, 16, 16), 4))
    assert {name: len(split) for name, split in data.splits.items()} == {"train": 4296, "valid": 216, "test": 240}
    assert set(np.unique(data.splits["train"].x)) == {0, 1, 2, 3}


class Made(models.TinyMade):
    """One hidden layer of 500 units on 784 variables."""

    NAME = "made"
    SHAPE = (784,)
    WIDTH = 500


def test_a_bare_made_learns_binarized_mnist(tmp_path: Path) -> None:
    """Two epochs bring the small MADE from 543 nats (784 fair bits) below 110; the paper's best is 88.40."""
    request = Request(str(DATA / "binarized_mnist" / "binarized_mnist.npz"))
    spec = Spec(Made, "made.yaml", {})
    job = begin(spec, request, Options(epochs=2), torch.device("cpu"), tmp_path / "run")
    train(job, Quiet(), lambda: False, spec.path)
    score = evaluate(reopen(job.run, spec, torch.device("cpu")), "test", batch=500)
    assert score.rows == 10000
    assert 85 < score.nll < 110
    assert score.nll_error == pytest.approx(0.26, abs=0.05)
