"""Reach under a shift-invariant order: one set of guarded offsets for each class of channels (semantics D1)."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from flowspec.graph.bounds import Bound, same_kinds
from flowspec.graph.masks import TapMask
from flowspec.graph.net import NetGraph
from flowspec.ops.base import NetContext
from flowspec.ops.edges import Channelwise, Joined
from flowspec.order import Closure, Guarded, Offsets, Order, Places, offset_levels
from flowspec.passes.knowledge.bounds import Knowledge
from flowspec.passes.shapes import Shapes

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


class Algebra(Protocol):
    """What Offsets and Closure share."""

    def nothing(self) -> Any: ...
    def unit(self, channel: int) -> Any: ...
    def union(self, deps: Any) -> Any: ...
    def through(self, inputs: Any) -> Any: ...


FEW = 4096  # variables up to which paths that turn back are followed place by place


@dataclass(frozen=True, eq=False)
class Value:
    """The dependencies of one value: distinct ones, and which of them each channel has."""

    deps: tuple[Any, ...]
    of: tuple[int, ...]


@dataclass(frozen=True, eq=False)
class OffsetDependency:
    """One set of guarded offsets for each channel of x."""

    order: Order
    algebra: Offsets
    channels: tuple[Any, ...]

    def count(self) -> int:
        return sum(self.algebra.count(dep) for dep in self.channels)

    def row(self, v: int) -> Bools:
        channel, site = self.order.grid.site(v)
        return self.algebra.row(self.channels[channel], site)

    def knows_nothing(self) -> Bools:
        return np.concatenate([~reached(dep, self.order.grid.sites) for dep in self.channels])

    def levels(self) -> Ints | None:
        assert self.order.scan is not None
        return offset_levels(self.algebra, self.channels, self.order.scan)


def reached(dep: Guarded, sites: tuple[int, ...]) -> Bools:
    """(places,) whether the unit at each place depends on anything: the rectangles where a path fits, added up by
    their corners."""
    axes, size = len(sites), np.array(sites)
    tight = np.argwhere(dep.tight.any(axis=0)) + np.array(dep.low)
    lo = np.concatenate([np.minimum(tight, 0), dep.extra[:, 1 + axes : 1 + 2 * axes]])
    hi = np.concatenate([np.maximum(tight, 0), dep.extra[:, 1 + 2 * axes :]])
    found = np.zeros(size + 1, dtype=np.int64)
    for ends in product((False, True), repeat=axes):
        corner = np.where(ends, size - hi, -lo)
        np.add.at(found, tuple(corner.T), (-1) ** sum(ends))
    for axis in range(axes):
        found = found.cumsum(axis)
    return (found[tuple(slice(n) for n in sites)] > 0).reshape(-1)


def offsets_reach(
    graph: NetGraph, shapes: Shapes, knowledge: Knowledge, order: Order, context: NetContext
) -> tuple[OffsetDependency, tuple[int, int]]:
    """The dependency of every channel's parameters, and the count (from below and above) when ops may repeat."""
    algebra = Offsets(order.grid)
    head = _walk(graph, shapes, knowledge, algebra, context, None)
    dependency = OffsetDependency(order, algebra, head)
    if dependency.count() == order.allowed():
        return dependency, (order.allowed(), order.allowed())
    closure = Closure(order.grid, order.scan.axes if order.scan else ())
    brackets = [closure.bracket(reach) for reach in _walk(graph, shapes, knowledge, closure, context, closure)]
    low, high = (sum(ends) for ends in zip(*brackets, strict=True))
    if low != high and order.grid.size <= FEW:
        places = Places(order.grid)
        low = high = sum(places.count(reach) for reach in _walk(graph, shapes, knowledge, places, context, places))
    return dependency, (low, high)


def _walk(
    graph: NetGraph,
    shapes: Shapes,
    knowledge: Knowledge,
    algebra: Algebra,
    context: NetContext,
    closure: Closure | Places | None,
) -> tuple[Any, ...]:
    values: dict[int, Value] = {}
    live = graph.live()
    for i in sorted(live):
        values[i] = _node(i, graph, shapes, knowledge, algebra, values, context, closure)
    head = values[graph.output]
    return tuple(head.deps[head.of[c]] for c in range(0, len(head.of), context.size)) * context.sharing


