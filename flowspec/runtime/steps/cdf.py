"""The distribution function of the standard normal as a flow step."""

from __future__ import annotations

import torch
from torch import nn

from flowspec.runtime.families.normal import normal_log_prob
from flowspec.runtime.precision import interior, upcast


class NormalCDF(nn.Module):
    """z = Phi(x), onto (0, 1); the inverse stays finite where rounding reached 0 or 1."""

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = upcast(x)
        return torch.special.ndtr(x), normal_log_prob(x).flatten(1).sum(1)

    def inverse(self, z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        return torch.special.ndtri(interior(upcast(z)))
