"""What keeps attention from having a mask: heads that do not fit, places that x does not have, nothing that may be read."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowspec.diagnostics import Finding
from flowspec.graph.bounds import Bound, Kind
from flowspec.graph.layout import Layout
from flowspec.graph.net import NetNode
from flowspec.ops.edges import Attend
from flowspec.passes.knowledge import faults

if TYPE_CHECKING:
    from flowspec.passes.knowledge.bounds import Derivation


def unfit(d: Derivation, i: int, node: NetNode, edges: Attend, layout: Layout) -> Finding | None:
    """What keeps this use from having a mask at all."""
    if node.cap == "above" and (d.relation is None or not d.relation.has_lines()):
        return faults.no_lines(node, d.order.label)
    for j in (i, *node.inputs):
        knows = j == i or any(b.kind is not Kind.NONE for b in d.input_bounds(j).classes)
        own = layout if j == i else d.shapes[j]
        if knows and not _stands_on(own.sites, d.context.x.sites):
            return _foreign(d, node, d.graph.nodes[j], own)
    return _unfit_heads(d, i, node, edges, layout)


def _stands_on(sites: tuple[int, ...], x: tuple[int, ...]) -> bool:
    """Whether places are those of x, or blocks of them."""
    return len(sites) == len(x) and all(n % m == 0 for n, m in zip(x, sites, strict=True))


def _unfit_heads(d: Derivation, i: int, node: NetNode, edges: Attend, layout: Layout) -> Finding | None:
    groups, slices = d.groups(), d.cut[i]
    heads = edges.heads or groups * slices
    if heads % slices == 0 and heads // slices >= groups and layout.channels % heads == 0:
        return None
    halves = "" if slices == 1 else f", {slices} times over for the {slices} slices that its reader cuts it into"
    given = f"{heads} head{'s' if heads > 1 else ''} of {layout.channels} channels"
    legal = [n for n in range(groups * slices, layout.channels + 1, slices) if layout.channels % n == 0]
    wide = -(-layout.channels // (groups * slices)) * groups * slices
    return Finding(
        "FS430",
        f"`{node.id}`: {given} cannot carry the {groups} channel{'s' if groups > 1 else ''} that the order tells apart{halves}",
        node.arg_span("heads"),
        "a head is about one channel of x",
        helps=(f"`heads: {legal[0]}` would do" if legal else f"`{wide}` channels with `heads: {groups * slices}` would do",),
        node=node.id,
    )  # fmt: skip


def _foreign(d: Derivation, node: NetNode, other: NetNode, layout: Layout) -> Finding:
    sites = list(layout.sites)
    place = "its query" if other is node else f"`{other.id}`"
    return Finding(
        "FS431",
        f"`{node.id}` attends to x from places that x does not have: {place} stands on {sites}, and x on {list(d.context.x.sites)}",
        node.span,
        "no order says what such a place may know",
        helps=("let the query stand on the sites of x: read `position`, x, or a layer of it",),
        node=node.id,
    )


def no_edge(d: Derivation, i: int, node: NetNode, out: list[Bound]) -> Finding:
    """Nothing that the keys or the values know lies inside what the output may know."""
    culprit = faults.unmasked_ancestor(d.graph, i)
    if culprit is not None:
        return faults.leak(d.graph, culprit, i, d.order)
    knowing = [j for j in node.inputs[1:] if any(b.kind is not Kind.NONE for b in d.input_bounds(j).classes)]
    source = (knowing or list(node.inputs))[0]
    return faults.keeps_no_edge(node, d.graph.nodes[source], d.input_bounds(source), out)
