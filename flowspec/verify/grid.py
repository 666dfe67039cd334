"""The integral of a density of one or two real variables: one random point in each cell of a grid that follows samples."""

from __future__ import annotations

import math
from itertools import pairwise
from typing import Any

import torch
from torch import Tensor

from flowspec.verify.inputs import Given
from flowspec.verify.subject import Subject, repeated

GRIDS = {1: (2048, 16384), 2: (320, 960)}  # cells on each axis, coarse and fine
PIECES, TAIL = 96, 4  # pieces between quantiles, and how many pieces' worth of cells each tail gets
REACH = 6.0  # tails end at 400 times the width of the outermost hundredth
ENDS = 34.0  # the grid of an interval ends where float64 can still tell its points from 1
SAMPLES, CHUNK = 4000, 2**17
ENOUGH = 5e-4


def total_mass(subject: Subject, model: Any, given: Given) -> tuple[float, int]:
    """The integral of p(x | given), and the number of cells that it took; fine ones only where coarse ones fail."""
    coarse, fine = GRIDS[subject.size]
    mass = _integral(subject, model, given, coarse)
    if abs(mass - 1) <= ENOUGH:
        return mass, coarse**subject.size
    return _integral(subject, model, given, fine), fine**subject.size


@torch.no_grad()
def _integral(subject: Subject, model: Any, given: Given, n: int) -> float:
    """Points are random inside their cells, so that jumps of a density add no bias; where log_prob is NaN is no mass."""
    source = subject.source(14)
    sample = model.sample(SAMPLES, generator=source, **repeated(given, SAMPLES)).flatten(1)
    edges = [_axis(subject, column, n) for column in sample.unbind(1)]
    low = torch.cartesian_prod(*[edge[:-1] for edge in edges]).view(-1, subject.size)
    lengths = torch.cartesian_prod(*[edge.diff() for edge in edges]).view(-1, subject.size)
    total = 0.0
    for corner, sides in zip(torch.split(low, CHUNK), torch.split(lengths, CHUNK), strict=True):
        x = corner + sides * torch.rand(sides.shape, generator=source, dtype=sides.dtype)
        p = model.log_prob(x.view(-1, *subject.shape), **repeated(given, len(x))).exp()
        total += float((p.nan_to_num(0.0) * sides.prod(1)).sum())
    return total


def _axis(subject: Subject, sample: Tensor, n: int) -> Tensor:
    """About n + 1 edges along one variable: as many cells between two quantiles as between any other two, and tails."""
    values = subject.values
    if math.isfinite(values.hi):
        return _interval(values.lo, values.hi, n)
    marks = sample.quantile(_levels(len(sample)))
    per = max(1, n // (PIECES + 2 * TAIL))
    if values.lo == 0:
        return _positive(marks.clamp_min(torch.finfo(marks.dtype).tiny).log(), per)
    above = _tail(marks[-1], marks[-1] - marks[-2], per * TAIL)
    below = -_tail(-marks[0], marks[1] - marks[0], per * TAIL).flip(0)
    return torch.cat([below[:-1], _between(marks, per), above])


def _levels(samples: int) -> Tensor:
    """PIECES + 1 levels of quantiles: half of them equal, and half ever closer to 0 and 1, where tails spread out."""
    even = torch.linspace(0, 1, PIECES // 2 + 1, dtype=torch.float64)
    ends = torch.linspace(-1, 1, PIECES // 2, dtype=torch.float64) * math.log(samples)
    return torch.cat([even, ends.sigmoid()]).sort().values


def _between(marks: Tensor, per: int) -> Tensor:
    """As many equal cells between any two marks, without the last edge."""
    return torch.cat([a + (b - a) * torch.arange(per) / per for a, b in pairwise(marks)])


def _positive(logs: Tensor, per: int) -> Tensor:
    """Edges from nearly 0 up, equal in the logarithm between two marks: a density may fall as slowly as a power of x."""
    reach = torch.linspace(0, 20, per * TAIL + 1, dtype=torch.float64)
    return torch.cat([(logs[0] - reach.flip(0))[:-1], _between(logs, per), logs[-1] + reach]).clamp_max(700).exp()


def _tail(start: Tensor, width: Tensor, n: int) -> Tensor:
    """Edges from `start` up, each cell wider than the one before by the same factor."""
    return start + width * torch.linspace(0, REACH, n + 1, dtype=torch.float64).expm1()


def _interval(lo: float, hi: float, n: int) -> Tensor:
    """Edges from lo to hi: half of the cells are equal, and half shrink towards the ends, where a density may grow without
    bound."""
    even = torch.linspace(0, 1, n // 2 + 1, dtype=torch.float64)
    ends = torch.linspace(-ENDS, ENDS, n - n // 2 + 1, dtype=torch.float64).sigmoid()
    return lo + (hi - lo) * torch.cat([even[1:-1], ends]).sort().values
