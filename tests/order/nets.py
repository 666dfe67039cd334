"""Small nets, and what their paths realise, followed edge by edge without anything that `flowspec.order` computes."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from hypothesis import strategies as st

from flowspec.order import Grid, Order

Taps = Mapping[tuple[int, int], np.ndarray]  # (output class, input class) -> offsets


def window(size: int | Sequence[int], dilation: int = 1, axes: int = 2) -> np.ndarray:
    """(k, axes) the offsets of a centred kernel."""
    sizes = [size] * axes if isinstance(size, int) else size
    return np.array(list(itertools.product(*[(np.arange(k) - k // 2) * dilation for k in sizes])))


def masked(order: Order, offsets: np.ndarray, *, strict: bool) -> Taps:
    """Mask A (`strict`) or B, one class a channel."""
    assert order.scan is not None
    kind = "self" if strict else "before"
    channels = range(order.grid.channels)
    return {
        (o, i): offsets[order.scan.kept(kind, i, "before", o, offsets)]
        for o, i in itertools.product(channels, channels)
    }


def run(space: Any, layers: Sequence[Taps], *, repeat: bool = False) -> list[Any]:
    """Any of the algebras through a chain of layers; with `repeat` every layer but the first may repeat."""
    deps = {g: space.unit(g) for g in range(space.grid.channels)}
    for n, taps in enumerate(layers):
        if repeat and n:
            deps = space.repeat(deps, taps)
        else:
            deps = {o: space.through((deps[i], taps[o, i]) for i in deps) for o in deps}
    return [deps[g] for g in sorted(deps)]


@dataclass(frozen=True)
class Brute:
    """The same operations on sets of variables, place by place."""

    grid: Grid

    def unit(self, channel: int) -> list[set[int]]:
        return [{channel * self.grid.volume + p} for p in range(self.grid.volume)]

    def through(self, inputs: Any) -> list[set[int]]:
        found: list[set[int]] = [set() for _ in range(self.grid.volume)]
        for sets, taps in inputs:
            for p, site in enumerate(np.ndindex(self.grid.sites)):
                for tap in taps.tolist():
                    to = [a + t for a, t in zip(site, tap, strict=True)]
                    if all(0 <= a < n for a, n in zip(to, self.grid.sites, strict=True)):
                        found[p] |= sets[int(np.ravel_multi_index(to, self.grid.sites))]
        return found

    def repeat(self, sets: dict[int, list[set[int]]], taps: Taps) -> dict[int, list[set[int]]]:
        once = {o: self.through((sets[i], taps[o, i]) for i in sets) for o in sets}
        while True:
            more = {o: self.through((once[i], taps[o, i]) for i in sets) for o in sets}
            joined = {o: [a | b for a, b in zip(once[o], more[o], strict=True)] for o in sets}
            if joined == once:
                return once
            once = joined

    def dense(self, sets: list[set[int]]) -> np.ndarray:
        rows = np.zeros((self.grid.volume, self.grid.size), bool)
        for p, variables in enumerate(sets):
            rows[p, list(variables)] = True
        return rows


@st.composite
def small_grids(draw: st.DrawFn, max_size: int = 7) -> Grid:
    axes = draw(st.integers(1, 3))
    longest = {1: 2 * max_size, 2: max_size, 3: 3}[axes]
    return Grid(draw(st.integers(1, 2)), tuple(draw(st.integers(1, longest)) for _ in range(axes)))


@st.composite
def any_layers(draw: st.DrawFn, grid: Grid, count: int = 3, reach: int = 3) -> list[Taps]:
    """Arbitrary taps between all classes, with no order in mind."""
    step = st.integers(-reach, reach)
    taps = st.lists(st.tuples(*[step] * grid.axes), max_size=3)
    pairs = list(itertools.product(range(grid.channels), repeat=2))

    def layer() -> Taps:
        return {pair: np.array(draw(taps), np.int64).reshape(-1, grid.axes) for pair in pairs}

    return [layer() for _ in range(draw(st.integers(1, count)))]


@st.composite
def masked_layers(draw: st.DrawFn, order: Order, count: int = 3) -> list[Taps]:
    """Masked convolutions of random kernels and dilations; the first is strict."""
    layers = []
    for n in range(draw(st.integers(1, count))):
        size = [draw(st.integers(1, 4)) for _ in range(order.grid.axes)]
        offsets = window(size, draw(st.integers(1, 3)))
        kept = draw(st.lists(st.booleans(), min_size=len(offsets), max_size=len(offsets)))
        layers.append(masked(order, offsets[np.array(kept)], strict=n == 0))
    return layers
