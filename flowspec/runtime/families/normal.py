"""Normal variables."""

from __future__ import annotations

import math

import torch

from flowspec.runtime.families.base import Family
from flowspec.runtime.precision import interior, upcast


def normal_log_prob(z: torch.Tensor) -> torch.Tensor:
    """The log-density of the standard normal."""
    return -0.5 * z.square() - 0.5 * math.log(2 * math.pi)


def log_ndtr(y: torch.Tensor) -> torch.Tensor:
    """log Phi(y), Phi the distribution function of the standard normal.

    Below -50 by its asymptotic series, for there the derivative of torch's own function goes astray: in float32 it is
    off by a part in 20 at -1000 and 0 at -10^6, where it should be near -y.
    """
    far = y < -50
    t = torch.where(far, y, -50.0)
    tail = normal_log_prob(t) - (-t).log() + mills(t)
    return torch.where(far, tail, torch.special.log_ndtr(torch.where(far, 0.0, y)))


def log_hazard(y: torch.Tensor, log_cdf: torch.Tensor) -> torch.Tensor:
    """log(phi(y) / Phi(y)), given log Phi(y). Below -50 it is their series' ratio: each is near -y^2 / 2 there, and
    their difference would be rounding alone."""
    far = y < -50
    t = torch.where(far, y, -50.0)
    return torch.where(far, (-t).log() - mills(t), normal_log_prob(y) - log_cdf)


def mills(t: torch.Tensor) -> torch.Tensor:
    """log(-t Phi(t) / phi(t)) for t <= -50 (Abramowitz and Stegun 26.2.12, four terms)."""
    q = t.square().reciprocal()
    return (q * (-1 + q * (3 + q * (-15 + 105 * q)))).log1p()


class Normal(Family):
    """x = mean + exp(log_scale) z with z standard normal."""

    size = 2

    def log_prob(self, x: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        mean, log_scale = upcast(theta).unbind(-1)
        return normal_log_prob((x - mean) * (-log_scale).exp()) - log_scale

    def sample(self, noise: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        mean, log_scale = upcast(theta).unbind(-1)
        return mean + log_scale.exp() * torch.special.ndtri(interior(upcast(noise[..., 0])))

    def tempered(self, noise: torch.Tensor, theta: torch.Tensor, temperature: float) -> torch.Tensor:
        mean, log_scale = upcast(theta).unbind(-1)
        return self.sample(noise, torch.stack([mean, log_scale + math.log(temperature)], -1))

    def named(self, theta: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"mean": theta[..., 0], "log_scale": theta[..., 1]}


class StandardNormal(Family):
    """The normal of mean 0 and scale 1; it has no parameters."""

    spherical = True

    def log_prob(self, x: torch.Tensor, theta: torch.Tensor | None = None) -> torch.Tensor:
        return normal_log_prob(upcast(x))

    def sample(self, noise: torch.Tensor, theta: torch.Tensor | None = None) -> torch.Tensor:
        return torch.special.ndtri(interior(upcast(noise[..., 0])))

    def tempered(self, noise: torch.Tensor, theta: torch.Tensor | None, temperature: float) -> torch.Tensor:
        return temperature * self.sample(noise)

    def named(self, theta: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
        return {}
