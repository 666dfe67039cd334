"""Strided ops by brute force: a site of a coarser grid knows what all sites of its block may know (semantics K2, N6)."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.passes.sets import About, Illegal, Reads, Sites, World, inside, per_axis

if TYPE_CHECKING:
    from tests.passes.brute import Network

OPS = ("down", "up")


def stride(net: Network, i: int) -> Sites:
    """How many sites of x stand behind a site of value i; 1 where the value is about no site of x."""
    whole, own = net.shapes[net.x_node].sites, net.shapes[i].sites
    if len(whole) != len(own):
        return (1,) * len(own)
    return tuple(max(n // m, 1) for n, m in zip(whole, own, strict=True))


def of_block(world: World, about: About, first: Sites, size: Sites) -> int:
    """K of a unit about a block of sites: the intersection over them (K2)."""
    known = -1
    for site in product(*(range(a, a + n) for a, n in zip(first, size, strict=True))):
        known &= world.of(about, int(np.ravel_multi_index(site, world.grid.sites)))
    return known


def at_place(net: Network, i: int, about: About, place: int) -> int:
    """K of a unit of value i at one of its own places."""
    layout = net.shapes[i]
    if about.kind == "row" or not layout.sites:
        return net.world.of(about, 0 if about.kind == "row" else place)
    size = stride(net, i)
    if set(size) == {1}:
        return net.world.of(about, place)
    site = np.unravel_index(place, layout.sites)
    return of_block(net.world, about, tuple(int(a) * n for a, n in zip(site, size, strict=True)), size)


def kept_between(net: Network, source: About, target: About, gap: Sites, read: Sites, own: Sites) -> bool:
    """Whether what a block of `read` sites knows lies inside what one of `own` sites may, `gap` further on and far from
    any border."""
    memo: dict[Any, bool] = net.__dict__.setdefault("_between", {})
    key = (source, target, gap, read, own)
    if key not in memo:
        before = tuple(abs(g) + 2 for g in gap)
        world = wide(net, tuple(2 * b + max(r, o) for b, r, o in zip(before, read, own, strict=True)))
        there = tuple(b + g for b, g in zip(before, gap, strict=True))
        memo[key] = inside(of_block(world, source, there, read), of_block(world, target, before, own))
    return memo[key]


def wide(net: Network, sites: Sites) -> World:
    """The order on a grid of other sites."""
    worlds: dict[Sites, World] = net.__dict__.setdefault("_worlds", {})
    if sites not in worlds:
        assert net.order is not None
        worlds[sites] = World(net.order(sites))
    return worlds[sites]


class Kernel:
    """The taps of one use: which place of the input each place of the output reads, and how far apart the first sites
    of their blocks are on the grid of x."""

    def __init__(self, net: Network, i: int, targets: list[About] | None) -> None:
        self.net, self.i, self.j = net, i, net.graph.nodes[i].inputs[0]
        self.read, self.own = stride(net, self.j), stride(net, i)
        self.factors = per_axis(net.graph.nodes[i].op.factor, len(net.shapes[i].sites))
        self.targets = targets
        self.offsets = [] if self.up else self._offsets()

    @property
    def up(self) -> bool:
        return self.net.word(self.i) == "up"

    def reads(self, place: Sites) -> list[tuple[Sites, Sites]]:
        """(place read, gap) for each tap that stays on the grid."""
        if self.up:
            phase = tuple(a % s for a, s in zip(place, self.factors, strict=True))
            gap = tuple(-a * n for a, n in zip(phase, self.own, strict=True))
            return [(tuple(a // s for a, s in zip(place, self.factors, strict=True)), gap)]
        sites = self.net.shapes[self.j].sites
        found = []
        for offset in self.offsets:
            at = tuple(a * s + o for a, s, o in zip(place, self.factors, offset, strict=True))
            if all(0 <= a < n for a, n in zip(at, sites, strict=True)):
                found.append((at, tuple(o * n for o, n in zip(offset, self.read, strict=True))))
        return found

    def gaps(self) -> list[Sites]:
        """Every gap there is on an endless grid."""
        if self.up:
            return [tuple(-a * n for a, n in zip(p, self.own, strict=True)) for p in product(*map(range, self.factors))]
        return [tuple(o * n for o, n in zip(offset, self.read, strict=True)) for offset in self.offsets]

    def _offsets(self) -> list[Sites]:
        """The block, where nothing is hidden. Else centred on the earliest place of a block, an even kernel one further
        back in the sense of the order; on a sequence in raster order ending at the last place that may be known."""
        if self.targets is None:
            return list(product(*map(range, self.factors)))
        earliest = self._earliest()
        turn = -1 if self.targets is not None and any(self._first_of((2,) * len(self.factors))) else 1
        steps = [range(-(s // 2), s - s // 2) for s in self.factors]
        if len(steps) == 1 and self.targets is not None and self.net.world.order.label in ("raster", "reverse"):
            here = tuple(e * n for e, n in zip(earliest, self.read, strict=True))
            pairs = product(set(self.net.bounds[self.j]), set(self.targets))
            last = 0 if any(kept_between(self.net, s, t, here, self.read, self.own) for s, t in pairs) else -1
            steps = [range(last - self.factors[0] + 1, last + 1)]
        return [tuple(e + turn * o for e, o in zip(earliest, step, strict=True)) for step in product(*steps)]

    def _earliest(self) -> Sites:
        """The place of the input, in its block, that is generated first."""
        if self.targets is None:
            return (0,) * len(self.factors)
        return tuple(a // n for a, n in zip(self._first_of(self.own), self.read, strict=True))

    def _first_of(self, sites: Sites) -> Sites:
        """The site of a block that is generated first."""
        world = wide(self.net, sites)
        assert world.order.rank is not None
        first = int(np.argmin(world.order.rank.reshape(world.grid.channels, -1).min(axis=0)))
        return tuple(int(a) for a in np.unravel_index(first, sites))


def strided(net: Network, i: int, targets: list[About] | None) -> tuple[Reads, list[About]]:
    """What every unit reads, and the bounds of the output's channels."""
    kernel, layout, free = Kernel(net, i, targets), net.shapes[i], net.graph.nodes[i].unmasked
    sources, below = net.bounds[kernel.j], net.shapes[kernel.j].sites

    def kept(s: About, t: About, gap: Sites) -> bool:
        return targets is None or free or kept_between(net, s, t, gap, kernel.read, kernel.own)

    wanted = targets or [About("none")] * layout.channels
    allowed = targets is not None and any(net.world.knows(v) for v in range(net.world.grid.size))
    if allowed and not any(kept(s, t, g) for s in set(sources) for t in set(wanted) for g in kernel.gaps()):
        raise Illegal("FS404", net.graph.nodes[i].id)
    reads: Reads = []
    for t in wanted:
        rows = []
        for place in np.ndindex(layout.sites):
            near = [(int(np.ravel_multi_index(at, below)), gap) for at, gap in kernel.reads(tuple(map(int, place)))]
            rows.append([(c, q) for q, gap in near for c, s in enumerate(sources) if kept(s, t, gap)])
        reads.append(rows)
    if targets is None:
        return reads, wanted
    held = {t: [(s, g) for s in set(sources) for g in kernel.gaps() if kept(s, t, g)] for t in set(targets)}
    return reads, [_least(net, kernel, t, held[t]) for t in targets]


def _least(net: Network, kernel: Kernel, target: About, held: list[tuple[About, Sites]]) -> About:
    kinds = [
        "none",
        *([] if set(kernel.own) != {1} else ["self"]),
        *(["above"] if net.world.has_lines else []),
        "before",
        "upto",
    ]
    for kind in kinds:
        about = About(kind, target.group if kind != "none" else 0)
        if all(kept_between(net, s, about, gap, kernel.read, kernel.own) for s, gap in held):
            return about
    return About("all")


def refuse(net: Network, i: int) -> None:
    """Orders and grids that leave no earliest site of every block, or no block."""
    node, whole, own = net.graph.nodes[i], net.shapes[net.x_node].sites, net.shapes[i].sites
    if not net.alike:
        raise Illegal("FS438", node.id)
    if node.cap == "above" and not net.world.has_lines:
        raise Illegal("FS407", node.id)
    if len(own) != len(whole) or any(n % m for n, m in zip(whole, own, strict=True)):
        raise Illegal("FS440", node.id)
