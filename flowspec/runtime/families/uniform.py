"""Uniform variables."""

from __future__ import annotations

import torch

from flowspec.runtime.families.base import Family
from flowspec.runtime.precision import upcast


class Uniform(Family):
    """Density 1 on [0, 1], both ends included; it has no parameters."""

    def log_prob(self, x: torch.Tensor, theta: torch.Tensor | None = None) -> torch.Tensor:
        x = upcast(x)
        return torch.where((x >= 0) & (x <= 1), 0.0 * x, -torch.inf)

    def sample(self, noise: torch.Tensor, theta: torch.Tensor | None = None) -> torch.Tensor:
        return upcast(noise[..., 0])

    def named(self, theta: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
        return {}
