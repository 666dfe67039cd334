"""Ops without masks: unions, and statistics (semantics N2, N7)."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

import numpy as np

from flowspec.diagnostics import Finding
from flowspec.graph.bounds import KNOWS_ALL, KNOWS_NOTHING, Bound, Bounds, Kind
from flowspec.graph.layout import Layout
from flowspec.graph.net import NetNode
from flowspec.ops.edges import Channelwise
from flowspec.passes.knowledge import faults
from flowspec.passes.knowledge.copies import distinct_units
from flowspec.passes.knowledge.relations import CAP_KINDS, KIND_ORDER, everywhere

if TYPE_CHECKING:
    from flowspec.passes.knowledge.bounds import Derivation


def channelwise(d: Derivation, i: int, node: NetNode, edges: Channelwise, layout: Layout) -> Bounds | None:
    spread = [] if layout.flat else [j for j in node.inputs if _stands_at_no_site(d, j, layout)]
    if spread:
        fault = faults.flat_at_every_site if d.shapes[spread[0]].flat else faults.vector_beside_a_coarser_grid
        d.findings.append(fault(node, d.graph.nodes[spread[0]]))
        return None
    out: list[Bound] = []
    joined: dict[frozenset[Bound], Bound | None] = {}
    for pairs in edges.sources:
        found = frozenset(_bound(d, node.inputs[j], k, layout) for j, k in pairs)
        if found not in joined:
            joined[found] = _union(d, found, layout)
        bound = joined[found]
        if bound is None or not _within_cap(d, bound, node):
            d.findings.append(_beyond(d, i, node, found))
            return None
        out.append(bound)
    return Bounds.per_channel(out)


def _stands_at_no_site(d: Derivation, j: int, layout: Layout) -> bool:
    """Whether a value knows something of x and is about no site of a grid: flat units, or a vector x beside a coarser grid."""
    bounds, own = d.input_bounds(j), d.shapes[j]
    if own.flat:
        return any(b.kind is Kind.ROW for b in bounds.classes)
    return own.sites != layout.sites and any(b.kind is not Kind.NONE for b in bounds.classes)


def _bound(d: Derivation, j: int, k: int, layout: Layout) -> Bound:
    """What number k of a value knows; the numbers of a vector share one channel, and x has a variable in each."""
    bounds, own = d.input_bounds(j), d.shapes[j]
    if own.vector and layout.flat and bounds.classes[0].kind is Kind.SELF:
        return Bound(Kind.SELF, k)
    return bounds.channel(0 if own.vector else k)


def _union(d: Derivation, bounds: frozenset[Bound], layout: Layout) -> Bound | None:
    """The least bound that holds them all, at one site; None where there is no such kind."""
    known = [b for b in bounds if b.kind is not Kind.NONE]
    if len(known) <= 1:
        return known[0] if known else KNOWS_NOTHING
    if any(b.kind is Kind.ALL for b in known):
        return KNOWS_ALL
    if layout.flat:
        return _union_flat(d, known)
    if d.relation is None:
        return None
    here = np.zeros((1, len(d.order.grid.sites)), dtype=np.int64)
    kept = everywhere(d.relation, here)
    for kind in KIND_ORDER[1:-1]:
        for group in sorted({b.group for b in known}):
            if kind is Kind.ABOVE and not d.relation.has_lines():
                continue
            if all(d.relation.holds(b, Bound(kind, group), here, kept) for b in known):
                return Bound(kind, group)
    return KNOWS_ALL


def _union_flat(d: Derivation, known: list[Bound]) -> Bound:
    """The row of F that units about nothing know together; past all of F, and so beyond any cap, where there is none."""
    if d.order.rank is None:
        own = [d.rows[b.group] if b.kind is Kind.ROW else 1 << b.group for b in known]
        total = reduce(or_, own)
    else:
        rank = d.order.rank
        held = np.zeros(len(rank), dtype=bool)
        for b in known:
            held |= rank < d.rows[b.group] if b.kind is Kind.ROW else np.arange(len(rank)) == b.group
        total = int(rank[held].max()) + 1
        if held.sum() != d.order.prefix_sizes[total]:
            return KNOWS_ALL
    return Bound(Kind.ROW, d.rows.index(total)) if total in d.rows else KNOWS_ALL


def _within_cap(d: Derivation, bound: Bound, node: NetNode) -> bool:
    """Elementwise ops stay inside `before`, or the cap they declare; `self` is x and functions of it alone."""
    if bound.kind in (Kind.NONE, Kind.SELF, Kind.ROW):
        return True
    if bound.kind is Kind.ALL:
        return False
    return KIND_ORDER.index(bound.kind) <= KIND_ORDER.index(CAP_KINDS[node.cap])


def _beyond(d: Derivation, i: int, node: NetNode, found: frozenset[Bound]) -> Finding:
    culprit = faults.unmasked_ancestor(d.graph, i)
    if culprit is not None:
        return faults.leak(d.graph, culprit, i, d.order)
    return faults.beyond_cap(node, [d.graph.nodes[j] for j in node.inputs], found)


def joined(d: Derivation, i: int, node: NetNode) -> Bounds | None:
    bounds = d.input_bounds(node.inputs[0])
    layout = d.shapes[i]
    units = distinct_units(d, node.inputs[0])
    small = [k for k, b in enumerate(bounds.classes) if units[k] < 3 and b.kind is not Kind.NONE]
    if small:
        copied = all(bounds.sizes[k] > 2 for k in small)
        d.findings.append(faults.degenerate_norm(node, len(small), len(bounds.classes), layout, copied))
    return bounds


def across_batch(d: Derivation, i: int, node: NetNode) -> Bounds | None:
    bounds = d.input_bounds(node.inputs[0])
    if all(b.kind is Kind.NONE for b in bounds.classes):
        return bounds
    d.findings.append(faults.batch_norm(node, d.order.label, d.shapes[i]))
    return None
