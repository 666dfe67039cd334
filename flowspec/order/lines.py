"""Longest paths on a grid, line by line along a scan: the machinery of `schedule.offset_levels`."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from flowspec.order.grid import Grid, IntArray
from flowspec.order.scan import Scan

_WORK = 1 << 21  # steps of the slow walk that are worth an exact answer


@dataclass(frozen=True, slots=True)
class _Read:
    """Channel `o` reads channel `i` at offset `outer`, `step` where the box of the path is on the grid."""

    o: int
    i: int
    outer: tuple[int, ...]
    step: int
    box: tuple[tuple[int, int], ...]  # (least, greatest) along each axis

    def span(self, at: tuple[int, ...], sites: tuple[int, ...]) -> tuple[int, int]:
        """The places of the line at `at` where the read is valid, as a half-open range."""
        *slow, (least, greatest) = self.box
        inside = all(a + lo >= 0 and a + hi < n for a, (lo, hi), n in zip(at, slow, sites, strict=False))
        return (-least, sites[-1] - greatest) if inside else (0, 0)

    @property
    def is_tight(self) -> bool:
        """Whether the box is no larger than it must be."""
        return self.box == tuple((min(e, 0), max(e, 0)) for e in (*self.outer, self.step))


class Lines:
    """The reads of every channel, turned so that the scan runs row-major and forwards; then the levels."""

    def __init__(self, grid: Grid, scan: Scan) -> None:
        self.grid, self.scan = grid, scan
        self.axes = scan.axes or tuple(range(grid.axes))
        self.sites = tuple(grid.sites[a] for a in self.axes)
        self.reads: list[_Read] = []

    def read(self, channel: int, rows: IntArray) -> None:
        """Let `channel` read `rows` (g, e, lower corner, upper corner)."""
        axes, back = self.grid.axes, self.scan.sign < 0
        for g, *numbers in rows.tolist():
            e, lo, hi = ([numbers[n * axes + a] for a in self.axes] for n in range(3))
            if back:
                e, lo, hi = [-t for t in e], [-t for t in hi], [-t for t in lo]
            box = tuple(zip(lo, hi, strict=True))
            self.reads.append(_Read(self._turn(channel), self._turn(g), tuple(e[:-1]), e[-1], box))

    def levels(self) -> IntArray | None:
        """(D,) the levels; None where an exact answer would take too long."""
        level = np.zeros((self.grid.channels, *self.sites), np.int64)
        channels = list(range(self.grid.channels))
        apart = self.scan.channels == "first" or not self.scan.axes  # the channel is the outermost key
        for block in [[c] for c in channels] if apart else [channels]:
            if not self._fill(level, block):
                return None
        if self.scan.sign < 0:
            level = level[tuple(slice(None, None, -1) for _ in level.shape)]
        turned: IntArray = level.transpose(0, *(1 + np.argsort(self.axes)))
        return turned.reshape(-1)

    def _turn(self, channel: int) -> int:
        return channel if self.scan.sign > 0 else self.grid.channels - 1 - channel

    def _fill(self, level: IntArray, block: list[int]) -> bool:
        reads = [read for read in self.reads if read.o in block]
        along = [read for read in reads if read.i in block and not any(read.outer)]
        across = [read for read in reads if read not in along]
        chained = self._chained(block, along)
        if not chained and len(along) * self.grid.volume > _WORK:
            return False
        for at in np.ndindex(self.sites[:-1]):
            base = np.ones((len(block), self.sites[-1]), np.int64)
            for read in across:
                self._cross(level, base[read.o - block[0]], at, read)
            if chained:
                base = self._chain(base)
            elif along:
                self._walk(base, at, along, block[0])
            level[(slice(block[0], block[-1] + 1), *at)] = base
        return True

    def _cross(self, level: IntArray, base: IntArray, at: tuple[int, ...], read: _Read) -> None:
        first, last = read.span(at, self.sites)
        if first < last:
            line = level[(read.i, *map(int.__add__, at, read.outer))]
            np.maximum(base[first:last], line[first + read.step : last + read.step] + 1, out=base[first:last])

    def _chained(self, block: list[int], along: Iterable[_Read]) -> bool:
        """Whether each rank class of a line reads exactly the whole class before it."""
        found = {(read.o, read.i, read.step) for read in along if read.is_tight}
        if self.scan.channels == "joint":
            wanted = {(o, i, -1) for o in block for i in block}
        else:
            wanted = {(o, o - 1, 0) for o in block[1:]} | {(block[0], block[-1], -1)}
        return found == wanted and all(read.is_tight for read in along)

    def _chain(self, base: IntArray) -> IntArray:
        """x_k = max(base_k, x_(k-1) + 1) along the rank classes of a line, in closed form."""
        joint = self.scan.channels == "joint"
        steps = base.max(axis=0) if joint else base.T.reshape(-1)
        k = np.arange(len(steps))
        highest = np.maximum.accumulate(steps - k) + k
        if not joint:
            return np.asarray(highest.reshape(-1, len(base)).T)
        after: IntArray = np.maximum(base, np.concatenate([[0], highest[:-1]]) + 1)
        return after

    def _walk(self, base: IntArray, at: tuple[int, ...], along: Iterable[_Read], first: int) -> None:
        """The same without a pattern: place by place, channel by channel."""
        lines = base.tolist()
        valid = sorted((read.o - first, read.i - first, read.step, *read.span(at, self.sites)) for read in along)
        for p in range(self.sites[-1]):
            for o, i, step, begin, end in valid:
                if begin <= p < end and lines[i][p + step] >= lines[o][p]:
                    lines[o][p] = lines[i][p + step] + 1
        base[:] = lines
