"""Masks of ops that reach across places: strides, attention, folds along an order, recurrences over lines.

Each can say as boolean matrices which places read which, in one form: the analyses that follow units place by place,
the counts and the pictures need no more than that.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from flowspec.graph.closing import closed
from flowspec.graph.layout import Layout
from flowspec.order import TooLarge

MANY = 1 << 26  # pairs of places up to which matrices of them are made

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Classes = tuple[int, ...]  # the class of each channel
Labels = tuple[int, ...]  # prefix lengths, or sets of variables as the bits of an integer, one a place


@dataclass(frozen=True, eq=False, slots=True)
class Reading:
    """Units of output class `out` at place i read units of class `of` of input `source` at place j where at[i, j]."""

    out: int
    source: int
    of: int
    at: Bools


@dataclass(frozen=True, slots=True)
class PlaceMask:
    """The common form: `in_classes` gives for each input the class of each channel, `out_class` that of the output's."""

    in_classes: tuple[Classes, ...]
    out_class: Classes

    def readings(self, inputs: tuple[Layout, ...], output: Layout, member: int = 0) -> Iterator[Reading]:
        """What is read, under order `member` of an ensemble; a pair of classes may occur more than once."""
        raise NotImplementedError

    @property
    def outs(self) -> range:
        """The output classes."""
        return range(max(self.out_class) + 1)

    def classes(self, source: int = 0) -> range:
        """The classes of one input."""
        return range(max(self.in_classes[source]) + 1)


def inside(rule: str, reads: Labels, writes: Labels) -> Bools:
    """(writes, reads) whether each label read lies inside each label written."""
    if rule == "prefix":
        kept: Bools = np.asarray(reads)[None, :] <= np.asarray(writes)[:, None]
        return kept
    table = {(r, w): not (r & ~w) for r in set(reads) for w in set(writes)}
    return np.array([[table[r, w] for r in reads] for w in writes], dtype=bool)


def counted(rule: str, reads: Labels, writes: Labels) -> int:
    """How many pairs `inside` would keep, without the matrix."""
    if rule == "prefix":
        return int(np.searchsorted(np.sort(np.array(reads)), np.array(writes), side="right").sum())
    sizes, rows = Counter(reads), Counter(writes)
    return sum(n * m for r, n in sizes.items() for w, m in rows.items() if not r & ~w)


def _checked(rows: int, columns: int) -> int:
    """The rows of a matrix that may be made."""
    if rows * columns > MANY:
        raise TooLarge(f"{rows} x {columns} pairs of places are too many for matrices of them")
    return rows


@dataclass(frozen=True, slots=True)
class StrideMask(PlaceMask):
    """Down: tap t of coarse place p reads the fine place factors * p + offsets[t]. Up: the fine place
    factors * p + offsets[t] reads coarse place p. Output class o reads class c through tap t iff kept[o][c][t]."""

    factors: tuple[int, ...]
    up: bool
    offsets: tuple[tuple[int, ...], ...]
    kept: tuple[tuple[tuple[bool, ...], ...], ...]

    def readings(self, inputs: tuple[Layout, ...], output: Layout, member: int = 0) -> Iterator[Reading]:
        if inputs[0].places * output.places > MANY:
            raise TooLarge(f"{inputs[0].places} x {output.places} places are too many for matrices of them")
        for t, (readers, read) in enumerate(self.links(inputs[0], output)):
            link = np.zeros((output.places, inputs[0].places), dtype=bool)
            link[readers, read] = True
            for o in self.outs:
                yield from (Reading(o, 0, c, link) for c in self.classes() if self.kept[o][c][t])

    def links(self, source: Layout, output: Layout) -> Iterator[tuple[Ints, Ints]]:
        """For each tap the places of the output that read through it, each once, and the place that each reads."""
        coarse, fine = (source.sites, output.sites) if self.up else (output.sites, source.sites)
        place = np.stack(np.unravel_index(np.arange(prod(coarse)), coarse), axis=1)
        for offset in self.offsets:
            at = place * np.array(self.factors) + np.array(offset)
            fits = ((at >= 0) & (at < np.array(fine))).all(axis=1)
            here, there = np.flatnonzero(fits), np.ravel_multi_index(tuple(at[fits].T), fine)
            yield (there, here) if self.up else (here, there)


