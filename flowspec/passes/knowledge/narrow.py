"""Widths that matter: into how many slices a value is cut, and the narrowest layer that every path goes through."""

from __future__ import annotations

from flowspec.graph.net import NetGraph
from flowspec.ops.base import NetContext
from flowspec.ops.edges import Channelwise, Dense, Joined
from flowspec.passes.shapes import Shapes


def cuts(graph: NetGraph, shapes: Shapes, context: NetContext) -> tuple[int, ...]:
    """For each node, into how many slices its channels are cut by what reads it (semantics K4).

    A gate cuts its input in two; ops without weights hand the cut to their inputs. Concatenation ends it, since the
    slices then fall across values.
    """
    found = [1] * len(graph.nodes)
    for i in sorted(graph.live(), reverse=True):
        node, layout = graph.nodes[i], shapes.layouts[i]
        if layout is None or not node.inputs or any(shapes.layouts[j] is None for j in node.inputs):
            continue
        inputs = tuple(shapes[j] for j in node.inputs)
        edges = node.op.edges(context, inputs, layout)
        if not isinstance(edges, Channelwise | Joined):
            continue
        for j, source in zip(node.inputs, inputs, strict=True):
            if source.channels in (layout.channels, layout.channels * node.op.slices):
                wanted = found[i] * node.op.slices
                if source.channels % wanted == 0:
                    found[j] = max(found[j], wanted)
    return tuple(found)


def common_width(graph: NetGraph, shapes: Shapes, context: NetContext, cut: tuple[int, ...]) -> int | None:
    """The number of units (for each slice) of the narrowest flat layer on every path from x to the head.

    Paths are counted: a layer is on every path iff the paths through it are all there are. None if no layer is flat.
    """
    forward, backward = _paths_from(graph), _paths_to(graph)
    total = forward[graph.output]
    widths = []
    for i, node in enumerate(graph.nodes):
        layout = shapes.layouts[i]
        if (
            i == graph.output
            or layout is None
            or not layout.flat
            or not node.inputs
            or shapes.layouts[node.inputs[0]] is None
        ):
            continue
        dense = isinstance(node.op.edges(context, tuple(shapes[j] for j in node.inputs), layout), Dense)
        if dense and total and forward[i] * backward[i] == total:
            widths.append(layout.channels // cut[i])
    return min(widths, default=None)


def _paths_from(graph: NetGraph) -> list[int]:
    count = [0] * len(graph.nodes)
    for i, node in enumerate(graph.nodes):
        count[i] = int(node.id == "x" and node.op.outside) + sum(count[j] for j in node.inputs)
    return count


def _paths_to(graph: NetGraph) -> list[int]:
    count = [0] * len(graph.nodes)
    count[graph.output] = 1
    for i in range(len(graph.nodes) - 1, -1, -1):
        for j in graph.nodes[i].inputs:
            count[j] += count[i]
    return count
