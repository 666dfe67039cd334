"""Normalization that starts from data and then is a plain learned affine map."""

from __future__ import annotations

import math
import warnings

import torch
from torch import nn

from flowspec.runtime.precision import upcast


class ActNorm(nn.Module):
    """z = exp(s) (x + t), s and t for each channel (Glow, Kingma and Dhariwal 2018).

    `channels` may also be a shape: then s and t are of each variable. `initialize(x)` makes z have mean 0 and
    deviation 1 over one batch; it works once, and the buffer `initialized` is saved with the weights. Until then the
    step is the identity, and its repr says so. A channel that is constant in that batch is only shifted.
    """

    initialized: torch.Tensor

    def __init__(self, channels: int | tuple[int, ...]) -> None:
        super().__init__()
        shape = (channels,) if isinstance(channels, int) else tuple(channels)
        self.log_scale = nn.Parameter(torch.zeros(shape))
        self.shift = nn.Parameter(torch.zeros(shape))
        self.register_buffer("initialized", torch.tensor(False))

    @torch.no_grad()
    def initialize(self, x: torch.Tensor, inverse: bool = False) -> None:
        """Take s and t from a batch, unless that has been done.

        With `inverse`, x is what the inverse is given, and what it makes of it gets mean 0 and deviation 1. Where
        torch.distributed runs, every rank has to call this, and all start from the batches of all together. Warns of
        constant channels; raises ValueError, and changes nothing, when the batch is empty or not finite.
        """
        if self.initialized:
            return
        mean, deviation = batch_moments(upcast(x), [0, *range(1 + self.shift.dim(), x.dim())])
        if not bool((mean.isfinite() & deviation.isfinite()).all()):
            raise ValueError("ActNorm cannot start from a batch that is empty or holds numbers that are not finite")
        still = deviation <= 8 * torch.finfo(deviation.dtype).eps * mean.abs()
        if still.any():
            found = f"{int(still.sum())} of {still.numel()} channels are"
            warnings.warn(f"ActNorm: {found} constant in the batch it starts from; their scale stays 1", stacklevel=2)
        scale = torch.where(still, 1.0, deviation + 1e-6)
        self.shift.copy_(mean / scale if inverse else -mean)
        self.log_scale.copy_(scale.log() if inverse else -scale.log())
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

    def extra_repr(self) -> str:
        shape = ", ".join(map(str, self.shift.shape))
        return shape if self.initialized.is_meta or self.initialized else f"{shape}, not initialized"


def batch_moments(x: torch.Tensor, axes: list[int]) -> tuple[torch.Tensor, torch.Tensor]:
    """Mean and deviation along some axes; where torch.distributed runs, over the batches of all ranks, and the same on
    each."""
    deviation, mean = torch.std_mean(x, axes, correction=0)
    spread = torch.distributed
    if not (spread.is_available() and spread.is_initialized() and spread.get_world_size() > 1):
        return mean, deviation
    n = x.numel() // max(1, mean.numel())
    own = torch.stack([mean, deviation]).double() if n else mean.new_zeros(2, *mean.shape, dtype=torch.float64)
    first = torch.cat([own.new_full((1,), n), (n * own[0]).flatten()])
    spread.all_reduce(first)
    centre = first[1:].view_as(mean) / first[0]
    second = n * (own[1].square() + (own[0] - centre).square())
    spread.all_reduce(second)
    return centre.to(x), (second / first[0]).sqrt().to(x)
