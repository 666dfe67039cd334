"""Dense layers: masks by labels, one for each unit (semantics K3, N1)."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from flowspec.graph.bounds import KNOWS_ALL, KNOWS_NOTHING, Bound, Bounds, Kind
from flowspec.graph.layout import Layout
from flowspec.graph.masks import LabelMask, Mask
from flowspec.graph.net import NetNode
from flowspec.passes.knowledge import faults
from flowspec.passes.knowledge.relations import KIND_ORDER, label_inside

if TYPE_CHECKING:
    from flowspec.passes.knowledge.bounds import Derivation


def dense(d: Derivation, i: int, node: NetNode, layout: Layout) -> tuple[Bounds | None, Mask | None]:
    source = node.inputs[0]
    bounds, reads = d.input_bounds(source), _reads(d, source)
    if all(b.kind is Kind.NONE for b in bounds.classes):
        return Bounds.uniform(KNOWS_NOTHING, layout.channels), None
    if layout.flat and i != d.graph.output and node.cap in ("above", "upto"):
        d.findings.append(faults.cap_without_place(node))
        return None, None
    if node.cap == "above" and (d.relation is None or not d.relation.has_lines()):
        d.findings.append(faults.no_lines(node, d.order.label))
        return None, None
    if node.unmasked:
        return _unmasked_dense(d, layout)
    out = d.targets(i, node, layout)
    mask = LabelMask(d.labels[0].rule, reads, _writes(d, out, layout))
    return _settle_dense(d, i, node, out, mask), mask


def _reads(d: Derivation, source: int) -> tuple[tuple[int, ...], ...]:
    bounds, layout = d.input_bounds(source), d.shapes[source]
    return _rows(d, [bounds.channel(k) for k in range(layout.channels)], layout, 1)


def _writes(d: Derivation, out: list[Bound], layout: Layout) -> tuple[tuple[int, ...], ...]:
    size = d.context.size if layout.flat and out and out[0].kind is Kind.BEFORE else 1
    return _rows(d, out, layout, size)


def _rows(d: Derivation, bounds: list[Bound], layout: Layout, size: int) -> tuple[tuple[int, ...], ...]:
    """The labels of every unit, a row for each member of an ensemble; one row where they do not hang on the order."""
    kinds = {b.kind for b in bounds}
    members = d.labels if kinds - {Kind.NONE, Kind.ROW, Kind.ALL} else d.labels[:1]
    if layout.flat and kinds == {Kind.BEFORE}:  # a head, of which an ensemble has one for each order
        groups = [b.group for b in bounds for _ in range(size)]
        rows = [tuple(map(labels.table(Kind.BEFORE).__getitem__, groups)) for labels in members]
    else:
        rows = [tuple(v for b in bounds for v in labels.of(b, layout) * size) for labels in members]
    return tuple(rows) if len(set(rows)) > 1 else (rows[0],)


def _settle_dense(d: Derivation, i: int, node: NetNode, out: list[Bound], mask: LabelMask) -> Bounds | None:
    inside = label_inside(mask.rule)
    reads, writes = sorted(set(mask.reads[0])), mask.writes[0]
    fed = {w: any(inside(r, w) for r in reads) for w in set(writes)}
    if not any(fed.values()) and d.something_allowed():
        d.findings.append(d.no_edge(i, node, out))
        return None
    dead = sum(1 for w in writes if not fed[w] and w)
    if i != d.graph.output and dead:
        d.dead[i] = dead
    layout = d.shapes[i]
    if i == d.graph.output and layout.flat:
        return Bounds.uniform(Bound(Kind.BEFORE), layout.channels)
    if layout.flat:
        return Bounds.per_channel(out)
    kept = {w: joined_label(d, [r for r in reads if inside(r, w)]) for w in set(writes)}
    least = {bound: _least(d, bound, kept, layout) for bound in set(out)}
    return Bounds.per_channel([least[bound] for bound in out])


def joined_label(d: Derivation, labels: list[int]) -> int:
    """The label of what all of `labels` know together."""
    return max(labels, default=0) if d.order.is_ranked else reduce(or_, labels, 0)


def _least(d: Derivation, target: Bound, kept: dict[int, int], layout: Layout) -> Bound:
    """The least kind about the target's group that holds what is kept, at every place (the end of N1)."""
    found = [kept[w] for w in d.labels[0].of(target, layout)]
    for kind in KIND_ORDER[:-1]:
        if kind is Kind.ABOVE and (d.relation is None or not d.relation.has_lines()):
            continue
        bound = KNOWS_NOTHING if kind is Kind.NONE else Bound(kind, target.group)
        own = d.labels[0].of(bound, layout)
        if all(holds(d, kind, at, label) for at, label in zip(own, found, strict=True)):
            return bound
    return target


def holds(d: Derivation, kind: Kind, own: int, label: int) -> bool:
    """Whether the bound with label `own` holds all that a label stands for."""
    if kind is Kind.SELF and d.order.is_ranked:  # of the prefixes only the first can be {i}
        return label == 0 or (label == own == 1 and bool(d.order.class_sizes[0] == 1))
    return label_inside(d.labels[0].rule)(label, own)


def _unmasked_dense(d: Derivation, layout: Layout) -> tuple[Bounds | None, Mask | None]:
    """Everything reaches every unit: there is no variable that such a unit could help to predict."""
    return Bounds.uniform(KNOWS_ALL, layout.channels), None
