"""Completeness without following a path: units that provably depend on all that they may know.

K(u) is an upper bound of what a unit depends on. Where some input that is itself full hands its whole bound on, the
bound is reached, and by induction so is the head's: the dependency is then the order itself, at any size and under any
order. This proves completeness, never the lack of it; where it does not apply the other domains count.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
import numpy.typing as npt

from flowspec.graph.bounds import Bound, Bounds, Kind
from flowspec.graph.masks import LabelMask, SiteMask, TapMask
from flowspec.graph.net import NetGraph
from flowspec.graph.pairing import FoldMask, PairMask, PlaceMask, ScanMask, StrideMask
from flowspec.ops.base import NetContext
from flowspec.ops.edges import Channelwise, Joined
from flowspec.order import Bits, Order, row_levels
from flowspec.passes.knowledge.bounds import Knowledge
from flowspec.passes.shapes import Shapes

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Everything:
    """Every conditional depends on all that the order allows."""

    order: Order

    def count(self) -> int:
        return self.order.allowed()

    def row(self, v: int) -> Bools:
        return self.order.before(v)

    def knows_nothing(self) -> Bools:
        if self.order.rank is not None:
            nothing: Bools = self.order.rank == 0
            return nothing
        return np.array([not row for row in self.order.parents or ()])

    def levels(self) -> Ints:
        if self.order.rank is not None:
            return self.order.rank + 1
        return row_levels(Bits.of(self.order.relation()), self.order.sequence.tolist())


def everything_reached(
    graph: NetGraph, shapes: Shapes, knowledge: Knowledge, order: Order, context: NetContext, member: int = 0
) -> Everything | None:
    """The whole order, if every unit of the head provably depends on all that it may know."""
    if not order.is_ranked:
        return None
    walk = _Walk(graph, shapes, knowledge, order, context, member)
    for i in sorted(graph.live()):
        walk.full[i] = walk.node(i)
    return Everything(order) if bool(walk.full[graph.output].all()) else None


class _Walk:
    """For every node which of its channels are full: dep(u) = K(u) at every place."""

    def __init__(
        self, graph: NetGraph, shapes: Shapes, knowledge: Knowledge, order: Order, context: NetContext, member: int
    ) -> None:
        self.graph, self.shapes, self.knowledge, self.context = graph, shapes, knowledge, context
        self.order, self.member = order, member
        self.full: dict[int, Bools] = {}

    def node(self, i: int) -> Bools:
        node, layout, mask = self.graph.nodes[i], self.shapes[i], self.knowledge.masks[i]
        if not node.inputs or (self.knowledge.knows_nothing(i) and i != self.graph.output):
            return np.ones(layout.channels, dtype=bool)
        match mask:
            case LabelMask():
                return self._dense(i, mask)
            case TapMask() | SiteMask() | StrideMask() | ScanMask():
                return self._window(i, mask)
            case PairMask() | FoldMask():
                return self._gathered(i, mask)
        edges = node.op.edges(self.context, tuple(self.shapes[j] for j in node.inputs), layout)
        if isinstance(edges, Channelwise):
            return self._channelwise(i, edges)
        if isinstance(edges, Joined):
            return self._joined(i)
        return np.zeros(layout.channels, dtype=bool)

    def bounds(self, i: int) -> Bounds:
        bounds = self.knowledge.bounds[i]
        assert bounds is not None
        return bounds

    def target(self, i: int, k: int) -> Bound:
        """The bound that channel k has to come up to: its own, and at the head what the order allows."""
        if i != self.graph.output or self.shapes[i].flat:
            return self.bounds(i).channel(k)
        apart = self.order.grid.channels > 1 and self.order.channels != "joint"
        return Bound(Kind.BEFORE, k // self.context.size if apart else 0)

    def full_bounds(self, i: int, classes: tuple[int, ...]) -> dict[int, Bound]:
        """The bound of each class of channels of a value that holds a full channel."""
        bounds, full = self.bounds(i), self.full[i].tolist()
        return {c: bounds.channel(k) for k, c in enumerate(classes) if full[k]}

    # --- at one place ----------------------------------------------------------------------------------------------

    def _window(self, i: int, mask: TapMask | SiteMask | StrideMask | ScanMask) -> Bools:
        """A unit that reads full ones at its own place is full where those cover its bound."""
        source, out_class = self.graph.nodes[i].inputs[0], np.array(mask.out_class)
        in_class = mask.in_classes[0] if isinstance(mask, PlaceMask) else mask.in_class
        known, found = self.full_bounds(source, in_class), np.zeros(len(out_class), dtype=bool)
        for o in range(int(out_class.max()) + 1):
            channels = out_class == o
            target = self.target(i, int(channels.argmax()))
            here = [bound for c, bound in known.items() if self._reads_here(mask, o, c)]
            found[channels] = self._covers(target, here, self.shapes[i].sites)
        return found

    def _reads_here(self, mask: TapMask | SiteMask | StrideMask | ScanMask, o: int, c: int) -> bool:
        """Whether output class o reads input class c at its own place, wherever that is."""
        if isinstance(mask, SiteMask):
            centred = any(not any(offset) for offset in mask.offsets)
            return centred and all(r <= w for r, w in zip(mask.reads[c], mask.writes[o], strict=True))
        if isinstance(mask, ScanMask):
            return any(_at_origin(s.taps, s.kept[o][c]) for s in mask.sweeps)
        if isinstance(mask, TapMask):
            return _at_origin(mask.offsets, mask.kept[o][c])
        backwards = self.order.scan is not None and self.order.scan.sign < 0
        first = tuple(f - 1 if backwards else 0 for f in mask.factors)  # the place that a block stands for
        return not mask.up and _at_origin(mask.offsets, mask.kept[o][c], first)

    def _covers(self, target: Bound, sources: list[Bound], sites: tuple[int, ...]) -> bool:
        """Whether units of these bounds at one place know together all that the target may know, at every place."""
        if target in sources or target.kind is Kind.NONE:
            return True
        if sites != self.order.grid.sites or target.kind in (Kind.ROW, Kind.ALL):
            return False
        want, have = self._known(target), np.zeros(self.order.grid.volume, dtype=np.int64)
        for bound in sources:
            if bound.kind is not Kind.SELF:
                have = np.maximum(have, self._known(bound))
        sizes = self.order.prefix_sizes
        alone = np.zeros_like(want)
        for bound in sources:
            if bound.kind is Kind.SELF:
                own = self._known(bound)
                alone += np.where((own > have) & (own <= want), self._members(), 0)
        return bool((alone == sizes[want] - sizes[np.minimum(have, want)]).all())

    def _members(self) -> int:
        """How many variables of a site a class of x holds: with joint channels all of them."""
        return self.order.grid.channels if self.order.channels == "joint" else 1

    @lru_cache(maxsize=256)  # noqa: B019 - lives as long as one check
    def _known(self, bound: Bound) -> Ints:
        """(places,) the prefix length that units of a bound know; of `self` the shortest that holds the variable."""
        if bound.kind is Kind.NONE:
            return np.zeros(self.order.grid.volume, dtype=np.int64)
        table: Ints = self.order.known(bound.kind.value)
        own: Ints = table.reshape(self.order.grid.channels, -1)[bound.group]
        return own

    # --- across places ---------------------------------------------------------------------------------------------

    def _gathered(self, i: int, mask: PairMask | FoldMask) -> Bools:
        """What is gathered from full units is full where the longest prefix, or all of x, comes up to the bound."""
        if mask.rule != "prefix":
            return np.zeros(len(mask.out_class), dtype=bool)
        out_class, found = np.array(mask.out_class), np.zeros(len(mask.out_class), dtype=bool)
        for o in mask.outs:
            channels = out_class == o
            target = self.target(i, int(channels.argmax()))
            if target.kind is Kind.NONE:
                found[channels] = True
            elif self.shapes[i].sites == self.order.grid.sites:
                found[channels] = self._comes_up_to(self._known(target), self._collected(i, mask, o), mask, o)
        return found

    def _collected(self, i: int, mask: PairMask | FoldMask, o: int) -> list[tuple[Bound, Ints]]:
        """Full bounds that class o gathers, with the label at which each place of theirs is read."""
        reads = mask.reads[min(self.member, len(mask.reads) - 1)]
        found = []
        for source, j in enumerate(self.graph.nodes[i].inputs):
            if self.shapes[j].sites != self.order.grid.sites or (isinstance(mask, PairMask) and not source):
                continue
            for c, bound in self.full_bounds(j, mask.in_classes[source]).items():
                if isinstance(mask, FoldMask):
                    found.append((bound, np.array(reads[c], dtype=np.int64)))
                elif mask.kept[source][o][c]:
                    found.append((bound, np.array(reads[o], dtype=np.int64)))
        return found

    def _comes_up_to(self, want: Ints, collected: list[tuple[Bound, Ints]], mask: PairMask | FoldMask, o: int) -> bool:
        writes = np.array(mask.writes[min(self.member, len(mask.writes) - 1)][o], dtype=np.int64)
        longest, alone = np.zeros_like(want), np.zeros_like(want)
        seen: set[Bound] = set()
        for bound, reads in collected:
            order = np.argsort(reads, kind="stable")
            taken = np.searchsorted(reads[order], writes, side="right")
            if bound.kind is not Kind.SELF:
                highest = np.concatenate([[0], np.maximum.accumulate(self._known(bound)[order])])
                longest = np.maximum(longest, highest[taken])
            elif bound not in seen:
                alone = alone + taken * self._members()
                seen.add(bound)
        return bool(((longest == want) | (alone == self.order.prefix_sizes[want])).all())

    def _dense(self, i: int, mask: LabelMask) -> Bools:
        """Flat units, and flat values turned into sites: the longest prefix read, or x itself as far as it goes."""
        source, layout = self.graph.nodes[i].inputs[0], self.shapes[i]
        if mask.rule != "prefix":
            return np.zeros(layout.channels, dtype=bool)
        reads, writes = (np.array(side, dtype=np.int64) for side in mask.member(self.member))
        inner, own = self.bounds(source), self.shapes[source]
        selves = [inner.channel(k).kind is Kind.SELF for k in range(own.channels)]
        if any(selves) and not self.graph.nodes[source].op.outside:
            return np.zeros(layout.channels, dtype=bool)
        got = np.where(np.repeat(self.full[source], own.places), reads, 0)
        order = np.argsort(reads, kind="stable")
        longest = np.concatenate([[0], np.maximum.accumulate(got[order])])
        found = longest[np.searchsorted(reads[order], writes, side="right")] == writes
        whole: Bools = found.reshape(layout.channels, -1).all(axis=1)
        return whole

    # --- without masks ---------------------------------------------------------------------------------------------

    def _channelwise(self, i: int, edges: Channelwise) -> Bools:
        inputs, layout, bounds = self.graph.nodes[i].inputs, self.shapes[i], self.bounds(i)
        memo: dict[tuple[Bound, tuple[Bound, ...]], bool] = {}
        found = []
        for k, pairs in enumerate(edges.sources):
            here = {b for j, c in pairs if (b := self._full_at(inputs[j], c)) is not None}
            if self._members() > 1 and bounds.channel(k).kind is not Kind.SELF:
                here = {b for b in here if b.kind is not Kind.SELF}  # one channel of x is not all of its class
            key = (bounds.channel(k), tuple(sorted(here, key=str)))
            if key not in memo:
                memo[key] = self._covers(key[0], list(key[1]), layout.sites)
            found.append(memo[key])
        return np.array(found) & self._keeps_classes(i, edges)

    def _keeps_classes(self, i: int, edges: Channelwise) -> bool:
        """Whether a class of x that channels share comes through whole: then it takes all channels to be full."""
        if self._members() == 1 or all(b.kind is not Kind.SELF for b in self.bounds(i).classes):
            return True
        read = {pair for pairs in edges.sources for pair in pairs}
        layouts = [self.shapes[j] for j in self.graph.nodes[i].inputs]
        return all((j, c) in read for j, own in enumerate(layouts) for c in range(own.channels))

    def _full_at(self, j: int, k: int) -> Bound | None:
        """The bound of channel k of a value, if it is full."""
        channel = min(k, len(self.full[j]) - 1)
        return self.bounds(j).channel(channel) if self.full[j][channel] else None

    def _joined(self, i: int) -> Bools:
        """Every channel reads all of its class: one full channel makes the class full."""
        source, of = self.graph.nodes[i].inputs[0], np.array(self.bounds(i).of)
        full = self.full[source]
        return np.array([bool(full[of == c].any()) for c in of.tolist()])


def _at_origin(offsets: tuple[tuple[int, ...], ...], kept: tuple[bool, ...], origin: tuple[int, ...] = ()) -> bool:
    return any(taken and offset == (origin or (0,) * len(offset)) for offset, taken in zip(offsets, kept, strict=True))
