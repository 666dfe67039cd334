"""Figures are counted right and labelled as what they are."""

from __future__ import annotations

import dataclasses
import math

import numpy as np
import pytest
import torch

from flowspec.train import Compute, Split, Traits
from flowspec.train.compute import Feed
from flowspec.train.metrics import log_probs, score

from . import models

CPU = Compute(torch.device("cpu"))


def test_mean_error_and_bits() -> None:
    log_p = torch.tensor([-1.0, -2.0, -6.0], dtype=torch.float64)
    found = score("test", log_p, Traits.of(models.TinyMade), log_det=1.0)
    assert found.nll == pytest.approx(2)
    assert found.nll_error == pytest.approx(math.sqrt(7 / 3))
    assert found.bits == pytest.approx(2 / (6 * math.log(2)))
    assert found.bits_error == pytest.approx(math.sqrt(7 / 3) / (6 * math.log(2)))


@pytest.mark.parametrize(
    ("likelihood", "label"), [("exact", "NLL"), ("bound", "upper bound on NLL"), ("estimate", "estimate of NLL")]
)
def test_labels(likelihood: str, label: str) -> None:
    traits = dataclasses.replace(Traits.of(models.TinyMade), likelihood=likelihood)
    found = score("test", torch.zeros(2), traits)
    assert found.lines()[0].startswith(f"{label:<8}  ")
    assert found.as_json()["measures"] == label


def test_rows_without_a_density_are_counted() -> None:
    found = score("test", torch.tensor([-1.0, -math.inf, math.nan]), Traits.of(models.TinyMade))
    assert (found.impossible, found.undefined, found.finite) == (1, 1, False)
    assert found.as_json()["nats"] is None
    assert found.lines()[-2:] == [
        "1 rows have density 0 under the model",
        "1 rows have no density: the model gives NaN for them",
    ]


def test_one_row_has_no_error() -> None:
    found = score("test", torch.tensor([-1.0]), Traits.of(models.TinyMade))
    assert found.lines()[0] == "NLL       1.0000 nats"
    assert found.as_json()["nats_standard_error"] is None


def test_the_uniform_model_costs_one_bit_a_variable() -> None:
    model = models.TinyMade()
    torch.nn.init.zeros_(model.head.weight)
    torch.nn.init.zeros_(model.head.bias)
    x = np.random.default_rng(0).integers(0, 2, (50, 6)).astype(np.uint8)
    log_p = log_probs(model, Feed(Split(x, {}), Traits.of(model), CPU), CPU, 16)
    assert score("test", log_p, Traits.of(model)).bits == pytest.approx(1)


def test_noise_is_drawn_aside() -> None:
    """Scores repeat, whatever the batch order of calls, and the generator of training does not move."""
    model, x = models.Dequantized(), np.zeros((30, 1, 2, 2), np.uint8)
    feed = Feed(Split(x, {}), Traits.of(model), CPU)
    model.train()
    torch.manual_seed(3)
    before = torch.get_rng_state()
    first, second = log_probs(model, feed, CPU, 8), log_probs(model, feed, CPU, 8)
    assert torch.equal(first, second)
    assert torch.equal(torch.get_rng_state(), before)
    assert model.training
    assert first.std() > 0
