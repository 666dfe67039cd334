"""An order on the variables of x: who may know whom (semantics O)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from flowspec.order.errors import OrderError
from flowspec.order.grid import BoolArray, Grid, IntArray
from flowspec.order.scan import Channels, Kind, Scan


@dataclass(frozen=True, eq=False)
class Order:
    """An acyclic relation R on the variables of a grid; R(i) is what i may know.

    Exactly one of `rank` and `parents` is there. Compared by identity.

    Attributes:
        grid: the variables.
        label: a name for messages, such as "raster".
        rank: (D,) dense ranks from 0; R(i) = the variables of lower rank. None for a graph.
        parents: R(i) itself, sorted, for a graph. None for ranked orders.
        channels: the modifier; None where the order names variables, not sites.
        scan: the shift-invariant description, where there is one.
        line: (D,) the line of each variable in the order of the scan, where lines are defined (semantics O3).
    """

    grid: Grid
    label: str
    rank: IntArray | None
    parents: tuple[tuple[int, ...], ...] | None = None
    channels: Channels | None = None
    scan: Scan | None = None
    line: IntArray | None = None

    @property
    def is_ranked(self) -> bool:
        """Whether R is given by ranks; only `graph` is not."""
        return self.rank is not None

    @cached_property
    def is_total(self) -> bool:
        """Whether any two variables are ranked apart."""
        return self.rank is not None and self.classes == self.grid.size

    @cached_property
    def class_sizes(self) -> IntArray:
        """How many variables each rank holds."""
        return np.bincount(self._ranks())

    @property
    def classes(self) -> int:
        """The number of ranks."""
        return len(self.class_sizes)

    @cached_property
    def prefix_sizes(self) -> IntArray:
        """(classes + 1,) how many variables the first n ranks hold: turns prefix lengths into counts."""
        return np.concatenate([[0], np.cumsum(self.class_sizes)])

    @cached_property
    def sequence(self) -> IntArray:
        """(D,) the variables in an order that respects R: by rank, or topologically for a graph."""
        if self.rank is not None:
            return np.argsort(self.rank, kind="stable")
        return np.argsort(_depths(self.parents or ()), kind="stable")

    def allowed(self) -> int:
        """The number of ordered pairs, the sum of |R(i)|."""
        if self.parents is not None:
            return sum(map(len, self.parents))
        return int(self.class_sizes @ self.prefix_sizes[:-1])

    def before(self, i: int) -> BoolArray:
        """R(i) as a (D,) row."""
        row: BoolArray
        if self.rank is not None:
            row = self.rank < self.rank[i]
        else:
            row = np.zeros(self.grid.size, np.bool_)
            row[list((self.parents or ())[i])] = True
        return row

    def relation(self) -> BoolArray:
        """(D, D), row i = R(i)."""
        return np.stack([self.before(i) for i in range(self.grid.size)])

    def lines(self) -> IntArray:
        """(D,) the line of every variable, counted in the order of the scan.

        Raises:
            OrderError: where `above` is undefined (semantics O3).
        """
        if self.line is None:
            raise OrderError(
                f"`above` is not defined under `{self.label}`: it needs raster, reverse, columns, s_curve or subscale "
                "with two or more spatial axes"
            )
        return self.line

    def reversed(self) -> Order:
        """The order backwards.

        Raises:
            OrderError: unless the order is total.
        """
        if self.rank is None or not self.is_total:
            raise OrderError(f"only a total order can be reversed, and `{self.label}` is not")
        return replace(
            self,
            label=_flip(self.label),
            rank=frozen(self.rank.max() - self.rank),
            scan=self.scan and self.scan.reversed(),
            line=None if self.line is None else frozen(self.line.max() - self.line),
        )

    def known(self, kind: Kind) -> IntArray:
        """(D,) how many leading rank classes a unit with bound `kind` about each variable knows; ranked orders only.

        As a sender `self` counts as the smallest prefix that holds the variable, so on this grid K(v) is inside K(u)
        iff known(kind_v)[v] <= known(kind_u)[u] (a receiver of kind `self` holds no prefix: see `inside`).

        Raises:
            OrderError: under a graph, and for `above` where lines are undefined.
        """
        rank = self._ranks()
        if kind == "above":
            first = np.full(int(self.lines().max()) + 1, self.classes, np.int64)
            np.minimum.at(first, self.lines(), rank)
            return first[self.lines()]
        if kind in ("none", "all"):
            return np.full_like(rank, 0 if kind == "none" else self.classes)
        return rank if kind == "before" else rank + 1

    def inside(self, kind_in: Kind, v: NDArray[np.int64], kind_out: Kind, u: NDArray[np.int64]) -> BoolArray:
        """Whether K(v) is inside K(u) on this grid, for variables `v` and `u` (integer arrays that broadcast)."""
        if self.rank is not None and kind_out != "self":
            return self.known(kind_in)[v] <= self.known(kind_out)[u]
        return self._inclusions(kind_in, kind_out)[u, v]

    def bounds(self, kind: Kind) -> BoolArray:
        """(D, D), row i = K of the bound `kind` about i (semantics K1)."""
        size = self.grid.size
        if kind == "self":
            return np.eye(size, dtype=np.bool_)
        if self.rank is not None:
            return self.rank[None, :] < self.known(kind)[:, None]
        if kind in ("none", "all"):
            return np.full((size, size), kind == "all")
        if kind == "above":
            self.lines()
        return self.relation() if kind == "before" else self.relation() | np.eye(size, dtype=np.bool_)

    def _inclusions(self, kind_in: Kind, kind_out: Kind) -> BoolArray:
        cache: dict[tuple[Kind, Kind], BoolArray] = self.__dict__.setdefault("_inclusion_tables", {})
        if (kind_in, kind_out) not in cache:
            senders = np.packbits(self.bounds(kind_in), axis=1)
            outside = ~np.packbits(self.bounds(kind_out), axis=1)
            cache[kind_in, kind_out] = np.stack([~(senders & row).any(axis=1) for row in outside])
        return cache[kind_in, kind_out]

    def _ranks(self) -> IntArray:
        if self.rank is None:
            raise OrderError("a graph has no ranks")
        return self.rank


def frozen(values: IntArray) -> IntArray:
    """The array as int64, read-only from now on."""
    values = np.ascontiguousarray(values, dtype=np.int64)
    values.setflags(write=False)
    return values


def _flip(label: str) -> str:
    swaps = {"raster": "reverse", "reverse": "raster"}
    return swaps.get(label) or (label.removesuffix(" reversed") if label.endswith(" reversed") else f"{label} reversed")


def _depths(parents: tuple[tuple[int, ...], ...]) -> IntArray:
    depth = np.full(len(parents), -1, np.int64)
    for start in range(len(parents)):
        stack = [start]
        while stack:
            waiting = [j for j in parents[stack[-1]] if depth[j] < 0]
            if waiting:
                stack.extend(waiting)
                continue
            i = stack.pop()
            depth[i] = 1 + max((depth[j] for j in parents[i]), default=-1)
    return depth
