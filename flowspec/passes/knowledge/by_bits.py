"""Reach by bit sets: for orders without regularity, graphs, and nets that mix places with flat layers (semantics D5)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from flowspec.graph.bounds import same_kinds
from flowspec.graph.layout import Layout
from flowspec.graph.masks import LabelMask, SiteMask, TapMask
from flowspec.graph.net import NetGraph
from flowspec.graph.pairing import PlaceMask
from flowspec.ops.base import NetContext
from flowspec.ops.edges import AcrossBatch, Channelwise, Dense, Joined, Window, same_channel
from flowspec.order import Bits, Order, row_levels
from flowspec.passes.knowledge.bounds import Knowledge
from flowspec.passes.knowledge.paired import followed
from flowspec.passes.knowledge.taps import kept_taps, places_read
from flowspec.passes.shapes import Shapes

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


MANY = 2048  # variables up to which blind pairs are told from far ones by repeating ops


@dataclass(frozen=True, eq=False)
class Value:
    """Distinct dependencies as rows of `bits`; `index` (channels, places) says which row each unit has."""

    bits: Bits
    index: Ints


@dataclass(frozen=True, eq=False)
class BitDependency:
    """A row of bits for each variable."""

    bits: Bits
    order: Order

    def count(self) -> int:
        return self.bits.count()

    def row(self, v: int) -> Bools:
        return self.bits.row(v)

    def knows_nothing(self) -> Bools:
        nothing: Bools = self.bits.sizes == 0
        return nothing

    def levels(self) -> Ints | None:
        """The longest path to each variable, in an order in which nothing is read before it is there."""
        return row_levels(self.bits, self.order.sequence.tolist())


def bits_reach(
    graph: NetGraph, shapes: Shapes, knowledge: Knowledge, order: Order, context: NetContext, member: int = 0
) -> tuple[BitDependency, tuple[int, int]]:
    """The dependency of every variable's parameters, and the count when repeatable ops may repeat."""
    start = Bits.identity(order.grid.size)
    dependency = BitDependency(net_bits(graph, shapes, knowledge, start, context, member=member), order)
    if dependency.count() == order.allowed():
        return dependency, (order.allowed(), order.allowed())
    if order.grid.size > MANY:
        return dependency, (dependency.count(), order.allowed())
    possible = net_bits(graph, shapes, knowledge, start, context, member=member, repeat=True).count()
    return dependency, (possible, possible)


def net_bits(
    graph: NetGraph,
    shapes: Shapes,
    knowledge: Knowledge,
    x: Bits,
    context: NetContext,
    *,
    member: int = 0,
    repeat: bool = False,
    outside: Mapping[str, Bits] | None = None,
) -> Bits:
    """One row for each variable that the head gives parameters for; `x` has a row for each entry of the net's input, and
    so have contexts `outside` by their names: those that are not there depend on nothing. A bare net, which has no head,
    gets one row for each entry of its value."""
    walk = _Walk(graph, shapes, knowledge, x, context, member, repeat, outside or {})
    for i in sorted(graph.live()):
        walk.values[i] = walk.node(i)
    head = walk.values[graph.output]
    if graph.bare:
        return head.bits.take(head.index.reshape(-1))
    rows = head.index.reshape(-1, context.size, head.index.shape[1])[:, 0].reshape(-1)
    return head.bits.take(np.tile(rows, context.sharing))


