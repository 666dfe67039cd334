"""Tests of samples: chi-squared against probabilities, and uniformity of quantiles."""

from __future__ import annotations

import torch
from torch import Tensor

ENOUGH = 5.0  # expected count below which cells are pooled


def chi_squared(counts: Tensor, expected: Tensor) -> float:
    """The p-value of observed counts against expected ones, (cells,); rare cells are pooled into one."""
    order = expected.argsort()
    counts, expected = counts.double()[order], expected.double()[order]
    rare = int((expected < ENOUGH).sum())
    while 0 < rare < len(expected) and expected[:rare].sum() < ENOUGH:
        rare += 1
    if rare:
        counts = torch.cat([counts[:rare].sum()[None], counts[rare:]])
        expected = torch.cat([expected[:rare].sum()[None], expected[rare:]])
    if len(counts) < 2:
        return 1.0
    statistic = ((counts - expected).square() / expected).sum()
    freedom = torch.tensor(float(len(counts) - 1), dtype=torch.float64)
    return float(torch.special.gammaincc(freedom / 2, statistic / 2))


def uniform(u: Tensor, bins: int = 8) -> Tensor:
    """(D + 1,) p-values against the uniform distribution on (0, 1): of each column of u, (n, D), and of all together."""
    n, D = u.shape
    cell = (u * bins).long().clamp(0, bins - 1)
    counts = torch.stack([(cell == k).sum(0) for k in range(bins)]).double()  # (bins, D)
    statistic = ((counts - n / bins).square() / (n / bins)).sum(0)
    freedom = torch.tensor([bins - 1.0] * D + [D * (bins - 1.0)], dtype=torch.float64)
    p_values: Tensor = torch.special.gammaincc(freedom / 2, torch.cat([statistic, statistic.sum()[None]]) / 2)
    return p_values
