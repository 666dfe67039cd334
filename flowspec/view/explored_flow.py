"""The flows of a model for a page, step by step: what a page needs to follow an entry of z backwards to x.

Of each step the page knows which entries it keeps, joins and rearranges, and the net that its parameters come from; it
walks back from an entry through them as `passes.dependency` composes them forwards.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from flowspec.graph.model import Flow, FlowNode
from flowspec.passes.dependency import LIMIT, flow_bits
from flowspec.passes.facts import Facts, FlowFacts
from flowspec.view.encoded import Side, relations
from flowspec.view.entries import behind_encoder, entries_of
from flowspec.view.graphs import density_words, lies, step_proof
from flowspec.view.pools import Nets, Tables
from flowspec.view.spelling import spelt

MOST_LATENT = 4096  # variables of a flow of which a page knows who sees them
MOST_PAIRS = 2**23  # of a variable and an entry of z of which it knows whether one depends on the other


def flows_of(facts: Facts, nets: Nets, tables: Tables) -> Iterator[dict[str, Any]]:
    """The model, if it is a flow, and the flows that are parts of it."""
    found = [flow for flow in facts.densities if isinstance(flow, Flow)]
    for flow in sorted(found, key=lambda flow: flow is not facts.program.model):
        yield _flow(flow, facts, nets, tables)


def _flow(flow: Flow, facts: Facts, nets: Nets, tables: Tables) -> dict[str, Any]:
    top, found = facts.densities[flow], facts.densities[flow].flow
    assert found is not None
    first, whole = found.layouts[0], flow is facts.program.model
    return {
        "id": flow.id,
        "line": flow.span.start.line,
        "likelihood": top.likelihood,
        "channels": first.channels,
        "sites": list(first.sites or (1,)),
        "of": "x" if whole else flow.id,
        "labels": list(facts.program.x.names) if whole else [],
        "values": [{"shape": str(v), "units": v.units, "channels": v.channels, "sites": list(v.sites or (1,)),
                    "lies": lies(s)} for v, s in zip(found.layouts, found.forward, strict=True)],
        "steps": [_step(node, facts, found, nets, tables) for node in flow.nodes],
        "parts": [
            {
                "name": "base" if part.name == "last" else part.name, "value": part.value,
                "words": density_words(part.density), "line": part.span.start.line,
            }
            for part in flow.parts
        ],
        "followed": first.units <= LIMIT,
        "latent": _latent(flow, facts, tables) if whole else None,
        "encoded": list(_encoded(flow, facts, tables)) if whole else [],
    }  # fmt: skip


def _step(node: FlowNode, facts: Facts, found: FlowFacts, nets: Nets, tables: Tables) -> dict[str, Any]:
    net, layout = facts.nets.get(node), found.layouts[node.input]
    record = {
        "id": node.id,
        "op": spelt(node.op),
        "line": node.span.start.line,
        "proof": step_proof(node, found),
        "parameters": node.op.parameters(layout) + (net.parameters if net else 0),
        "input": node.input,
        "outputs": list(node.outputs),
        "net": None if net is None else nets.number(net),
        "followed": net is None or nets.number(net) is not None,
        "ordered": net is not None and bool(net.orders),
    }
    if layout.units > LIMIT:
        return record
    return record | _halves(node, facts, found, tables) | _ways(node, found, tables)


def _halves(node: FlowNode, facts: Facts, found: FlowFacts, tables: Tables) -> dict[str, Any]:
    """Of a coupling the entries that it keeps, and whether its net reads them alone; of other steps with a net whether
    an entry depends on what those that it reads depend on, and so on: an inverse by levels, a solution of an ODE."""
    layout, op = found.layouts[node.input], node.op
    if node not in facts.nets:
        return {}
    if facts.nets[node].orders:
        return {"closed": op.fast == "sampling"}
    moved = op.moved(layout)
    if moved is None or moved.all():
        return {"closed": True}
    return {"kept": tables.bits(~moved), "sliced": op.sliced(layout) is not None}


def _ways(node: FlowNode, found: FlowFacts, tables: Tables) -> dict[str, Any]:
    """How the step joins and rearranges entries, and whether it draws some."""
    layout, op = found.layouts[node.input], node.op
    groups, order = op.joined(layout), op.order_of_entries(layout)
    record: dict[str, Any] = {}
    if groups is not None:
        record["groups"] = tables.integers(groups)
    if order is not None:
        record |= {"order": tables.integers(order), "reads": 1 if order.ndim == 1 else order.shape[1]}
    if op.drawn is not None:
        record["drawn"] = "behind" if len(node.outputs) > 1 else "over"
    return record


def _latent(flow: Flow, facts: Facts, tables: Tables) -> dict[str, Any] | None:
    """What each entry of z depends on, as bits; None where there are too many variables or too little is known."""
    units = facts.densities[flow].layout.units
    if units > MOST_LATENT or behind_encoder(flow):
        return None
    try:
        bits = flow_bits(flow, facts).dense()
    except ValueError:
        return None
    entries = entries_of(flow, facts)
    becomes = np.zeros(units, dtype=np.int64)
    for k in reversed(np.flatnonzero(entries >= 0).tolist()):  # of several entries that a variable becomes, the first
        becomes[entries[k]] = k
    return {"becomes": becomes.tolist(), "rows": tables.bits(bits)}


def _encoded(flow: Flow, facts: Facts, tables: Tables) -> Iterator[dict[str, Any]]:
    """What z depends on behind an encoder, and what its decoder uses, as bits; none of what is too large."""
    for relation in relations(flow, facts) if behind_encoder(flow) else ():
        wholes, parts = relation.wholes.grid.size, relation.parts.grid.size
        bits = relation.followed() if max(wholes, parts) <= MOST_LATENT and wholes * parts <= MOST_PAIRS else None
        if bits is not None:
            yield {
                "role": relation.role, "node": relation.node, "line": relation.span.start.line, "direct": relation.direct,
                "wholes": _side(relation.wholes), "parts": _side(relation.parts), "rows": tables.bits(bits.dense()),
            }  # fmt: skip


def _side(side: Side) -> dict[str, Any]:
    grid = side.grid
    return {"channels": grid.channels, "sites": list(grid.sites), "of": side.of, "labels": list(side.labels)}
