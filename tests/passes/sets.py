"""Explicit sets of variables, as the bits of Python integers: what a unit may know under an order on a concrete grid."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np

from flowspec.order import Order

KINDS = ("none", "self", "above", "before", "upto")
LINED = ("raster", "reverse", "columns", "s_curve", "subscale")
Sites = tuple[int, ...]
Reads = list[list[list[tuple[int, int]]]]  # [channel][place] -> the (channel, place) units of the input that are read


@dataclass(frozen=True)
class About:
    """What a channel may know at most: a kind of bound about a channel group, or, for flat units, a set (`row`)."""

    kind: str
    group: int = 0
    row: int = 0


NOTHING = About("none")


class Illegal(Exception):  # noqa: N818  (what the definitions say, not a mistake)
    """A net that the definitions rule out; `code` is the finding it deserves."""

    def __init__(self, code: str, node: str) -> None:
        super().__init__(f"{code} at {node}")
        self.code = code


def is_nothing(about: About) -> bool:
    return about.kind == "none" or (about.kind == "row" and not about.row)


class World:
    """The sets K(u) under one order on one concrete grid."""

    def __init__(self, order: Order) -> None:
        self.order, self.grid = order, order.grid
        self.table: dict[str, list[int]] = {}
        self.places: dict[About, list[int]] = {}
        self.has_lines = order.label.removesuffix(" reversed") in LINED and order.grid.axes > 1

    def sets(self, kind: str) -> list[int]:
        """For each variable i the set K of the bound `kind` about i."""
        if kind not in self.table:
            self.table[kind] = self._sets(kind)
        return self.table[kind]

    def _sets(self, kind: str) -> list[int]:
        size, order = self.grid.size, self.order
        if kind in ("none", "all"):
            return [0 if kind == "none" else (1 << size) - 1] * size
        if kind == "self":
            return self._own()
        if order.parents is not None:
            rows = [sum(1 << j for j in parents) for parents in order.parents]
            return rows if kind == "before" else [row | 1 << i for i, row in enumerate(rows)]
        keys = order.lines() if kind == "above" else order.rank
        assert keys is not None
        below = _below(keys.tolist())
        return [below[k + (kind == "upto")] for k in keys.tolist()]

    def _own(self) -> list[int]:
        """{i}; with joint channels a unit is about its site, whose channels are one group."""
        size, volume = self.grid.size, self.grid.volume
        site = sum(1 << c * volume for c in range(self.grid.channels))
        return [site << i % volume if self.order.channels == "joint" else 1 << i for i in range(size)]

    def of(self, about: About, place: int) -> int:
        """K of a unit at a place."""
        return about.row if about.kind == "row" else self.everywhere(about)[place]

    def everywhere(self, about: About) -> list[int]:
        """K of a unit with this bound at each place."""
        if about not in self.places:
            volume = self.grid.volume
            self.places[about] = self.sets(about.kind)[about.group * volume : (about.group + 1) * volume]
        return self.places[about]

    def knows(self, i: int) -> int:
        """R(i)."""
        return self.sets("before")[i]


def _below(keys: list[int]) -> list[int]:
    """For each k from 0 to the largest + 1 the set of variables whose key is less than k."""
    members: dict[int, int] = {}
    for i, k in enumerate(keys):
        members[k] = members.get(k, 0) | 1 << i
    found = [0]
    for k in range(max(keys) + 1):
        found.append(found[-1] | members.get(k, 0))
    return found


def inside(a: int, b: int) -> bool:
    return not (a & ~b)


def through(reads: Reads, deps: list[list[int]]) -> list[list[int]]:
    memo: dict[int, int] = {}

    def joined(units: list[tuple[int, int]]) -> int:
        if id(units) not in memo:
            memo[id(units)] = union([deps[c][p] for c, p in units])
        return memo[id(units)]

    return [[joined(units) for units in rows] for rows in reads]


def union(values: Any) -> int:
    total = 0
    for value in values:
        total |= value
    return total


def per_axis(value: Any, axes: int) -> tuple[int, ...]:
    return (value,) * axes if isinstance(value, int) else tuple(value)


@lru_cache(maxsize=4096)
def neighbours(taps: tuple[Sites, ...], sites: Sites) -> list[list[tuple[Sites, int]]]:
    """For each place what its taps read: (tap, place), where that is on the grid."""
    index = np.arange(np.prod(sites)).reshape(sites)
    found = []
    for site in np.ndindex(sites):
        there = [(tap, tuple(a + t for a, t in zip(site, tap, strict=True))) for tap in taps]
        found.append(
            [(tap, int(index[to])) for tap, to in there if all(0 <= a < n for a, n in zip(to, sites, strict=True))]
        )
    return found
