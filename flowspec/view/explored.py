"""What a page to explore a model consists of, as data: its orders, its nets by classes, and the steps of its flows."""

from __future__ import annotations

from typing import Any

from flowspec.order import TooLarge
from flowspec.passes.facts import Facts, NetFacts
from flowspec.passes.quotient import Quotient
from flowspec.view.explored_flow import flows_of
from flowspec.view.explored_masks import Masks
from flowspec.view.orders import Generation, generations
from flowspec.view.pools import Nets, Tables
from flowspec.view.spelling import spelt


def explored(facts: Facts) -> dict[str, Any]:
    """The model as one JSON object: its orders, its flows step by step, the nets of both, and the arrays they share."""
    found = generations(facts)
    owners = {owner.id: owner for owner in facts.nets}
    tables = Tables()
    masks = Masks(tables)
    nets = Nets(lambda net: _net(net, masks))
    densities = [_density(facts.nets[owners[order.names[0]]], order, nets) for order in found]
    flows = list(flows_of(facts, nets, tables))
    return {"densities": densities, "flows": flows, "nets": nets.records,
            "masks": masks.records, "tables": tables.records}  # fmt: skip


def _density(net: NetFacts, order: Generation, nets: Nets) -> dict[str, Any]:
    reach = net.reach
    rank, parents = order.order.rank, order.order.parents
    return {
        "names": list(order.names),
        "order": order.order.label,
        "line": order.span.start.line,
        "file": order.span.file,
        "of": order.of,
        "channels": order.grid.channels,
        "sites": list(order.grid.sites),
        "labels": list(order.labels),
        "rank": None if rank is None else rank.tolist(),
        "parents": None if parents is None else [list(row) for row in parents],
        "levels": order.levels.tolist(),
        "reach": None if reach is None else {
            "allowed": reach.allowed, "reached": reach.reached, "missing": reach.missing, "blind": reach.blind,
        },
        "net": nets.number(net),
    }  # fmt: skip


# --- nets --------------------------------------------------------------------------------------------------------------


def _net(net: NetFacts, masks: Masks) -> dict[str, Any] | None:
    """One net; None where some op of it is too large for a page."""
    try:
        quotient = Quotient(net)
    except TooLarge:
        return None
    graph, context = net.conditioner.graph, net.context
    nodes = [_node(net, quotient, i, masks) if i in quotient.edges else None for i in range(len(graph.nodes))]
    return {"nodes": nodes, "output": graph.output, "size": context.size, "joint": context.joint}


def _node(net: NetFacts, quotient: Quotient, i: int, masks: Masks) -> dict[str, Any]:
    node, layout, classes = net.conditioner.graph.nodes[i], net.shapes[i], quotient.classes[i]
    return {
        "id": node.id,
        "op": "from outside" if node.op.outside else spelt(node.op),
        "line": node.span.start.line,
        "inputs": list(node.inputs),
        "shape": str(layout),
        "sites": list(layout.sites),
        "places": layout.places,
        "classes": len(classes.first),
        "of": list(classes.of) if i == net.conditioner.graph.output else None,
        "knows": _knows(net, i, classes.first),
        "parameters": 0 if node.op.outside else node.op.parameters(net.site(i)),
        "edges": quotient.edges[i],
        "mask": masks.number(net, i),
    }


def _knows(net: NetFacts, i: int, channels: tuple[int, ...]) -> list[str]:
    bounds = net.knowledge.bounds[i]
    if bounds is None or net.knowledge.order is None:
        return []
    return [str(bounds.channel(k).kind.value) for k in channels]
