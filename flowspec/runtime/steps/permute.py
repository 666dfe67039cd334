"""Reordering of channels, or of the variables of a vector."""

from __future__ import annotations

import torch
from torch import nn

from flowspec.runtime.masks import home, places, rebuild


class Permute(nn.Module):
    """z[:, k] = x[:, order[k]]."""

    index: torch.Tensor
    origin: torch.Tensor

    def __init__(self, order: list[int]) -> None:
        super().__init__()
        self.order = list(order)
        if sorted(self.order) != list(range(len(self.order))):
            raise ValueError("the order of a permutation holds each of 0..n-1 once")
        self.reset_buffers()
        self.register_load_state_dict_post_hook(rebuild)

    def reset_buffers(self, device: torch.device | None = None) -> None:
        """Rebuild the indices on a device."""
        device = device or home(self)
        self.register_buffer("index", torch.tensor(self.order, device="cpu").to(device), persistent=False)
        self.register_buffer("origin", torch.tensor(places(self.order), device="cpu").to(device), persistent=False)

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x[:, self.index], x.new_zeros(x.shape[0])

    def inverse(self, z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        return z[:, self.origin]


class Reverse(nn.Module):
    """z[:, k] = x[:, n - 1 - k]."""

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return x.flip(1), x.new_zeros(x.shape[0])

    def inverse(self, z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        return z.flip(1)
