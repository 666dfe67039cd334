"""The logarithm and the exponential as flow steps."""

from __future__ import annotations

import torch
from torch import nn

from flowspec.runtime.precision import upcast


class Log(nn.Module):
    """z = log x, from the positive numbers onto the real line; log|det| = -sum z."""

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        z = upcast(x).log()
        return z, -z.flatten(1).sum(1)

    def inverse(self, z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        return upcast(z).exp()


class Exp(nn.Module):
    """z = exp x, from the real line onto the positive numbers; the inverse stays finite where rounding reached 0."""

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = upcast(x)
        return x.exp(), x.flatten(1).sum(1)

    def inverse(self, z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        z = upcast(z)
        return z.clamp_min(torch.finfo(z.dtype).tiny).log()
