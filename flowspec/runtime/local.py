"""Convolutions whose mask differs from site to site, for orders that no shift leaves alone."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from flowspec.runtime.masks import check_digest, cut, init_by_fan_in, places, rebuild


def patches(
    x: torch.Tensor, kernel: tuple[int, ...], first: tuple[int, ...], dilation: tuple[int, ...], outside: int = 0
) -> torch.Tensor:
    """(B, C, *sites) -> (B, C, taps, sites): what each tap reads at each site, row-major; `outside` past the edge."""
    sites, ends = x.shape[2:], []
    for f, k, d in zip(reversed(first), reversed(kernel), reversed(dilation), strict=True):
        ends += [max(-f, 0), max(f + (k - 1) * d, 0)]
    pieces = [F.pad(x, ends, value=outside)]
    for axis, (f, k, d) in enumerate(zip(first, kernel, dilation, strict=True)):
        starts = [max(-f, 0) + f + t * d for t in range(k)]
        pieces = [piece.narrow(axis + 2, start, sites[axis]) for piece in pieces for start in starts]
    return torch.stack([piece.flatten(2) for piece in pieces], 2)


class LocalConv(nn.Module):
    """Locally masked convolution (Jain, Abbeel, Pathak 2020) of (B, n_in, *sites) on 1 to 3 spatial axes.

    Channels fall into classes (`in_groups`, `out_groups`; all 0 if None), and a class has one label per site, the
    number of variables it knows there. The tap from site q to site p is kept iff q is in the picture and
    reads[class in][q] <= writes[class out][p]; `first` is the displacement of tap 0, in sites. The digest is that of
    the (classes out, classes in, taps, sites) mask; nothing of size n_out * n_in * taps * sites is ever made.
    """

    mask: torch.Tensor
    in_class: torch.Tensor
    by_class: torch.Tensor
    back: torch.Tensor

    def __init__(
        self,
        n_in: int,
        n_out: int,
        sites: tuple[int, ...],
        kernel: tuple[int, ...],
        first: tuple[int, ...],
        reads: list[list[int] | range],
        writes: list[list[int] | range],
        in_groups: list[int] | None = None,
        out_groups: list[int] | None = None,
        dilation: tuple[int, ...] | None = None,
        digest: str | None = None,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.sites, self.kernel, self.first = tuple(sites), tuple(kernel), tuple(first)
        self.dilation, self.digest = tuple(dilation or [1] * len(kernel)), digest
        self.reads, self.writes = reads, writes
        self.in_groups, self.out_groups = in_groups or [0] * n_in, out_groups or [0] * n_out
        self.sizes = [self.out_groups.count(group) for group in range(len(writes))]
        self.weight = nn.Parameter(torch.empty(n_out, n_in, *kernel))
        self.bias = nn.Parameter(torch.empty(n_out)) if bias else None
        self.reset_buffers()
        self.reset_parameters()
        self.register_load_state_dict_post_hook(rebuild)

    def reset_buffers(self, device: torch.device | None = None) -> None:
        """Rebuild the mask of each pair of classes on a device, by default where the weight is."""
        rows, writes = (torch.tensor([list(r) for r in rows], device="cpu") for rows in (self.reads, self.writes))
        never = int(writes.max()) + 1  # a site outside the picture is known to nobody
        reads = rows.view(1, -1, *self.sites)
        known = patches(reads, self.kernel, self.first, self.dilation, outside=never)[0]  # (classes in, taps, sites)
        mask = known <= writes[:, None, None, :]
        check_digest(mask, self.digest, f"LocalConv{tuple(mask.shape)}")
        by_class = sorted(range(len(self.out_groups)), key=self.out_groups.__getitem__)
        indices = {"in_class": self.in_groups, "by_class": by_class, "back": places(by_class)}
        buffers = {"mask": mask} | {name: torch.tensor(index, device="cpu") for name, index in indices.items()}
        for name, value in buffers.items():
            self.register_buffer(name, value.to(device or self.weight.device), persistent=False)

    def reset_parameters(self) -> None:
        """Draw new weights; the fan-in of a unit is its mean over the sites."""
        per_class = self.mask.sum((2, 3)) / self.mask.shape[3]  # (classes out, classes in)
        fan_in = per_class[:, self.in_class].sum(1)[self.by_class.new_tensor(self.out_groups)]
        init_by_fan_in(self.weight, self.bias, fan_in)

    def kept(self) -> torch.Tensor:
        """The weights that the mask keeps at some site."""
        somewhere = self.mask.any(3)[:, self.in_class]  # (classes out, n_in, taps)
        return somewhere[self.by_class.new_tensor(self.out_groups)].view_as(self.weight)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        read = patches(x, self.kernel, self.first, self.dilation)  # (B, n_in, taps, sites)
        weights = self.weight.flatten(1)[self.by_class].split(self.sizes)
        parts = []
        for mask, weight in zip(self.mask, weights, strict=True):  # one product per class of output channels
            kept = cut(read, mask[self.in_class])
            parts.append(weight @ kept.flatten(1, 2))  # (B, n_out of the class, sites)
        y = torch.cat(parts, 1)[:, self.back]
        y = y if self.bias is None else y + self.bias[:, None]
        return y.unflatten(2, self.sites)

    def extra_repr(self) -> str:
        n_out, n_in, *kernel = self.weight.shape
        return f"{n_in}, {n_out}, sites={self.sites}, kernel={tuple(kernel)}, first={self.first}"
