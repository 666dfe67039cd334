"""What a page to explore a model consists of, as data: its orders, its nets by classes, and of a flow what z depends on."""

from __future__ import annotations

from typing import Any

import numpy as np

from flowspec.graph.model import Flow
from flowspec.order import TooLarge
from flowspec.passes.dependency import flow_bits
from flowspec.passes.facts import Facts, NetFacts
from flowspec.passes.quotient import Quotient, packed
from flowspec.view.fields import behind_encoder, entries_of
from flowspec.view.graphs import spelt
from flowspec.view.orders import Generation, generations

MOST_LATENT = 4096  # variables of a flow whose dependency a page carries


def explored(facts: Facts) -> dict[str, Any]:
    """The model as one JSON object: its orders and nets, and of a flow what each entry of z depends on."""
    found = generations(facts)
    owners = {owner.id: owner for owner in facts.nets}
    densities = [_density(facts, facts.nets[owners[order.names[0]]], order) for order in found]
    model = facts.program.model
    return {"densities": densities, "latent": _latent(model, facts) if isinstance(model, Flow) else None}


def _density(facts: Facts, net: NetFacts, order: Generation) -> dict[str, Any]:
    reach = net.reach
    rank, parents = order.order.rank, order.order.parents
    return {
        "names": list(order.names),
        "order": order.order.label,
        "line": order.span.start.line,
        "file": order.span.file,
        "channels": order.grid.channels,
        "sites": list(order.grid.sites),
        "labels": list(order.labels),
        "rank": None if rank is None else rank.tolist(),
        "parents": None if parents is None else [list(row) for row in parents],
        "levels": order.levels.tolist(),
        "reach": None if reach is None else {
            "allowed": reach.allowed, "reached": reach.reached, "missing": reach.missing, "blind": reach.blind,
        },
        "net": _net(net),
    }  # fmt: skip


# --- nets --------------------------------------------------------------------------------------------------------------


def _net(net: NetFacts) -> dict[str, Any] | None:
    """One net; None where some op of it is too large for a page."""
    try:
        quotient = Quotient(net)
    except TooLarge:
        return None
    graph, context = net.conditioner.graph, net.context
    nodes = [_node(net, quotient, i) if i in quotient.edges else None for i in range(len(graph.nodes))]
    return {"nodes": nodes, "output": graph.output, "size": context.size, "joint": context.joint}


def _node(net: NetFacts, quotient: Quotient, i: int) -> dict[str, Any]:
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
    }


def _knows(net: NetFacts, i: int, channels: tuple[int, ...]) -> list[str]:
    bounds = net.knowledge.bounds[i]
    if bounds is None or net.knowledge.order is None:
        return []
    return [str(bounds.channel(k).kind.value) for k in channels]


# --- flows -------------------------------------------------------------------------------------------------------------


def _latent(flow: Flow, facts: Facts) -> dict[str, Any] | None:
    """What each entry of z depends on, as packed bits; None where there are too many variables or too little is known."""
    top = facts.densities[flow]
    if top.layout.units > MOST_LATENT or behind_encoder(flow):
        return None
    try:
        bits = flow_bits(flow, facts).dense()
    except ValueError:
        return None
    layout, entries = top.layout, entries_of(flow, facts)
    becomes = np.zeros(layout.units, dtype=np.int64)
    for k in reversed(np.flatnonzero(entries >= 0).tolist()):  # of several entries that a variable becomes, the first
        becomes[entries[k]] = k
    return {
        "channels": layout.channels,
        "sites": list(layout.sites or (1,)),
        "labels": list(facts.program.x.names),
        "becomes": becomes.tolist(),
        "rows": packed(np.packbits(bits, axis=1).tobytes()),
    }
