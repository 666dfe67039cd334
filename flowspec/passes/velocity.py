"""Velocities of ODEs: whether a solution exists, is unique, and can be followed by a solver (Picard and Lindelof).

A velocity is one smooth function of z and t: the same at every call, and with a derivative that does not jump, since its
trace is what log|det| integrates, and no solver keeps its tolerance across jumps. Every op of a net is continuous, and
Lipschitz on bounded sets; so one solution starts at each point. It exists for all times, both ways, if the velocity grows
no faster than linearly: |f(z, t)| <= a + b |z| keeps |z| below an exponential. What follows the solution in steps of fixed
length may be far from it, and no structure of the net bounds how far.
"""

from __future__ import annotations

from collections.abc import Iterator

from flowspec.diagnostics import Finding
from flowspec.graph.model import TIME, Conditioner, Flow, FlowNode
from flowspec.graph.net import NetGraph, NetNode


def velocity_findings(flow: Flow) -> Iterator[Finding]:
    """What is wrong with how velocities are followed, and with the nets that give them; a net is judged once."""
    judged: set[int] = set()
    for node in flow.nodes:
        if node.conditioner is None or not _is_velocity(node):
            continue
        yield from _unguarded(node)
        if id(node.conditioner.graph) not in judged:
            judged.add(id(node.conditioner.graph))
            yield from _rough(node, node.conditioner)
            yield from _too_fast(node, node.conditioner.graph)


def _is_velocity(node: FlowNode) -> bool:
    return TIME in dict(node.op.offers).values()


def _unguarded(step: FlowNode) -> Iterator[Finding]:
    """Steps of fixed length: the solution is a bijection, and what they compute may be far from it."""
    if not step.op.guarded:
        message = f"`{step.id}` is solved by {step.op.solved}: nothing bounds how far its inverse and log|det| are off"
        helps = (
            "write `solver: dopri5`, which keeps a tolerance",
            "`flowspec verify SPEC` measures the error of these steps",
        )
        yield Finding("FS373", message, step.arg_span("solver"), "keeps no tolerance", helps=helps, node=step.id)


def _rough(step: FlowNode, net: Conditioner) -> Iterator[Finding]:
    """Ops with which the velocity is not one smooth function of z and t."""
    for i in sorted(net.graph.live()):
        found = net.graph.nodes[i]
        if found.op.unsteady:
            message = f"`{found.id}` in the velocity of `{step.id}` {found.op.unsteady}: it is no function of z and t"
            helps = "drop it; `norm: layer` normalizes each site by itself, the same at every call"
            yield Finding("FS369", message, found.span, found.op.unsteady, helps=(helps,), node=found.id)
        elif found.op.kinked:
            message = f"`{found.id}` in the velocity of `{step.id}` has a kink: the trace of df/dz jumps on the way"
            helps = "use `tanh`, `softplus`, `silu`, `elu` or `gelu`, with layers written out in place of a macro"
            yield Finding("FS369", message, found.span, "its derivative jumps", helps=(helps,), node=found.id)


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
