"""The dependency of a whole model as a boolean matrix, for small models, pictures and tests."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from flowspec.graph.model import Autoregressive, Flow, FlowNode, value_origin
from flowspec.order import Bits
from flowspec.passes.drawn_rows import drawn_rows
from flowspec.passes.facts import Facts, NetFacts
from flowspec.passes.knowledge.reach import Reach, net_reach
from flowspec.passes.step_rows import conditioned, joined, rearranged

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
    """For each value of a flow a row for each entry, a column for each variable of x.

    What is drawn is taken with its noise held fixed: a latent behind an encoder depends on x through q(z | x) alone.
    """
    found = facts.densities[flow].flow
    assert found is not None
    size = found.layouts[0].units
    values: dict[int, Bits] = {0: Bits.identity(size)}
    for node in flow.nodes:
        layout = found.layouts[node.input]
        here = values[node.input]
        if node.conditioner is not None:
            here = conditioned(node, here, facts.nets[node], layout)
        groups = node.op.joined(layout)
        here = here if groups is None else joined(here, groups)
        order = node.op.order_of_entries(layout)
        here = here if order is None else rearranged(here, order)
        if node.op.drawn is not None:
            here = _encoded(node, flow, facts, values) if len(node.outputs) > 1 else _noised(here)
        start = 0
        for value in node.outputs:
            units = found.layouts[value].units
            values[value] = here.take(np.arange(start, start + units))
            start += units
    return values


def _noised(here: Bits) -> Bits:
    """Noise that is drawn given a value may depend on all of it."""
    return Bits(np.repeat(np.bitwise_or.reduce(here.data, axis=0)[None], here.units, axis=0), here.columns)


def _encoded(node: FlowNode, flow: Flow, facts: Facts, values: dict[int, Bits]) -> Bits:
    """An encoder hands on what came in, and draws a latent by a density whose nets read it."""
    there = {value_origin(flow.number, value): rows for value, rows in values.items()}
    here = values[node.input]
    drawn = drawn_rows(node.op.drawn, facts, there, here.columns)
    return Bits(np.concatenate([here.data, drawn.data]), here.columns)
