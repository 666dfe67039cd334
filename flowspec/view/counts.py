"""How many edges a mask keeps, and of how many."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flowspec.graph.layout import Layout
from flowspec.graph.masks import LabelMask, SiteMask, TapMask
from flowspec.view.words import share


@dataclass(frozen=True, slots=True)
class Count:
    """Edges kept, of those that there could be."""

    kept: int
    possible: int

    def of(self, noun: str) -> str:
        """The count in words: 3 of 4 edges (75.0 %)."""
        return f"{self.kept:,} of {self.possible:,} {noun} ({share(self.kept, self.possible)})"


def kept_edges(mask: LabelMask | TapMask | SiteMask, source: Layout, member: int = 0) -> Count:
    """Edges between units of a dense mask, weights of shared taps, edges inside the grid of one mask a position."""
    if isinstance(mask, LabelMask):
        return _dense(mask, member)
    if isinstance(mask, TapMask):
        return _taps(mask)
    return _sites(mask, source.sites)


def site_taps(
    mask: SiteMask, reads: int, writes: int, sites: tuple[int, ...]
) -> tuple[npt.NDArray[np.bool_], npt.NDArray[np.bool_]]:
    """(taps, *sites) what is kept between two classes at each position, and which taps lie inside the grid."""
    labels_in = np.array(mask.reads[reads], dtype=object if mask.rule == "subset" else np.int64).reshape(sites)
    labels_out = np.array(mask.writes[writes], dtype=labels_in.dtype).reshape(sites)
    kept = np.zeros((len(mask.offsets), *sites), dtype=bool)
    inside = np.zeros_like(kept)
    for t, offset in enumerate(mask.offsets):
        here = tuple(slice(max(0, -e), max(0, size - max(0, e))) for e, size in zip(offset, sites, strict=True))
        there = tuple(slice(max(0, e), max(0, size + min(0, e))) for e, size in zip(offset, sites, strict=True))
        r, w = labels_in[there], labels_out[here]
        inside[t][here] = True
        kept[t][here] = (r <= w) if mask.rule == "prefix" else (r & ~w) == 0
    return kept, inside


def _dense(mask: LabelMask, member: int) -> Count:
    reads, writes = mask.member(member)
    possible = len(reads) * len(writes)
    if mask.rule == "prefix":
        return Count(int(np.searchsorted(np.sort(reads), writes, side="right").sum()), possible)
    sizes = Counter(reads)
    per_label = {w: sum(n for r, n in sizes.items() if not r & ~w) for w in set(writes)}
    return Count(sum(per_label[w] for w in writes), possible)


def _taps(mask: TapMask) -> Count:
    n_in, n_out = Counter(mask.in_class), Counter(mask.out_class)
    kept = sum(
        n_out[o] * n_in[i] * sum(taps) for o, row in enumerate(mask.kept) for i, taps in enumerate(row)
    )  # fmt: skip
    return Count(kept, len(mask.in_class) * len(mask.out_class) * len(mask.offsets))


def _sites(mask: SiteMask, sites: tuple[int, ...]) -> Count:
    n_in, n_out = Counter(mask.in_class), Counter(mask.out_class)
    kept = possible = 0
    for o in n_out:
        for i in n_in:
            found, inside = site_taps(mask, i, o, sites)
            kept += n_out[o] * n_in[i] * int(found.sum())
            possible += n_out[o] * n_in[i] * int(inside.sum())
    return Count(kept, possible)
