"""Convolutions between grids of different size: kernel and stride s down, the transpose up, on 1 to 3 spatial axes."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from flowspec.runtime.conv import Conv, MaskedConv
from flowspec.runtime.masks import check_digest, cut, rebuild


def convolve_down(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    first: tuple[int, ...],
    factors: tuple[int, ...],
) -> torch.Tensor:
    """Convolution of (B, C, *sites) to (B, K, *sites / factors) in which tap t of an axis reads the site at
    p * factor + first + t, 0 outside."""
    before = [-f for f in first]
    after = [f + k - s for f, k, s in zip(first, weight.shape[2:], factors, strict=True)]
    ends = [end for pair in zip(reversed(before), reversed(after), strict=True) for end in pair]  # last axis first
    x = F.pad(x, [max(end, 0) for end in ends]) if max(ends) > 0 else x
    x = F.pad(x, [min(end, 0) for end in ends]) if min(ends) < 0 else x
    operation = (F.conv1d, F.conv2d, F.conv3d)[len(first) - 1]
    return operation(x, weight, bias, stride=factors)


class Down(Conv):
    """A strided convolution: tap 0 stands at displacement `first` from the first site of the block."""

    def __init__(
        self, n_in: int, n_out: int, kernel: tuple[int, ...], first: tuple[int, ...], factors: tuple[int, ...]
    ) -> None:
        super().__init__(n_in, n_out, kernel, first)
        self.factors = tuple(factors)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return convolve_down(x, self.weight, self.bias, self.first, self.factors)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, factors={self.factors}"


class MaskedDown(MaskedConv):
    """A strided convolution that keeps the taps an order allows; `taps` and `first` as for MaskedConv.

    A unit stands for the earliest site of its block, and `first` counts from the block's first site.
    """

    def __init__(
        self,
        n_in: int,
        n_out: int,
        kernel: tuple[int, ...],
        taps: dict[tuple[int, int], str] | str,
        first: tuple[int, ...],
        factors: tuple[int, ...],
        in_groups: list[int] | None = None,
        out_groups: list[int] | None = None,
        digest: str | None = None,
    ) -> None:
        super().__init__(n_in, n_out, kernel, taps, first, in_groups, out_groups, digest=digest)
        self.factors = tuple(factors)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return convolve_down(x, cut(self.weight, self.mask), self.bias, self.first, self.factors)

    def extra_repr(self) -> str:
        return f"{super().extra_repr()}, factors={self.factors}"


class MaskedUp(nn.Module):
    """A transposed convolution of kernel and stride `factors` in which every site of a block has a mask of its own.

    phases: rows of 0 and 1 with '/' between rows and '|' between frames: '01/11' lets all sites of a 2x2 block but
    the first read; or one such text for each (group of the output channel, group of the input channel); an absent pair
    keeps nothing.
    """

    mask: torch.Tensor
    transposed = True  # the units of its weight stand on the second axis

    def __init__(
        self,
        n_in: int,
        n_out: int,
        factors: tuple[int, ...],
        phases: dict[tuple[int, int], str] | str,
        in_groups: list[int] | None = None,
        out_groups: list[int] | None = None,
        digest: str | None = None,
    ) -> None:
        super().__init__()
        self.phases, self.in_groups, self.out_groups = phases, in_groups or [0] * n_in, out_groups or [0] * n_out
        self.factors, self.digest = tuple(factors), digest
        self.weight = nn.Parameter(torch.empty(n_in, n_out, *factors))
        self.bias = nn.Parameter(torch.empty(n_out))
        self.reset_buffers()
        self.reset_parameters()
        self.register_load_state_dict_post_hook(rebuild)

    def reset_buffers(self, device: torch.device | None = None) -> None:
        """Rebuild the (n_in, n_out, *factors) mask on a device, by default where the weight is."""
        outs, ins = sorted(set(self.out_groups)), sorted(set(self.in_groups))
        table = torch.zeros(len(ins), len(outs), *self.factors, dtype=torch.bool, device="cpu")
        for i, a in enumerate(ins):
            for j, b in enumerate(outs):
                text = self.phases if isinstance(self.phases, str) else self.phases.get((b, a), "")
                kept = [phase == "1" for phase in text if phase in "01"]
                if kept:
                    table[i, j] = torch.tensor(kept, device="cpu").view(self.factors)
        mask = table[[ins.index(a) for a in self.in_groups]][:, [outs.index(b) for b in self.out_groups]]
        check_digest(mask, self.digest, f"MaskedUp{tuple(mask.shape)}")
        self.register_buffer("mask", mask.to(device or self.weight.device), persistent=False)

    def reset_parameters(self) -> None:
        """Draw new weights: U(-b, b) with b = 1 / sqrt(fan-in), which differs between the sites of a block."""
        fan_in = self.mask.sum(0).to(self.weight.dtype)
        bound = torch.where(fan_in > 0, fan_in.clamp(min=1).rsqrt(), 0.0)
        with torch.no_grad():
            self.weight.uniform_(-1, 1).mul_(bound)
            self.bias.uniform_(-1, 1).mul_(bound.flatten(1).mean(1))

    def kept(self) -> torch.Tensor:
        """The weights that the mask keeps."""
        return self.mask

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        operation = (F.conv_transpose1d, F.conv_transpose2d, F.conv_transpose3d)[len(self.factors) - 1]
        return operation(x, cut(self.weight, self.mask), self.bias, stride=self.factors)

    def extra_repr(self) -> str:
        n_in, n_out, *_ = self.weight.shape
        return f"{n_in}, {n_out}, factors={self.factors}"
