"""Normalization that starts from data and then is a plain learned affine map."""

from __future__ import annotations

import math

import torch
from torch import nn

from flowspec.runtime.precision import upcast


class ActNorm(nn.Module):
    """z = exp(s) (x + t), s and t for each channel (Glow, Kingma and Dhariwal 2018).

    `channels` may also be a shape: then s and t are of each variable. `initialize(x)` makes z have mean 0 and
    deviation 1 over one batch; it works once, and the buffer `initialized` is saved with the weights.
    """

    initialized: torch.Tensor

    def __init__(self, channels: int | tuple[int, ...]) -> None:
        super().__init__()
        shape = (channels,) if isinstance(channels, int) else tuple(channels)
        self.log_scale = nn.Parameter(torch.zeros(shape))
        self.shift = nn.Parameter(torch.zeros(shape))
        self.register_buffer("initialized", torch.tensor(False))

    @torch.no_grad()
    def initialize(self, x: torch.Tensor) -> None:
        """Take s and t from a batch, unless that has been done."""
        if self.initialized:
            return
        x = upcast(x)
        axes = [0, *range(1 + self.shift.dim(), x.dim())]
        deviation, mean = torch.std_mean(x, axes, correction=0)
        self.shift.copy_(-mean)
        self.log_scale.copy_(-(deviation + 1e-6).log())
        self.initialized.fill_(True)

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        s, t = self.along(x, self.log_scale), self.along(x, self.shift)
        log_det = self.log_scale.sum() * math.prod(x.shape[1 + self.shift.dim() :])
        return (upcast(x) + t) * s.exp(), log_det.expand(x.shape[0])

    def inverse(self, z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        return upcast(z) * (-self.along(z, self.log_scale)).exp() - self.along(z, self.shift)

    @staticmethod
    def along(x: torch.Tensor, values: torch.Tensor) -> torch.Tensor:
        """Values of each channel, shaped to stand against (B, C, *sites)."""
        return values.reshape(*values.shape, *[1] * (x.dim() - 1 - values.dim()))
