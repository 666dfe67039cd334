"""Reach of strided nets under a shift-invariant order: guarded offsets for each class and phase (semantics D2).

All values are seen on the coarsest grid there is. A value on a grid f times finer has f phases there: its place
f * P + q is phase q of place P. Taps between places become taps between phases, and guards stay exact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import lcm, prod
from typing import Any

import numpy as np
import numpy.typing as npt

from flowspec.graph.masks import TapMask
from flowspec.graph.net import NetGraph
from flowspec.graph.pairing import StrideMask
from flowspec.ops.base import NetContext
from flowspec.ops.edges import Channelwise, Joined
from flowspec.order import Closure, Grid, Offsets, Order, Places, stride_taps
from flowspec.passes.knowledge.bounds import Knowledge
from flowspec.passes.knowledge.by_offsets import FEW, Algebra, Value, channelwise, joined, reached, repeats
from flowspec.passes.knowledge.relations import stride_of
from flowspec.passes.shapes import Shapes

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
Sites = tuple[int, ...]


@dataclass(frozen=True)
class Phased:
    """The operations of an algebra on the coarsest grid, for values of several strides.

    A dependency is a tuple with an entry for each phase of the value, or empty for nothing at all. `factors` says how
    many sites of x along each axis make one of the coarsest grid.
    """

    base: Any
    factors: Sites

    @property
    def phases(self) -> int:
        """The phases of x."""
        return prod(self.factors)

    def nothing(self) -> tuple[Any, ...]:
        """No dependency."""
        return ()

    def unit(self, channel: int) -> tuple[Any, ...]:
        """x itself at the unit's own place."""
        return tuple(self.base.unit(channel * self.phases + q) for q in range(self.phases))

    def union(self, deps: Iterable[tuple[Any, ...]]) -> tuple[Any, ...]:
        """Whatever one of `deps` reaches, phase by phase."""
        known = [dep for dep in deps if dep]
        if len(known) < 2:
            return known[0] if known else ()
        return tuple(self.base.union(parts) for parts in zip(*known, strict=True))

    def through(self, inputs: Any) -> tuple[Any, ...]:
        """Windows are followed by phase: see `_Walk`."""
        raise NotImplementedError


