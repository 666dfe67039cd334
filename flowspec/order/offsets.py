"""What the units of a class depend on, when all places look alike: guarded offsets (semantics D1).

A unit at place p depends on variable (channel g, place p + e) when some path leads there and stays on the grid: an
offset e comes with the bounding boxes X of its paths, relative to p, and (e, X) holds at p iff p + X is on the grid.
Boxes are unions of steps, so the minimal ones of each e say everything, at every border, for every size.

Most offsets are *tight*: some path stays in the box of {0, e}, which every path needs anyway. Those are kept as one
boolean window, the few others as rows. A step t in front of a tight offset e is tight when no axis turns back.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from flowspec.order.boxes import count_boxes, prune_boxes
from flowspec.order.grid import BoolArray, Grid, IntArray


@dataclass(frozen=True, eq=False, slots=True)
class Guarded:
    """The dependency of one class of units; made by `Offsets`.

    Attributes:
        low: the offset of the window's first corner.
        tight: (C, *window), whether channel g at offset low + index is reached by a tight path.
        extra: (m, 1 + 3 axes) rows (g, e, lower corner, upper corner): minimal boxes of offsets that are not tight.
    """

    low: tuple[int, ...]
    tight: BoolArray
    extra: IntArray

    @property
    def is_empty(self) -> bool:
        """Whether nothing is reached from anywhere."""
        return not (self.tight.any() or len(self.extra))


Step = tuple[Guarded, tuple[int, ...]]
Slices = tuple[slice, ...]


@dataclass(frozen=True)
class Offsets:
    """The algebra of guarded offsets on a grid; offsets that fit nowhere on it are dropped."""

    grid: Grid

    def nothing(self) -> Guarded:
        """No dependency: context, positions, constants."""
        axes = self.grid.axes
        window = np.zeros((self.grid.channels, *[1] * axes), np.bool_)
        return Guarded((0,) * axes, window, np.zeros((0, 1 + 3 * axes), np.int64))

    def unit(self, channel: int) -> Guarded:
        """x itself at the unit's own place."""
        dep = self.nothing()
        dep.tight[channel] = True
        return dep

    def union(self, deps: Iterable[Guarded]) -> Guarded:
        """Whatever one of `deps` reaches, as for an elementwise op."""
        centre = np.zeros((1, self.grid.axes), np.int64)
        return self.through((dep, centre) for dep in deps)

    def through(self, inputs: Iterable[tuple[Guarded, IntArray]]) -> Guarded:
        """A class that reads, from each input class, the places at `taps` (k, axes) around its own."""
        steps = [(dep, tuple(tap)) for dep, taps in inputs if not dep.is_empty for tap in taps.tolist()]
        low, shape = self._window(steps)
        if not steps or min(shape) < 1:
            return self.nothing()
        tight = np.zeros((self.grid.channels, *shape), np.bool_)
        for dep, tap in steps:
            if (cut := self.cut(dep, tap, low, shape, monotone=True)) is not None:
                tight[cut[1]] |= dep.tight[cut[0]]
        extra = self._fit(np.concatenate([self.nothing().extra, *map(_carry, steps)]))
        _settle(extra, low, tight)
        turned = [self._turned(dep, tap, low, tight) for dep, tap in steps]
        extra = self._fit(np.concatenate([extra, *turned]))
        return Guarded(low, tight, prune_boxes(extra[~tight[_places(extra, low)]]))

    def count(self, dep: Guarded) -> int:
        """The number of pairs (place of the unit, variable) on the grid."""
        total = dep.tight.sum(axis=0, dtype=np.int64)
        for low, size in zip(reversed(dep.low), reversed(self.grid.sites), strict=True):
            e = low + np.arange(total.shape[-1])
            total = total @ np.maximum(size - np.abs(e), 0)
        return int(total) + count_boxes(dep.extra, self.grid.sites)

    def row(self, dep: Guarded, site: Sequence[int]) -> BoolArray:
        """(D,) the variables that the unit at `site` depends on."""
        reached = np.zeros((self.grid.channels, *self.grid.sites), np.bool_)
        source, target = [slice(None)], [slice(None)]
        for at, low, size, length in zip(site, dep.low, self.grid.sites, dep.tight.shape[1:], strict=True):
            first, last = max(at + low, 0), min(at + low + length, size)
            source.append(slice(first - at - low, max(last, first) - at - low))
            target.append(slice(first, max(last, first)))
        reached[tuple(target)] = dep.tight[tuple(source)]
        g, e, lo, hi = _columns(dep.extra)
        fits = ((site + lo >= 0) & (site + hi < self.grid.sites)).all(axis=1)
        reached[(g[fits], *(site + e[fits]).T)] = True
        return reached.reshape(-1)

    def dense(self, dep: Guarded) -> BoolArray:
        """(volume, D) every place's row, for small grids."""
        return np.stack([self.row(dep, site) for site in self.grid.coordinates.T])

    def _window(self, steps: Sequence[Step]) -> tuple[tuple[int, ...], tuple[int, ...]]:
        low, shape = [], []
        for axis, size in enumerate(self.grid.sites):
            first = min((dep.low[axis] + tap[axis] for dep, tap in steps), default=0)
            last = max((dep.low[axis] + dep.tight.shape[axis + 1] - 1 + tap[axis] for dep, tap in steps), default=0)
            low.append(max(first, 1 - size))
            shape.append(min(last, size - 1) - low[-1] + 1)
        return tuple(low), tuple(shape)

    def cut(
        self, dep: Guarded, tap: tuple[int, ...], low: Sequence[int], shape: Sequence[int], *, monotone: bool
    ) -> tuple[Slices, Slices] | None:
        """The part of the window of `dep`, moved by `tap`, that falls into the window at `low`: source and target.

        `monotone` leaves out what turns back on some axis; None when nothing is left.
        """
        source, target = [slice(None)], [slice(None)]
        for t, base, size, at, length in zip(tap, dep.low, dep.tight.shape[1:], low, shape, strict=True):
            first, last = max(base, at - t), min(base + size, at + length - t)
            if monotone and t > 0:
                first = max(first, 0)
            elif monotone and t < 0:
                last = min(last, 1)
            if first >= last:
                return None
            source.append(slice(first - base, last - base))
            target.append(slice(first + t - at, last + t - at))
        return tuple(source), tuple(target)

    def _turned(self, dep: Guarded, tap: tuple[int, ...], low: tuple[int, ...], tight: BoolArray) -> IntArray:
        """Rows of the paths that turn back, at offsets that no tight path reaches."""
        shape = tight.shape[1:]
        cut = self.cut(dep, tap, low, shape, monotone=False)
        if cut is None or cut == self.cut(dep, tap, low, shape, monotone=True):
            return self.nothing().extra
        g, *index = np.nonzero(dep.tight[cut[0]] & ~tight[cut[1]])
        starts = [base + piece.start for base, piece in zip(dep.low, cut[0][1:], strict=True)]
        e = np.array(index, np.int64).T + starts
        rows = np.concatenate([g[:, None], e, np.minimum(e, 0), np.maximum(e, 0)], axis=1)
        return _moved(rows, tap)

    def _fit(self, rows: IntArray) -> IntArray:
        _, _, lo, hi = _columns(rows)
        return rows[(hi - lo < self.grid.sites).all(axis=1)]


def _columns(rows: IntArray) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    axes = (rows.shape[1] - 1) // 3
    return rows[:, 0], rows[:, 1 : 1 + axes], rows[:, 1 + axes : 1 + 2 * axes], rows[:, 1 + 2 * axes :]


def _carry(step: Step) -> IntArray:
    return _moved(step[0].extra, step[1])


def _moved(rows: IntArray, tap: tuple[int, ...]) -> IntArray:
    """The paths of `rows` with the step `tap` in front: (t + e, {0} u (t + X))."""
    g, e, lo, hi = _columns(rows)
    return np.concatenate([g[:, None], e + tap, np.minimum(lo + tap, 0), np.maximum(hi + tap, 0)], axis=1)


def _places(rows: IntArray, low: tuple[int, ...]) -> tuple[IntArray, ...]:
    g, e, _, _ = _columns(rows)
    return (g, *(e - low).T)


def _settle(rows: IntArray, low: tuple[int, ...], tight: BoolArray) -> None:
    """Mark the rows whose box is no larger than it must be."""
    _, e, lo, hi = _columns(rows)
    done = ((lo == np.minimum(e, 0)) & (hi == np.maximum(e, 0))).all(axis=1)
    tight[_places(rows[done], low)] = True
