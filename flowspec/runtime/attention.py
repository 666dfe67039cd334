"""Attention over places, masked by what each place may know."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

from flowspec.runtime.masks import check_digest, cut, init_by_fan_in, rebuild
from flowspec.runtime.precision import upcast


def by_axis(table: torch.Tensor, sites: tuple[int, ...]) -> torch.Tensor:
    """(C, sum of sites) -> (C, places): the sum of one embedding for each axis, at every place."""
    parts = table.split(sites, 1)
    grids = [part.view(len(table), *[n if b == a else 1 for b, n in enumerate(sites)]) for a, part in enumerate(parts)]
    return torch.stack(torch.broadcast_tensors(*grids)).sum(0).flatten(1)


def pairs_inside(reads: list[int], writes: list[int], rule: str) -> torch.Tensor:
    """(writes, reads) whether a label read lies inside a label written: as a length, or as a set of bits of any
    size."""
    if rule == "prefix":
        return torch.tensor(reads, device="cpu") <= torch.tensor(writes, device="cpu")[:, None]
    known, allowed = list(dict.fromkeys(reads)), list(dict.fromkeys(writes))
    table = torch.tensor([[a & ~b == 0 for a in known] for b in allowed], device="cpu")
    return table[[allowed.index(b) for b in writes]][:, [known.index(a) for a in reads]]


class Attention(nn.Module):
    """Multi-head attention (Vaswani et al. 2017) of (B, C, *sites) values; the output stands where the query does.

    Heads fall into classes (`groups`; all 0 if None), and a class has one label for each place: what its key and
    value know (`reads`), and what a reader may know (`writes`). Place i reads place j iff reads[j] <= writes[i], or,
    under the rule "subset", iff reads[j] is a subset of writes[i] as bits. For an ensemble of orders the rows of its
    members follow each other, and forward takes the member. `takes[s][o][c]` says whether the query (s = 0), key or
    value projection of class o reads channels of class c; `in_groups[s]` gives the class of each channel, all 0 if
    None; either may have one entry that holds for all three.

    Queries and keys add a learned embedding for each axis. A null key and value are always there; a place that has
    nothing else to read adds its own query to the null value, and so still tells itself from others. The digest is that
    of the pairs (classes, queries, keys) under the first order and of what the projections take, in one row.
    """

    mask: torch.Tensor
    takes_query: torch.Tensor
    takes_key: torch.Tensor
    takes_value: torch.Tensor
    reads_of: torch.Tensor
    writes_of: torch.Tensor

    def __init__(
        self,
        n_in: int | tuple[int, int, int],
        n_out: int,
        sites: tuple[int, ...],
        heads: int = 1,
        reads: list[list[int] | range] | None = None,
        writes: list[list[int] | range] | None = None,
        rule: str = "prefix",
        groups: list[int] | None = None,
        in_groups: list[list[int]] | None = None,
        takes: list[list[list[int]]] | None = None,
        key_sites: tuple[int, ...] | None = None,
        digest: str | None = None,
    ) -> None:
        super().__init__()
        self.n_in = (n_in, n_in, n_in) if isinstance(n_in, int) else tuple(n_in)
        self.sites, self.key_sites = tuple(sites), tuple(key_sites or sites)
        self.n_out, self.heads, self.rule, self.digest = n_out, heads, rule, digest
        self.groups = groups or [0] * heads
        self.classes = max(self.groups) + 1
        self.is_open = reads is None
        self.reads = reads or [[0] * math.prod(self.key_sites)] * self.classes
        self.writes = writes or [[0] * math.prod(self.sites)] * self.classes
        self.orders = max(len(self.reads), len(self.writes)) // self.classes
        self.takes, self.in_groups = takes, in_groups
        self.query_weight, self.key_weight, self.value_weight = (nn.Parameter(torch.empty(n_out, n)) for n in self.n_in)
        self.bias = nn.Parameter(torch.empty(3, n_out))
        self.null = nn.Parameter(torch.empty(2, n_out))
        self.query_position = nn.Parameter(torch.empty(n_out, sum(self.sites)))
        self.key_position = nn.Parameter(torch.empty(n_out, sum(self.key_sites)))
        self.reset_buffers()
        self.reset_parameters()
        self.register_load_state_dict_post_hook(rebuild)

    def reset_buffers(self, device: torch.device | None = None) -> None:
        """Rebuild the masks (of an ensemble: the labels) on a device, by default where the weights are."""
        device = device or self.bias.device
        taken = [self.taken(s) for s in range(3)]
        first = self.pairs([list(r) for r in self.reads], [list(w) for w in self.writes], 0)
        proved = torch.cat([first.flatten(), *(t.flatten() for t in taken)])
        check_digest(proved, self.digest, f"Attention{tuple(first.shape)}")
        for name, table in zip(("takes_query", "takes_key", "takes_value"), taken, strict=True):
            rows = table[self.groups].repeat_interleave(self.n_out // self.heads, 0)
            self.register_buffer(name, rows.to(device), persistent=False)
        if self.is_open:
            return
        if self.orders == 1:
            self.register_buffer("mask", self.by_head(first).to(device), persistent=False)
            return
        for name, labels in (("reads_of", self.reads), ("writes_of", self.writes)):
            table = torch.tensor([list(row) for row in labels], device="cpu")
            self.register_buffer(name, table.unflatten(0, (-1, self.classes)).to(device), persistent=False)

    def taken(self, source: int) -> torch.Tensor:
        """(classes, channels in) what one projection reads."""
        if self.takes is None:
            return torch.ones(self.classes, self.n_in[source], dtype=torch.bool, device="cpu")
        of = self.in_groups[source % len(self.in_groups)] if self.in_groups else [0] * self.n_in[source]
        return torch.tensor(self.takes[source % len(self.takes)], dtype=torch.bool, device="cpu")[:, of]

    def pairs(self, reads: list[list[int]], writes: list[list[int]], order: int) -> torch.Tensor:
        """(classes, queries, keys) which place reads which, under one order."""
        start = self.classes * order
        found = []
        for o in range(self.classes):
            known = reads[start + o] if len(reads) > self.classes else reads[o]
            allowed = writes[start + o] if len(writes) > self.classes else writes[o]
            found.append(pairs_inside(known, allowed, self.rule))
        return torch.stack(found)

    def by_head(self, pairs: torch.Tensor) -> torch.Tensor:
        """(heads or 1, queries, 1 + keys): the null key, which everybody reads, stands first."""
        pairs = F.pad(pairs, (1, 0), value=True)
        return pairs if self.classes == 1 else pairs[self.groups]

    def member(self, order: int) -> torch.Tensor | None:
        """The mask by head under one order; None where everything is read."""
        if self.is_open:
            return None
        if self.orders == 1:
            return self.mask
        reads = self.reads_of[order if len(self.reads_of) > 1 else 0]
        writes = self.writes_of[order if len(self.writes_of) > 1 else 0]
        return self.by_head(reads[:, None, :] <= writes[:, :, None])

    def reset_parameters(self) -> None:
        """Draw new weights; positions and the null key start small."""
        tables = (self.takes_query, self.takes_key, self.takes_value)
        weights = (self.query_weight, self.key_weight, self.value_weight)
        for weight, taken in zip(weights, tables, strict=True):
            init_by_fan_in(weight, None, taken.sum(1))
        nn.init.zeros_(self.bias)
        for small in (self.null, self.query_position, self.key_position):
            nn.init.normal_(small, std=0.1)

    def forward(self, query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, order: int = 0) -> torch.Tensor:
        q = self.projected(query, self.query_weight, self.takes_query, 0)  # (B, n_out, queries)
        k = self.projected(key, self.key_weight, self.takes_key, 1)  # (B, n_out, keys)
        v = self.projected(value, self.value_weight, self.takes_value, 2)
        with torch.autocast(q.device.type, enabled=False):  # the softmax runs in float32 at least
            q = self.split(upcast(q) + by_axis(self.query_position, self.sites))
            k = self.split(self.with_null(upcast(k) + by_axis(self.key_position, self.key_sites), 0))
            v = self.split(self.with_null(upcast(v), 1))
            mask = self.member(order)
            y = F.scaled_dot_product_attention(q, k, v, mask)  # (B, heads, queries, n_out / heads)
            if mask is not None:
                alone = ~mask[:, :, 1:].any(2, keepdim=True)
                y = y + alone * q
        return y.transpose(2, 3).flatten(1, 2).unflatten(2, self.sites)

    def split(self, h: torch.Tensor) -> torch.Tensor:
        """(B, n_out, places) -> (B, heads, places, n_out / heads)."""
        return h.unflatten(1, (self.heads, -1)).transpose(2, 3)

    def with_null(self, h: torch.Tensor, which: int) -> torch.Tensor:
        """The null key (0) or value (1) before those of the places."""
        return torch.cat([self.null[which, :, None].expand(len(h), -1, 1), h], 2)

    def projected(self, x: torch.Tensor, weight: torch.Tensor, taken: torch.Tensor, source: int) -> torch.Tensor:
        """(B, C, *sites) -> (B, n_out, places)."""
        y = F.linear(x.flatten(2).transpose(1, 2), cut(weight, taken), self.bias[source])
        return y.transpose(1, 2)

    def extra_repr(self) -> str:
        return f"{self.n_in}, {self.n_out}, sites={self.sites}, heads={self.heads}, orders={self.orders}"
