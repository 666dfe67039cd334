"""Velocities of ODEs: whether a solution exists, is unique, and is the same at every call (Picard and Lindelof).

Every op of a net is continuous, and Lipschitz on bounded sets; so one solution starts at each point. It exists for all
times, both ways, if the velocity grows no faster than linearly: |f(z, t)| <= a + b |z| keeps |z| below an exponential.
"""

from __future__ import annotations

from collections.abc import Iterator

from flowspec.diagnostics import Finding
from flowspec.graph.model import TIME, Conditioner, Flow, FlowNode
from flowspec.graph.net import NetGraph, NetNode


def velocity_findings(flow: Flow) -> Iterator[Finding]:
    """What is wrong with the nets that give velocities; one that stands in a loop is judged once."""
    judged: set[int] = set()
    for node in flow.nodes:
        if node.conditioner is not None and _is_velocity(node) and id(node.conditioner.graph) not in judged:
            judged.add(id(node.conditioner.graph))
            yield from _unsteady(node, node.conditioner)
            yield from _too_fast(node, node.conditioner.graph)


def _is_velocity(node: FlowNode) -> bool:
    return TIME in dict(node.op.offers).values()


def _unsteady(step: FlowNode, net: Conditioner) -> Iterator[Finding]:
    """Ops with which the velocity is not one function of z and t."""
    for i in sorted(net.graph.live()):
        found = net.graph.nodes[i]
        if found.op.unsteady:
            yield Finding(
                "FS369",
                f"`{found.id}` in the velocity of `{step.id}` {found.op.unsteady}: it is no function of z and t",
                found.span,
                f"{found.op.unsteady}",
                helps=("drop it; `norm: layer` normalizes each site by itself, the same at every call",),
                node=found.id,
            )


def _too_fast(step: FlowNode, graph: NetGraph) -> Iterator[Finding]:
    """The first op behind which the velocity may grow faster than linearly."""
    degrees: dict[int, int] = {}
    for i in sorted(graph.live()):
        node = graph.nodes[i]
        inputs = tuple(degrees[j] for j in node.inputs)
        degrees[i] = int(node.id == "x") if node.op.outside else node.op.growth(inputs)
    first = next((i for i in sorted(degrees) if degrees[i] > 1), None)
    if first is not None and degrees[graph.output] > 1:
        yield _fast(step, graph.nodes[first], degrees[first])


def _fast(step: FlowNode, node: NetNode, degree: int) -> Finding:
    return Finding(
        "FS371",
        f"the velocity of `{step.id}` may grow like |z|^{degree}: its solution may be infinite before the time is up",
        node.span,
        f"`{node.id}` multiplies values that each grow with z",
        helps=("bound all factors but one: `{chain: [..., sigmoid]}`, or compute them from `t` alone",),
        node=node.id,
    )
