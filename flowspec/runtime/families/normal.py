"""Normal variables."""

from __future__ import annotations

import math

import torch

from flowspec.runtime.families.base import Family
from flowspec.runtime.precision import interior, upcast


def normal_log_prob(z: torch.Tensor) -> torch.Tensor:
    """The log-density of the standard normal."""
    return -0.5 * z.square() - 0.5 * math.log(2 * math.pi)


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
