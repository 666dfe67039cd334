"""When a variable can be drawn: longest-path levels (semantics T1).

level(i) = 1 + the greatest level of what i depends on, 1 over nothing; a unit is ready after the greatest level among
what it depends on, 0 over nothing. Dependencies must lie inside the order, which is what makes them acyclic.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import numpy as np

from flowspec.order.bits import Bits
from flowspec.order.essential import essential, saturated
from flowspec.order.grid import IntArray
from flowspec.order.lines import Lines
from flowspec.order.offsets import Guarded, Offsets
from flowspec.order.order import Order
from flowspec.order.scan import Scan


def row_levels(dep: Bits, sequence: Iterable[int]) -> IntArray:
    """(D,) the levels under any dependency; `sequence` visits the variables after what they depend on."""
    level = np.zeros(dep.units, np.int64)
    for i in sequence:
        level[i] = 1 + level[dep.row(i)].max(initial=0)
    return level


def row_ready(dep: Bits, levels: IntArray) -> IntArray:
    """(units,) the level after which each unit is ready."""
    return np.array([levels[dep.row(u)].max(initial=0) for u in range(dep.units)], np.int64)


def prefix_levels(order: Order, dep: IntArray) -> IntArray:
    """(D,) the levels when variable i depends on the first `dep[i]` rank classes."""
    if order.is_total:
        return _total_levels(order, dep)
    level = np.zeros(order.grid.size, np.int64)
    highest = [0]  # among the first n classes
    members = np.split(order.sequence, order.prefix_sizes[1:-1])
    for variables in members:
        level[variables] = [1 + highest[n] for n in dep[variables].tolist()]
        highest.append(max(highest[-1], int(level[variables].max())))
    return level


def _total_levels(order: Order, dep: IntArray) -> IntArray:
    """The same where every rank class is one variable: no arrays of one entry."""
    highest = [0]
    found = []
    for n in dep[order.sequence].tolist():
        found.append(1 + highest[n])
        highest.append(max(highest[-1], found[-1]))
    level = np.empty(order.grid.size, np.int64)
    level[order.sequence] = found
    return level


def prefix_ready(order: Order, dep: IntArray, levels: IntArray) -> IntArray:
    """(units,) the level after which units that depend on the first `dep` rank classes are ready."""
    highest = np.concatenate([[0], np.maximum.accumulate(levels[order.sequence])])
    ready: IntArray = highest[order.prefix_sizes[dep]]
    return ready


def offset_levels(space: Offsets, heads: Sequence[Guarded], scan: Scan) -> IntArray | None:
    """(D,) the levels when variable (c, p) depends on `heads[c]` at p.

    Longest paths only run along essential offsets, of which there are few. None where there are too many to follow: the
    number of ranks is an upper bound.
    """
    lines = Lines(space.grid, scan)
    below = saturated(space, heads)
    for c, head in enumerate(heads):
        rows = essential(space, head, below)
        if rows is None:
            return None
        lines.read(c, rows)
    return lines.levels()


def offset_ready(space: Offsets, dep: Guarded, heads: Sequence[Guarded], levels: IntArray) -> IntArray | None:
    """(volume,) the level after which the unit of a class is ready at each place; None as `offset_levels`."""
    rows = essential(space, dep, saturated(space, heads))
    if rows is None:
        return None
    sites, axes = space.grid.sites, space.grid.axes
    level = levels.reshape(space.grid.channels, *sites)
    ready = np.zeros(sites, np.int64)
    for g, *numbers in rows.tolist():
        e, lo, hi = (numbers[n : n + axes] for n in (0, axes, 2 * axes))
        here = tuple(slice(-a, size - b) for a, b, size in zip(lo, hi, sites, strict=True))
        there = tuple(slice(t - a, t + size - b) for t, a, b, size in zip(e, lo, hi, sites, strict=True))
        np.maximum(ready[here], level[(g, *there)], out=ready[here])
    return ready.reshape(-1)
