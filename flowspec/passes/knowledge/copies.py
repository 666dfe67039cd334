"""Which channels hold the same numbers, whatever the weights: `concat` puts a value down twice, and so on."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING

from flowspec.graph.net import NetGraph
from flowspec.ops.base import NetContext
from flowspec.ops.edges import Channelwise
from flowspec.passes.shapes import Shapes

if TYPE_CHECKING:
    from flowspec.passes.knowledge.bounds import Derivation


def distinct_units(d: Derivation, i: int) -> tuple[int, ...]:
    """For each class of bounds of value i, how many of its channels differ from each other."""
    bounds, origins = d.input_bounds(i), Origins(d.graph, d.shapes, d.context)
    found: list[set[Hashable]] = [set() for _ in bounds.classes]
    for channel, of in enumerate(bounds.of):
        found[of].add(origins.of(i, channel))
    return tuple(len(group) for group in found)


class Origins:
    """A name for the numbers of a channel: two channels of one name are equal, up to the noise of dropout."""

    def __init__(self, graph: NetGraph, shapes: Shapes, context: NetContext) -> None:
        self.graph, self.shapes, self.context = graph, shapes, context
        self.known: dict[tuple[int, int], Hashable] = {}

    def of(self, i: int, channel: int) -> Hashable:
        """The name of one channel of value i."""
        key = (i, channel)
        if key not in self.known:
            self.known[key] = self._of(i, channel)
        return self.known[key]

    def _of(self, i: int, channel: int) -> Hashable:
        node = self.graph.nodes[i]
        if not node.inputs:
            return (i, channel)
        inputs = tuple(self.shapes[j] for j in node.inputs)
        edges = node.op.edges(self.context, inputs, self.shapes[i])
        if not isinstance(edges, Channelwise) or channel >= len(edges.sources):
            return (i, channel)
        sources = tuple(self.of(node.inputs[j], k) for j, k in edges.sources[channel])
        return sources[0] if node.op.copies else (node.op, sources)
