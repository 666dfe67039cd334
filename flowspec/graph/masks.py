"""Masks as inert data: which edges of a weighted op are kept. The knowledge pass makes them; lowering prints them."""

from __future__ import annotations

from dataclasses import dataclass

from flowspec.graph.pairing import PlaceMask


@dataclass(frozen=True, slots=True)
class TapMask:
    """One mask for every site (shift-invariant orders).

    `offsets[t]` is the displacement of tap t; `kept[o][i][t]` says whether a unit of output class o reads a unit of
    input class i through it. `in_class` and `out_class` give the class of each channel.
    """

    offsets: tuple[tuple[int, ...], ...]
    kept: tuple[tuple[tuple[bool, ...], ...], ...]
    in_class: tuple[int, ...]
    out_class: tuple[int, ...]

    @property
    def full(self) -> bool:
        return all(tap for row in self.kept for taps in row for tap in taps)


@dataclass(frozen=True, slots=True)
class LabelMask:
    """A dense mask: the edge j -> i is kept iff reads[j] <= writes[i] (`prefix`), or reads[j] is a subset of
    writes[i] as bit sets (`subset`). An ensemble of K orders has K rows of labels on the sides that touch x."""

    rule: str
    reads: tuple[tuple[int, ...], ...]
    writes: tuple[tuple[int, ...], ...]

    def member(self, k: int) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The labels (reads, writes) under order k of an ensemble."""
        return self.reads[min(k, len(self.reads) - 1)], self.writes[min(k, len(self.writes) - 1)]

    @property
    def full(self) -> bool:
        if self.rule == "prefix":
            return max(max(row) for row in self.reads) <= min(min(row) for row in self.writes)
        return all(not (r & ~w) for row in self.reads for r in set(row) for w in set(self.writes[0]))


@dataclass(frozen=True, slots=True)
class SiteMask:
    """A convolution with one mask for every position: tap t from p to p + offset is kept iff
    reads[class in][p + offset] <= writes[class out][p] (`prefix`), or is a subset of it (`subset`)."""

    rule: str
    offsets: tuple[tuple[int, ...], ...]
    reads: tuple[tuple[int, ...], ...]
    writes: tuple[tuple[int, ...], ...]
    in_class: tuple[int, ...]
    out_class: tuple[int, ...]


Mask = TapMask | LabelMask | SiteMask | PlaceMask
