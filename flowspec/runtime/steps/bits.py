"""Integers as high bits and low bits."""

from __future__ import annotations

import torch
from torch import nn


class Bits(nn.Module):
    """x = high * n + low with low in 0..n-1; the log-determinant is 0 and not returned."""

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        high = (x / self.n).floor()
        return high, x - high * self.n

    def inverse(self, high: torch.Tensor, low: torch.Tensor) -> torch.Tensor:
        return high * self.n + low

    def extra_repr(self) -> str:
        return f"{self.n}"