@dataclass(frozen=True, slots=True)
class PairMask(PlaceMask):
    """Attention: the heads of output class o read the key and the value at j from i iff reads[m][o][j] is inside
    writes[m][o][i], m the member of an ensemble. kept[s][o][c]: whether their projection of input s (query, key, value)
    reads channels of class c; the query stands at the reader's own place, and comes through also where nothing is read.
    The `heads` divide the channels in equal parts, each within one class."""

    rule: str
    reads: tuple[tuple[Labels, ...], ...]
    writes: tuple[tuple[Labels, ...], ...]
    kept: tuple[tuple[tuple[bool, ...], ...], ...]
    heads: int = 1

    def readings(self, inputs: tuple[Layout, ...], output: Layout, member: int = 0) -> Iterator[Reading]:
        here = np.eye(_checked(output.places, output.places), dtype=bool)
        for o in self.outs:
            at = self.pairs(o, member)
            for source, table in enumerate(self.kept):
                for c in self.classes(source):
                    if table[o][c]:
                        yield Reading(o, source, c, at if source else here)

    def labels(self, o: int, member: int = 0) -> tuple[Labels, Labels]:
        """The labels of output class o: of the keys, and of the readers."""
        reads, writes = (side[min(member, len(side) - 1)] for side in (self.reads, self.writes))
        return reads[o], writes[o]

    def pairs(self, o: int, member: int = 0) -> Bools:
        """(queries, keys) of output class o. Raises TooLarge past 2^26 of them."""
        reads, writes = self.labels(o, member)
        _checked(len(writes), len(reads))
        return inside(self.rule, reads, writes)

    def count(self, o: int, member: int = 0) -> int:
        """How many pairs of places output class o keeps, at any size."""
        return counted(self.rule, *self.labels(o, member))

    def reading_one(self, o: int, marked: Bools) -> Bools:
        """(queries,) which readers of output class o read a marked place, at any size; under the first order."""
        reads, writes = self.labels(o)
        found = {r for r, seen in zip(reads, marked.tolist(), strict=True) if seen}
        if self.rule == "prefix":
            return np.asarray(writes) >= min(found) if found else np.zeros(len(writes), dtype=bool)
        table = {w: any(not r & ~w for r in found) for w in set(writes)}
        return np.array([table[w] for w in writes])

    def multiply_adds(self, inputs: tuple[Layout, ...], output: Layout) -> int:
        """The projections of queries, keys and values, and a product and a sum for each pair and channel."""
        wide, total = np.bincount(self.out_class), 0
        for o in self.outs:
            for s, table in enumerate(self.kept):
                read = sum(n for n, taken in zip(np.bincount(self.in_classes[s]), table[o], strict=True) if taken)
                total += int(read) * inputs[s].places * int(wide[o])
            total += 2 * self.count(o) * int(wide[o])
        return total


@dataclass(frozen=True, slots=True)
class FoldMask(PlaceMask):
    """A fold along an order: output class o at i folds the units of class c at j iff reads[m][c][j] is inside
    writes[m][o][i], m the member of an ensemble."""

    rule: str
    reads: tuple[tuple[Labels, ...], ...]
    writes: tuple[tuple[Labels, ...], ...]

    def readings(self, inputs: tuple[Layout, ...], output: Layout, member: int = 0) -> Iterator[Reading]:
        reads, writes = (side[min(member, len(side) - 1)] for side in (self.reads, self.writes))
        for o in self.outs:
            yield from (Reading(o, 0, c, inside(self.rule, reads[c], writes[o])) for c in self.classes())


@dataclass(frozen=True, slots=True)
class Sweep:
    """One recurrence of a ScanMask: where the state at a place reads the input, and where it reads itself.

    `taps` and `carry` are displacements; output class o reads input class c through tap t iff kept[o][c][t], and class k
    of the state through carry t iff carried[o][k][t]."""

    taps: tuple[tuple[int, ...], ...]
    kept: tuple[tuple[tuple[bool, ...], ...], ...]
    carry: tuple[tuple[int, ...], ...]
    carried: tuple[tuple[tuple[bool, ...], ...], ...]


@dataclass(frozen=True, slots=True)
class ScanMask(PlaceMask):
    """A recurrence over lines: the sum of its sweeps. `axes` are those of the scan, the one across lines first; `sign` is
    -1 where it runs backwards."""

    axes: tuple[int, ...]
    sign: int
    sweeps: tuple[Sweep, ...]

    def readings(self, inputs: tuple[Layout, ...], output: Layout, member: int = 0) -> Iterator[Reading]:
        for sweep in self.sweeps:
            found = closed(output.sites, sweep.taps, sweep.kept, sweep.carry, sweep.carried)
            yield from (Reading(o, 0, c, at) for (o, c), at in found.items())
