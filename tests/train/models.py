"""Small modules written by hand that obey the contract of an emitted module."""

from __future__ import annotations

import math
from typing import Any, ClassVar

import torch
from torch import Tensor, nn


class TinyMade(nn.Module):
    """MADE on six bits, one hidden layer; the subclasses vary orders and context."""

    NAME = "tiny_made"
    SPEC_SHA256 = "a" * 64
    LIKELIHOOD = "exact"
    KIND = "autoregressive"
    SHAPE: tuple[int, ...] = (6,)
    VALUES: Any = "binary"
    GIVEN: ClassVar[dict[str, Any]] = {}
    ORDERS = 1
    WIDTH = 24
    DROPOUT = 0.0

    def __init__(self) -> None:
        super().__init__()
        D, classes = math.prod(self.SHAPE), self.GIVEN.get("label", {}).get("classes", 1)
        self.hidden = nn.Linear(D, self.WIDTH)
        self.head = nn.Linear(self.WIDTH, D)
        self.bias = nn.Embedding(classes, D)
        self.dropout = nn.Dropout(self.DROPOUT)
        rank = torch.stack([torch.randperm(D, generator=torch.Generator().manual_seed(k)) for k in range(self.ORDERS)])
        degree = torch.arange(self.WIDTH) % max(1, D - 1)
        self.register_buffer("into", rank[:, None, :] <= degree[None, :, None], persistent=False)
        self.register_buffer("out", degree[None, None, :] < rank[:, :, None], persistent=False)

    def logits(self, x: Tensor, order: int, label: Tensor | None) -> Tensor:
        h = nn.functional.relu(nn.functional.linear(x, self.hidden.weight * self.into[order], self.hidden.bias))
        logits = nn.functional.linear(self.dropout(h), self.head.weight * self.out[order], self.head.bias)
        return logits if label is None else logits + self.bias(label)

    def terms(self, x: Tensor, order: int = 0, label: Tensor | None = None) -> Tensor:
        x = x.flatten(1)
        logits = self.logits(x, order, label)
        return x * logits + nn.functional.logsigmoid(-logits)

    def log_prob(self, x: Tensor, order: int | None = None, label: Tensor | None = None) -> Tensor:
        if order is not None:
            return self.terms(x, order, label).sum(1)
        every = torch.stack([self.terms(x, k, label).sum(1) for k in range(self.ORDERS)])
        return every.logsumexp(0) - math.log(self.ORDERS)

    def forward(self, x: Tensor, order: int | None = None, label: Tensor | None = None) -> Tensor:
        return self.log_prob(x, order, label)

    def initialize(self, x: Tensor, **given: Tensor) -> None:
        """Nothing needs it."""

    def sample(self, n: int, *, generator: torch.Generator | None = None, label: Tensor | None = None) -> Tensor:
        D = math.prod(self.SHAPE)
        noise = torch.rand(n, D, generator=generator, device=self.head.weight.device)
        x = torch.zeros(n, D, device=noise.device)
        for _ in range(D):
            x = (noise < self.logits(x, 0, label).sigmoid()).to(noise.dtype)
        return x.view(n, *self.SHAPE)


class Ensemble(TinyMade):
    NAME = "ensemble"
    SPEC_SHA256 = "b" * 64
    ORDERS = 3


class Conditional(TinyMade):
    NAME = "conditional"
    SPEC_SHA256 = "c" * 64
    GIVEN: ClassVar[dict[str, Any]] = {"label": {"classes": 3}}


class Noisy(TinyMade):
    """Draws random numbers in training, so a resumed run must find the generator where it stood."""

    NAME = "noisy"
    SPEC_SHA256 = "d" * 64
    DROPOUT = 0.2
    ORDERS = 2


class Digits(TinyMade):
    NAME = "digits"
    SPEC_SHA256 = "e" * 64
    SHAPE = (1, 28, 28)
    WIDTH = 64


