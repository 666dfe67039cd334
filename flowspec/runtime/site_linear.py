"""A projection with weights of its own at every site."""

from __future__ import annotations

import torch
from torch import nn

from flowspec.runtime.masks import check_digest, cut, init_by_fan_in, rebuild


class SiteLinear(nn.Module):
    """y_i = V_i h_i + b_i at every site i (NADE, Larochelle and Murray 2011): (B, n_in, *sites) -> (B, n_out, *sites).

    `kept`, where not everything is: for each pair (class out, class in) of channels a text with a digit a site, or one
    for all, 1 where the pair is read; the digest is that of the (classes out, classes in, sites or 1) mask.
    """

    mask: torch.Tensor | None

    def __init__(
        self,
        n_in: int,
        n_out: int,
        sites: tuple[int, ...],
        kept: dict[tuple[int, int], str] | None = None,
        in_groups: list[int] | None = None,
        out_groups: list[int] | None = None,
        digest: str | None = None,
    ) -> None:
        super().__init__()
        self.sites, self.kept = tuple(sites), kept
        if kept is not None:
            self.digest = digest
        self.in_groups, self.out_groups = in_groups or [0] * n_in, out_groups or [0] * n_out
        places = torch.Size(self.sites).numel()
        self.weight = nn.Parameter(torch.empty(places, n_out, n_in))
        self.bias = nn.Parameter(torch.empty(places, n_out))
        self.reset_buffers()
        self.reset_parameters()
        self.register_load_state_dict_post_hook(rebuild)

    def reset_buffers(self, device: torch.device | None = None) -> None:
        """Rebuild the (sites or 1, n_out, n_in) mask on a device, by default where the weight is."""
        self.register_buffer("mask", None, persistent=False)
        if self.kept is None:
            return
        length = max(len(text) for text in self.kept.values())
        table = torch.zeros(max(self.out_groups) + 1, max(self.in_groups) + 1, length, dtype=torch.bool, device="cpu")
        for (b, a), text in self.kept.items():
            table[b, a] = torch.tensor([digit == "1" for digit in text], device="cpu")
        check_digest(table, self.digest, f"SiteLinear{tuple(table.shape)}")
        mask = table[self.out_groups][:, self.in_groups].movedim(2, 0)
        self.register_buffer("mask", mask.contiguous().to(device or self.weight.device), persistent=False)

    def reset_parameters(self) -> None:
        """Draw new weights; the fan-in is that of each site and unit."""
        mask = torch.ones_like(self.weight, dtype=torch.bool) if self.mask is None else self.mask
        fan_in = mask.sum(2).expand(self.weight.shape[:2]).flatten()
        init_by_fan_in(self.weight.data.flatten(0, 1), self.bias.data.flatten(), fan_in)

    def forward(self, h: torch.Tensor) -> torch.Tensor:
        weight = self.weight if self.mask is None else cut(self.weight, self.mask)
        found = torch.einsum("bkp,pnk->bnp", h.flatten(2), weight) + self.bias.T
        return found.unflatten(2, self.sites)

    def extra_repr(self) -> str:
        _, n_out, n_in = self.weight.shape
        return f"{n_in}, {n_out}, sites={self.sites}"
