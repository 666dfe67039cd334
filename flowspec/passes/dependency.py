"""The dependency of a whole model as a boolean matrix, for small models, pictures and tests."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from flowspec.graph.layout import Layout
from flowspec.graph.model import Autoregressive, Flow, FlowNode
from flowspec.ops.coupling import AutoregressiveStep, Coupling
from flowspec.ops.flow_base import Entries
from flowspec.order import Bits
from flowspec.passes.facts import Facts, NetFacts
from flowspec.passes.knowledge.by_bits import net_bits
from flowspec.passes.knowledge.reach import Reach, net_reach

LIMIT = 2**16
Bools = npt.NDArray[np.bool_]


def dependency(facts: Facts, order: int = 0) -> Bools:
    """(D, D), row i = what conditional i, or entry i of z, can structurally use; columns in the order of x.

    Raises:
        ValueError: above 2^16 variables, or for an order that the ensemble does not have.
    """
    model = facts.program.model
    size = facts.summary.variables or 0
    if size > LIMIT:
        raise ValueError(f"{size:,} variables are too many for a matrix of dependencies: the limit is {LIMIT:,}")
    if isinstance(model, Flow):
        return flow_bits(model, facts).dense()
    if isinstance(model, Autoregressive):
        return _autoregressive(facts.densities[model].net, order, size)
    return np.zeros((size, size), dtype=bool)


def _autoregressive(net: NetFacts | None, order: int, size: int) -> Bools:
    assert net is not None
    if not 0 <= order < len(net.orders):
        raise ValueError(f"there is no order {order}: the model has {len(net.orders)}")
    reach = net.reach
    if order:
        reach = member_reach(net, order)
    assert reach is not None
    if reach.dependency is None:
        raise ValueError("the dependency of this model is too large to follow one by one")
    return np.stack([reach.dependency.row(v) for v in range(size)])


def member_reach(net: NetFacts, order: int) -> Reach:
    """The reach of one member of an ensemble: the same degrees, read by another order."""
    graph = net.conditioner.graph
    return net_reach(graph, net.shapes, net.knowledge, net.orders[order], net.context, order)


def flow_bits(flow: Flow, facts: Facts) -> Bits:
    """A row for each entry of z (parts in the order in which they leave), a column for each variable of x."""
    values = flow_values(flow, facts)
    encoded = {n.outputs[0] for n in flow.nodes if n.op.drawn is not None and len(n.outputs) > 1}  # are no entries of z
    rows = [values[p.value].data for p in flow.parts if p.value not in encoded]
    return Bits(np.concatenate(rows), values[0].columns)


def flow_values(flow: Flow, facts: Facts) -> dict[int, Bits]:
    """For each value of a flow a row for each entry, a column for each variable of x."""
    found = facts.densities[flow].flow
    assert found is not None
    size = found.layouts[0].units
    values: dict[int, Bits] = {0: Bits.identity(size)}
    for node in flow.nodes:
        layout = found.layouts[node.input]
        here = values[node.input]
        if node.conditioner is not None:
            here = _conditioned(node, here, facts.nets[node], layout)
        groups = node.op.joined(layout)
        here = here if groups is None else _joined(here, groups)
        order = node.op.order_of_entries(layout)
        here = here if order is None else _rearranged(here, order)
        if node.op.drawn is not None:
            here = _drawn(here, found.layouts[node.outputs[-1]].units, len(node.outputs) > 1)
        start = 0
        for value in node.outputs:
            units = found.layouts[value].units
            values[value] = here.take(np.arange(start, start + units))
            start += units
    return values


def _drawn(here: Bits, units: int, encoder: bool) -> Bits:
    """What a step draws may depend on all that comes in; an encoder hands on what came in before it."""
    every = np.repeat(np.bitwise_or.reduce(here.data, axis=0)[None], units, axis=0)
    return Bits(np.concatenate([here.data, every]) if encoder else every, here.columns)


def _joined(here: Bits, groups: Entries) -> Bits:
    """The rows of a dense step: each is the union of the rows of its group."""
    joint = np.zeros((int(groups.max()) + 1, here.data.shape[1]), dtype=here.data.dtype)
    np.bitwise_or.at(joint, groups, here.data)
    return Bits(joint[groups], here.columns)


def _rearranged(here: Bits, order: Entries) -> Bits:
    """The rows of a step's outputs, each the union of those that it is a function of."""
    columns = order.reshape(len(order), -1).T
    return Bits(np.bitwise_or.reduce([here.data[column] for column in columns]), here.columns)


def _conditioned(node: FlowNode, here: Bits, net: NetFacts, layout: Layout) -> Bits:
    """Adds to the moved entries what their parameters depend on."""
    if isinstance(node.op, AutoregressiveStep):
        return _ordered(node, here, net)
    if not isinstance(node.op, Coupling):
        return _along_a_path(here, net, layout)
    kept, halves = node.op.kept(layout), node.op.sliced(layout)
    moved = np.flatnonzero(~kept)
    x = _zeroed(here, kept) if halves is None else here.take(np.flatnonzero(kept))
    params = net_bits(net.conditioner.graph, net.shapes, net.knowledge, x, net.context)
    data = here.data.copy()
    data[moved] |= (params.take(moved) if halves is None else params).data
    return Bits(data, here.columns)


def _along_a_path(here: Bits, net: NetFacts, layout: Layout) -> Bits:
    """What the solution of an ODE depends on: the reflexive transitive closure of what its velocity does (semantics E)."""
    rows = net_bits(net.conditioner.graph, net.shapes, net.knowledge, Bits.identity(layout.units), net.context).dense()
    rows |= np.eye(len(rows), dtype=bool)
    while True:
        twice = Bits.of(rows).through(rows).dense()
        if (twice == rows).all():
            return here.through(rows)
        rows = twice


def _zeroed(here: Bits, kept: Bools) -> Bits:
    data = here.data.copy()
    data[~kept] = 0
    return Bits(data, here.columns)


def _ordered(node: FlowNode, here: Bits, net: NetFacts) -> Bits:
    reach = net.reach
    assert reach is not None
    if reach.dependency is None:
        raise ValueError("the dependency of this model is too large to follow one by one")
    size = here.units
    rows = np.stack([reach.dependency.row(v) for v in range(size)])
    if node.op.fast == "sampling":
        rows = _closure(rows, net.orders[0].sequence.tolist())
    return here.through(rows | np.eye(size, dtype=bool))


def _closure(rows: Bools, sequence: list[int]) -> Bools:
    """The reflexive transitive closure along the order: what an inverse by levels depends on (semantics E)."""
    closed: Bools = np.eye(len(rows), dtype=bool)
    for v in sequence:
        before = np.flatnonzero(rows[v])
        if len(before):
            closed[v] |= closed[before].any(0)
    return closed
