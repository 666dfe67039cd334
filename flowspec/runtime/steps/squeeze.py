"""Trading sites for channels, and back."""

from __future__ import annotations

import math

import torch
from torch import nn


def sites_to_channels(x: torch.Tensor, size: int | tuple[int, ...]) -> torch.Tensor:
    """(B, C, *sites) -> (B, C * prod(size), *sites / size); channel c * prod(size) + k holds phase k, row-major."""
    axes = x.dim() - 2
    sizes = (size,) * axes if isinstance(size, int) else tuple(size)
    split = [n for site, s in zip(x.shape[2:], sizes, strict=True) for n in (site // s, s)]
    x = x.reshape(*x.shape[:2], *split)  # (B, C, h, s, w, s)
    x = x.permute(0, 1, *range(3, 3 + 2 * axes, 2), *range(2, 2 + 2 * axes, 2))  # (B, C, s, s, h, w)
    return x.flatten(1, 1 + axes)


def channels_to_sites(x: torch.Tensor, size: int | tuple[int, ...]) -> torch.Tensor:
    """The inverse of sites_to_channels."""
    axes = x.dim() - 2
    sizes = (size,) * axes if isinstance(size, int) else tuple(size)
    x = x.reshape(x.shape[0], x.shape[1] // math.prod(sizes), *sizes, *x.shape[2:])  # (B, C, s, s, h, w)
    x = x.permute(0, 1, *[axis for a in range(axes) for axis in (2 + axes + a, 2 + a)])  # (B, C, h, s, w, s)
    sites = [x.shape[2 + 2 * a] * s for a, s in enumerate(sizes)]
    return x.reshape(*x.shape[:2], *sites)


class Squeeze(nn.Module):
    """Each s x s block of a channel becomes s^2 channels (RealNVP, Dinh et al. 2017), on 1 to 3 spatial axes."""

    def __init__(self, size: int | tuple[int, ...] = 2) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return sites_to_channels(x, self.size), x.new_zeros(x.shape[0])

    def inverse(self, z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        return channels_to_sites(z, self.size)

    def extra_repr(self) -> str:
        return f"{self.size}"


class Unsqueeze(nn.Module):
    """The inverse of Squeeze: s^2 channels become an s x s block."""

    def __init__(self, size: int | tuple[int, ...] = 2) -> None:
        super().__init__()
        self.size = size

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return channels_to_sites(x, self.size), x.new_zeros(x.shape[0])

    def inverse(self, z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        return sites_to_channels(z, self.size)

    def extra_repr(self) -> str:
        return f"{self.size}"
