"""The integral of a density of one or two real variables over a grid that reaches far out."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from flowspec.verify.inputs import Given
from flowspec.verify.subject import Subject, repeated

GRIDS = {1: (4001, 16001), 2: (301, 801)}  # points on each axis, coarse and fine
REACH = 6.0  # the grid ends at 200 deviations from the mean
ENDS = 34.0  # the grid of an interval ends where float64 can still tell its points from 1
CHUNK = 2**17
ENOUGH = 5e-4


def total_mass(subject: Subject, model: Any, given: Given) -> tuple[float, int]:
    """The integral of p(x | given), and the number of points that it took; fine points only where coarse ones fail."""
    mass = math.nan
    for n in GRIDS[subject.size]:
        mass = _integral(subject, model, given, n)
        if abs(mass - 1) <= ENOUGH:
            break
    return mass, int(n**subject.size)


def _integral(subject: Subject, model: Any, given: Given, n: int) -> float:
    lines, weights = zip(*[_axis(subject, model, given, d, n) for d in range(subject.size)], strict=True)
    x = torch.cartesian_prod(*lines).view(-1, *subject.shape)
    volume = torch.cartesian_prod(*weights).view(len(x), -1).prod(1)
    total = 0.0
    with torch.no_grad():
        for points, cell in zip(torch.split(x, CHUNK), torch.split(volume, CHUNK), strict=True):
            total += float((model.log_prob(points, **repeated(given, len(points))).exp() * cell).sum())
    return total


def _axis(subject: Subject, model: Any, given: Given, d: int, n: int) -> tuple[Tensor, Tensor]:
    """Points and the lengths that they stand for: dense where samples lie, sparse far out."""
    values = subject.values
    if math.isfinite(values.hi):  # logistic in t, for a density may grow without bound towards the ends
        t = torch.linspace(-ENDS, ENDS, n, dtype=torch.float64)
        width = values.hi - values.lo
        return values.lo + width * t.sigmoid(), width * t.sigmoid() * (-t).sigmoid() * 2 * ENDS / (n - 1)
    sample = model.sample(2000, generator=subject.source(14), **repeated(given, 2000)).flatten(1)[:, d]
    t = torch.linspace(-REACH, REACH, n, dtype=torch.float64)
    step = 2 * REACH / (n - 1)
    if values.lo == 0:
        line = (sample.clamp(min=1e-9).log().mean() + 4 * t).exp()
        return line, 4 * line * step
    scale = sample.std() / 2
    return sample.mean() + scale * t.sinh(), scale * t.cosh() * step
