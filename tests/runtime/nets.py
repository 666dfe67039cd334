"""Small hand-written nets and models that the tests of the runtime judge."""

from __future__ import annotations

import math

import torch
from torch import nn

from flowspec.runtime import (
    Affine,
    Autoregressive,
    AutoregressiveStep,
    Bernoulli,
    Categorical,
    Flow,
    Independent,
    MaskedConv,
    MaskedLinear,
    Model,
    StandardNormal,
    full_precision,
    parameters_last,
    permutation,
    places,
    signed_unit,
    spread,
)


class Dense(nn.Module):
    """Any function of x to (B, *shape, size): the conditioner of a coupling."""

    def __init__(self, n_in: int, shape: tuple[int, ...], size: int, context: int = 0) -> None:
        super().__init__()
        self.shape, self.size = shape, size
        self.first = nn.Linear(n_in + context, 16)
        self.last = nn.Linear(16, math.prod(shape) * size)

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        h = torch.cat([x.flatten(1), *given.values()], 1)
        return self.last(torch.tanh(self.first(h))).view(x.shape[0], *self.shape, self.size)


class Made(nn.Module):
    """A masked MLP from (B, D) to (B, D, size) along one order, or an ensemble of them."""

    def __init__(self, sequences: list[list[int]], size: int, width: int = 24) -> None:
        super().__init__()
        self.size = size
        place = [places(sequence) for sequence in sequences]
        hidden = spread(range(1, len(place[0])), width)
        reads = [[p + 1 for p in row] for row in place]
        writes = [[p for p in row for _ in range(size)] for row in place]
        one = len(sequences) == 1
        self.first = MaskedLinear(reads[0] if one else reads, hidden)
        self.middle = MaskedLinear(hidden, hidden)
        self.last = MaskedLinear(hidden, writes[0] if one else writes)

    def forward(self, x: torch.Tensor, order: int = 0) -> torch.Tensor:
        h = torch.tanh(self.first(x, order))
        h = torch.tanh(self.middle(h))
        return full_precision(self.last, h, order).unflatten(1, (-1, self.size))


class BinaryMade(Model, Autoregressive):
    """MADE on four binary variables: every one of the 16 states can be counted."""

    NAME, KIND, SPEC_SHA256, LIKELIHOOD = "binary_made", "autoregressive", "0" * 64, "exact"
    SHAPE, VALUES, GIVEN, ORDERS = (4,), "binary", {}, 1

    def __init__(self) -> None:
        sequence = [2, 0, 3, 1]
        super().__init__(Bernoulli(), (4,), places(sequence))
        self.net = Made([sequence], 1)

    def theta(self, x: torch.Tensor) -> torch.Tensor:
        return self.net(x)


class Ensemble(Model, Autoregressive):
    """The same with three orders, mixed in probability, and a class as context."""

    NAME, KIND, SPEC_SHA256, LIKELIHOOD = "ensemble", "autoregressive", "0" * 64, "exact"
    SHAPE, VALUES, GIVEN, ORDERS = (4,), "binary", {"label": {"classes": 2}}, 3

    def __init__(self) -> None:
        sequences = [permutation(4, 7, k) for k in range(3)]
        super().__init__(Bernoulli(), (4,), [places(s) for s in sequences])
        self.net = Made(sequences, 1)
        self.label = nn.Embedding(2, 4)

    def theta(self, x: torch.Tensor, label: torch.Tensor, order: int = 0) -> torch.Tensor:
        return self.net(x, order) + self.label(label)[..., None]


class TinyPixelCnn(Model, Autoregressive):
    """Two ternary channels on 1x2 sites: 81 states, channels innermost."""

    NAME, KIND, SPEC_SHA256, LIKELIHOOD = "tiny_pixelcnn", "autoregressive", "0" * 64, "exact"
    SHAPE, VALUES, GIVEN, ORDERS = (2, 1, 2), 3, {}, 1

    def __init__(self) -> None:
        super().__init__(Categorical(3), (2, 1, 2), [0, 2, 1, 3])
        strict = {(0, 0): "10", (0, 1): "10", (1, 0): "11", (1, 1): "10"}
        upto = {(0, 0): "11", (0, 1): "10", (1, 0): "11", (1, 1): "11"}
        self.first = MaskedConv(2, 12, (1, 2), strict, (0, -1), [0, 1], [k * 2 // 12 for k in range(12)])
        self.last = MaskedConv(
            12, 6, (1, 2), upto, (0, -1), [k * 2 // 12 for k in range(12)], [k * 2 // 6 for k in range(6)]
        )

    def theta(self, x: torch.Tensor) -> torch.Tensor:
        h = torch.tanh(self.first(signed_unit(x, 3)))
        return parameters_last(full_precision(self.last, h), 3)


class TinyMaf(Model, Flow):
    """Two autoregressive steps, one fast in each direction, onto a normal base."""

    NAME, KIND, SPEC_SHA256, LIKELIHOOD = "tiny_maf", "flow", "0" * 64, "exact"
    SHAPE, VALUES, GIVEN, ORDERS = (3,), "real", {}, 1

    def __init__(self) -> None:
        super().__init__((3,), [(3,)])
        self.step_1 = AutoregressiveStep(Made([[0, 1, 2]], 2), Affine(), [0, 1, 2])
        self.step_2 = AutoregressiveStep(Made([[2, 1, 0]], 2), Affine(), [2, 1, 0], fast="sampling")
        self.base = Independent(StandardNormal(), (3,))

    def flow(self, x: torch.Tensor) -> tuple[tuple[torch.Tensor], torch.Tensor, torch.Tensor]:
        x, log_det_1 = self.step_1(x)
        x, log_det_2 = self.step_2(x)
        return (x,), log_det_1 + log_det_2, self.base.log_prob(x)

    def unflow(self, draw, n: int) -> torch.Tensor:
        z = draw(0, self.base)
        return self.step_1.inverse(self.step_2.inverse(z))