@dataclass
class _Walk:
    graph: NetGraph
    shapes: Shapes
    knowledge: Knowledge
    x: Bits
    context: NetContext
    member: int
    repeat: bool
    outside: Mapping[str, Bits]

    def __post_init__(self) -> None:
        self.values: dict[int, Value] = {}

    def node(self, i: int) -> Value:
        node, layout = self.graph.nodes[i], self.shapes[i]
        source = self.x if node.id == "x" else self.outside.get(node.id) if node.op.outside else None
        if not node.inputs and source is not None:
            return Value(source, np.arange(layout.units).reshape(layout.channels, layout.places))
        edges = node.op.edges(self.context, tuple(self.shapes[j] for j in node.inputs), layout)
        inputs = [self.values[j] for j in node.inputs]
        mask = self.knowledge.masks[i]
        if isinstance(mask, PlaceMask):
            return self._paired(i, mask, inputs)
        match edges:
            case Dense():
                return self._dense(inputs[0], self.knowledge.masks[i], layout.channels, layout.places)
            case Window():
                return self._window(i, inputs[0], edges)
            case Channelwise():
                return self._channelwise(edges, inputs, [self.shapes[j] for j in node.inputs], layout)
            case Joined():
                return self._joined(i, inputs[0])
            case AcrossBatch():
                return self._everything(inputs[0], layout.channels, layout.places)
            case _:
                nothing = Bits.nothing(1, self.x.columns)
                return Value(nothing, np.zeros((layout.channels, layout.places), dtype=np.int64))

    def _everything(self, source: Value, channels: int, places: int) -> Value:
        used = np.zeros((1, source.bits.units), dtype=bool)
        used[0, np.unique(source.index)] = True
        return Value(source.bits.through(used), np.zeros((channels, places), dtype=np.int64))

    # --- dense -----------------------------------------------------------------------------------------------------

    def _dense(self, source: Value, mask: Any, channels: int, places: int) -> Value:
        if not isinstance(mask, LabelMask):
            return self._everything(source, channels, places)
        reads, wanted = mask.member(self.member)
        rows, writes = source.index.reshape(-1), sorted(set(wanted))
        readable = np.zeros((len(writes), source.bits.units), dtype=bool)
        for label, row in sorted(set(zip(reads, rows.tolist(), strict=True))):
            fits = [label <= w if mask.rule == "prefix" else not (label & ~w) for w in writes]
            readable[:, row] |= np.array(fits)
        place = {w: k for k, w in enumerate(writes)}
        index = np.array([place[w] for w in wanted], dtype=np.int64)
        return Value(source.bits.through(readable), index.reshape(channels, places))

    # --- windows ---------------------------------------------------------------------------------------------------

    def _window(self, i: int, source: Value, edges: Window) -> Value:
        node, layout = self.graph.nodes[i], self.shapes[i]
        mask = self.knowledge.masks[i]
        sites = layout.sites
        if isinstance(mask, TapMask | SiteMask):
            offsets, in_class, out_class = mask.offsets, mask.in_class, mask.out_class
        else:
            offsets, out_class = edges.centred(), (0,) * layout.channels
            in_class = (0,) * self.shapes[node.inputs[0]].channels
        at, inside = places_read(sites, np.array(offsets, dtype=np.int64))
        columns = [self._reads(mask, o, source, in_class, at, inside) for o in range(max(out_class) + 1)]
        bits = Bits(np.concatenate([source.bits.gather(c).data for c in columns]), self.x.columns)
        index = np.array(out_class)[:, None] * layout.places + np.arange(layout.places)
        value = Value(bits, index.astype(np.int64))
        if self._repeats(i):
            return self._closed(i, value, mask, at, inside)
        return value

    def _repeats(self, i: int) -> bool:
        """Whether the op may stand there any number of times: see `by_offsets`."""
        node, bounds = self.graph.nodes[i], self.knowledge.bounds
        known = self.knowledge.masks[i] is not None and same_kinds(bounds[i], bounds[node.inputs[0]])
        return self.repeat and known and bool(node.op.repeatable)

    def _reads(self, mask: Any, o: int, source: Value, in_class: tuple[int, ...], at: Ints, inside: Bools) -> Ints:
        """(places, k) the rows that a unit of output class o reads; -1 where it reads nothing."""
        found = []
        for c, row in {(c, row.tobytes()): (c, row) for c, row in zip(in_class, source.index, strict=True)}.values():
            rows = row[at]
            found.append(np.where(kept_taps(mask, o, c, at, inside), rows, -1))
        return np.concatenate(found).T

    def _closed(self, i: int, value: Value, mask: Any, at: Ints, inside: Bools) -> Value:
        """The same value when the op may be applied any number of times more.

        A channel of the output is then read as the input's channels of its bound are, however many of each there are.
        """
        inner, own = self.knowledge.bounds[self.graph.nodes[i].inputs[0]], self.knowledge.bounds[i]
        assert inner is not None
        assert own is not None
        classes = [own.channel(mask.out_class.index(o)) for o in range(max(mask.out_class) + 1)]
        feeding = [(c, k) for c, bound in enumerate(inner.classes) for k, b in enumerate(classes) if b == bound]
        reads: list[Ints] = []
        for o in range(len(classes)):
            rows = [np.where(kept_taps(mask, o, c, at, inside), at + k * at.shape[1], -1) for c, k in feeding]
            reads.extend(np.concatenate([*rows, o * at.shape[1] + np.arange(at.shape[1])[None]]).T)
        return Value(value.bits.repeat([row[row >= 0] for row in reads], range(value.bits.units)), value.index)

    # --- across places ---------------------------------------------------------------------------------------------

    def _paired(self, i: int, mask: PlaceMask, inputs: list[Value]) -> Value:
        """What a unit reads, wherever it stands; with `repeat`, until applying the op again finds nothing new."""
        node, layout = self.graph.nodes[i], self.shapes[i]
        layouts = tuple(self.shapes[j] for j in node.inputs)
        read = [v.bits.data[v.index] for v in inputs]
        start = np.zeros((layout.places, self.x.data.shape[1]), dtype=np.uint8)

        def join(rows: Any, at: Bools) -> Any:
            return Bits(np.ascontiguousarray(rows), self.x.columns).through(at).data

        found = followed(mask, read, layouts, layout, self.member, start, join, np.bitwise_or)
        while self._repeats_paired(i):
            again = [self._fed_back(i, j, own, found) for j, own in zip(node.inputs, read, strict=True)]
            more = found | followed(mask, again, layouts, layout, self.member, start, join, np.bitwise_or)
            if (more == found).all():
                break
            found = more
        index = np.arange(layout.units).reshape(layout.channels, layout.places)
        return Value(Bits(found.reshape(layout.units, -1), self.x.columns), index)

    def _repeats_paired(self, i: int) -> bool:
        bounds, node = self.knowledge.bounds, self.graph.nodes[i]
        alike = all(same_kinds(bounds[i], bounds[j]) for j in node.inputs)
        same = all(self.shapes[j].sites == self.shapes[i].sites for j in node.inputs)
        return self.repeat and bool(node.op.repeatable) and alike and same

    def _fed_back(self, i: int, j: int, own: Any, found: Any) -> Any:
        """Input j when it also knows what output channels of the same bound know."""
        inner, outer = self.knowledge.bounds[j], self.knowledge.bounds[i]
        assert inner is not None
        assert outer is not None
        result = np.broadcast_to(own, (own.shape[0], *found.shape[1:])).copy()
        for k in range(len(result)):
            alike = [c for c in range(len(found)) if outer.channel(c) == inner.channel(k)]
            result[k] |= np.bitwise_or.reduce(found[alike], axis=0)
        return result

    # --- without masks ---------------------------------------------------------------------------------------------

    def _channelwise(self, edges: Channelwise, inputs: list[Value], layouts: list[Layout], output: Layout) -> Value:
        sources, places = [_along(v.index, own, output) for v, own in zip(inputs, layouts, strict=True)], output.places
        if (
            len(inputs) == 1
            and sources[0].shape == (output.channels, places)
            and edges == same_channel(output.channels)
        ):
            return Value(inputs[0].bits, sources[0])  # a function of each number by itself
        start = np.cumsum([0, *(v.bits.units for v in inputs)])
        shifted = [source + n for source, n in zip(sources, start.tolist(), strict=False)]
        rows = [[np.broadcast_to(shifted[j][k], (places,)) for j, k in pairs] for pairs in edges.sources]
        return self._united(rows, inputs, places)

    def _united(self, rows: list[list[Ints]], inputs: list[Value], places: int) -> Value:
        """The union of the rows that each channel reads, at each place; channels that read the same share theirs."""
        stacked = Bits(np.concatenate([v.bits.data for v in inputs]), self.x.columns)
        keys = [tuple(source.tobytes() for source in row) for row in rows]
        distinct = dict(zip(keys, rows, strict=True))
        number = {key: n for n, key in enumerate(distinct)}
        found = [stacked.gather(np.stack(row, axis=1)).data for row in distinct.values()]
        bits = Bits(np.concatenate(found), self.x.columns)
        index = np.array([number[key] for key in keys])[:, None] * places + np.arange(places)
        return Value(bits, index.astype(np.int64))

    def _joined(self, i: int, source: Value) -> Value:
        bounds = self.knowledge.bounds[i]
        assert bounds is not None
        of, pieces = np.array(bounds.of), []
        for n in range(len(bounds.classes)):
            pieces.append(source.bits.gather(np.unique(source.index[of == n], axis=0).T).data)
        places = source.index.shape[1]
        index = of[:, None] * places + np.arange(places)
        return Value(Bits(np.concatenate(pieces), self.x.columns), index.astype(np.int64))


def _along(index: Ints, own: Layout, output: Layout) -> Ints:
    """The rows of a value beside others: a vector that does not run along the same sites is so many flat units."""
    return index.reshape(-1, 1) if own.vector and own.sites != output.sites else index
