"""Steps the other way round."""

from __future__ import annotations

import torch
from torch import nn


class Inverse(nn.Module):
    """The inverse of a chain of steps: the last is undone first."""

    def __init__(self, *steps: nn.Module) -> None:
        super().__init__()
        self.steps = nn.ModuleList(steps)

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        total = x.new_zeros(x.shape[0])
        for step in reversed(self.steps):
            x = step.inverse(x)  # type: ignore[operator]
            total = total - step(x)[1]
        return x, total

    def inverse(self, z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        for step in self.steps:
            z = step(z)[0]
        return z
