"""Which contexts reach a parameter."""

from __future__ import annotations

from flowspec.graph.masks import LabelMask, TapMask
from flowspec.passes.facts import NetFacts


def unseen_contexts(facts: NetFacts) -> frozenset[str]:
    """The contexts of a net that no path carries to its head. Contexts know nothing of x, so no mask drops them unless
    the layer has no unit for them."""
    graph = facts.conditioner.graph
    reaches: dict[int, set[str]] = {}
    names = {c.name for c in facts.conditioner.contexts}
    for i in sorted(graph.live()):
        node = graph.nodes[i]
        if not node.inputs:
            reaches[i] = {node.id} & names
            continue
        mask = facts.knowledge.masks[i]
        blocked = isinstance(mask, TapMask) and not any(t for row in mask.kept for taps in row for t in taps)
        blocked = blocked or (isinstance(mask, LabelMask) and min(mask.reads[0]) > max(mask.writes[0]))
        reaches[i] = set() if blocked else set().union(*(reaches[j] for j in node.inputs))
    return frozenset(names - reaches[graph.output])
