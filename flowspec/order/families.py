"""Bounds of units that are about no variable: the family F, and how units spread over it (semantics K3, K4)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flowspec.order.errors import OrderError
from flowspec.order.grid import IntArray
from flowspec.order.order import Order


@dataclass(frozen=True, slots=True)
class Family:
    """The distinct R(i), sorted by size, then by the first child that has it.

    Attributes:
        rows: prefix lengths in rank classes (ranked orders), or sets of variables as the bits of an integer (graphs).
        first: the first child of each row, -1 for an empty row that is nobody's R(i).
        is_chain: whether rows are prefix lengths.
    """

    rows: tuple[int, ...]
    first: tuple[int, ...]
    is_chain: bool

    def __len__(self) -> int:
        return len(self.rows)


def family(order: Order, with_empty: bool) -> Family:
    """F of semantics K3; the empty row is there only `with_empty`, when the net sees context."""
    if order.rank is not None:
        found, first = np.unique(order.rank, return_index=True)
        pairs = list(zip(found.tolist(), first.tolist(), strict=True))
    else:
        children: dict[int, int] = {}
        for child, parents in enumerate(order.parents or ()):
            children.setdefault(sum(1 << j for j in parents), child)
        pairs = sorted(children.items(), key=lambda pair: (pair[0].bit_count(), pair[1]))
    pairs = [(row, child) for row, child in pairs if row or with_empty]
    return Family(tuple(row for row, _ in pairs), tuple(child for _, child in pairs), order.is_ranked)


def spread(m: int, n: int, slices: int = 1) -> IntArray:
    """(n,) the row of F, 0..m-1, that each of n units carries, sorted; `slices` tiles the layout of n / slices units.

    Raises:
        OrderError: where F is empty or `slices` does not divide n.
    """
    units = _units(n, slices)
    k = np.arange(units)
    if m < 1:
        raise OrderError("no unit can know anything here: every variable is without predecessors")
    rows = k * m // units if units >= m else (k + 1) * (m + 1) // (units + 1) - 1
    return np.tile(rows, slices)


def group_layout(n: int, channels: int, slices: int = 1) -> IntArray:
    """(n,) the channel group of each of n units, floor(k C / n), tiled `slices` times."""
    units = _units(n, slices)
    return np.tile(np.arange(units) * channels // units, slices)


def _units(n: int, slices: int) -> int:
    if slices < 1 or n < 1 or n % slices:
        raise OrderError(f"{n} units cannot be cut into {slices} equal slices")
    return n // slices
