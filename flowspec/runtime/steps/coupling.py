"""Couplings: one half passes and conditions the transform of the other."""

from __future__ import annotations

import torch
from torch import nn

from flowspec.runtime.masks import home, places, rebuild
from flowspec.runtime.transforms import Transform, begin_near


class SliceCoupling(nn.Module):
    """z[kept] = x[kept], z[moved] = T(x[moved]; net(x[kept])), index sets on dim 1 (NICE, Dinh et al. 2015).

    The net sees the kept channels alone and gives theta, (B, len(moved), *sites, size).
    """

    kept: torch.Tensor
    moved: torch.Tensor
    origin: torch.Tensor

    def __init__(self, net: nn.Module, kept: list[int] | range, moved: list[int] | range, transform: Transform) -> None:
        super().__init__()
        self.net, self.transform = net, transform
        begin_near(net, transform)
        self.halves = [list(kept), list(moved)]
        order = self.halves[0] + self.halves[1]
        if sorted(order) != list(range(len(order))):
            raise ValueError("a coupling keeps or moves each index once")
        low, high = sorted(self.halves, key=lambda half: half[:1])
        self.contiguous = bool(low and high) and low + high == sorted(order)
        self.reset_buffers()
        self.register_load_state_dict_post_hook(rebuild)

    def reset_buffers(self, device: torch.device | None = None) -> None:
        """Rebuild the indices on a device; halves that are slices need none."""
        if self.contiguous:
            return
        device = device or home(self)
        indices = {"kept": self.halves[0], "moved": self.halves[1], "origin": places(self.halves[0] + self.halves[1])}
        for name, index in indices.items():
            self.register_buffer(
                name, torch.tensor(index, dtype=torch.int64, device="cpu").to(device), persistent=False
            )

    def divide(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The kept and the moved half."""
        if not self.contiguous:
            return x[:, self.kept], x[:, self.moved]
        kept, moved = self.halves
        return x.narrow(1, kept[0], len(kept)), x.narrow(1, moved[0], len(moved))

    def unite(self, kept: torch.Tensor, moved: torch.Tensor) -> torch.Tensor:
        """Both halves in their places."""
        if not self.contiguous:
            return torch.cat([kept, moved], 1)[:, self.origin]
        return torch.cat([kept, moved] if self.halves[0][0] == 0 else [moved, kept], 1)

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        kept, moved = self.divide(x)
        moved, log_slope = self.transform.forward(moved, self.net(kept, **given))
        return self.unite(kept, moved), log_slope.flatten(1).sum(1)

    def inverse(self, z: torch.Tensor, /, **given: torch.Tensor) -> torch.Tensor:
        kept, moved = self.divide(z)
        return self.unite(kept, self.transform.inverse(moved, self.net(kept, **given)))


class MaskCoupling(nn.Module):
    """z = x where `keep` holds and T(x; net(keep * x)) elsewhere (RealNVP's checkerboard, Dinh et al. 2017).

    keep: booleans of one sample's shape. The net sees x with the moved entries zeroed and gives theta,
    (B, *shape, size); only the moved entries count in log|det|.
    """

    keep: torch.Tensor

    def __init__(self, net: nn.Module, keep: torch.Tensor, transform: Transform) -> None:
        super().__init__()
        self.net, self.transform = net, transform
        begin_near(net, transform)
        self.kept = keep.tolist()
        self.reset_buffers()
        self.register_load_state_dict_post_hook(rebuild)

    def reset_buffers(self, device: torch.device | None = None) -> None:
        """Rebuild the mask on a device."""
        self.register_buffer("keep", torch.tensor(self.kept, device="cpu").to(device or home(self)), persistent=False)

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        z, log_slope = self.transform.forward(x, self.net(self.keep * x, **given))
        log_det = torch.where(self.keep, 0.0, log_slope).flatten(1).sum(1)
        return torch.where(self.keep, x, z), log_det

    def inverse(self, z: torch.Tensor, /, **given: torch.Tensor) -> torch.Tensor:
        x = self.transform.inverse(z, self.net(self.keep * z, **given))
        return torch.where(self.keep, z, x)
