"""Windows of one tap under orders that no shift leaves alone: a unit reads its own site, which means the same in all.

Where the inclusion holds at every site, under every order of an ensemble, one mask serves all sites. So these need no
places in a row, and stand under a graph as well.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowspec.graph.bounds import KNOWS_ALL, KNOWS_NOTHING, Bound, Bounds, Kind
from flowspec.graph.masks import Mask, TapMask
from flowspec.graph.net import NetNode
from flowspec.ops.edges import Window
from flowspec.passes.knowledge.relations import KIND_ORDER, EndlessGrid, label_inside

if TYPE_CHECKING:
    from flowspec.passes.knowledge.bounds import Derivation

Settled = tuple[Bounds | None, Mask | None]


def own_site(d: Derivation, i: int, node: NetNode, edges: Window, source: Bounds, declared: Bounds) -> Settled | None:
    """The bounds and the mask of a window of one tap; None where another rule settles it."""
    if any(n > 1 for n in edges.shape) or isinstance(d.relation, EndlessGrid):
        return None
    shares = [[_share(d, s, t, node.inputs[0]) for s in source.classes] for t in declared.classes]
    mixed = any(0 < share < 1 for row in shares for share in row)
    if mixed and d.relation is not None and len(d.orders) == 1 and not node.unmasked:
        return None  # a mask for each site
    kept = [[share == 1 or node.unmasked for share in row] for row in shares]
    if not any(any(row) for row in kept) and d.something_allowed():
        d.findings.append(d.no_edge(i, node, list(declared.classes)))
        return None, None
    least = [_least(d, t, source, row, node.inputs[0]) for t, row in zip(declared.classes, kept, strict=True)]
    table = tuple(tuple((taken,) for taken in row) for row in kept)
    mask = TapMask(((0,) * len(edges.shape),), table, source.of, declared.of)
    return Bounds.per_channel([least[k] for k in declared.of]), mask


def _share(d: Derivation, source: Bound, target: Bound, node: int) -> float:
    """At what share of the sites, under all orders, K(source) lies inside K(target)."""
    found = [
        label_inside(labels.rule)(r, w)
        for labels in d.labels
        for r, w in zip(labels.of(source, d.shapes[node]), labels.of(target, d.shapes[node]), strict=True)
    ]
    return sum(found) / len(found)


def _least(d: Derivation, target: Bound, source: Bounds, kept: list[bool], node: int) -> Bound:
    """The least kind about the target's group that holds what is kept, at every site."""
    read = [b for b, taken in zip(source.classes, kept, strict=True) if taken]
    for kind in KIND_ORDER[:-1]:
        if kind is Kind.ABOVE and (d.relation is None or not d.relation.has_lines()):
            continue
        bound = KNOWS_NOTHING if kind is Kind.NONE else Bound(kind, target.group)
        if all(_holds(d, b, bound, node) for b in read):
            return bound
    return KNOWS_ALL


def _holds(d: Derivation, source: Bound, bound: Bound, node: int) -> bool:
    if bound.kind is Kind.SELF and source.kind is not Kind.NONE:
        return source == bound
    return _share(d, source, bound, node) == 1
