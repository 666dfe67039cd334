"""Normalization that joins no two channel groups and no two sites."""

from __future__ import annotations

import torch
from torch import nn

from flowspec.runtime.masks import rebuild
from flowspec.runtime.precision import upcast


class ChannelNorm(nn.Module):
    """Layer norm (Ba, Kiros, Hinton 2016) within one site and one channel group, then a scale and shift per channel.

    The statistics of a channel run over the channels with its group label, in float32 at least; values are
    (B, C, *sites), also without sites. A group of one channel becomes 0 and one of two its signs: the compiler asks
    for three or more.
    """

    groups: torch.Tensor

    def __init__(self, channels: int, groups: list[int] | None = None, eps: float = 1e-5) -> None:
        super().__init__()
        self.labels, self.eps = groups or [0] * channels, eps
        self.weight = nn.Parameter(torch.empty(channels))
        self.bias = nn.Parameter(torch.empty(channels))
        self.reset_buffers()
        self.reset_parameters()
        self.register_load_state_dict_post_hook(rebuild)

    def reset_buffers(self, device: torch.device | None = None) -> None:
        """Rebuild the group of each channel, counted from 0, on a device, by default where the weight is."""
        number = {label: k for k, label in enumerate(dict.fromkeys(self.labels))}
        self.count = len(number)
        groups = torch.tensor([number[label] for label in self.labels], device="cpu")
        self.register_buffer("groups", groups.to(device or self.weight.device), persistent=False)

    def reset_parameters(self) -> None:
        """Scale 1, shift 0."""
        nn.init.ones_(self.weight)
        nn.init.zeros_(self.bias)

    def group_mean(self, x: torch.Tensor) -> torch.Tensor:
        """The mean over the group of each channel, in every channel."""
        sizes = x.new_zeros(self.count).index_add(0, self.groups, x.new_ones(x.shape[1]))
        total = x.new_zeros(x.shape[0], self.count, *x.shape[2:]).index_add(1, self.groups, x)
        return (total / self.per_channel(sizes, x))[:, self.groups]

    @staticmethod
    def per_channel(values: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
        """(C,) -> (C, 1, ...), to stand against (B, C, *sites)."""
        return values.view(-1, *[1] * (x.dim() - 2))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        x = upcast(x)
        centred = x - self.group_mean(x)
        scale = (self.group_mean(centred.square()) + self.eps).rsqrt()
        return centred * scale * self.per_channel(self.weight, x) + self.per_channel(self.bias, x)

    def extra_repr(self) -> str:
        return f"{len(self.labels)}, groups={self.count}"
