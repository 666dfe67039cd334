"""Integers and places as channels."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F


def one_hot(x: torch.Tensor, n: int) -> torch.Tensor:
    """(B, C, *sites) of integers 0..n-1 -> (B, C * n, *sites); channel c * n + k is 1 where channel c holds k.

    The result has the type of x if that is floating, else torch's default type. What is no category counts as the
    nearest one; the model says that it cannot occur.
    """
    dtype = x.dtype if x.is_floating_point() else torch.get_default_dtype()
    return F.one_hot(x.long().clamp(0, n - 1), n).to(dtype).movedim(-1, 2).flatten(1, 2)


class ChannelEmbedding(nn.Module):
    """Integers 0..n-1 as learned vectors, with a table for each channel: (B, C, *sites) -> (B, C * size, *sites)."""

    def __init__(self, channels: int, n: int, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, n, size))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Standard normal entries, as in nn.Embedding."""
        nn.init.normal_(self.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        channels, n, _ = self.weight.shape
        start = torch.arange(channels, device=x.device) * n
        rows = x.long().clamp(0, n - 1) + start.view(-1, *[1] * (x.dim() - 2))
        return F.embedding(rows, self.weight.flatten(0, 1)).movedim(-1, 2).flatten(1, 2)


class Coordinates(nn.Module):
    """The place of each site on [-1, 1], one channel an axis: (B, axes, *sites) for any x of batch size B."""

    def __init__(self, sites: tuple[int, ...]) -> None:
        super().__init__()
        self.sites = tuple(sites)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        lines = [torch.linspace(-1, 1, n, dtype=x.dtype, device=x.device) for n in self.sites]
        return torch.stack(torch.meshgrid(*lines, indexing="ij")).expand(x.shape[0], -1, *self.sites)


class LearnedPosition(nn.Module):
    """Learned channels at every site: (B, channels, *sites) for any x of batch size B."""

    def __init__(self, channels: int, sites: tuple[int, ...]) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.empty(channels, *sites))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Small random entries."""
        nn.init.normal_(self.weight, std=0.1)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.weight.expand(x.shape[0], *self.weight.shape)
