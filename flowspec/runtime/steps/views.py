"""Views: a function of x with a density of its own, and x itself."""

from __future__ import annotations

import torch
from torch import nn


def quantized(total: torch.Tensor, parts: int, n: int, levels: int) -> torch.Tensor:
    """Means total / parts of integers 0..n-1 as 0..levels-1, in integers, so that no rounding decides."""
    return total * levels // (parts * n)


class ChannelView(nn.Module):
    """The weighted mean of the channels of integers 0..n-1, quantized to `levels`: (B, C, *sites) -> (B, 1, *sites).

    Gives the view and x; the inverse is x, whatever the view. The log-determinant is 0 and not returned.
    """

    def __init__(self, n: int, levels: int, weights: list[int]) -> None:
        super().__init__()
        self.n, self.levels, self.weights = n, levels, list(weights)

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        channels = x.long().unbind(1)
        total = sum((weight * channel for weight, channel in zip(self.weights, channels, strict=True)), channels[0] * 0)
        return quantized(total, sum(self.weights), self.n, self.levels).unsqueeze(1).to(x.dtype), x

    def inverse(self, view: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return x

    def extra_repr(self) -> str:
        return f"{self.n}, {self.levels}, {self.weights}"


class LowView(nn.Module):
    """The mean of each block of `size` sites along `axes` axes of integers 0..n-1, quantized to `levels`.

    (B, C, *sites) -> (B, C, *sites / size), and (B, sites) likewise. Gives the view and x; the inverse is x,
    whatever the view. The log-determinant is 0 and not returned.
    """

    def __init__(self, n: int, levels: int, size: int, axes: int) -> None:
        super().__init__()
        self.n, self.levels, self.size, self.axes = n, levels, size, axes

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        total = x.long()
        for axis in range(x.dim() - self.axes, x.dim()):
            total = total.unflatten(axis, (-1, self.size)).sum(axis + 1)
        return quantized(total, self.size**self.axes, self.n, self.levels).to(x.dtype), x

    def inverse(self, view: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        return x

    def extra_repr(self) -> str:
        return f"{self.n}, {self.levels}, {self.size}, {self.axes}"
