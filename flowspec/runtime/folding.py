"""Folds along an order as rows of events: what comes in at each event, and how many of them each unit has behind it."""

from __future__ import annotations

import torch
from torch import nn
from torch.nn import functional as F

from flowspec.runtime.masks import check_digest, rebuild


def timeline(reads: list[list[int] | range], writes: list[list[int] | range]) -> tuple[torch.Tensor, torch.Tensor]:
    """(classes in, events): the site whose units come in at each event, the number of sites for none; and
    (classes out, sites): how many events a unit has behind it.

    Class c of the input at site j comes in under label reads[c][j]; events are sorted by label, of equal labels by
    site,
    and classes with the same label and turn come in together. A unit has the events of labels up to its own behind it.
    """
    slots: dict[tuple[int, int], dict[int, int]] = {}
    for c, row in enumerate(reads):
        turns: dict[int, int] = {}
        for site, label in enumerate(row):
            turns[label] = turns.get(label, -1) + 1
            slots.setdefault((label, turns[label]), {})[c] = site
    events = sorted(slots)
    labels = torch.tensor([label for label, _ in events], device="cpu")
    takes = [[slots[event].get(c, len(reads[0])) for event in events] for c in range(len(reads))]
    wanted = torch.tensor([list(row) for row in writes], device="cpu")
    return torch.tensor(takes, device="cpu"), torch.searchsorted(labels, wanted, right=True)


class Folded(nn.Module):
    """What folds share: events in a row, and the units of the output that read after so many of them.

    `reads` and `writes` have one row of labels for each class of channels (`in_groups`, `out_groups`; all 0 if None).
    The digest is that of the row of events, as integers of 8 bytes.
    """

    takes: torch.Tensor
    behind: torch.Tensor
    in_class: torch.Tensor
    out_class: torch.Tensor

    def __init__(
        self,
        n_in: int,
        n_out: int,
        sites: tuple[int, ...],
        reads: list[list[int] | range],
        writes: list[list[int] | range],
        in_groups: list[int] | None,
        out_groups: list[int] | None,
        digest: str | None,
    ) -> None:
        super().__init__()
        self.sites, self.reads, self.writes, self.digest = tuple(sites), reads, writes, digest
        self.in_groups, self.out_groups = in_groups or [0] * n_in, out_groups or [0] * n_out
        self.register_load_state_dict_post_hook(rebuild)

    def reset_buffers(self, device: torch.device | None = None) -> None:
        """Rebuild the row of events on a device, by default where the parameters are."""
        takes, behind = timeline(self.reads, self.writes)
        row = torch.cat([takes.flatten(), behind.flatten()]).view(torch.uint8)
        check_digest(row, self.digest, f"{type(self).__name__}({len(self.in_groups)}, {len(self.out_groups)})")
        classes = {
            "in_class": torch.tensor(self.in_groups, device="cpu"),
            "out_class": torch.tensor(self.out_groups, device="cpu"),
        }
        device = device or next(self.parameters()).device
        for name, value in {"takes": takes, "behind": behind, **classes}.items():
            self.register_buffer(name, value.to(device), persistent=False)

    def in_order(self, x: torch.Tensor) -> torch.Tensor:
        """(B, n_in, sites) -> (B, n_in, events): what comes in at each event, 0 where a channel brings nothing."""
        if len(self.takes) == 1:
            return x.index_select(2, self.takes[0])
        index = self.takes[self.in_class]
        return F.pad(x, (0, 1)).gather(2, index.expand(x.shape[0], -1, -1))

    def read(self, states: torch.Tensor) -> torch.Tensor:
        """(B, n_out, events + 1), the states from before the first event on -> (B, n_out, *sites), those behind each
        unit."""
        if len(self.behind) == 1:
            found = states.index_select(2, self.behind[0])
        else:
            index = self.behind[self.out_class]
            found = states.gather(2, index.expand(states.shape[0], -1, -1))
        return found.unflatten(2, self.sites)


class PrefixSum(Folded):
    """a_i = c + the sum of W[:, j] x_j over what unit i knows (NADE, Larochelle and Murray 2011).

    One running sum along the order serves every site: the cost is linear in the number of variables. The weight has a
    column for each channel and site, (n_out, n_in, sites).
    """

    def __init__(
        self,
        n_in: int,
        n_out: int,
        sites: tuple[int, ...],
        reads: list[list[int] | range],
        writes: list[list[int] | range],
        in_groups: list[int] | None = None,
        out_groups: list[int] | None = None,
        digest: str | None = None,
    ) -> None:
        super().__init__(n_in, n_out, sites, reads, writes, in_groups, out_groups, digest)
        self.weight = nn.Parameter(torch.empty(n_out, n_in, len(reads[0])))
        self.bias = nn.Parameter(torch.empty(n_out))
        self.reset_buffers()
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Draw new weights, as a linear layer over all that comes in would."""
        bound = self.weight[0].numel() ** -0.5
        nn.init.uniform_(self.weight, -bound, bound)
        nn.init.uniform_(self.bias, -bound, bound)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        with torch.autocast(x.device.type, enabled=False):
            rows = F.pad(self.in_order(x.to(self.weight.dtype).flatten(2)), (1, 0))
            columns = F.pad(self.in_order(self.weight), (1, 0))
            brought = torch.einsum("bke,nke->bne", rows, columns)  # (B, n_out, 1 + events), nothing before the first
            return self.read(brought.cumsum(2) + self.bias[:, None])

    def extra_repr(self) -> str:
        n_out, n_in, _ = self.weight.shape
        return f"{n_in}, {n_out}, sites={self.sites}"
