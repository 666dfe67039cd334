"""The distribution function of the standard normal as a flow step."""

from __future__ import annotations

import math

import torch
from torch import nn

from flowspec.runtime.families.normal import normal_log_prob
from flowspec.runtime.precision import open_unit, upcast


class NormalCDF(nn.Module):
    """z = Phi(x), onto (0, 1).

    What rounds to 0 or 1 is kept inside; so the inverse ends where the last number below 1 is, at 8.2 in float64 and
    5.2 in float32, and would cut an upper tail of a base that is heavier than the normal's. The lower tail keeps its
    precision down to -37 and -12.9: Phi is taken by erfc, for 1 + erf rounds to 0 below -5.4 in float32.
    """

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x = upcast(x)
        return open_unit(0.5 * torch.erfc(-x * math.sqrt(0.5))), normal_log_prob(x).flatten(1).sum(1)

    def inverse(self, z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        return torch.special.ndtri(open_unit(upcast(z)))
