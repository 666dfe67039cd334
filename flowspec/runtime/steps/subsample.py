"""Parts that are every s-th site."""

from __future__ import annotations

import math

import torch
from torch import nn


class Subsample(nn.Module):
    """The residue classes of the sites modulo `size`, row-major, as `parts` parts; the inverse puts them back.

    (B, C, *sites), or (B, sites), becomes `parts` - 1 single classes of shape (B, C, *sites / size), and one part of
    all that are left, side by side on dim 1. The log-determinant is 0 and not returned.
    """

    def __init__(self, size: list[int], parts: int) -> None:
        super().__init__()
        self.size, self.parts = list(size), parts

    def forward(self, x: torch.Tensor) -> tuple[torch.Tensor, ...]:
        axes, lead = len(self.size), x.dim() - len(self.size)
        split = [n for sites, s in zip(x.shape[lead:], self.size, strict=True) for n in (sites // s, s)]
        x = x.reshape(*x.shape[:lead], *split)  # (B, C, h, s, w, s)
        x = x.permute(*range(lead + 1, lead + 2 * axes, 2), *range(lead), *range(lead, lead + 2 * axes, 2))
        classes = x.flatten(0, axes - 1).unbind(0)  # (B, C, h, w) each
        single = self.parts - 1
        return (*classes[:single], torch.cat(classes[single:], 1))

    def inverse(self, *parts: torch.Tensor) -> torch.Tensor:
        axes, lead = len(self.size), parts[0].dim() - len(self.size)
        left = parts[-1].chunk(math.prod(self.size) - self.parts + 1, 1)
        x = torch.stack([*parts[:-1], *left]).unflatten(0, self.size)  # (s, s, B, C, h, w)
        x = x.permute(*range(axes, axes + lead), *[k for a in range(axes) for k in (axes + lead + a, a)])
        return x.reshape(
            *parts[0].shape[:lead], *[n * s for n, s in zip(parts[0].shape[lead:], self.size, strict=True)]
        )

    def extra_repr(self) -> str:
        return f"{self.size}, {self.parts}"
