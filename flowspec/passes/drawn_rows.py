"""What a draw from a density depends on, with its noise held fixed: a latent of an encoder on x, data on a latent.

A leaf draws each variable from its own parameters; a flow draws its parts and takes them back through its steps, whose nets
may read contexts, too. Where a net is followed exactly so is the draw; an inverse is followed as in `dependency`.
"""

from __future__ import annotations

import numpy as np

from flowspec.graph.model import Autoregressive, Density, Flow, FlowNode, origins_of, value_origin
from flowspec.order import Bits
from flowspec.passes.facts import Facts
from flowspec.passes.step_rows import Outside, conditioned, joined, net_rows, put_back


def drawn_rows(density: Density, facts: Facts, outside: Outside, columns: int) -> Bits:
    """A row for each variable of `density`: what a draw depends on, of the `columns` that the rows of its contexts
    (`outside`, by origin) speak of. Of an autoregressive density what each conditional reads, apart from its variables.

    Raises:
        ValueError: where there is too much to follow one by one.
    """
    if isinstance(density, Flow):
        return _Backwards(density, facts, outside, columns).start()
    if density.conditioner is None:
        return Bits.nothing(facts.densities[density].layout.units, columns)
    net = facts.nets[density]
    start = Bits.nothing(net.context.x.units, columns)
    return net_rows(density.conditioner, net, start, outside)


class _Backwards:
    """A flow from its parts back to its start."""

    def __init__(self, flow: Flow, facts: Facts, outside: Outside, columns: int) -> None:
        found = facts.densities[flow].flow
        assert found is not None
        self.flow, self.facts, self.columns, self.layouts = flow, facts, columns, found.layouts
        self.outside = dict(outside)
        self.values: dict[int, Bits] = {}
        for c in flow.computed:
            net = facts.nets[c]
            nothing = Bits.nothing(net.context.x.units, columns)
            self.outside[c.origin] = net_rows(c.conditioner, net, nothing, self.outside)

    def start(self) -> Bits:
        """The rows of the value that the flow begins with. A part given others is drawn after them (semantics F5)."""
        while 0 not in self.values:
            before = len(self.values)
            for part in self.flow.parts:
                if part.value not in self.values and self._there(part.density):
                    self._have(part.value, self._part(part.density))
            for node in reversed(self.flow.nodes):
                if node.input not in self.values and all(v in self.values for v in _needed(node)):
                    self._have(node.input, self._undone(node))
            assert len(self.values) > before, "parts condition each other in a circle"
        return self.values[0]

    def _have(self, value: int, rows: Bits) -> None:
        self.values[value] = rows
        self.outside[value_origin(self.flow.number, value)] = rows

    def _there(self, density: Density) -> bool:
        own = [self.flow.own(origin) for origin in origins_of(density)]
        return all(value is None or value in self.values for value in own)

    def _part(self, density: Density) -> Bits:
        """Of a part whose variables are drawn one given the other each may depend on all that any does."""
        rows = drawn_rows(density, self.facts, self.outside, self.columns)
        if isinstance(density, Autoregressive):
            return Bits(np.repeat(np.bitwise_or.reduce(rows.data, axis=0)[None], rows.units, axis=0), rows.columns)
        return rows

    def _undone(self, node: FlowNode) -> Bits:
        """The rows of a step's input from those of what came out of it."""
        if node.op.drawn is not None and len(node.outputs) > 1:
            return self.values[node.outputs[0]]  # an encoder hands on what came in
        layout = self.layouts[node.input]
        here = Bits(np.concatenate([self.values[v].data for v in node.outputs]), self.columns)
        order, groups = node.op.order_of_entries(layout), node.op.joined(layout)
        here = here if order is None else put_back(here, order, layout.units)
        here = here if groups is None else joined(here, groups)
        if node.conditioner is None:
            return here
        return conditioned(node, here, self.facts.nets[node], layout, self.outside, back=True)


def _needed(node: FlowNode) -> tuple[int, ...]:
    return node.outputs[:1] if node.op.drawn is not None and len(node.outputs) > 1 else node.outputs
