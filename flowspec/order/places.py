"""Dependencies place by place, for grids so small that nothing cleverer is needed: the last resort of semantics D6."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TypeVar

import numpy as np

from flowspec.order.errors import TooLarge
from flowspec.order.grid import BoolArray, Grid, IntArray

K = TypeVar("K", bound=Hashable)
Sets = tuple[int, ...]  # the variables of each place, as the bits of an integer
LIMIT = 4096


@dataclass(frozen=True)
class Places:
    """The operations of `Closure` with a set of variables for each place: exact for any steps.

    Raises:
        TooLarge: above 4096 variables.
    """

    grid: Grid
    _memo: dict[tuple[int, ...], list[int]] = field(default_factory=dict, compare=False, repr=False)

    def __post_init__(self) -> None:
        if self.grid.size > LIMIT:
            raise TooLarge(f"{self.grid.size} variables are more than the {LIMIT} that are followed place by place")

    def nothing(self) -> Sets:
        """No dependency."""
        return (0,) * self.grid.volume

    def unit(self, channel: int) -> Sets:
        """x itself at the unit's own place."""
        first = channel * self.grid.volume
        return tuple(1 << (first + p) for p in range(self.grid.volume))

    def union(self, sets: Iterable[Sets]) -> Sets:
        """Whatever one of `sets` holds."""
        return self._merge([self.nothing(), *sets])

    def through(self, inputs: Iterable[tuple[Sets, IntArray]]) -> Sets:
        """A class that reads, from each input class, the places at `taps` (k, axes) around its own."""
        moved = [self._moved(s, tap) for s, taps in inputs for tap in np.asarray(taps).tolist()]
        return self._merge([self.nothing(), *moved])

    def repeat(self, sets: Mapping[K, Sets], taps: Mapping[tuple[K, K], IntArray]) -> dict[K, Sets]:
        """The classes of an op's output when the op is applied to `sets` once or any number of times more."""
        once = {o: self.through((sets[i], taps[o, i]) for i in sets if (o, i) in taps) for o in sets}
        rows = {k: list(s) for k, s in once.items()}
        steps = [(rows[o], rows[i], self._sources(tap)) for (o, i), all_ in taps.items() for tap in all_.tolist()]
        walk, grew = range(self.grid.volume), True
        while grew:  # the walk turns round each time: one pass is enough along a scan, forwards or backwards
            grew = sum(_visit(steps, p) for p in walk) > 0
            walk = walk[::-1]
        return {k: tuple(row) for k, row in rows.items()}

    def count(self, sets: Sets) -> int:
        """The number of pairs (place of the unit, variable)."""
        return sum(s.bit_count() for s in sets)

    def row(self, sets: Sets, site: Sequence[int]) -> BoolArray:
        """(D,) the variables that the unit at `site` depends on."""
        bits = sets[self.grid.index(0, tuple(site))]
        data = np.frombuffer(bits.to_bytes((self.grid.size + 7) // 8, "little"), np.uint8)
        return np.unpackbits(data, count=self.grid.size, bitorder="little").astype(np.bool_)

    def _merge(self, sets: Iterable[Sets]) -> Sets:
        merged = [0] * self.grid.volume
        for s in sets:
            merged = [a | b for a, b in zip(merged, s, strict=True)]
        return tuple(merged)

    def _moved(self, sets: Sets, tap: Sequence[int]) -> Sets:
        return tuple(sets[q] if q >= 0 else 0 for q in self._sources(tap))

    def _sources(self, tap: Sequence[int]) -> list[int]:
        """The place that each place reads through `tap`, -1 off the grid."""
        if (key := tuple(tap)) not in self._memo:
            at = self.grid.coordinates + np.array(tap)[:, None]
            sites = np.array(self.grid.sites)[:, None]
            inside = ((at >= 0) & (at < sites)).all(axis=0)
            places = np.ravel_multi_index(tuple(np.where(inside, at, 0)), self.grid.sites)
            self._memo[key] = np.where(inside, places, -1).tolist()
        return self._memo[key]


def _visit(steps: Iterable[tuple[list[int], list[int], list[int]]], p: int) -> bool:
    """Let every class at one place read what it may; whether a set grew."""
    grew = False
    for reader, read, sources in steps:
        q = sources[p]
        if q >= 0 and (new := reader[p] | read[q]) != reader[p]:
            reader[p] = new
            grew = True
    return grew
