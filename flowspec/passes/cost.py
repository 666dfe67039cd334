"""Cost: parameters, and the multiply-adds of one pass over the kept edges."""

from __future__ import annotations

from dataclasses import replace
from math import prod

import numpy as np

from flowspec.graph.masks import LabelMask, SiteMask, TapMask
from flowspec.ops.edges import Dense, Window
from flowspec.passes.facts import NetFacts


def net_cost(facts: NetFacts) -> NetFacts:
    """The facts with the number of learned numbers and of multiply-adds of one use."""
    graph = facts.conditioner.graph
    parameters = macs = 0
    for i in sorted(graph.live()):
        if not graph.nodes[i].op.outside:
            parameters += graph.nodes[i].op.parameters(facts.site(i))
            macs += _macs(facts, i)
    return replace(facts, parameters=parameters, macs=macs)


def _macs(facts: NetFacts, i: int) -> int:
    node, layout, mask = facts.conditioner.graph.nodes[i], facts.shapes[i], facts.knowledge.masks[i]
    if not node.inputs:
        return 0
    source = facts.shapes[node.inputs[0]]
    if isinstance(mask, TapMask):
        kept = np.array(mask.kept, dtype=np.int64).sum(2)
        pairs = (
            np.bincount(mask.out_class, minlength=kept.shape[0])
            @ kept
            @ np.bincount(mask.in_class, minlength=kept.shape[1])
        )
        return int(pairs) * layout.places
    if isinstance(mask, LabelMask):
        return _dense_macs(mask)
    edges = node.op.edges(facts.context, tuple(facts.shapes[j] for j in node.inputs), layout)
    if isinstance(mask, SiteMask):
        return source.channels * layout.units * len(mask.offsets)
    if isinstance(edges, Dense):
        return source.units * layout.units
    if isinstance(edges, Window):
        return source.channels * layout.units * prod(edges.shape)
    return 0


def _dense_macs(mask: LabelMask) -> int:
    reads, writes = mask.reads[0], mask.writes[0]
    if mask.rule == "prefix":
        sizes = np.searchsorted(np.sort(np.array(reads)), np.array(writes), side="right")
        return int(sizes.sum())
    return sum(1 for w in writes for r in reads if not (r & ~w))
