"""Reach of an MLP under a ranked order: every unit depends on a prefix of the ranks (semantics D4)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt

from flowspec.graph.masks import LabelMask
from flowspec.graph.net import NetGraph
from flowspec.ops.base import NetContext
from flowspec.ops.edges import Channelwise, Joined
from flowspec.order import Order, prefix_levels
from flowspec.passes.knowledge.bounds import Knowledge
from flowspec.passes.shapes import Shapes

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Prefixes:
    """The parameters of variable v depend on the first `known[v]` rank classes."""

    order: Order
    known: Ints

    def count(self) -> int:
        return int(self.order.prefix_sizes[self.known].sum())

    def row(self, v: int) -> Bools:
        assert self.order.rank is not None
        row: Bools = self.order.rank < self.known[v]
        return row

    def knows_nothing(self) -> Bools:
        nothing: Bools = self.known == 0
        return nothing

    def levels(self) -> Ints:
        return prefix_levels(self.order, self.known)


def prefix_reach(
    graph: NetGraph, shapes: Shapes, knowledge: Knowledge, order: Order, context: NetContext, member: int = 0
) -> tuple[Prefixes, tuple[int, int]]:
    """Follows prefix lengths. A unit of x itself is not a prefix: it is marked by -1 until a layer reads it.

    Repeating an op of a fixed width changes no degree, so what is missing here is blind.
    """
    known: list[Ints | None] = []
    for i, node in enumerate(graph.nodes):
        layout = shapes.layouts[i]
        mask = knowledge.masks[i]
        if layout is None or i not in graph.live():
            known.append(None)
        elif not node.inputs:
            known.append(np.full(layout.units, -1 if node.id == "x" else 0, dtype=np.int64))
        elif knowledge.knows_nothing(i):
            known.append(np.zeros(layout.units, dtype=np.int64))
        elif isinstance(mask, LabelMask):
            known.append(_dense(_of(known, node.inputs[0]), mask, member))
        else:
            inputs = [_of(known, j) for j in node.inputs]
            edges = node.op.edges(context, tuple(shapes[j] for j in node.inputs), layout)
            known.append(_unmasked(edges, inputs, layout.units, knowledge, i))
    head = _of(known, graph.output)
    result = Prefixes(order, np.tile(head[:: context.size], context.sharing))
    return result, (result.count(), result.count())


def _of(known: list[Ints | None], i: int) -> Ints:
    value = known[i]
    assert value is not None
    return value


def _dense(inputs: Ints, mask: LabelMask, member: int) -> Ints:
    """Units that read all inputs whose label is at most theirs. Where x is among those, the prefix is whole."""
    reads, writes = (np.array(row) for row in mask.member(member))
    own = inputs < 0
    dep = np.where(own, reads, inputs)
    order = np.argsort(reads, kind="stable")
    longest = np.concatenate([[0], np.maximum.accumulate(dep[order])])
    found: Ints = longest[np.searchsorted(reads[order], writes, side="right")].astype(np.int64)
    return found


@lru_cache(maxsize=32)
def _one_input(edges: Channelwise) -> tuple[Ints, Ints]:
    """What the channels read one after the other, and where each begins; the members of an ensemble share it."""
    counts = [len(pairs) for pairs in edges.sources]
    reads = np.array([k for pairs in edges.sources for _, k in pairs], dtype=np.int64)
    return reads, np.cumsum([0, *counts[:-1]])


def _unmasked(edges: Any, inputs: list[Ints], units: int, knowledge: Knowledge, i: int) -> Ints:
    if isinstance(edges, Channelwise):
        if len(edges.sources) != units:  # the sites of a vector share one channel
            return inputs[0]
        if len(inputs) == 1:
            reads, starts = _one_input(edges)
            return np.maximum.reduceat(inputs[0][reads], starts).astype(np.int64)
        return np.array([max(int(inputs[j][k]) for j, k in pairs) for pairs in edges.sources], dtype=np.int64)
    if isinstance(edges, Joined):
        bounds = knowledge.bounds[i]
        assert bounds is not None
        of, result = np.array(bounds.of), inputs[0].copy()
        for c in range(len(bounds.classes)):
            result[of == c] = inputs[0][of == c].max()
        return result
    return np.zeros(units, dtype=np.int64)
