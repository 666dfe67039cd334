"""Bounds and masks of a net (semantics K, N): the largest masks within what each unit may know.

One pass in writing order decides for every op which edges it keeps. By induction over the nodes, what paths realise
stays inside the bounds; the reach pass then computes what they realise.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from itertools import product

import numpy as np

from flowspec.diagnostics import Finding
from flowspec.graph.bounds import KNOWS_ALL, KNOWS_NOTHING, Bound, Bounds, Kind
from flowspec.graph.layout import Layout
from flowspec.graph.masks import LabelMask, Mask, SiteMask, TapMask
from flowspec.graph.net import NetGraph, NetNode
from flowspec.ops.base import NetContext
from flowspec.ops.edges import AcrossBatch, Channelwise, Constant, Dense, Joined, Window
from flowspec.order import Order, family, group_layout, spread
from flowspec.passes.knowledge import faults
from flowspec.passes.knowledge.narrow import common_width, cuts
from flowspec.passes.knowledge.relations import KIND_ORDER, Bools, EndlessGrid, Ints, Labels, Ranks, relation_of
from flowspec.passes.shapes import Shapes

CAP_KINDS = {"none": Kind.NONE, "above": Kind.ABOVE, "before": Kind.BEFORE, "upto": Kind.UPTO}


@dataclass(frozen=True, eq=False, slots=True)
class Knowledge:
    """What every value of a net may know, and the mask of every weighted op.

    `rows` is the family F after the narrowest layer: prefix lengths, or bit sets of variables. `dead` counts the units
    without inputs where something was allowed.
    """

    order: Order | None
    bounds: tuple[Bounds | None, ...]
    masks: tuple[Mask | None, ...]
    rows: tuple[int, ...]
    full_rows: tuple[int, ...]
    findings: tuple[Finding, ...]
    dead: int = 0


def free_knowledge(graph: NetGraph, shapes: Shapes) -> Knowledge:
    """A net in which everything may know everything: a coupling's, or one that reads contexts alone."""
    bounds = tuple(
        None if layout is None else Bounds.uniform(KNOWS_NOTHING, layout.channels) for layout in shapes.layouts
    )
    return Knowledge(None, bounds, (None,) * len(graph.nodes), (), (), ())


def ordered_knowledge(graph: NetGraph, shapes: Shapes, context: NetContext, orders: tuple[Order, ...]) -> Knowledge:
    """The bounds and masks of a net under an order; of an ensemble, the first member decides and all share the layout."""
    return _Derivation(graph, shapes, context, orders).run()


