"""Sets of offsets as bits of integers, and the least fixed point of steps on them; the machinery of `closure`.

A set is a mapping from the offset along the slower axes to an integer with a lane for each channel of x, whose bits are
the offsets along the fastest axis. Offsets that fit nowhere on the grid are dropped.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from heapq import heapify, heappop, heappush
from math import prod
from typing import Generic, TypeVar

import numpy as np

K = TypeVar("K", bound=Hashable)
Outer = tuple[int, ...]
Rows = dict[Outer, int]
Steps = tuple[int, ...]
Taps = tuple[tuple[Outer, Steps], ...]  # moves along the fastest axis, by the move along the others


@dataclass(frozen=True)
class Lanes:
    """The layout of the bits: `sites` from the slowest to the fastest axis."""

    channels: int
    sites: tuple[int, ...]

    @cached_property
    def width(self) -> int:
        """The size of the fastest axis."""
        return self.sites[-1]

    @cached_property
    def _lane(self) -> int:
        return 2 * (2 * self.width - 1)  # half of a lane is room for what is shifted out

    @cached_property
    def _mask(self) -> int:
        lane = (1 << (2 * self.width - 1)) - 1
        return sum(lane << (g * self._lane) for g in range(self.channels))

    def unit(self, channel: int) -> Rows:
        """The offset zero of one channel."""
        return {(0,) * (len(self.sites) - 1): 1 << (channel * self._lane + self.width - 1)}

    def moved(self, at: Outer, by: Outer) -> Outer | None:
        """The slow offset `at` moved `by`, None where it fits nowhere."""
        to = tuple(map(int.__add__, at, by))
        return to if all(-n < e < n for e, n in zip(to, self.sites, strict=False)) else None

    def shifted(self, bits: int, steps: Steps) -> int:
        """All lanes moved along the fastest axis by each of `steps`; what leaves its lane is dropped."""
        moved = 0
        for step in steps:
            moved |= bits << step if step >= 0 else bits >> -step
        return moved & self._mask

    def smear(self, bits: int, step: int) -> int:
        """All lanes moved by `step` any number of times."""
        while step and abs(step) < 2 * self.width - 1:
            bits |= self.shifted(bits, (step,))
            step *= 2
        return bits

    def push(self, source: Rows, taps: Taps, target: Rows) -> None:
        """Add `source` moved by each of `taps` to `target`."""
        for outer, steps in taps:
            for at, bits in source.items():
                if (to := self.moved(at, outer)) is not None and (moved := self.shifted(bits, steps)):
                    target[to] = target.get(to, 0) | moved

    def pairs(self, outer: Outer, bits: int) -> int:
        """The number of pairs of places on the grid that the offsets of one row join."""
        data = np.frombuffer(bits.to_bytes((self.channels * self._lane + 7) // 8, "little"), np.uint8)
        lanes = np.unpackbits(data, count=self.channels * self._lane, bitorder="little").reshape(self.channels, -1)
        weights = self.width - np.abs(np.arange(1 - self.width, self.width))
        along = int(lanes[:, : len(weights)].sum(axis=0, dtype=np.int64) @ weights)
        return along * prod(size - abs(e) for size, e in zip(self.sites, outer, strict=False))


class Component(Generic[K]):
    """Classes that reach each other by `steps`, and the closing of their sets, row by row."""

    def __init__(self, lanes: Lanes, group: Iterable[K], steps: Mapping[tuple[K, K], Taps]) -> None:
        self.lanes, self.group = lanes, list(group)
        self.across: dict[Outer, dict[tuple[int, Steps], list[int]]] = {}
        self.own: list[tuple[int, int]] = []
        self.beside: list[tuple[int, int, Steps]] = []
        number = {k: n for n, k in enumerate(self.group)}
        for (o, i), taps in steps.items():
            if o in number and i in number:
                for outer, moves in taps:
                    self._sort(number[o], number[i], outer, moves)
        self.sign = -1 if all(outer < (0,) * len(outer) for outer in self.across) else 1

    def _sort(self, o: int, i: int, outer: Outer, steps: Steps) -> None:
        if any(outer):
            self.across.setdefault(outer, {}).setdefault((i, steps), []).append(o)
        elif o == i:
            self.own += [(o, step) for step in steps if step]
        else:
            self.beside.append((o, i, steps))

    def close(self, rows: dict[K, Rows]) -> None:
        """Add to `rows`, in place, what the steps reach; a row is visited after those that feed it, where it can be."""
        state = [rows[k] for k in self.group]
        waiting = {outer for table in state for outer in table}
        heap = [self._place(outer) for outer in waiting]
        heapify(heap)
        while heap:
            outer = self._place(heappop(heap))
            waiting.discard(outer)
            for to in self._visit(state, outer) - waiting:
                waiting.add(to)
                heappush(heap, self._place(to))

    def _place(self, outer: Outer) -> Outer:
        return tuple(self.sign * e for e in outer)

    def _visit(self, state: list[Rows], outer: Outer) -> set[Outer]:
        """Close one row and pass it on; the rows that grew."""
        bits = self._close_row([table.get(outer, 0) for table in state])
        for table, b in zip(state, bits, strict=True):
            if b:
                table[outer] = b
        grown = set()
        for by, moves in self.across.items():
            if (to := self.lanes.moved(outer, by)) is not None and self._pass_on(state, bits, to, moves):
                grown.add(to)
        return grown

    def _pass_on(
        self, state: list[Rows], bits: list[int], to: Outer, moves: dict[tuple[int, Steps], list[int]]
    ) -> bool:
        grew = False
        for (i, steps), outputs in moves.items():
            moved = self.lanes.shifted(bits[i], steps)
            for o in outputs:
                old = state[o].get(to, 0)
                if (new := old | moved) != old:
                    state[o][to] = new
                    grew = True
        return grew

    def _close_row(self, bits: list[int]) -> list[int]:
        before: list[int] = []
        while bits != before:
            before = bits.copy()
            for o, i, steps in self.beside:
                bits[o] |= self.lanes.shifted(bits[i], steps)
            for o, step in self.own:
                bits[o] = self.lanes.smear(bits[o], step)
        return bits
