"""The verifier between passes: a program that breaks one of these is a bug of ours, not of the user."""

from __future__ import annotations

from flowspec.graph.model import Autoregressive, Density, Flow, Leaf, Program
from flowspec.graph.net import NetGraph


class InternalError(Exception):
    """An invariant of the compiler is broken."""


def verify_program(program: Program) -> None:
    """Checks the graph's invariants. Raises InternalError."""
    _density(program.model)


def _density(density: Density) -> None:
    if isinstance(density, Flow):
        _flow(density)
    elif isinstance(density, Leaf | Autoregressive) and density.conditioner is not None:
        verify_net(density.conditioner.graph)


def _flow(flow: Flow) -> None:
    made, used = {0}, set()
    for node in flow.nodes:
        if node.input not in made or node.input in used:
            raise InternalError(f"{node.id} uses value {node.input}, which is not there or was used")
        used.add(node.input)
        made.update(node.outputs)
        if node.conditioner is not None:
            verify_net(node.conditioner.graph)
    ends = {part.value for part in flow.parts}
    if ends | used != made or ends & used:
        raise InternalError(
            f"values {sorted(made - ends - used)} reach nothing, or {sorted(ends & used)} are used twice"
        )
    for part in flow.parts:
        _density(part.density)


def verify_net(graph: NetGraph) -> None:
    """Nodes read earlier nodes only, ids differ, and the head is the last. Raises InternalError."""
    ids = [node.id for node in graph.nodes]
    if len(set(ids)) != len(ids):
        raise InternalError(
            f"two nodes of `{graph.label}` share an id: {sorted(i for i in ids if ids.count(i) > 1)[:3]}"
        )
    for i, node in enumerate(graph.nodes):
        if any(not 0 <= j < i for j in node.inputs):
            raise InternalError(f"{node.id} reads a later node")
    if graph.output != len(graph.nodes) - 1:
        raise InternalError("the head is not the last node")
