"""The masks of folds along an order: the state of a recurrent net, and NADE's running sum (semantics N5)."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from flowspec.graph.bounds import KNOWS_NOTHING, Bound, Bounds, Kind
from flowspec.graph.layout import Layout
from flowspec.graph.masks import Mask
from flowspec.graph.net import NetNode
from flowspec.graph.pairing import FoldMask, Labels
from flowspec.ops.edges import Fold
from flowspec.passes.knowledge import faults
from flowspec.passes.knowledge.dense import holds
from flowspec.passes.knowledge.recurrences import both_ways, no_row_of_inputs
from flowspec.passes.knowledge.relations import KIND_ORDER

if TYPE_CHECKING:
    from flowspec.diagnostics import Finding
    from flowspec.passes.knowledge.bounds import Derivation


def derive(d: Derivation, i: int, node: NetNode, edges: Fold, layout: Layout) -> tuple[Bounds | None, Mask | None]:
    """The bounds and the mask of one op under an order: a unit of output class o at site i folds what lies inside K(o at i)."""
    below, source = d.shapes[node.inputs[0]], d.input_bounds(node.inputs[0])
    if all(b.kind is Kind.NONE for b in source.classes):
        return Bounds.uniform(KNOWS_NOTHING, layout.channels), free(edges, (below,), layout)
    if (fault := _fault(d, node, edges)) is not None:
        d.findings.append(fault)
        return None, None
    declared = Bounds.per_channel(d.targets(i, node, layout))
    writes = tuple(tuple(d.labels[0].of(b, layout)) for b in declared.classes)
    reads = _reads(d, source, below, writes)
    mask = FoldMask((source.of,), declared.of, "prefix", (reads,), (writes,))
    knowing = [row for b, row in zip(source.classes, reads, strict=True) if b.kind is not Kind.NONE]
    found = [_last(knowing, row) for row in writes]
    if not any(any(row) for row in found) and d.something_allowed():
        d.findings.append(d.no_edge(i, node, list(declared.classes)))
        return None, None
    settled = [_least(d, t, row, layout) for t, row in zip(declared.classes, found, strict=True)]
    return Bounds.per_channel([settled[k] for k in declared.of]), mask


def _fault(d: Derivation, node: NetNode, edges: Fold) -> Finding | None:
    if not d.order.is_ranked or len(d.orders) > 1:
        return no_row_of_inputs(node, len(d.orders))
    if edges.both:
        return both_ways(node, d.order)
    if node.cap == "above" and not (d.relation and d.relation.has_lines()):
        return faults.no_lines(node, d.order.label)
    return None


def _reads(d: Derivation, source: Bounds, below: Layout, writes: tuple[Labels, ...]) -> tuple[Labels, ...]:
    """The label at which each class of the input is folded, one a site. What knows nothing of x has no place in the
    order of its own: it comes in when the state is first read at its site, so that coordinates go with what they are of."""
    first = tuple(min(at) for at in zip(*writes, strict=True))
    return tuple(first if b.kind is Kind.NONE else tuple(d.labels[0].of(b, below)) for b in source.classes)


def _last(reads: list[Labels], writes: Labels) -> list[int]:
    """For each site the label of all that is folded there together, 0 over nothing."""
    known = np.array(sorted({label for row in reads for label in row}), dtype=np.int64)
    place = np.searchsorted(known, np.array(writes), side="right")
    last: list[int] = np.concatenate([[0], known])[place].tolist()
    return last


def _least(d: Derivation, target: Bound, found: list[int], layout: Layout) -> Bound:
    """The least kind about the target's group that holds what is folded, at every site (the end of N1)."""
    for kind in KIND_ORDER[:-1]:
        if kind is Kind.ABOVE and not (d.relation and d.relation.has_lines()):
            continue
        bound = KNOWS_NOTHING if kind is Kind.NONE else Bound(kind, target.group)
        own = d.labels[0].of(bound, layout)
        if all(holds(d, kind, at, label) for at, label in zip(own, found, strict=True)):
            return bound
    return target


def free(edges: Fold, inputs: tuple[Layout, ...], output: Layout) -> Mask:
    """The mask where there is no order: site by site, row-major, each with its own; both ways, everything."""
    places = output.places
    reads = tuple(range(1, places + 1))
    writes = (places,) * places if edges.both else reads
    return FoldMask(((0,) * inputs[0].channels,), (0,) * output.channels, "prefix", ((reads,),), ((writes,),))
