"""Bounds and masks of a net (semantics K, N): the largest masks within what each unit may know.

One pass in writing order decides for every op which edges it keeps. By induction over the nodes, what paths realise
stays inside the bounds; the reach pass then computes what they realise.
"""

from __future__ import annotations

from dataclasses import dataclass

from flowspec.diagnostics import Finding
from flowspec.graph.bounds import KNOWS_NOTHING, Bound, Bounds, Kind
from flowspec.graph.layout import Layout
from flowspec.graph.masks import Mask
from flowspec.graph.net import NetGraph, NetNode
from flowspec.ops.base import NetContext, OpError
from flowspec.ops.edges import (
    AcrossBatch,
    Attend,
    Channelwise,
    Constant,
    Dense,
    Fold,
    Joined,
    Recurrent,
    Strided,
    Window,
)
from flowspec.order import Order, family, group_layout, spread
from flowspec.passes.knowledge import faults
from flowspec.passes.knowledge.dense import dense
from flowspec.passes.knowledge.free_norms import degenerate_norms
from flowspec.passes.knowledge.narrow import common_width, cuts
from flowspec.passes.knowledge.paired import free_mask, paired
from flowspec.passes.knowledge.pointwise import across_batch, channelwise, joined
from flowspec.passes.knowledge.relations import CAP_KINDS, Labels, relation_of
from flowspec.passes.knowledge.window import window
from flowspec.passes.shapes import Shapes, finding_of


@dataclass(frozen=True, eq=False, slots=True)
class Knowledge:
    """What every value of a net may know, and the mask of every weighted op.

    `rows` is the family F after the narrowest layer: prefix lengths, or bit sets of variables. `dead` counts by node the
    units without inputs where something was allowed.
    """

    order: Order | None
    bounds: tuple[Bounds | None, ...]
    masks: tuple[Mask | None, ...]
    rows: tuple[int, ...]
    full_rows: tuple[int, ...]
    findings: tuple[Finding, ...]
    dead: tuple[tuple[int, int], ...] = ()

    @property
    def refused(self) -> bool:
        """Whether the net cannot be built."""
        return any(finding.severity == "error" for finding in self.findings)

    def knows_nothing(self, i: int) -> bool:
        """Whether value i is all context and coordinates, without anything of x."""
        bounds = self.bounds[i]
        return bounds is not None and all(b.kind is Kind.NONE for b in bounds.classes)


def free_knowledge(graph: NetGraph, shapes: Shapes, context: NetContext) -> Knowledge:
    """A net in which everything may know everything: a coupling's, or one that reads contexts alone."""
    bounds = tuple(
        None if layout is None else Bounds.uniform(KNOWS_NOTHING, layout.channels) for layout in shapes.layouts
    )
    masks = tuple(_free_mask(graph, shapes, context, i) for i in range(len(graph.nodes)))
    refused = [_refusal(graph, shapes, context, i, masks[i]) for i in sorted(graph.live())]
    findings = [finding for finding in refused if finding is not None] or list(degenerate_norms(graph, shapes, context))
    return Knowledge(None, bounds, masks, (), (), tuple(findings))


def _refusal(graph: NetGraph, shapes: Shapes, context: NetContext, i: int, mask: Mask | None) -> Finding | None:
    """Why an op cannot be built with the edges that it keeps."""
    node = graph.nodes[i]
    try:
        node.op.refuse(context, tuple(shapes[j] for j in node.inputs), mask)
    except OpError as error:
        return finding_of(error, node)
    return None


def _free_mask(graph: NetGraph, shapes: Shapes, context: NetContext, i: int) -> Mask | None:
    node, layout = graph.nodes[i], shapes.layouts[i]
    inputs = tuple(own for j in node.inputs if (own := shapes.layouts[j]) is not None)
    if node.op.outside or layout is None or len(inputs) < len(node.inputs):
        return None
    return free_mask(node.op.edges(context, inputs, layout), inputs, layout)


def ordered_knowledge(graph: NetGraph, shapes: Shapes, context: NetContext, orders: tuple[Order, ...]) -> Knowledge:
    """The bounds and masks of a net under an order; of an ensemble, the first member decides and all share the layout."""
    return Derivation(graph, shapes, context, orders).run()


