"""The logit, from a little outside the unit interval to the real line."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

from flowspec.runtime.precision import upcast


class Logit(nn.Module):
    """z = logit(y), y = alpha + (1 - 2 alpha) x (RealNVP, Dinh et al. 2017)."""

    def __init__(self, alpha: float = 0.0) -> None:
        super().__init__()
        self.alpha = alpha

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        y = self.alpha + (1 - 2 * self.alpha) * upcast(x)
        z = y.log() - (-y).log1p()
        log_det = math.log(1 - 2 * self.alpha) - F.logsigmoid(z) - F.logsigmoid(-z)
        return z, log_det.flatten(1).sum(1)

    def inverse(self, z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        return (upcast(z).sigmoid() - self.alpha) / (1 - 2 * self.alpha)

    def back(self, z: torch.Tensor, /, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The inverse, and log|det dz/dx| there: of z, which tells more than an x next to 0 or 1."""
        log_det = math.log(1 - 2 * self.alpha) - F.logsigmoid(z) - F.logsigmoid(-z)
        return self.inverse(z), log_det.flatten(1).sum(1)

    def extra_repr(self) -> str:
        return f"{self.alpha}"
