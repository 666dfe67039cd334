"""Norms of nets without an order: over one or two units they lose what they read (semantics N7)."""

from __future__ import annotations

from collections.abc import Iterator

from flowspec.diagnostics import Finding
from flowspec.graph.net import NetGraph
from flowspec.ops.base import NetContext
from flowspec.ops.edges import Joined
from flowspec.passes.knowledge import faults
from flowspec.passes.knowledge.copies import Origins
from flowspec.passes.shapes import Shapes


def degenerate_norms(graph: NetGraph, shapes: Shapes, context: NetContext) -> Iterator[Finding]:
    """Warnings about norms over fewer than three units of which some hold something of x or of a context."""
    live = sorted(graph.live())
    if any(shapes.layouts[i] is None for i in live):
        return
    origins, told = Origins(graph, shapes, context), set[int]()
    for i in live:
        node = graph.nodes[i]
        if node.op.outside or told.intersection(node.inputs):
            told.add(i)
        if node.op.outside or i not in told:
            continue
        edges = node.op.edges(context, tuple(shapes[j] for j in node.inputs), shapes[i])
        if isinstance(edges, Joined):
            units = len({origins.of(node.inputs[0], channel) for channel in range(shapes[i].channels)})
            if units < 3:
                yield faults.degenerate_norm_alone(node, units, shapes[i])
