"""When is one bound inside another? Answered by the endless grid, by ranks, or by sets of variables."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import lru_cache
from typing import Protocol

import numpy as np
import numpy.typing as npt

from flowspec.graph.bounds import Bound, Kind
from flowspec.graph.layout import Layout
from flowspec.order import Order, Scan

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]

CAP_KINDS = {"none": Kind.NONE, "above": Kind.ABOVE, "before": Kind.BEFORE, "upto": Kind.UPTO}
KIND_ORDER = (Kind.NONE, Kind.SELF, Kind.ABOVE, Kind.BEFORE, Kind.UPTO, Kind.ALL)


class Relation(Protocol):
    """Inclusion of bounds through the taps of a window."""

    groups: int

    def kept(self, source: Bound, target: Bound, offsets: Ints) -> Bools:
        """Whether K(unit at p + offset) is inside K(unit at p): (taps,), or (taps, sites) where it differs by site."""

    def holds(self, source: Bound, target: Bound, offsets: Ints, kept: Bools) -> bool:
        """Whether every kept edge from `source` is inside `target`."""

    def has_lines(self) -> bool:
        """Whether `above` means anything."""


class EndlessGrid:
    """A shift-invariant order: one answer for every site."""

    def __init__(self, scan: Scan) -> None:
        self.scan = scan
        self.groups = 1 if scan.channels == "joint" else scan.width

    def has_lines(self) -> bool:
        return self.scan.has_lines

    def kept(self, source: Bound, target: Bound, offsets: Ints) -> Bools:
        return self.scan.kept(source.kind.value, source.group, target.kind.value, target.group, offsets)  # type: ignore[arg-type]

    def holds(self, source: Bound, target: Bound, offsets: Ints, kept: Bools) -> bool:
        return not kept.any() or bool(self.kept(source, target, offsets[kept]).all())


class Ranks:
    """A ranked order without shift invariance: every site has its own answer."""

    def __init__(self, order: Order) -> None:
        self.order = order
        self.groups = 1 if order.channels == "joint" else order.grid.channels
        self.sites = order.grid.sites

    def has_lines(self) -> bool:
        return self.order.line is not None

    @lru_cache(maxsize=64)  # noqa: B019 - lives as long as one check
    def known(self, bound: Bound) -> Ints:
        """(sites,) the prefix length that a unit with this bound knows."""
        table: Ints = self.order.known(bound.kind.value)  # type: ignore[arg-type]
        known: Ints = table.reshape(self.order.grid.channels, -1)[bound.group]
        return known

    def moved(self, offsets: Ints) -> tuple[Ints, Bools]:
        """(taps, sites) where each tap reads, and whether that is on the grid."""
        place = np.stack(np.unravel_index(np.arange(int(np.prod(self.sites))), self.sites))
        at = place[None] + offsets[:, :, None]
        size = np.array(self.sites)[None, :, None]
        inside = ((at >= 0) & (at < size)).all(1)
        flat = np.ravel_multi_index(tuple(np.moveaxis(np.clip(at, 0, size - 1), 1, 0)), self.sites)
        return flat.astype(np.int64), np.asarray(inside, dtype=np.bool_)

    def kept(self, source: Bound, target: Bound, offsets: Ints) -> Bools:
        at, inside = self.moved(offsets)
        kept: Bools = (self.known(source)[at] <= self.known(target)[None]) & inside
        return kept

    def holds(self, source: Bound, target: Bound, offsets: Ints, kept: Bools) -> bool:
        at, inside = self.moved(offsets)
        if target.kind is Kind.SELF:
            same = (offsets == 0).all(1)[:, None] & (source == target)
            return bool((same | ~(kept & inside)).all())
        fine = self.known(source)[at] <= self.known(target)[None]
        return bool((fine | ~(kept & inside)).all())


def stride_of(order: Order, layout: Layout) -> tuple[int, ...] | None:
    """How many sites of x stand behind a site of a value along each axis; None where its sites do not divide x's."""
    sizes = order.grid.sites
    if len(layout.sites) != len(sizes) or any(n % own for n, own in zip(sizes, layout.sites, strict=True)):
        return None
    return tuple(n // own for n, own in zip(sizes, layout.sites, strict=True))


def relation_of(order: Order) -> EndlessGrid | Ranks | None:
    """The inclusion test for windows under an order; None for graphs, which have no windows."""
    if order.scan is not None:
        return EndlessGrid(order.scan)
    return Ranks(order) if order.is_ranked else None


class Labels:
    """Bounds of single units as integers: prefix lengths under ranked orders, sets of variables under graphs."""

    def __init__(self, order: Order, rows: Sequence[int]) -> None:
        self.order = order
        self.rows = tuple(rows)
        self.rule = "prefix" if order.is_ranked else "subset"
        self._tables: dict[Kind, list[int]] = {}

    def everything(self) -> int:
        return self.order.classes + 1 if self.order.is_ranked else (1 << self.order.grid.size) - 1

    def of(self, bound: Bound, layout: Layout) -> list[int]:
        """The labels of the units of one channel with this bound: one a site, or one for a flat unit."""
        places = layout.places
        if bound.kind is Kind.NONE:
            return [0] * places
        if bound.kind is Kind.ALL:
            return [self.everything()] * places
        if bound.kind is Kind.ROW:
            return [self.rows[bound.group]] * places
        table = self.table(bound.kind)
        if layout.flat:
            return [table[bound.group]]
        own = table[bound.group * self.order.grid.volume : (bound.group + 1) * self.order.grid.volume]
        return own if layout.sites == self.order.grid.sites else self._thinned(own, layout)

    def _thinned(self, labels: list[int], layout: Layout) -> list[int]:
        """Of labels one a site of x, those of the sites that the blocks of a coarser grid stand for."""
        stride, grid = stride_of(self.order, layout), np.array(labels).reshape(self.order.grid.sites)
        assert stride is not None
        assert self.order.scan is not None
        first = [n - 1 if self.order.scan.sign < 0 else 0 for n in stride]
        found: list[int] = grid[tuple(slice(f, None, n) for f, n in zip(first, stride, strict=True))].ravel().tolist()
        return found

    def table(self, kind: Kind) -> list[int]:
        """The labels of every variable for a kind, made once: a head asks for each variable in turn."""
        if kind not in self._tables:
            self._tables[kind] = self._new_table(kind)
        return self._tables[kind]

    def _new_table(self, kind: Kind) -> list[int]:
        if self.order.is_ranked:
            known: list[int] = self.order.known(kind.value).tolist()  # type: ignore[arg-type]
            return known
        parents = [sum(1 << j for j in row) for row in self.order.parents or ()]
        own = [1 << i for i in range(self.order.grid.size)]
        if kind is Kind.SELF:
            return own
        return parents if kind is Kind.BEFORE else [a | b for a, b in zip(parents, own, strict=True)]


def label_inside(rule: str) -> Callable[[int, int], bool]:
    """The test whether one label is inside another: prefixes by length, sets by inclusion."""
    if rule == "prefix":
        return lambda r, w: r <= w
    return lambda r, w: not (r & ~w)


def everywhere(relation: EndlessGrid | Ranks | None, offsets: Ints) -> Bools:
    """The mask that keeps every edge there is: all taps, and on a real grid all that stay on it."""
    if isinstance(relation, Ranks):
        return relation.moved(offsets)[1]
    return np.ones(len(offsets), dtype=bool)
