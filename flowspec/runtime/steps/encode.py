"""Stochastic encoders."""

from __future__ import annotations

import torch
from torch import nn

from flowspec.runtime.densities import Density


class Encode(nn.Module):
    """x, z and -log q(z | x), with z drawn from a posterior (Kingma and Welling 2014); the inverse is x, whatever z is.

    Gradients pass through the draw. `reads` is the word by which q is given x, empty where it reads nothing of it.
    """

    def __init__(self, posterior: Density, reads: str) -> None:
        super().__init__()
        self.posterior, self.reads = posterior, reads

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        if self.reads:
            given[self.reads] = x
        z, log_q = self.posterior.rsample(x.shape[0], **given)
        return x, z, -log_q

    def inverse(self, x: torch.Tensor, z: torch.Tensor, /, **given: torch.Tensor) -> torch.Tensor:
        return x