class Affine(nn.Module):
    """A flow on the plane: actnorm, then one affine coupling, onto a standard normal."""

    NAME = "affine"
    SPEC_SHA256 = "f" * 64
    LIKELIHOOD = "exact"
    KIND = "flow"
    SHAPE: tuple[int, ...] = (2,)
    VALUES: Any = "real"
    GIVEN: ClassVar[dict[str, Any]] = {}
    BROKEN_AT = -1

    def __init__(self) -> None:
        super().__init__()
        D = self.SHAPE[0]
        self.shift = nn.Parameter(torch.zeros(D))
        self.log_scale = nn.Parameter(torch.zeros(D))
        self.net = nn.Sequential(nn.Linear(D // 2, 16), nn.Tanh(), nn.Linear(16, 2 * (D - D // 2)))
        self.calls = 0

    def initialize(self, x: Tensor) -> None:
        self.calls += 1
        with torch.no_grad():
            self.log_scale.copy_(-x.std(0).log())
            self.shift.copy_(-x.mean(0))

    def encode(self, x: Tensor) -> tuple[Tensor, Tensor]:
        x = (x + self.shift) * self.log_scale.exp()
        kept, moved = x.split([self.SHAPE[0] // 2, self.SHAPE[0] - self.SHAPE[0] // 2], dim=1)
        t, s = self.net(kept).float().to(x.dtype).chunk(2, dim=1)
        z = torch.cat([kept, (moved - t) * torch.exp(-torch.tanh(s))], dim=1)
        return z, self.log_scale.sum() - torch.tanh(s).sum(1)

    def decode(self, z: Tensor) -> Tensor:
        kept, moved = z.split([self.SHAPE[0] // 2, self.SHAPE[0] - self.SHAPE[0] // 2], dim=1)
        t, s = self.net(kept).chunk(2, dim=1)
        x = torch.cat([kept, moved * torch.exp(torch.tanh(s)) + t], dim=1)
        return x * torch.exp(-self.log_scale) - self.shift

    def log_prob(self, x: Tensor) -> Tensor:
        z, log_det = self.encode(x)
        return (-0.5 * z**2 - 0.5 * math.log(2 * math.pi)).sum(1) + log_det

    def forward(self, x: Tensor) -> Tensor:
        if self.training and self.BROKEN_AT >= 0:
            self.BROKEN_AT -= 1
            if self.BROKEN_AT == 0:
                return self.log_prob(x) * torch.nan
        return self.log_prob(x)

    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        return self.decode(torch.randn(n, *self.SHAPE, generator=generator, dtype=self.shift.dtype))


class Broken(Affine):
    """Its loss is NaN in the 30th step."""

    BROKEN_AT = 30


class Tabular(Affine):
    NAME = "tabular"
    SHAPE = (6,)


class Dequantized(nn.Module):
    """Independent normals over (x + u) / 4 for x in 0..3: a bound, since u is drawn."""

    NAME = "dequantized"
    SPEC_SHA256 = "9" * 64
    LIKELIHOOD = "bound"
    KIND = "flow"
    SHAPE = (1, 2, 2)
    VALUES = 4
    GIVEN: ClassVar[dict[str, Any]] = {}

    def __init__(self) -> None:
        super().__init__()
        self.mean = nn.Parameter(torch.full((1, 2, 2), 0.5))

    def initialize(self, x: Tensor) -> None:
        """Nothing needs it."""

    def log_prob(self, x: Tensor) -> Tensor:
        u = (x + torch.rand_like(x)) / 4
        return torch.distributions.Normal(self.mean, 0.3).log_prob(u).flatten(1).sum(1) - 4 * math.log(4)

    def forward(self, x: Tensor) -> Tensor:
        return self.log_prob(x)

    def sample(self, n: int, *, generator: torch.Generator | None = None) -> Tensor:
        noise = torch.randn(n, *self.SHAPE, generator=generator)
        return (4 * (self.mean + 0.3 * noise)).floor().clamp(0, 3)
