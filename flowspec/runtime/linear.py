"""Linear layers whose mask is derived from integer labels."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from flowspec.runtime.masks import check_digest, cut, init_by_fan_in, label_rows, rebuild


class MaskedLinear(nn.Module):
    """y = (M * W) x + b with M[i, j] = 1[reads[j] <= writes[i]] (MADE, Germain et al. 2015).

    A label is the number of variables that a unit knows, first to last in the order. For an ensemble of orders
    `reads`, `writes` or both are lists of K label sequences, and forward takes the member; its masks are compared on
    the fly, not stored, and the digest is that of the first member.
    """

    reads: torch.Tensor
    writes: torch.Tensor
    mask: torch.Tensor

    def __init__(
        self,
        reads: list[int] | range | list[list[int]],
        writes: list[int] | range | list[list[int]],
        digest: str | None = None,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.labels = [label_rows(reads), label_rows(writes)]
        self.orders, self.digest = max(len(rows) for rows in self.labels), digest
        n_in, n_out = (len(rows[0]) for rows in self.labels)
        self.weight = nn.Parameter(torch.empty(n_out, n_in))
        self.bias = nn.Parameter(torch.empty(n_out)) if bias else None
        self.reset_buffers()
        self.reset_parameters()
        self.register_load_state_dict_post_hook(rebuild)

    def reset_buffers(self, device: torch.device | None = None) -> None:
        """Rebuild the mask (or the labels of an ensemble) on a device, by default where the weight is."""
        device = device or self.weight.device
        reads, writes = (torch.tensor(rows, device="cpu") for rows in self.labels)
        first = reads[0] <= writes[0, :, None]
        check_digest(first, self.digest, f"MaskedLinear{tuple(first.shape)}")
        if self.orders == 1:
            self.register_buffer("mask", first.to(device), persistent=False)
        else:
            self.register_buffer("reads", reads.to(device), persistent=False)
            self.register_buffer("writes", writes.to(device), persistent=False)

    def reset_parameters(self) -> None:
        """Draw new weights; for an ensemble the fan-in is the mean over its members."""
        fan_in = torch.stack([self.member(k).sum(1) for k in range(self.orders)]).float().mean(0)
        init_by_fan_in(self.weight, self.bias, fan_in)

    def member(self, order: int) -> torch.Tensor:
        """The (n_out, n_in) mask of one order."""
        if self.orders == 1:
            return self.mask
        reads = self.reads[order if len(self.reads) > 1 else 0]
        writes = self.writes[order if len(self.writes) > 1 else 0]
        return reads <= writes[:, None]

    def kept(self, order: int = 0) -> torch.Tensor:
        """The weights that the mask keeps."""
        return self.member(order)

    def forward(self, x: torch.Tensor, order: int = 0) -> torch.Tensor:
        return F.linear(x, cut(self.weight, self.member(order)), self.bias)

    def extra_repr(self) -> str:
        return f"{self.weight.shape[1]}, {self.weight.shape[0]}, orders={self.orders}"


class SubsetLinear(nn.Module):
    """y = (M * W) x + b where an edge is kept when what its input knows is a subset of what its output may know.

    Labels are integers read as bit sets of variables (graph orders; Wehenkel and Louppe 2021), of any size.
    """

    mask: torch.Tensor

    def __init__(
        self,
        reads: list[int] | range,
        writes: list[int] | range,
        digest: str | None = None,
        bias: bool = True,
    ) -> None:
        super().__init__()
        self.reads, self.writes, self.digest = reads, writes, digest
        self.weight = nn.Parameter(torch.empty(len(writes), len(reads)))
        self.bias = nn.Parameter(torch.empty(len(writes))) if bias else None
        self.reset_buffers()
        self.reset_parameters()
        self.register_load_state_dict_post_hook(rebuild)

    def reset_buffers(self, device: torch.device | None = None) -> None:
        """Rebuild the mask on a device, by default where the weight is; each pair of distinct sets is compared once."""
        known, allowed = list(dict.fromkeys(self.reads)), list(dict.fromkeys(self.writes))
        table = torch.tensor([[a & ~b == 0 for a in known] for b in allowed], device="cpu")
        column = {label: k for k, label in enumerate(known)}
        row = {label: k for k, label in enumerate(allowed)}
        mask = table[[row[b] for b in self.writes]][:, [column[a] for a in self.reads]]
        check_digest(mask, self.digest, f"SubsetLinear{tuple(mask.shape)}")
        self.register_buffer("mask", mask.to(device or self.weight.device), persistent=False)

    def reset_parameters(self) -> None:
        """Draw new weights."""
        init_by_fan_in(self.weight, self.bias, self.mask.sum(1))

    def kept(self) -> torch.Tensor:
        """The weights that the mask keeps."""
        return self.mask

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return F.linear(x, cut(self.weight, self.mask), self.bias)

    def extra_repr(self) -> str:
        return f"{len(self.reads)}, {len(self.writes)}"
