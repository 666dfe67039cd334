"""Parts that leave."""

from __future__ import annotations

import torch
from torch import nn


class Split(nn.Module):
    """The parts of x along dim 1; the inverse puts them back. The log-determinant is 0 and not returned."""

    def __init__(self, sizes: list[int]) -> None:
        super().__init__()
        self.sizes = list(sizes)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        return x.split(self.sizes, 1)

    def inverse(self, *parts: torch.Tensor) -> torch.Tensor:
        return torch.cat(parts, 1)

    def extra_repr(self) -> str:
        return f"{self.sizes}"
