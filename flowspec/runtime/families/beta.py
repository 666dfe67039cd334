"""Beta variables."""

from __future__ import annotations

import math

import torch

from flowspec.runtime.families.base import Family
from flowspec.runtime.precision import interior, open_unit, upcast


class Beta(Family):
    """The density x^(a-1) (1-x)^(b-1) / B(a, b) on (0, 1) of fixed a, b > 0; it has no parameters.

    Numbers at an end stand for those inside that round to it, so that the density of a sigmoid's tail is finite.
    """

    noise = 2

    def __init__(self, a: float, b: float) -> None:
        self.a, self.b = a, b
        self.log_norm = math.lgamma(a) + math.lgamma(b) - math.lgamma(a + b)

    def log_prob(self, x: torch.Tensor, theta: torch.Tensor | None = None) -> torch.Tensor:
        x = upcast(x)
        inside = (x >= 0) & (x <= 1)
        x = torch.where(inside, x, 0.5).clamp(torch.finfo(x.dtype).tiny, 1 - torch.finfo(x.dtype).eps / 2)
        log_p = torch.special.xlogy(self.a - 1, x) + torch.special.xlog1py(self.b - 1, -x) - self.log_norm
        return torch.where(inside, log_p, -torch.inf)

    def sample(self, noise: torch.Tensor, theta: torch.Tensor | None = None) -> torch.Tensor:
        """G_a / (G_a + G_b) of two gamma variables, through their logarithms."""
        u, v = interior(upcast(noise)).unbind(-1)
        return open_unit((log_gamma_quantile(u, self.a) - log_gamma_quantile(v, self.b)).sigmoid())

    def named(self, theta: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
        return {}


def log_gamma_quantile(u: torch.Tensor, a: float) -> torch.Tensor:
    """The logarithm t of the u-quantile of the gamma distribution of shape a, by 64 bisections of P(a, e^t) = u.

    P(a, g) <= g^a / Gamma(a + 1) bounds t from below, and equals t where g is so small that e^t would be 0.
    """
    low = (u.log() + math.lgamma(a + 1)) / a
    least, high = low, torch.full_like(u, math.log(2 * a + 100))
    shape = torch.full_like(u, a)
    for _ in range(64):
        middle = (low + high) / 2
        under = torch.special.gammainc(shape, middle.exp()) < u
        low, high = torch.where(under, middle, low), torch.where(under, high, middle)
    return torch.where(least < -30, least, (low + high) / 2)
