"""Convolutions: one mask for all sites where the order looks the same everywhere, else one for each (semantics N1)."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from flowspec.graph.bounds import KNOWS_ALL, KNOWS_NOTHING, Bound, Bounds, Kind
from flowspec.graph.layout import Layout
from flowspec.graph.masks import Mask, SiteMask, TapMask
from flowspec.graph.net import NetNode
from flowspec.ops.edges import Window
from flowspec.passes.knowledge import faults
from flowspec.passes.knowledge.own_site import own_site
from flowspec.passes.knowledge.relations import KIND_ORDER, Bools, EndlessGrid, Ints, Ranks, everywhere, stride_of

if TYPE_CHECKING:
    from flowspec.passes.knowledge.bounds import Derivation


def window(d: Derivation, i: int, node: NetNode, edges: Window, layout: Layout) -> tuple[Bounds | None, Mask | None]:
    one = all(n == 1 for n in edges.shape)  # a unit that reads its own site needs no others beside it
    if d.relation is None and not one:
        d.findings.append(faults.window_under_graph(node))
        return None, None
    if len(d.orders) > 1 and not one:
        d.findings.append(faults.window_in_ensemble(node))
        return None, None
    if node.cap == "above" and (d.relation is None or not d.relation.has_lines()):
        d.findings.append(faults.no_lines(node, d.order.label))
        return None, None
    source = d.input_bounds(node.inputs[0])
    if all(b.kind is Kind.NONE for b in source.classes):
        return Bounds.uniform(KNOWS_NOTHING, layout.channels), None
    declared = Bounds.per_channel(d.head_targets(layout) if i == d.graph.output else d.targets(i, node, layout))
    settled = own_site(d, i, node, edges, source, declared)
    if settled is not None:
        return settled
    offsets = _offsets(d, edges, source, declared)
    stride = stride_of(d.order, layout)
    assert stride is not None
    steps = offsets * np.array(stride)  # from site to site of x; a coarser site stands for one of them
    if node.unmasked:
        return _open_window(d, source, declared, steps), _full_mask(d, source, declared, offsets)
    return _masked_window(d, i, node, source, declared, offsets, steps)


def _offsets(d: Derivation, edges: Window, source: Bounds, declared: Bounds) -> Ints:
    """The displacements of the taps: centred, or on a sequence in raster order ending at the last legal place."""
    shift = [-(k // 2) * step for k, step in zip(edges.shape, edges.dilation, strict=True)]
    sequence = len(edges.shape) == 1 and isinstance(d.relation, EndlessGrid) and d.order.label in ("raster", "reverse")
    if sequence and edges.slides:
        shift = [_sequence_start(d, edges, source, declared)]
    grid = product(*(range(k) for k in edges.shape))
    return np.array(
        [[s + t * step for s, t, step in zip(shift, tap, edges.dilation, strict=True)] for tap in grid], dtype=np.int64
    )


def _sequence_start(d: Derivation, edges: Window, source: Bounds, declared: Bounds) -> int:
    """On a sequence: the first displacement, so that the kernel ends at the last place that some channel may know."""
    assert d.relation is not None
    reach = (edges.shape[0] - 1) * edges.dilation[0]
    ahead = d.order.label == "reverse"
    here = any(
        d.relation.kept(s, t, np.zeros((1, 1), dtype=np.int64)).any() for s in source.classes for t in declared.classes
    )
    last = 0 if here else 1
    return last if ahead else -reach - last


def _masked_window(
    d: Derivation, i: int, node: NetNode, source: Bounds, declared: Bounds, offsets: Ints, steps: Ints
) -> tuple[Bounds | None, Mask | None]:
    assert d.relation is not None
    table = [[d.relation.kept(s, t, steps) for s in source.classes] for t in declared.classes]
    if not any(kept.any() for row in table for kept in row) and d.something_allowed():
        d.findings.append(d.no_edge(i, node, list(declared.classes)))
        return None, None
    settled = [
        _least(d, [(s, kept) for s, kept in zip(source.classes, row, strict=True)], t, steps)
        for t, row in zip(declared.classes, table, strict=True)
    ]
    out = Bounds.per_channel([settled[k] for k in declared.of])
    return out, _mask(d, table, source, declared, offsets)


def _mask(d: Derivation, table: list[list[Bools]], source: Bounds, declared: Bounds, offsets: Ints) -> Mask:
    taps = tuple(tuple(int(v) for v in row) for row in offsets)
    if isinstance(d.relation, EndlessGrid):
        kept = tuple(tuple(tuple(bool(v) for v in cell) for cell in row) for row in table)
        return TapMask(taps, kept, source.of, declared.of)
    assert isinstance(d.relation, Ranks)
    relation = d.relation
    reads = tuple(tuple(int(v) for v in relation.known(b)) for b in source.classes)
    writes = tuple(tuple(int(v) for v in relation.known(b)) for b in declared.classes)
    return SiteMask("prefix", taps, reads, writes, source.of, declared.of)


def _least(d: Derivation, inputs: list[tuple[Bound, Bools]], target: Bound, offsets: Ints) -> Bound:
    """The least bound about the target's site and group that holds every kept input."""
    assert d.relation is not None
    for kind in KIND_ORDER:
        if kind is Kind.ABOVE and not d.relation.has_lines():
            continue
        bound = KNOWS_NOTHING if kind is Kind.NONE else Bound(kind, target.group)
        if all(d.relation.holds(s, bound, offsets, kept) for s, kept in inputs):
            return bound if kind is not Kind.ALL else KNOWS_ALL
    return KNOWS_ALL


def _open_window(d: Derivation, source: Bounds, declared: Bounds, offsets: Ints) -> Bounds:
    """`mask: none`: every edge stays, and the bound is whatever that lets through."""
    classes = [
        _least(d, [(s, everywhere(d.relation, offsets)) for s in source.classes], t, offsets) for t in declared.classes
    ]
    return Bounds.per_channel([classes[k] for k in declared.of])


def _full_mask(d: Derivation, source: Bounds, declared: Bounds, offsets: Ints) -> Mask:
    taps = tuple(tuple(int(v) for v in row) for row in offsets)
    row = tuple(tuple(True for _ in taps) for _ in source.classes)
    return TapMask(taps, (row,) * len(declared.classes), source.of, declared.of)
