"""The leaky rectifier as a flow step."""

from __future__ import annotations

import math

import torch
from torch import nn

from flowspec.runtime.precision import upcast


class LeakyReLU(nn.Module):
    """z = x above 0 and slope * x below, slope > 0; log|det| counts the entries below."""

    def __init__(self, slope: float) -> None:
        super().__init__()
        self.slope = slope

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = upcast(x)
        z = torch.where(x < 0, self.slope * x, x)
        return z, (x < 0).to(x.dtype).flatten(1).sum(1) * math.log(self.slope)

    def inverse(self, z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        return torch.where(z < 0, z / self.slope, z)

    def extra_repr(self) -> str:
        return f"{self.slope}"
