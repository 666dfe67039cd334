"""How far a net could reach if its repeatable ops were applied any number of times (semantics D6).

The reach of a class is a set of offsets, as large as the grid. Two bounds are carried along. *Free* ignores that paths
must stay on the grid: nothing outside it is reached. For each sign pattern of the axes, *tight* follows only steps that
never turn back, whose paths stay in the box of {0, e}: all of it is reached wherever p + e is on the grid. Where both
agree, as on the nets people draw, the count is exact; elsewhere `Places` counts small grids.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from itertools import product
from typing import TypeVar

import numpy as np

from flowspec.order.components import components
from flowspec.order.grid import Grid, IntArray
from flowspec.order.lanes import Component, Lanes, Outer, Rows, Taps

K = TypeVar("K", bound=Hashable)


@dataclass(frozen=True, eq=False)
class Reach:
    """The reach of one class of units; made by `Closure`. One set of offsets for each bound."""

    bounds: tuple[Rows, ...]

    @cached_property
    def key(self) -> Hashable:
        """Equal for equal sets."""
        return tuple(frozenset(rows.items()) for rows in self.bounds)


@dataclass(frozen=True)
class Closure:
    """The algebra of reaches on a grid, with the same operations as `Offsets` and `repeat`.

    Attributes:
        grid: the variables.
        axes: the spatial axes from the slowest to the fastest of the scan, row-major when empty; it changes the cost,
            not the result.
    """

    grid: Grid
    axes: tuple[int, ...] = ()
    _memo: dict[Hashable, Reach] = field(default_factory=dict, compare=False, repr=False)
    _known: dict[Hashable, Reach] = field(default_factory=dict, compare=False, repr=False)

    def nothing(self) -> Reach:
        """No dependency."""
        return self._one(tuple({} for _ in self._signs))

    def unit(self, channel: int) -> Reach:
        """x itself at the unit's own place."""
        return self._one(tuple(self._lanes.unit(channel) for _ in self._signs))

    def _one(self, bounds: tuple[Rows, ...]) -> Reach:
        """The reach with these sets: the same object for the same sets, so that looking it up again costs nothing."""
        reach = Reach(bounds)
        return self._known.setdefault(reach.key, reach)

    def union(self, reaches: Iterable[Reach]) -> Reach:
        """Whatever one of `reaches` holds."""
        centre = np.zeros((1, self.grid.axes), np.int64)
        return self.through((reach, centre) for reach in reaches)

    def through(self, inputs: Iterable[tuple[Reach, IntArray]]) -> Reach:
        """A class that reads, from each input class, the places at `taps` (k, axes) around its own."""
        read = list(dict.fromkeys((reach, self._taps(taps)) for reach, taps in inputs))
        key = tuple((id(reach), taps) for reach, taps in read)
        if len(read) == 1 and read[0][1] == self._stay:
            return read[0][0]
        if key not in self._memo:
            bounds: tuple[Rows, ...] = tuple({} for _ in self._signs)
            for n, sign in enumerate(self._signs):
                for reach, taps in read:
                    self._lanes.push(reach.bounds[n], _along(taps, sign), bounds[n])
            self._memo[key] = self._one(bounds)
        return self._memo[key]

    def repeat(self, reaches: Mapping[K, Reach], taps: Mapping[tuple[K, K], IntArray]) -> dict[K, Reach]:
        """The classes of an op's output when the op is applied to `reaches` once or any number of times more.

        `taps` maps (output class, input class) to offsets; both kinds of class are the keys of `reaches`.
        """
        steps = {pair: self._taps(offsets) for pair, offsets in taps.items()}
        once = {o: self.through((reaches[i], taps[o, i]) for i in reaches if (o, i) in taps) for o in reaches}
        key = (tuple((k, id(reach)) for k, reach in once.items()), tuple(steps.items()))
        if any((key, k) not in self._memo for k in once):
            self._memo.update(((key, k), reach) for k, reach in self._closed(once, steps).items())
        return {k: self._memo[key, k] for k in once}

    def count(self, reach: Reach) -> int | None:
        """The number of pairs (place of the unit, variable) on the grid, or None where the two bounds differ."""
        low, high = self.bracket(reach)
        return low if low == high else None

    def bracket(self, reach: Reach) -> tuple[int, int]:
        """That number from below and from above."""
        free, *tight = reach.bounds
        low = high = 0
        for outer, bits in free.items():
            found = 0
            for rows in tight:
                found |= rows.get(outer, 0)
            pairs = self._lanes.pairs(outer, bits)
            high += pairs
            low += pairs if found == bits else self._lanes.pairs(outer, found)
        return low, high

    def _closed(self, once: Mapping[K, Reach], steps: Mapping[tuple[K, K], Taps]) -> dict[K, Reach]:
        bounds: dict[K, list[Rows]] = {k: [] for k in once}
        for n, sign in enumerate(self._signs):
            rows = {k: dict(reach.bounds[n]) for k, reach in once.items()}
            allowed = {pair: taps for pair, raw in steps.items() if (taps := _along(raw, sign))}
            for group in components(once, allowed):
                for (o, i), taps in allowed.items():
                    if o in group and i not in group:
                        self._lanes.push(rows[i], taps, rows[o])
                Component(self._lanes, group, allowed).close(rows)
            for k in once:
                bounds[k].append(rows[k])
        return {k: self._one(tuple(b)) for k, b in bounds.items()}

    def _taps(self, offsets: IntArray) -> Taps:
        axes = list(self.axes or range(self.grid.axes))
        moves: dict[Outer, list[int]] = {}
        for *outer, step in sorted({tuple(e) for e in np.asarray(offsets)[:, axes].tolist()}):
            if abs(step) < self._lanes.width:
                moves.setdefault(tuple(outer), []).append(step)
        return tuple((outer, tuple(steps)) for outer, steps in moves.items())

    @cached_property
    def _stay(self) -> Taps:
        return self._taps(np.zeros((1, self.grid.axes), np.int64))

    @cached_property
    def _lanes(self) -> Lanes:
        return Lanes(self.grid.channels, tuple(self.grid.sites[a] for a in self.axes or range(self.grid.axes)))

    @cached_property
    def _signs(self) -> tuple[tuple[int, ...], ...]:
        """The bounds: all zero for free, a sign for each axis for tight ones."""
        return ((0,) * self.grid.axes, *product((-1, 1), repeat=self.grid.axes))


def _along(taps: Taps, sign: tuple[int, ...]) -> Taps:
    """The taps that do not turn against `sign`."""
    *outer_sign, last = sign
    found = []
    for outer, steps in taps:
        kept = tuple(step for step in steps if step * last >= 0)
        if kept and all(e * s >= 0 for e, s in zip(outer, outer_sign, strict=True)):
            found.append((outer, kept))
    return tuple(found)
