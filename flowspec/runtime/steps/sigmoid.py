"""The logistic function as a flow step."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from flowspec.runtime.precision import upcast


class Sigmoid(nn.Module):
    """z = 1 / (1 + exp(-x)), onto (0, 1); the inverse stays finite where rounding reached 0 or 1."""

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = upcast(x)
        return x.sigmoid(), (F.logsigmoid(x) + F.logsigmoid(-x)).flatten(1).sum(1)

    def inverse(self, z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        z = upcast(z)
        z = z.clamp(torch.finfo(z.dtype).tiny, 1 - torch.finfo(z.dtype).eps / 2)
        return z.log() - (-z).log1p()
