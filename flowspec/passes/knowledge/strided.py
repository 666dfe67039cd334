"""The mask of `down` and `up` under an order (semantics K2, N6).

A site of a coarser grid stands for the earliest site of its block. So one site reads another through a tap iff the
inclusion holds between the sites of x that they stand for, as for a window on the endless grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from flowspec.diagnostics import Finding
from flowspec.graph.bounds import KNOWS_ALL, KNOWS_NOTHING, Bound, Bounds, Kind
from flowspec.graph.layout import Layout
from flowspec.graph.masks import Mask
from flowspec.graph.net import NetNode
from flowspec.graph.pairing import StrideMask
from flowspec.ops.edges import Strided
from flowspec.passes.knowledge import faults
from flowspec.passes.knowledge.relations import KIND_ORDER, Bools, EndlessGrid, Ints, stride_of

if TYPE_CHECKING:
    from flowspec.passes.knowledge.bounds import Derivation


def derive(d: Derivation, i: int, node: NetNode, edges: Strided, layout: Layout) -> tuple[Bounds | None, Mask | None]:
    """The bounds and the mask of one op under an order."""
    below, source = d.shapes[node.inputs[0]], d.input_bounds(node.inputs[0])
    if all(b.kind is Kind.NONE for b in source.classes):
        return Bounds.uniform(KNOWS_NOTHING, layout.channels), free(edges, (below,), layout)
    if (fault := _fault(d, node, layout)) is not None:
        d.findings.append(fault)
        return None, None
    declared = Bounds.per_channel(d.targets(i, node, layout))
    taps = _taps(d, edges, source, declared, below, layout)
    if node.unmasked:
        table = [[np.ones(len(taps.steps), dtype=bool) for _ in source.classes] for _ in declared.classes]
    else:
        table = [[_kept(d, s, t, taps.steps) for s in source.classes] for t in declared.classes]
        if not any(kept.any() for row in table for kept in row) and d.something_allowed():
            d.findings.append(d.no_edge(i, node, list(declared.classes)))
            return None, None
    settled = [
        _least(d, [(s, taps.steps[kept]) for s, kept in zip(source.classes, row, strict=True)], t.group, taps.strided)
        for t, row in zip(declared.classes, table, strict=True)
    ]
    kept = tuple(tuple(tuple(cell.tolist()) for cell in row) for row in table)
    mask = StrideMask((source.of,), declared.of, edges.factors, edges.up, taps.offsets, kept)
    return Bounds.per_channel([settled[k] for k in declared.of]), mask


def free(edges: Strided, inputs: tuple[Layout, ...], output: Layout) -> Mask:
    """The mask where there is no order: a block is read whole, as it is written whole, and every site is in one."""
    offsets = _phases(edges)
    whole = (((True,) * len(offsets),),)
    return StrideMask(((0,) * inputs[0].channels,), (0,) * output.channels, edges.factors, edges.up, offsets, whole)


def _fault(d: Derivation, node: NetNode, layout: Layout) -> Finding | None:
    if not isinstance(d.relation, EndlessGrid) or len(d.orders) > 1:
        return faults.strided_under(node, d.order.label)
    if node.cap == "above" and not d.relation.has_lines():
        return faults.no_lines(node, d.order.label)
    if stride_of(d.order, layout) is None:
        return faults.finer_than_x(node, layout, d.order)
    return None


@dataclass(frozen=True, eq=False, slots=True)
class _Taps:
    """`offsets` as in StrideMask; `steps` (taps, axes) lead, on the grid of x, from the site that the output stands for
    to the one that the input stands for. `strided`: the output stands on fewer sites than x."""

    offsets: tuple[tuple[int, ...], ...]
    steps: Ints
    strided: bool


def _taps(d: Derivation, edges: Strided, source: Bounds, declared: Bounds, below: Layout, layout: Layout) -> _Taps:
    strides = stride_of(d.order, below), stride_of(d.order, layout)
    assert strides[0] is not None
    assert strides[1] is not None
    inner, outer = np.array(strides[0]), np.array(strides[1])
    offsets = _phases(edges) if edges.up else _kernel(d, edges, source, declared)
    backwards = d.relation is not None and _sign(d) < 0
    first = (inner - outer) if backwards else np.zeros(len(inner), dtype=np.int64)
    places = -np.array(offsets) * outer if edges.up else np.array(offsets) * inner
    return _Taps(offsets, places + first, any(n > 1 for n in strides[1]))


def _sign(d: Derivation) -> int:
    assert isinstance(d.relation, EndlessGrid)
    return d.relation.scan.sign


def _phases(edges: Strided) -> tuple[tuple[int, ...], ...]:
    return tuple(product(*(range(s) for s in edges.factors)))


def _centred(size: int) -> range:
    return range(-(size // 2), size - size // 2)


def _kernel(d: Derivation, edges: Strided, source: Bounds, declared: Bounds) -> tuple[tuple[int, ...], ...]:
    """Displacements from the first site of a block: centred on the earliest one, and mirrored where the order runs
    backwards; on a sequence in raster order the kernel ends at the last place that some channel may know."""
    axes = [_centred(s) for s in edges.factors]
    if len(axes) == 1 and d.order.label in ("raster", "reverse"):
        here = np.zeros((1, 1), dtype=np.int64)
        last = 0 if any(_kept(d, s, t, here).any() for s in source.classes for t in declared.classes) else -1
        axes = [range(last - edges.factors[0] + 1, last + 1)]
    if _sign(d) > 0:
        return tuple(product(*axes))
    return tuple(product(*(range(s - 1 - r[-1], s - r[0]) for s, r in zip(edges.factors, axes, strict=True))))


def _kept(d: Derivation, source: Bound, target: Bound, steps: Ints) -> Bools:
    assert d.relation is not None
    return d.relation.kept(source, target, steps)


def _least(d: Derivation, inputs: list[tuple[Bound, Ints]], group: int, strided: bool) -> Bound:
    """The least bound about a site and group that holds what is kept. A coarser site is no site of x: never `self`."""
    assert d.relation is not None
    for kind in KIND_ORDER:
        if (kind is Kind.ABOVE and not d.relation.has_lines()) or (kind is Kind.SELF and strided):
            continue
        bound = KNOWS_NOTHING if kind is Kind.NONE else Bound(kind, group)
        if all(_kept(d, s, bound, steps).all() for s, steps in inputs):
            return bound if kind is not Kind.ALL else KNOWS_ALL
    return KNOWS_ALL
