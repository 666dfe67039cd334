"""Cost: parameters, and the multiply-adds of one pass over the kept edges."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import numpy.typing as npt

from flowspec.graph.layout import Layout
from flowspec.graph.masks import LabelMask, Mask, SiteMask, TapMask
from flowspec.graph.pairing import PlaceMask
from flowspec.ops.edges import Dense, Window
from flowspec.passes.facts import NetFacts
from flowspec.passes.knowledge.paired import kept_pairs
from flowspec.passes.knowledge.taps import kept_taps, places_read

Ints = npt.NDArray[np.int64]


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
    if not node.inputs or not all(facts.shapes[j].units for j in node.inputs):
        return 0  # a coupling that keeps nothing has been reported
    own: int | None = node.op.multiply_adds(facts.site(i))
    if own is not None:
        return own
    inputs = tuple(facts.shapes[j] for j in node.inputs)
    if isinstance(mask, LabelMask):
        return _dense_macs(mask)
    if isinstance(mask, PlaceMask):
        return kept_pairs(mask, inputs, layout)
    edges = node.op.edges(facts.context, inputs, layout)
    if isinstance(edges, Window):
        return _window_macs(mask, edges, inputs[0], layout)
    return inputs[0].units * layout.units if isinstance(edges, Dense) else 0


def _window_macs(mask: Mask | None, edges: Window, source: Layout, layout: Layout) -> int:
    """The edges that stay on the grid: for each pair of classes the kept ones, times the channels of either."""
    if not isinstance(mask, TapMask | SiteMask):
        return source.channels * layout.channels * int(_fitting(edges.centred(), layout.sites).sum())
    readers, read = np.bincount(mask.out_class), np.bincount(mask.in_class)
    if isinstance(mask, TapMask):
        kept = np.array(mask.kept, dtype=np.int64) @ _fitting(mask.offsets, layout.sites)
    else:
        at, inside = places_read(layout.sites, np.array(mask.offsets, dtype=np.int64))
        pairs = [[kept_taps(mask, o, c, at, inside).sum() for c in range(len(read))] for o in range(len(readers))]
        kept = np.array(pairs, dtype=np.int64)
    return int(readers @ kept @ read)


def _fitting(offsets: tuple[tuple[int, ...], ...], sites: tuple[int, ...]) -> Ints:
    """(taps,) at how many places each tap reads from the grid."""
    left: Ints = np.maximum(np.array(sites) - np.abs(np.array(offsets, dtype=np.int64)), 0).prod(axis=1)
    return left


def _dense_macs(mask: LabelMask) -> int:
    reads, writes = mask.reads[0], mask.writes[0]
    if mask.rule == "prefix":
        sizes = np.searchsorted(np.sort(np.array(reads)), np.array(writes), side="right")
        return int(sizes.sum())
    return sum(1 for w in writes for r in reads if not (r & ~w))