class _Derivation:
    def __init__(self, graph: NetGraph, shapes: Shapes, context: NetContext, orders: tuple[Order, ...]) -> None:
        self.graph, self.shapes, self.context = graph, shapes, context
        self.order, self.orders = orders[0], orders
        self.relation = relation_of(self.order)
        self.live = graph.live()
        self.cut = cuts(graph, shapes, context)
        self.bounds: list[Bounds | None] = []
        self.masks: list[Mask | None] = []
        self.findings: list[Finding] = []
        self.dead = 0
        self.full_rows, self.rows = self._family()
        self.labels = tuple(Labels(order, self.rows) for order in orders)

    def _family(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        sees_context = any(
            not n.inputs and n.id != "x" and i in self.live
            for i, n in enumerate(self.graph.nodes)
            if n.op.name == "source"
        )
        rows = family(self.order, sees_context).rows or (0,)
        width = common_width(self.graph, self.shapes, self.context, self.cut)
        if width is None or width >= len(rows):
            return rows, rows
        return rows, tuple(rows[j] for j in spread(len(rows), width))

    def run(self) -> Knowledge:
        for i, node in enumerate(self.graph.nodes):
            bound, mask = self._node(i, node)
            self.bounds.append(bound)
            self.masks.append(mask)
        return Knowledge(
            self.order,
            tuple(self.bounds),
            tuple(self.masks),
            self.rows,
            self.full_rows,
            tuple(self.findings),
            self.dead,
        )

    def _node(self, i: int, node: NetNode) -> tuple[Bounds | None, Mask | None]:
        layout = self.shapes.layouts[i]
        if layout is None or any(self.bounds[j] is None for j in node.inputs):
            return None, None
        if node.op.name == "source":
            return self._source(node, layout), None
        edges = node.op.edges(self.context, tuple(self.shapes[j] for j in node.inputs), layout)
        match edges:
            case Dense():
                return self._dense(i, node, layout)
            case Window():
                return self._window(i, node, edges, layout)
            case Channelwise():
                return self._channelwise(i, node, edges, layout), None
            case Joined():
                return self._joined(i, node), None
            case AcrossBatch():
                return self._batch(i, node), None
            case Constant():
                return Bounds.uniform(KNOWS_NOTHING, layout.channels), None
        raise TypeError(f"`{node.id}` has edges of an unknown kind")

    # --- values from outside ---------------------------------------------------------------------------------------

    def _source(self, node: NetNode, layout: Layout) -> Bounds:
        if node.id != "x":
            return Bounds.uniform(KNOWS_NOTHING, layout.channels)
        groups = self._groups()
        return Bounds.per_channel([Bound(Kind.SELF, min(c, groups - 1)) for c in range(layout.channels)])

    def _groups(self) -> int:
        return self.relation.groups if self.relation is not None else 1

    # --- dense -----------------------------------------------------------------------------------------------------

    def _dense(self, i: int, node: NetNode, layout: Layout) -> tuple[Bounds | None, Mask | None]:
        source = node.inputs[0]
        bounds, reads = self._input_bounds(source), self._reads(source)
        if all(b.kind is Kind.NONE for b in bounds.classes):
            return Bounds.uniform(KNOWS_NOTHING, layout.channels), None
        if layout.flat and i != self.graph.output and node.cap in ("above", "upto"):
            self.findings.append(faults.cap_without_place(node))
            return None, None
        if node.unmasked:
            return self._unmasked_dense(layout)
        out = self._dense_targets(i, node, layout)
        mask = LabelMask(self.labels[0].rule, reads, self._writes(out, layout))
        return self._settle_dense(i, node, out, mask), mask

    def _reads(self, source: int) -> tuple[tuple[int, ...], ...]:
        bounds, layout = self._input_bounds(source), self.shapes[source]
        rows = [
            tuple(v for k in range(layout.channels) for v in labels.of(bounds.channel(k), layout))
            for labels in self.labels
        ]
        return tuple(rows) if len(set(rows)) > 1 else (rows[0],)

    def _input_bounds(self, i: int) -> Bounds:
        bounds = self.bounds[i]
        assert bounds is not None
        return bounds

    def _dense_targets(self, i: int, node: NetNode, layout: Layout) -> list[Bound]:
        """The bound declared for each channel: rows of F for flat units, the cap about a variable elsewhere."""
        if i == self.graph.output:
            return self._head_targets(layout)
        if layout.flat and node.cap == "none":
            return [KNOWS_NOTHING] * layout.channels
        if layout.flat:
            return [Bound(Kind.ROW, int(r)) for r in spread(len(self.rows), layout.channels, self.cut[i])]
        groups = group_layout(layout.channels, self._groups(), self.cut[i])
        return [Bound(CAP_KINDS[node.cap], int(g)) for g in groups]

    def _head_targets(self, layout: Layout) -> list[Bound]:
        size = self.context.size
        if layout.flat:
            return [Bound(Kind.BEFORE, v) for v in range(layout.channels // size)]
        groups = self._groups()
        return [Bound(Kind.BEFORE, min(c // size, groups - 1)) for c in range(layout.channels)]

    def _writes(self, out: list[Bound], layout: Layout) -> tuple[tuple[int, ...], ...]:
        size = self.context.size if layout.flat and out and out[0].kind is Kind.BEFORE else 1
        rows = [tuple(v for b in out for v in labels.of(b, layout) * size) for labels in self.labels]
        return tuple(rows) if len(set(rows)) > 1 else (rows[0],)

    def _settle_dense(self, i: int, node: NetNode, out: list[Bound], mask: LabelMask) -> Bounds | None:
        inside = _label_inside(mask.rule)
        reads, writes = sorted(set(mask.reads[0])), mask.writes[0]
        fed = {w: any(inside(r, w) for r in reads) for w in set(writes)}
        if not any(fed.values()) and self._something_allowed():
            self.findings.append(self._no_edge(i, node, out))
            return None
        if i != self.graph.output:
            self.dead += sum(1 for w in writes if not fed[w] and w)
        layout = self.shapes[i]
        if i == self.graph.output and layout.flat:
            return Bounds.uniform(Bound(Kind.BEFORE), layout.channels)
        return Bounds.per_channel(out)

    def _no_edge(self, i: int, node: NetNode, out: list[Bound]) -> Finding:
        culprit = faults.unmasked_ancestor(self.graph, i)
        if culprit is not None:
            return faults.leak(self.graph, culprit, i, self.order)
        source = node.inputs[0]
        return faults.keeps_no_edge(node, self.graph.nodes[source], self._input_bounds(source), out)

    def _something_allowed(self) -> bool:
        return self.order.allowed() > 0

    def _unmasked_dense(self, layout: Layout) -> tuple[Bounds | None, Mask | None]:
        """Everything reaches every unit: there is no variable that such a unit could help to predict."""
        return Bounds.uniform(KNOWS_ALL, layout.channels), None

    # --- windows ---------------------------------------------------------------------------------------------------

    def _window(self, i: int, node: NetNode, edges: Window, layout: Layout) -> tuple[Bounds | None, Mask | None]:
        if self.relation is None:
            self.findings.append(faults.window_under_graph(node))
            return None, None
        if len(self.orders) > 1:
            self.findings.append(faults.window_in_ensemble(node))
            return None, None
        if node.cap == "above" and not self.relation.has_lines():
            self.findings.append(faults.no_lines(node, self.order.label))
            return None, None
        source = self._input_bounds(node.inputs[0])
        if all(b.kind is Kind.NONE for b in source.classes):
            return Bounds.uniform(KNOWS_NOTHING, layout.channels), None
        declared = Bounds.per_channel(
            self._head_targets(layout) if i == self.graph.output else self._dense_targets(i, node, layout)
        )
        offsets = self._offsets(edges, source, declared)
        if node.unmasked:
            return self._open_window(source, declared, offsets), self._full_mask(source, declared, offsets)
        return self._masked_window(i, node, source, declared, offsets)

    def _offsets(self, edges: Window, source: Bounds, declared: Bounds) -> Ints:
        """The displacements of the taps: centred, or on a sequence in raster order ending at the last legal place."""
        shift = [-(k // 2) * d for k, d in zip(edges.shape, edges.dilation, strict=True)]
        if (
            len(edges.shape) == 1
            and isinstance(self.relation, EndlessGrid)
            and self.order.label in ("raster", "reverse")
        ):
            shift = [self._sequence_start(edges, source, declared)]
        grid = product(*(range(k) for k in edges.shape))
        return np.array(
            [[s + t * d for s, t, d in zip(shift, tap, edges.dilation, strict=True)] for tap in grid], dtype=np.int64
        )

    def _sequence_start(self, edges: Window, source: Bounds, declared: Bounds) -> int:
        """On a sequence: the first displacement, so that the kernel ends at the last place that some channel may know."""
        assert self.relation is not None
        reach = (edges.shape[0] - 1) * edges.dilation[0]
        ahead = self.order.label == "reverse"
        here = any(
            self.relation.kept(s, t, np.zeros((1, 1), dtype=np.int64)).any()
            for s in source.classes
            for t in declared.classes
        )
        last = 0 if here else 1
        return last if ahead else -reach - last

    def _masked_window(
        self, i: int, node: NetNode, source: Bounds, declared: Bounds, offsets: Ints
    ) -> tuple[Bounds | None, Mask | None]:
        assert self.relation is not None
        table = [[self.relation.kept(s, t, offsets) for s in source.classes] for t in declared.classes]
        if not any(kept.any() for row in table for kept in row) and self._something_allowed():
            self.findings.append(self._no_edge(i, node, list(declared.classes)))
            return None, None
        settled = [
            self._least([(s, kept) for s, kept in zip(source.classes, row, strict=True)], t, offsets)
            for t, row in zip(declared.classes, table, strict=True)
        ]
        out = Bounds.per_channel([settled[k] for k in declared.of])
        return out, self._mask(table, source, declared, offsets)

    def _mask(self, table: list[list[Bools]], source: Bounds, declared: Bounds, offsets: Ints) -> Mask:
        taps = tuple(tuple(int(v) for v in row) for row in offsets)
        if isinstance(self.relation, EndlessGrid):
            kept = tuple(tuple(tuple(bool(v) for v in cell) for cell in row) for row in table)
            return TapMask(taps, kept, source.of, declared.of)
        assert isinstance(self.relation, Ranks)
        relation = self.relation
        reads = tuple(tuple(int(v) for v in relation.known(b)) for b in source.classes)
        writes = tuple(tuple(int(v) for v in relation.known(b)) for b in declared.classes)
        return SiteMask("prefix", taps, reads, writes, source.of, declared.of)

    def _least(self, inputs: list[tuple[Bound, Bools]], target: Bound, offsets: Ints) -> Bound:
        """The least bound about the target's site and group that holds every kept input."""
        assert self.relation is not None
        for kind in KIND_ORDER:
            if kind is Kind.ABOVE and not self.relation.has_lines():
                continue
            bound = KNOWS_NOTHING if kind is Kind.NONE else Bound(kind, target.group)
            if all(self.relation.holds(s, bound, offsets, kept) for s, kept in inputs):
                return bound if kind is not Kind.ALL else KNOWS_ALL
        return KNOWS_ALL

    def _open_window(self, source: Bounds, declared: Bounds, offsets: Ints) -> Bounds:
        """`mask: none`: every edge stays, and the bound is whatever that lets through."""
        classes = [
            self._least([(s, self._everywhere(offsets)) for s in source.classes], t, offsets) for t in declared.classes
        ]
        return Bounds.per_channel([classes[k] for k in declared.of])

    def _everywhere(self, offsets: Ints) -> Bools:
        if isinstance(self.relation, Ranks):
            return self.relation.moved(offsets)[1]
        return np.ones(len(offsets), dtype=bool)

    def _full_mask(self, source: Bounds, declared: Bounds, offsets: Ints) -> Mask:
        taps = tuple(tuple(int(v) for v in row) for row in offsets)
        row = tuple(tuple(True for _ in taps) for _ in source.classes)
        return TapMask(taps, (row,) * len(declared.classes), source.of, declared.of)

    # --- without masks ---------------------------------------------------------------------------------------------

    def _channelwise(self, i: int, node: NetNode, edges: Channelwise, layout: Layout) -> Bounds | None:
        sources = [self._input_bounds(j) for j in node.inputs]
        vectors = [self.shapes[j].vector and layout.flat for j in node.inputs]
        out: list[Bound] = []
        joined: dict[frozenset[Bound], Bound | None] = {}
        for pairs in edges.sources:
            found = frozenset(Bound(Kind.SELF, k) if vectors[j] else sources[j].channel(k) for j, k in pairs)
            if found not in joined:
                joined[found] = self._union(found)
            bound = joined[found]
            if bound is None or not self._within_cap(bound, node):
                self.findings.append(self._beyond(i, node, found))
                return None
            out.append(bound)
        return Bounds.per_channel(out)

    def _union(self, bounds: frozenset[Bound]) -> Bound | None:
        """The least bound that holds them all, at one site; None where there is no such kind."""
        known = [b for b in bounds if b.kind is not Kind.NONE]
        if len(known) <= 1:
            return known[0] if known else KNOWS_NOTHING
        if any(b.kind is Kind.ALL for b in known):
            return KNOWS_ALL
        if any(b.kind is Kind.ROW for b in known):
            return self._union_rows(known)
        if self.relation is None:
            return None
        here = np.zeros((1, len(self.order.grid.sites)), dtype=np.int64)
        kept = self._everywhere(here)
        for kind in KIND_ORDER[1:-1]:
            for group in sorted({b.group for b in known}):
                if kind is Kind.ABOVE and not self.relation.has_lines():
                    continue
                if all(self.relation.holds(b, Bound(kind, group), here, kept) for b in known):
                    return Bound(kind, group)
        return KNOWS_ALL

    def _union_rows(self, known: list[Bound]) -> Bound | None:
        if any(b.kind is not Kind.ROW for b in known):
            return None
        inside = _label_inside(self.labels[0].rule)
        total = max(self.rows[b.group] for b in known) if self.order.is_ranked else 0
        if not self.order.is_ranked:
            for b in known:
                total |= self.rows[b.group]
        fitting = [r for r, row in enumerate(self.rows) if inside(total, row)]
        exact = [r for r in fitting if self.rows[r] == total]
        return Bound(Kind.ROW, exact[0]) if exact else KNOWS_ALL

    def _within_cap(self, bound: Bound, node: NetNode) -> bool:
        """Elementwise ops stay inside `before`, or the cap they declare; `self` is x and functions of it alone."""
        if bound.kind in (Kind.NONE, Kind.SELF, Kind.ROW):
            return True
        if bound.kind is Kind.ALL:
            return False
        return KIND_ORDER.index(bound.kind) <= KIND_ORDER.index(CAP_KINDS[node.cap])

    def _beyond(self, i: int, node: NetNode, found: frozenset[Bound]) -> Finding:
        culprit = faults.unmasked_ancestor(self.graph, i)
        if culprit is not None:
            return faults.leak(self.graph, culprit, i, self.order)
        return faults.beyond_cap(node, [self.graph.nodes[j] for j in node.inputs], found)

    def _joined(self, i: int, node: NetNode) -> Bounds | None:
        bounds = self._input_bounds(node.inputs[0])
        layout = self.shapes[i]
        if any(b.kind is Kind.SELF for b in bounds.classes):
            self.findings.append(faults.norm_of_x(node))
            return None
        small = [n for b, n in zip(bounds.classes, bounds.sizes, strict=True) if n < 3 and b.kind is not Kind.NONE]
        if small:
            self.findings.append(faults.degenerate_norm(node, len(small), len(bounds.classes), layout))
        return bounds

    def _batch(self, i: int, node: NetNode) -> Bounds | None:
        bounds = self._input_bounds(node.inputs[0])
        if all(b.kind is Kind.NONE for b in bounds.classes):
            return bounds
        self.findings.append(faults.batch_norm(node, self.order.label, self.shapes[i]))
        return None


def _label_inside(rule: str) -> Callable[[int, int], bool]:
    if rule == "prefix":
        return lambda r, w: r <= w
    return lambda r, w: not (r & ~w)
