"""The hyperbolic tangent as a flow step."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

from flowspec.runtime.precision import upcast


class Tanh(nn.Module):
    """z = tanh(x), onto (-1, 1); the inverse stays finite where rounding reached an end."""

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = upcast(x)
        log_slope = 2 * (math.log(2) - x + F.logsigmoid(2 * x))  # log(1 - tanh(x)^2) without its cancellation
        return x.tanh(), log_slope.flatten(1).sum(1)

    def inverse(self, z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        z = upcast(z)
        end = 1 - torch.finfo(z.dtype).eps / 2
        return z.clamp(-end, end).atanh()