class Derivation:
    """The state of one derivation: bounds and masks of the nodes so far."""

    def __init__(self, graph: NetGraph, shapes: Shapes, context: NetContext, orders: tuple[Order, ...]) -> None:
        self.graph, self.shapes, self.context = graph, shapes, context
        self.order, self.orders = orders[0], orders
        self.relation = relation_of(self.order)
        self.live = graph.live()
        self.cut = cuts(graph, shapes, context)
        self.bounds: list[Bounds | None] = []
        self.masks: list[Mask | None] = []
        self.findings: list[Finding] = []
        self.dead: dict[int, int] = {}
        self.full_rows, self.rows = self._family()
        self.labels = tuple(Labels(order, self.rows) for order in orders)

    def _family(self) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """All of F, and what of it fits through the narrowest flat layer; empty where no layer is flat."""
        behind = [self.shapes.layouts[i] for i in self._behind_x() - {self.graph.output}]
        if not any(layout is not None and layout.flat for layout in behind):
            return (0,), (0,)
        sees_context = any(n.op.outside and n.id != "x" and i in self.live for i, n in enumerate(self.graph.nodes))
        rows = family(self.order, sees_context).rows or (0,)
        width = common_width(self.graph, self.shapes, self.context, self.cut)
        if width is None or width >= len(rows):
            return rows, rows
        return rows, tuple(rows[j] for j in spread(len(rows), width))

    def _behind_x(self) -> set[int]:
        """The ops on paths from x to the head."""
        found: set[int] = set()
        for i in sorted(self.live):
            if any(j in found or self.graph.nodes[j].id == "x" for j in self.graph.nodes[i].inputs):
                found.add(i)
        return found

    def run(self) -> Knowledge:
        for i, node in enumerate(self.graph.nodes):
            bound, mask = self._node(i, node)
            refused = None if bound is None else _refusal(self.graph, self.shapes, self.context, i, mask)
            if refused is not None:
                self.findings.append(refused)
                bound = mask = None
            self.bounds.append(bound)
            self.masks.append(mask)
        return Knowledge(
            self.order,
            tuple(self.bounds),
            tuple(self.masks),
            self.rows,
            self.full_rows,
            tuple(self.findings),
            tuple(self.dead.items()),
        )

    def _node(self, i: int, node: NetNode) -> tuple[Bounds | None, Mask | None]:
        layout = self.shapes.layouts[i]
        if layout is None or i not in self.live or any(self.bounds[j] is None for j in node.inputs):
            return None, None  # what leads nowhere can neither leak nor lose anything
        if node.op.outside:
            return self._source(node, layout), None
        edges = node.op.edges(self.context, tuple(self.shapes[j] for j in node.inputs), layout)
        match edges:
            case Dense():
                return dense(self, i, node, layout)
            case Window():
                return window(self, i, node, edges, layout)
            case Strided() | Attend() | Fold() | Recurrent():
                return paired(self, i, node, edges, layout)
            case Channelwise():
                return channelwise(self, i, node, edges, layout), None
            case Joined():
                return joined(self, i, node), None
            case AcrossBatch():
                return across_batch(self, i, node), None
            case Constant():
                return Bounds.uniform(KNOWS_NOTHING, layout.channels), None
        raise TypeError(f"`{node.id}` has edges of an unknown kind")

    # --- values from outside ---------------------------------------------------------------------------------------

    def _source(self, node: NetNode, layout: Layout) -> Bounds:
        if node.id != "x":
            return Bounds.uniform(KNOWS_NOTHING, layout.channels)
        groups = self.groups()
        return Bounds.per_channel([Bound(Kind.SELF, min(c, groups - 1)) for c in range(layout.channels)])

    def groups(self) -> int:
        """The channels that a site tells apart; under a graph all of them."""
        return self.relation.groups if self.relation is not None else self.order.grid.channels

    # --- what the files for each kind of edge share --------------------------------------------------------------

    def input_bounds(self, i: int) -> Bounds:
        bounds = self.bounds[i]
        assert bounds is not None
        return bounds

    def no_edge(self, i: int, node: NetNode, out: list[Bound]) -> Finding:
        culprit = faults.unmasked_ancestor(self.graph, i)
        if culprit is not None:
            return faults.leak(self.graph, culprit, i, self.order)
        source = node.inputs[0]
        return faults.keeps_no_edge(node, self.graph.nodes[source], self.input_bounds(source), out)

    def something_allowed(self) -> bool:
        return self.order.allowed() > 0

    def head_targets(self, layout: Layout) -> list[Bound]:
        size = self.context.size
        if layout.flat:
            return [Bound(Kind.BEFORE, v) for v in range(layout.channels // size)]
        groups = self.groups()
        return [Bound(Kind.BEFORE, min(c // size, groups - 1)) for c in range(layout.channels)]

    def targets(self, i: int, node: NetNode, layout: Layout) -> list[Bound]:
        """The bound declared for each channel: rows of F for flat units, the cap about a variable elsewhere."""
        if i == self.graph.output:
            return self.head_targets(layout)
        if layout.flat and node.cap == "none":
            return [KNOWS_NOTHING] * layout.channels
        if layout.flat:
            carried = spread(len(self.rows), layout.channels, self.cut[i]).tolist()
            return [Bound(Kind.ROW, r) if self.rows[r] else KNOWS_NOTHING for r in carried]
        groups = group_layout(layout.channels, self.groups(), self.cut[i])
        return [Bound(CAP_KINDS[node.cap], int(g)) for g in groups]
