"""Integers as the bins of a mixture of logistic densities (Salimans et al. 2017, PixelCNN++)."""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

from flowspec.runtime.families.mixture import Mixture


class DiscretizedLogisticMixture(Mixture):
    """The integers 0..N-1 as numbers on [-1, 1], each with a bin of half width 1 / (N - 1); the bins at the ends are
    open.

    `classes` is N, or one count per variable, row-major. Scales end at exp(-7), as in the paper, or at as small a
    part of a bin where there are more than 256 of them.
    """

    def __init__(self, classes: int | list[int], components: int) -> None:
        super().__init__(components)
        self.classes = classes
        most = classes if isinstance(classes, int) else max(classes)
        self.floor = -7.0 - max(0.0, math.log((most - 1) / 255))

    def last(self, x: torch.Tensor) -> torch.Tensor:
        """N - 1, to be broadcast with numbers (..., 1) or (..., K)."""
        counts = self.classes if isinstance(self.classes, int) else [[n] for n in self.classes]
        return torch.tensor(counts, dtype=x.dtype, device=x.device) - 1

    def scaled(self, x: torch.Tensor) -> torch.Tensor:
        """Integers (..., 1) as numbers on [-1, 1]."""
        return 2 * x / self.last(x) - 1

    def component(self, x: torch.Tensor, mean: torch.Tensor, log_scale: torch.Tensor) -> torch.Tensor:
        last, log_scale = self.last(mean), log_scale.clamp(min=self.floor)
        shrink = (-log_scale).exp()
        centre, half = (self.scaled(x) - mean) * shrink, shrink / last
        below, above = F.logsigmoid(half - centre), F.logsigmoid(centre + half)  # outside either end of the bin
        # sigmoid(b) - sigmoid(a) = sigmoid(b) sigmoid(-a) (1 - exp(a - b)), which cancels nowhere
        inside = below + above + log_one_minus_exp(math.log(2) - last.log() - log_scale)
        log_p = torch.where(x == 0, above, torch.where(x == last, below, inside))
        return torch.where((x == x.floor()) & (x >= 0) & (x <= last), log_p, -torch.inf)

    def quantile(self, u: torch.Tensor, mean: torch.Tensor, log_scale: torch.Tensor) -> torch.Tensor:
        last = self.last(mean)
        y = mean + log_scale.clamp(min=self.floor).exp() * u.logit()
        return torch.minimum(((y + 1) / 2 * last).round().clamp(min=0), last)


def log_one_minus_exp(log_t: torch.Tensor) -> torch.Tensor:
    """log(1 - exp(-t)) of t = exp(log_t) > 0; it is log t - t / 2 up to t^2 / 24 where t is small."""
    t = log_t.exp()
    return torch.where(t < 1e-4, log_t - t / 2, (-torch.expm1(-t.clamp(min=1e-4))).log())
