"""What autoregressive steps realise together, where each declares one relation (semantics E).

Two steps under a graph compose it with itself: an entry then depends on parents of parents, which no step lets it know.
An inverse (`fast: sampling`) depends on all ancestors.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from flowspec.graph.model import Flow
from flowspec.ops.coupling import AutoregressiveStep, Conditioned
from flowspec.order import Order
from flowspec.passes.dependency import flow_bits
from flowspec.passes.facts import Facts, FlowFacts

LARGEST = 1024  # variables up to which the relation is multiplied out
Bools = npt.NDArray[np.bool_]


def composed_dependency(flow: Flow, facts: Facts) -> str:
    """How what the steps of a flow realise together differs from the order that each of them declares.

    Empty where it does not, and where there is no one order to compare with: couplings, or steps that rearrange.
    """
    found = facts.densities[flow].flow
    assert found is not None
    orders = _orders(flow, facts, found)
    if not orders or found.layouts[0].units > LARGEST or _plainly_whole(flow, facts, orders):
        return ""
    declared = orders[0].relation()
    if any((order.relation() != declared).any() for order in orders[1:]):
        return ""
    realised = flow_bits(flow, facts).dense() & ~np.eye(len(declared), dtype=bool)
    return _difference(realised, declared, len(orders), orders[0].label)


def _orders(flow: Flow, facts: Facts, found: FlowFacts) -> list[Order]:
    """The orders of the steps, where the entries stay in their places from x to z."""
    nodes = flow.nodes
    if len(flow.parts) > 1 or any(
        len(node.outputs) > 1 or found.layouts[node.input] != found.layouts[0] for node in nodes
    ):
        return []
    ordered = [node for node in nodes if isinstance(node.op, AutoregressiveStep)]
    others = [node for node in nodes if node not in ordered]
    moved = any(node.op.order_of_entries(found.layouts[node.input]) is not None for node in others)
    if moved or any(isinstance(node.op, Conditioned) for node in others):
        return []
    reaches = [facts.nets[node].reach for node in ordered]
    if any(reach is None or reach.dependency is None for reach in reaches):
        return []
    return [facts.nets[node].orders[0] for node in ordered]


def _plainly_whole(flow: Flow, facts: Facts, orders: list[Order]) -> bool:
    """A total order that every step realises entirely composes to itself, forwards and backwards."""
    nets = [facts.nets[node] for node in flow.nodes if node in facts.nets]
    return all(order.is_total for order in orders) and not any(net.reach is None or net.reach.missing for net in nets)


def _difference(realised: Bools, declared: Bools, steps: int, label: str) -> str:
    more, fewer = int((realised & ~declared).sum()), int((declared & ~realised).sum())
    if not more and not fewer:
        return ""
    several = f"the {steps} steps together realise" if steps > 1 else "the step realises"
    kinds = [f"{more:,} beyond them" if more else "", f"{fewer:,} of them missing" if fewer else ""]
    return (
        f"{several} {int(realised.sum()):,} pairs, where `order: {label}` has {int(declared.sum()):,}: "
        + " and ".join(kind for kind in kinds if kind)
    )