def _node(
    i: int,
    graph: NetGraph,
    shapes: Shapes,
    knowledge: Knowledge,
    algebra: Algebra,
    values: dict[int, Value],
    context: NetContext,
    closure: Closure | Places | None,
) -> Value:
    node, layout, mask = graph.nodes[i], shapes[i], knowledge.masks[i]
    if node.id == "x" and not node.inputs:
        return Value(tuple(algebra.unit(c) for c in range(layout.channels)), tuple(range(layout.channels)))
    if isinstance(mask, TapMask):
        return _window(i, graph, knowledge, mask, algebra, values[node.inputs[0]], closure)
    edges = node.op.edges(context, tuple(shapes[j] for j in node.inputs), layout)
    if isinstance(edges, Channelwise):
        return channelwise(edges, [values[j] for j in node.inputs], algebra)
    if isinstance(edges, Joined):
        return joined(knowledge, i, values[node.inputs[0]], algebra)
    return Value((algebra.nothing(),), (0,) * layout.channels)


def _window(
    i: int,
    graph: NetGraph,
    knowledge: Knowledge,
    mask: TapMask,
    algebra: Algebra,
    source: Value,
    closure: Closure | Places | None,
) -> Value:
    offsets = np.array(mask.offsets, dtype=np.int64)
    pairs = sorted(set(zip(mask.in_class, source.of, strict=True)))
    taps = {(o, c): offsets[np.array(row)] for o, cells in enumerate(mask.kept) for c, row in enumerate(cells)}
    if closure is not None and repeats(i, graph, knowledge):
        return _repeated(i, graph, knowledge, mask, closure, source, pairs, taps)
    deps = tuple(
        algebra.through([(source.deps[d], taps[o, c]) for c, d in pairs if len(taps[o, c])])
        for o in range(len(mask.kept))
    )
    return Value(deps, mask.out_class)


def repeats(i: int, graph: NetGraph, knowledge: Knowledge) -> bool:
    """Whether the op's input and output know the same kinds at the same sites, so that it could stand there twice.

    Channel counts may differ: a kernel-1 op of the same kind, or the gate behind it, changes them back.
    """
    node = graph.nodes[i]
    return bool(node.op.repeatable) and same_kinds(knowledge.bounds[i], knowledge.bounds[node.inputs[0]])


def _repeated(
    i: int,
    graph: NetGraph,
    knowledge: Knowledge,
    mask: TapMask,
    closure: Closure | Places,
    source: Value,
    pairs: list[tuple[int, int]],
    taps: dict[tuple[int, int], Ints],
) -> Value:
    inner = knowledge.bounds[graph.nodes[i].inputs[0]]
    out = knowledge.bounds[i]
    assert inner is not None
    assert out is not None
    names: dict[int, Bound] = {o: out.channel(mask.out_class.index(o)) for o in range(len(mask.kept))}
    reaches: dict[Bound, Any] = {
        b: closure.union([source.deps[d] for c, d in pairs if inner.classes[c] == b]) for b in inner.classes
    }
    steps = {(names[o], inner.classes[c]): t for (o, c), t in taps.items() if len(t)}
    found = closure.repeat(reaches, steps)
    return Value(tuple(found[names[o]] for o in range(len(mask.kept))), mask.out_class)


def channelwise(edges: Channelwise, inputs: list[Value], algebra: Algebra) -> Value:
    index: dict[tuple[tuple[int, int], ...], int] = {}
    of: list[int] = []
    deps: list[Any] = []
    for pairs in edges.sources:
        key = tuple(sorted({(j, inputs[j].of[k if k < len(inputs[j].of) else 0]) for j, k in pairs}))
        if key not in index:
            index[key] = len(deps)
            found = [inputs[j].deps[d] for j, d in key]
            deps.append(found[0] if len(found) == 1 else algebra.union(found))
        of.append(index[key])
    return Value(tuple(deps), tuple(of))


def joined(knowledge: Knowledge, i: int, source: Value, algebra: Algebra) -> Value:
    bounds = knowledge.bounds[i]
    assert bounds is not None
    members = [sorted({source.of[k] for k, c in enumerate(bounds.of) if c == n}) for n in range(len(bounds.classes))]
    deps = tuple(source.deps[m[0]] if len(m) == 1 else algebra.union([source.deps[d] for d in m]) for m in members)
    return Value(deps, bounds.of)