@dataclass(frozen=True, eq=False)
class PhaseDependency:
    """One set of guarded offsets for each channel of x and phase, channel-major."""

    order: Order
    algebra: Offsets
    factors: Sites
    channels: tuple[Any, ...]

    @cached_property
    def _pairs(self) -> int:
        return sum(self.algebra.count(dep) for dep in self.channels)

    def count(self) -> int:
        return self._pairs

    def row(self, v: int) -> Bools:
        channel, site = self.order.grid.site(v)
        coarse = tuple(a // f for a, f in zip(site, self.factors, strict=True))
        phase = np.ravel_multi_index(tuple(a % f for a, f in zip(site, self.factors, strict=True)), self.factors)
        dep = self.channels[channel * prod(self.factors) + int(phase)]
        return self._unfolded(self.algebra.row(dep, coarse))

    def knows_nothing(self) -> Bools:
        return self._unfolded(np.concatenate([~reached(dep, self.algebra.grid.sites) for dep in self.channels]))

    def levels(self) -> Ints | None:
        """The ranks where all that is allowed is reached, else by following every variable of a small grid."""
        rank = self.order.rank
        if rank is not None and self.count() == self.order.allowed():
            return rank + 1
        if self.order.grid.size > FEW:
            return None
        level = np.zeros(self.order.grid.size, dtype=np.int64)
        for v in self.order.sequence.tolist():
            level[v] = 1 + level[self.row(v)].max(initial=0)
        return level

    def _unfolded(self, values: Bools) -> Bools:
        """(D,) from numbers by channel, phase and coarse place."""
        axes, sites = len(self.factors), self.algebra.grid.sites
        folded = values.reshape(self.order.grid.channels, *self.factors, *sites)
        turn = [axis for a in range(axes) for axis in (1 + axes + a, 1 + a)]
        return folded.transpose(0, *turn).reshape(-1)


def phases_reach(
    graph: NetGraph, shapes: Shapes, knowledge: Knowledge, order: Order, context: NetContext
) -> tuple[PhaseDependency, tuple[int, int]]:
    """The dependency of every variable's parameters, and the count (from below and above) when ops may repeat."""
    factors = _coarsest(graph, shapes, knowledge, order)
    sites = tuple(n // f for n, f in zip(order.grid.sites, factors, strict=True))
    grid = Grid(order.grid.channels * prod(factors), sites)

    def walk(base: Any, closure: Closure | Places | None) -> tuple[Any, ...]:
        return _Walk(graph, shapes, knowledge, order, context, Phased(base, factors), closure).head()

    algebra = Offsets(grid)
    dependency = PhaseDependency(order, algebra, factors, walk(algebra, None))
    if dependency.count() == order.allowed():
        return dependency, (order.allowed(), order.allowed())
    closure = Closure(grid, order.scan.axes if order.scan else ())
    low, high = (sum(ends) for ends in zip(*map(closure.bracket, walk(closure, closure)), strict=True))
    if low != high and order.grid.size <= FEW:
        places = Places(grid)
        low = high = sum(map(places.count, walk(places, places)))
    return dependency, (low, high)


def is_strided(graph: NetGraph, knowledge: Knowledge) -> bool:
    """Whether values that know something of x stand on coarser grids."""
    return any(isinstance(knowledge.masks[i], StrideMask) and not knowledge.knows_nothing(i) for i in graph.live())


def _coarsest(graph: NetGraph, shapes: Shapes, knowledge: Knowledge, order: Order) -> Sites:
    """The sites of x behind one of the coarsest grid: all strides divide them."""
    found = [1] * order.grid.axes
    for i in graph.live():
        stride = None if knowledge.knows_nothing(i) else stride_of(order, shapes[i])
        found = [lcm(a, b) for a, b in zip(found, stride or found, strict=True)]
    return tuple(found)


@dataclass
class _Walk:
    graph: NetGraph
    shapes: Shapes
    knowledge: Knowledge
    order: Order
    context: NetContext
    algebra: Phased
    closure: Closure | Places | None

    def __post_init__(self) -> None:
        self.values: dict[int, Value] = {}

    def head(self) -> tuple[Any, ...]:
        """For each channel of x, and each of its phases, what the parameters depend on."""
        for i in sorted(self.graph.live()):
            self.values[i] = self._node(i)
        value, base = self.values[self.graph.output], self.algebra.base
        nothing = (base.nothing(),) * self.algebra.phases
        chosen = [value.deps[value.of[c]] for c in range(0, len(value.of), self.context.size)]
        return tuple(part for dep in chosen * self.context.sharing for part in dep or nothing)

    def _node(self, i: int) -> Value:
        node, layout, mask = self.graph.nodes[i], self.shapes[i], self.knowledge.masks[i]
        if node.id == "x" and not node.inputs:
            return Value(tuple(self.algebra.unit(c) for c in range(layout.channels)), tuple(range(layout.channels)))
        if self.knowledge.knows_nothing(i):
            return Value((self.algebra.nothing(),), (0,) * layout.channels)
        if isinstance(mask, TapMask | StrideMask):
            return self._window(i, mask, self.values[node.inputs[0]])
        edges = node.op.edges(self.context, tuple(self.shapes[j] for j in node.inputs), layout)
        algebra: Algebra = self.algebra
        if isinstance(edges, Channelwise):
            return channelwise(edges, [self.values[j] for j in node.inputs], algebra)
        assert isinstance(edges, Joined)
        return joined(self.knowledge, i, self.values[node.inputs[0]], algebra)

    def _phases(self, i: int) -> Sites:
        """How many phases a value has along each axis."""
        stride = stride_of(self.order, self.shapes[i])
        assert stride is not None
        return tuple(f // n for f, n in zip(self.algebra.factors, stride, strict=True))

    def _window(self, i: int, mask: TapMask | StrideMask, source: Value) -> Value:
        in_class = mask.in_classes[0] if isinstance(mask, StrideMask) else mask.in_class
        read = _Read(mask, in_class, source, self._phases(self.graph.nodes[i].inputs[0]), self._phases(i))
        if self.closure is not None and isinstance(mask, TapMask) and repeats(i, self.graph, self.knowledge):
            return self._repeated(i, mask, read, self.closure)
        by_phase = [self._at(read, q) for q in range(prod(read.fine))]
        deps = tuple(zip(*by_phase, strict=True))
        return Value(deps, mask.out_class)

    def _at(self, read: _Read, q: int) -> list[Any]:
        """What each output class depends on at one phase. Most taps are kept by all classes alike: those are followed
        once."""
        base, taps = self.algebra.base, read.taps(q)
        wanted = [{key: read.deps(o, key[0]) for key in taps} for o in range(len(read.mask.kept))]
        common = {key for key in taps if all(w[key] == wanted[0][key] for w in wanted)} if len(wanted) > 1 else set()
        shared = self._through(read, {key: wanted[0][key] for key in common}, taps)
        centre = np.zeros((1, self.order.grid.axes), dtype=np.int64)
        found = []
        for w in wanted:
            inputs = self._inputs(read, {key: deps for key, deps in w.items() if key not in common}, taps)
            found.append(base.through([*([(shared, centre)] if common else []), *inputs]))
        return found

    def _through(
        self, read: _Read, wanted: dict[tuple[int, int], frozenset[int]], taps: Mapping[tuple[int, int], Ints]
    ) -> Any:
        return self.algebra.base.through(self._inputs(read, wanted, taps))

    def _inputs(
        self, read: _Read, wanted: dict[tuple[int, int], frozenset[int]], taps: Mapping[tuple[int, int], Ints]
    ) -> list[tuple[Any, Ints]]:
        """The joined dependencies that are read, each with the coarse offsets at which it is."""
        places: dict[tuple[frozenset[int], int], list[Ints]] = {}
        for (t, phase), deps in wanted.items():
            if deps:
                places.setdefault((deps, phase), []).append(taps[t, phase])
        return [(self._union(read, deps, phase), np.concatenate(at)) for (deps, phase), at in places.items()]

    def _union(self, read: _Read, deps: frozenset[int], phase: int) -> Any:
        if (deps, phase) not in read.unions:
            parts = [read.source.deps[d][phase] for d in sorted(deps)]
            read.unions[deps, phase] = parts[0] if len(parts) == 1 else self.algebra.base.union(parts)
        return read.unions[deps, phase]

    def _repeated(self, i: int, mask: TapMask, read: _Read, closure: Closure | Places) -> Value:
        """As in `by_offsets`, with a phase beside each bound."""
        inner, out = self.knowledge.bounds[self.graph.nodes[i].inputs[0]], self.knowledge.bounds[i]
        assert inner is not None
        assert out is not None
        names = [out.channel(mask.out_class.index(o)) for o in range(len(mask.kept))]
        phases, deps = range(prod(read.fine)), {b: read.known(c) for c, b in enumerate(inner.classes)}
        sources = {(b, q): self._union(read, deps[b], q) for b in inner.classes for q in phases if deps[b]}
        sources.update({(b, q): closure.nothing() for b in inner.classes for q in phases if not deps[b]})
        steps: dict[Any, list[Ints]] = {}
        for q in phases:
            for (t, phase), at in read.taps(q).items():
                for o, name in enumerate(names):
                    for c in np.flatnonzero([cell[t] for cell in mask.kept[o]]).tolist():
                        steps.setdefault(((name, q), (inner.classes[c], phase)), []).append(at)
        found = closure.repeat(sources, {pair: np.concatenate(at) for pair, at in steps.items()})
        return Value(tuple(tuple(found[name, q] for q in phases) for name in names), mask.out_class)


class _Read:
    """How one weighted op reads its input: `coarse` and `fine` are the phases along each axis of input and output."""

    def __init__(
        self, mask: TapMask | StrideMask, in_class: tuple[int, ...], source: Value, coarse: Sites, fine: Sites
    ) -> None:
        self.mask, self.source, self.into, self.fine = mask, source, coarse, fine
        self.pairs = sorted(set(zip(in_class, source.of, strict=True)))
        self.unions: dict[tuple[frozenset[int], int], Any] = {}
        self._deps: dict[tuple[int, int], frozenset[int]] = {}

    def known(self, c: int) -> frozenset[int]:
        """The dependencies that channels of an input class have, but for those that are nothing."""
        return frozenset(d for k, d in self.pairs if k == c and self.source.deps[d])

    def deps(self, o: int, t: int) -> frozenset[int]:
        """What output class o reads through tap t."""
        if (o, t) not in self._deps:
            kept = [c for c, cell in enumerate(self.mask.kept[o]) if cell[t]]
            self._deps[o, t] = frozenset().union(*map(self.known, kept))
        return self._deps[o, t]

    def taps(self, q: int) -> Mapping[tuple[int, int], Ints]:
        """For the output at phase q: {(tap, phase read): its one coarse offset}."""
        mask = self.mask
        factors, up = (mask.factors, mask.up) if isinstance(mask, StrideMask) else ((1,) * len(self.fine), False)
        return _taps(mask.offsets, factors, up, self.into, self.fine, q)


@lru_cache(maxsize=1024)
def _taps(
    offsets: tuple[Sites, ...], factors: Sites, up: bool, into: Sites, fine: Sites, q: int
) -> Mapping[tuple[int, int], Ints]:
    """Kernels of one shape read alike, whatever their masks; places are counted from where the coarse one begins."""
    phase, taps = np.array(np.unravel_index(q, fine)), np.array(offsets, dtype=np.int64)
    if up:  # the tap that wrote this phase, from the one place below it
        wrote = np.flatnonzero((taps == phase % np.array(factors)).all(axis=1)).tolist()
        places = {t: phase // np.array(factors) for t in wrote}
    else:
        places = dict(enumerate(phase * np.array(factors) + taps))
    return {(t, read): at for t, place in places.items() for read, at in stride_taps(place[None], into).items()}
