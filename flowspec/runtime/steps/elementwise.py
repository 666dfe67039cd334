"""A transform of each variable with learned parameters of its own."""

from __future__ import annotations

import torch
from torch import nn

from flowspec.runtime.transforms import Transform


class Elementwise(nn.Module):
    """z_i = T(x_i; theta_i), theta learned, (*shape, size)."""

    def __init__(self, transform: Transform, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.transform = transform
        self.theta = nn.Parameter(transform.start(shape))

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        z, log_slope = self.transform.forward(x, self.theta.expand(x.shape[0], *self.theta.shape))
        return z, log_slope.flatten(1).sum(1)

    def inverse(self, z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        return self.transform.inverse(z, self.theta.expand(z.shape[0], *self.theta.shape))
