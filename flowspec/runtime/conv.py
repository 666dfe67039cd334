"""Convolutions at stride 1 that keep the sites of their input, on 1 to 3 spatial axes."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from flowspec.runtime.masks import check_digest, cut, init_by_fan_in, rebuild


def convolve(
    x: torch.Tensor,
    weight: torch.Tensor,
    bias: torch.Tensor | None,
    first: tuple[int, ...],
    dilation: tuple[int, ...],
) -> torch.Tensor:
    """Convolution of (B, C, *sites) in which tap t of an axis reads the site at p + first + t * dilation, 0 outside."""
    before = [-f for f in first]
    after = [f + (k - 1) * d for f, k, d in zip(first, weight.shape[2:], dilation, strict=True)]
    padding: tuple[int, ...] = tuple(before)
    if before != after or min(before) < 0:
        ends = [end for pair in zip(reversed(before), reversed(after), strict=True) for end in pair]  # last axis first
        x = F.pad(x, [max(end, 0) for end in ends])
        x = F.pad(x, [min(end, 0) for end in ends]) if min(ends) < 0 else x  # kernels that leave out their own site
        padding = (0,) * len(first)
    operation = (F.conv1d, F.conv2d, F.conv3d)[len(first) - 1]
    return operation(x, weight, bias, padding=padding, dilation=dilation)


class Conv(nn.Module):
    """A convolution whose tap 0 stands at displacement `first` from the site it computes (0 outside the picture)."""

    def __init__(
        self,
        n_in: int,
        n_out: int,
        kernel: tuple[int, ...],
        first: tuple[int, ...],
        dilation: tuple[int, ...] | None = None,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.first, self.dilation = tuple(first), tuple(dilation or [1] * len(kernel))
        self.weight = nn.Parameter(torch.empty(n_out, n_in, *kernel))
        self.bias = nn.Parameter(torch.empty(n_out)) if bias else None
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights."""
        fan_in = torch.full(self.weight.shape[:1], self.weight[0].numel(), device=self.weight.device)
        init_by_fan_in(self.weight, self.bias, fan_in)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return convolve(x, self.weight, self.bias, self.first, self.dilation)

    def extra_repr(self) -> str:
        n_out, n_in, *kernel = self.weight.shape
        return f"{n_in}, {n_out}, kernel={tuple(kernel)}, first={self.first}, dilation={self.dilation}"


class MaskedConv(nn.Module):
    """A convolution that keeps the taps an order allows (PixelCNN, van den Oord et al. 2016), the same at every site.

    taps: rows of 0 and 1 with '/' between rows and '|' between frames, e.g. '111/100/000' for a strict 3x3 raster
    mask; or one such text for each (group of the output channel, group of the input channel); an absent pair keeps
    nothing. `first` is the displacement of tap 0 in sites, (-1, -1) for a centred 3x3.
    """

    mask: torch.Tensor

    def __init__(
        self,
        n_in: int,
        n_out: int,
        kernel: tuple[int, ...],
        taps: dict[tuple[int, int], str] | str,
        first: tuple[int, ...],
        in_groups: list[int] | None = None,
        out_groups: list[int] | None = None,
        dilation: tuple[int, ...] | None = None,
        digest: str | None = None,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.taps, self.in_groups, self.out_groups = taps, in_groups or [0] * n_in, out_groups or [0] * n_out
        self.first, self.dilation, self.digest = tuple(first), tuple(dilation or [1] * len(kernel)), digest
        self.weight = nn.Parameter(torch.empty(n_out, n_in, *kernel))
        self.bias = nn.Parameter(torch.empty(n_out)) if bias else None
        self.reset_buffers()
        self.reset_parameters()
        self.register_load_state_dict_post_hook(rebuild)

    def reset_buffers(self, device: torch.device | None = None) -> None:
        """Rebuild the (n_out, n_in, *kernel) mask on a device, by default where the weight is."""
        outs, ins = sorted(set(self.out_groups)), sorted(set(self.in_groups))
        table = torch.zeros(len(outs), len(ins), *self.weight.shape[2:], dtype=torch.bool, device="cpu")
        for i, b in enumerate(outs):
            for j, a in enumerate(ins):
                text = self.taps if isinstance(self.taps, str) else self.taps.get((b, a), "")
                kept = [tap == "1" for tap in text if tap in "01"]
                if kept:
                    table[i, j] = torch.tensor(kept, device="cpu").view(table.shape[2:])
        mask = table[[outs.index(b) for b in self.out_groups]][:, [ins.index(a) for a in self.in_groups]]
        check_digest(mask, self.digest, f"MaskedConv{tuple(mask.shape)}")
        self.register_buffer("mask", mask.to(device or self.weight.device), persistent=False)

    def reset_parameters(self) -> None:
        """Draw new weights."""
        init_by_fan_in(self.weight, self.bias, self.mask.flatten(1).sum(1))

    def kept(self) -> torch.Tensor:
        """The weights that the mask keeps."""
        return self.mask

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return convolve(x, cut(self.weight, self.mask), self.bias, self.first, self.dilation)

    def extra_repr(self) -> str:
        n_out, n_in, *kernel = self.weight.shape
        return f"{n_in}, {n_out}, kernel={tuple(kernel)}, first={self.first}, dilation={self.dilation}"
