"""The halves that couplings keep, as boolean masks of one sample's shape."""

from __future__ import annotations

import math

import torch


def checkerboard(shape: tuple[int, ...]) -> torch.Tensor:
    """True where the coordinates of the site add up to an even number; the channels of a site go together."""
    sites = shape[1:] or shape
    place = torch.zeros(sites, dtype=torch.int64, device="cpu")
    for axis, n in enumerate(sites):
        place += torch.arange(n, device="cpu").view(-1, *[1] * (len(sites) - axis - 1))
    return (place % 2 == 0).expand(shape)


def entries(shape: tuple[int, ...], kept: list[int] | range) -> torch.Tensor:
    """True at the listed entries, numbered row-major."""
    mask = torch.zeros(math.prod(shape), dtype=torch.bool, device="cpu")
    mask[list(kept)] = True
    return mask.view(shape)
