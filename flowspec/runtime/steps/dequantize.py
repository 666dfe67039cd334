"""Dequantization: integers become numbers."""

from __future__ import annotations

import math

import torch
from torch import nn

from flowspec.runtime.densities import Density
from flowspec.runtime.precision import interior, upcast


class Dequantize(nn.Module):
    """z = (x + u) / N with u uniform on [0, 1) (Theis, van den Oord, Bethge 2016): integers 0..N-1 fill [0, 1].

    E log p(z) - D ln N is a lower bound of log P(x); the inverse floors, and clips to 0..N-1.
    """

    def __init__(self, n: int) -> None:
        super().__init__()
        self.n = n

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = upcast(x)
        z = (x + torch.rand_like(x)) / self.n
        return z, x.new_full(x.shape[:1], -x.shape[1:].numel() * math.log(self.n))

    def inverse(self, z: torch.Tensor, /, **given: torch.Tensor) -> torch.Tensor:
        return (z * self.n).floor().clamp(0, self.n - 1)

    def extra_repr(self) -> str:
        return f"{self.n}"


class VariationalDequantize(nn.Module):
    """z = (x + u) / N with u drawn from a density on (0, 1) given x (Ho et al. 2019, Flow++).

    E [log p(z) - log q(u | x)] - D ln N is a lower bound of log P(x); the inverse floors, and clips to 0..N-1. q is
    given x by the word `reads`, which is empty where q reads nothing of it.
    """

    def __init__(self, n: int, noise: Density, reads: str) -> None:
        super().__init__()
        self.n, self.noise, self.reads = n, noise, reads

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = upcast(x)
        if self.reads:
            given[self.reads] = x
        u, log_q = self.noise.rsample(x.shape[0], **given)
        return (x + interior(u)) / self.n, -x.shape[1:].numel() * math.log(self.n) - log_q

    def inverse(self, z: torch.Tensor, /, **given: torch.Tensor) -> torch.Tensor:
        return (z * self.n).floor().clamp(0, self.n - 1)

    def extra_repr(self) -> str:
        return f"{self.n}"
