"""What one step of a flow makes of dependencies: of rows of bits, one for each entry of its value.

`outside` holds the rows of the contexts that a net may read besides its x, by their origins: a context that is not there
depends on nothing that is asked about.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from flowspec.graph.layout import Layout
from flowspec.graph.model import Conditioner, FlowNode
from flowspec.ops.coupling import AutoregressiveStep, Coupling
from flowspec.ops.flow_base import Entries
from flowspec.order import Bits
from flowspec.passes.facts import NetFacts
from flowspec.passes.knowledge.by_bits import net_bits

Bools = npt.NDArray[np.bool_]
Outside = Mapping[str, Bits]
ALONE: Outside = {}


def net_rows(conditioner: Conditioner, net: NetFacts, x: Bits, outside: Outside) -> Bits:
    """A row for each variable that a net gives parameters for; `x` has a row for each entry of its input.

    Uses that look alike share their facts and not their contexts, which therefore come from the `conditioner`.
    """
    named = {c.name: outside[c.origin] for c in conditioner.contexts if c.origin in outside}
    return net_bits(net.conditioner.graph, net.shapes, net.knowledge, x, net.context, outside=named)


def joined(here: Bits, groups: Entries) -> Bits:
    """The rows of a dense step, and of its inverse: each is the union of the rows of its group."""
    joint = np.zeros((int(groups.max()) + 1, here.data.shape[1]), dtype=here.data.dtype)
    np.bitwise_or.at(joint, groups, here.data)
    return Bits(joint[groups], here.columns)


def rearranged(here: Bits, order: Entries) -> Bits:
    """The rows of a step's outputs, each the union of those that it is a function of."""
    columns = order.reshape(len(order), -1).T
    return Bits(np.bitwise_or.reduce([here.data[column] for column in columns]), here.columns)


def put_back(here: Bits, order: Entries, units: int) -> Bits:
    """The rows of a step's input from those of its outputs: each the union of the outputs that are functions of it."""
    found = np.zeros((units, here.data.shape[1]), dtype=here.data.dtype)
    for column in order.reshape(len(order), -1).T:
        np.bitwise_or.at(found, column, here.data)
    return Bits(found, here.columns)


def conditioned(
    node: FlowNode, here: Bits, net: NetFacts, layout: Layout, outside: Outside = ALONE, back: bool = False
) -> Bits:
    """Adds to the moved entries what their parameters depend on; `back` in the inverse of the step.

    Raises:
        ValueError: where the dependency of an autoregressive net is too large to follow.
    """
    assert node.conditioner is not None
    if not isinstance(node.op, Coupling):
        read = _without_x(node.conditioner, net, here, outside)
        return _ordered(node.op, here, read, net, back) if net.orders else _along_a_path(here.union(read), net, layout)
    kept, halves = node.op.kept(layout), node.op.sliced(layout)
    moved = np.flatnonzero(~kept)
    x = _zeroed(here, kept) if halves is None else here.take(np.flatnonzero(kept))
    params = net_rows(node.conditioner, net, x, outside)
    data = here.data.copy()
    data[moved] |= (params.take(moved) if halves is None else params).data
    return Bits(data, here.columns)


def _without_x(conditioner: Conditioner, net: NetFacts, here: Bits, outside: Outside) -> Bits:
    """What the parameters of each entry depend on through contexts alone."""
    nothing = Bits.nothing(here.units, here.columns)
    return net_rows(conditioner, net, nothing, outside) if outside else nothing


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


def _ordered(op: AutoregressiveStep, here: Bits, read: Bits, net: NetFacts, back: bool) -> Bits:
    """One pass adds what the parameters read; the other direction goes level by level, and reads what it has made."""
    reach = net.reach
    assert reach is not None
    if reach.dependency is None:
        raise ValueError("the dependency of this model is too large to follow one by one")
    size = here.units
    rows = np.stack([reach.dependency.row(v) for v in range(size)])
    if op.forwards == back:
        return here.union(read).through(_closure(rows, net.orders[0].sequence.tolist()))
    return here.through(rows | np.eye(size, dtype=bool)).union(read)


def _closure(rows: Bools, sequence: list[int]) -> Bools:
    """The reflexive transitive closure along the order: what an inverse by levels depends on (semantics E)."""
    closed: Bools = np.eye(len(rows), dtype=bool)
    for v in sequence:
        before = np.flatnonzero(rows[v])
        if len(before):
            closed[v] |= closed[before].any(0)
    return closed
