"""Learned scales and shifts of each variable."""

from __future__ import annotations

import torch
from torch import nn

from flowspec.runtime.precision import upcast


class Scale(nn.Module):
    """z = exp(s) x, with a learned s for each variable, 0 at first."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.zeros(*shape))

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return upcast(x) * self.log_scale.exp(), self.log_scale.sum().expand(x.shape[0])

    def inverse(self, z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        return upcast(z) * (-self.log_scale).exp()


class Shift(nn.Module):
    """z = x + t, with a learned t for each variable, 0 at first."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shift = nn.Parameter(torch.zeros(*shape))

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        z = upcast(x) + self.shift
        return z, z.new_zeros(z.shape[0])

    def inverse(self, z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        return upcast(z) - self.shift


class ElementwiseAffine(nn.Module):
    """z = exp(s) x + t, with a learned s and t for each variable, 0 at first."""

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.log_scale = nn.Parameter(torch.zeros(*shape))
        self.shift = nn.Parameter(torch.zeros(*shape))

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        z = upcast(x) * self.log_scale.exp() + self.shift
        return z, self.log_scale.sum().expand(x.shape[0])

    def inverse(self, z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        return (upcast(z) - self.shift) * (-self.log_scale).exp()
