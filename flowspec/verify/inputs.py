"""Inputs of a model: random data and contexts inside their supports, single variables moved, and all states."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

Given = dict[str, Tensor]


@dataclass(frozen=True, slots=True)
class Values:
    """Where numbers lie, read from a module's own VALUES: an interval, the positive or the real line, or integers.

    `counts` holds the number of categories of each variable (one for all, or one each), empty for real numbers.
    """

    lo: float
    hi: float
    counts: tuple[int, ...] = ()

    @staticmethod
    def of(declared: Any) -> Values:
        """From 'real', 'positive', 'binary', N, a list of counts, or (lo, hi)."""
        if declared == "real":
            return Values(-math.inf, math.inf)
        if declared == "positive":
            return Values(0.0, math.inf)
        if declared == "binary":
            return Values(0, 1, (2,))
        if isinstance(declared, int):
            return Values(0, declared - 1, (declared,))
        if isinstance(declared, list):
            return Values(0, max(declared) - 1, tuple(declared))
        lo, hi = declared
        return Values(float(lo), float(hi))

    @property
    def discrete(self) -> bool:
        return bool(self.counts)

    def sizes(self, shape: tuple[int, ...]) -> Tensor:
        """The number of categories of each variable, of that shape."""
        counts = torch.tensor(self.counts)
        return counts.expand(math.prod(shape)).reshape(shape) if len(self.counts) == 1 else counts.reshape(shape)

    def draw(self, n: int, shape: tuple[int, ...], source: torch.Generator) -> Tensor:
        """(n, *shape) of generic values: int64 for integers, float64 inside the support otherwise."""
        if self.discrete:
            u = torch.rand((n, *shape), generator=source, dtype=torch.float64)
            return (u * self.sizes(shape)).long()
        if math.isfinite(self.hi):
            u = torch.rand((n, *shape), generator=source, dtype=torch.float64)
            return self.lo + (self.hi - self.lo) * (0.02 + 0.96 * u)
        x = torch.randn((n, *shape), generator=source, dtype=torch.float64)
        return x if self.lo < 0 else self.lo + x.exp()

    def moved(self, x: Tensor, source: torch.Generator) -> Tensor:
        """The same shape, every entry at another legal value."""
        u = torch.rand(x.shape, generator=source, dtype=torch.float64)
        if self.discrete:
            sizes = self.sizes(tuple(x.shape[1:]))
            return (x + 1 + (u * (sizes - 1)).long()) % sizes
        if math.isfinite(self.hi):
            place = ((x - self.lo) / (self.hi - self.lo) + 0.2 + 0.6 * u) % 1.0
            return self.lo + (self.hi - self.lo) * (0.02 + 0.96 * place)
        sign = torch.where(torch.rand(x.shape, generator=source) < 0.5, -1.0, 1.0)
        step = (0.3 + u) * sign
        return x + step if self.lo < 0 else self.lo + (x - self.lo) * step.exp()

    def inside(self, x: Tensor) -> bool:
        """Whether all entries are legal, ends included."""
        if not self.discrete:
            return bool(((x >= self.lo) & (x <= self.hi)).all())
        return bool(((x == x.floor()) & (x >= 0) & (x < self.sizes(tuple(x.shape[1:])))).all())

    def count_states(self, shape: tuple[int, ...]) -> float:
        """How many values x can take."""
        return math.prod(self.sizes(shape).flatten().tolist()) if self.discrete else math.inf

    def states(self, shape: tuple[int, ...]) -> Tensor:
        """Every value of x, one a row, the last variable fastest."""
        ranges = [torch.arange(n) for n in self.sizes(shape).flatten().tolist()]
        return torch.cartesian_prod(*ranges).reshape(-1, *shape)


def draw_given(declared: dict[str, dict[str, Any]], n: int, source: torch.Generator) -> Given:
    """A random context for n samples."""
    return {name: _one(kind, n, source) for name, kind in declared.items()}


def moved_given(declared: dict[str, dict[str, Any]], name: str, given: Given, source: torch.Generator) -> Given:
    """The same context with all of `name` at other values."""
    kind = declared[name]
    values = Values.of(kind["classes"] if "classes" in kind else kind["values"])
    return {**given, name: values.moved(given[name], source)}


def _one(kind: dict[str, Any], n: int, source: torch.Generator) -> Tensor:
    if "classes" in kind:
        return Values.of(kind["classes"]).draw(n, (), source)
    return Values.of(kind["values"]).draw(n, tuple(kind["shape"]), source)
