"""Densities that steps of a flow draw from: of the noise of a dequantization, and posteriors. log q is taken off log p(x),
so it has to be exact, to be 0 outside the values that the step can take, and to be drawn from with a gradient."""

from __future__ import annotations

from collections.abc import Collection, Iterator

from flowspec.diagnostics import Finding
from flowspec.graph.layout import Layout
from flowspec.graph.model import Autoregressive, Density, Flow, FlowNode, Leaf, steps_of, value_origin
from flowspec.passes.facts import DensityFacts
from flowspec.passes.support import density_support

OF_DATA = "FS315"  # mass outside the data: said of a model of data, and not of a density given data


def as_data(layout: Layout) -> Layout:
    """The layout of a value that others are given: units without sites are the variables of a vector."""
    return Layout(1, (layout.units,), vector=True) if layout.flat else layout


def draw_findings(flow: Flow, node: FlowNode, facts: DensityFacts, seen: Collection[str]) -> Iterator[Finding]:
    """What is wrong with the density that a step draws from; `seen` are the origins that some parameter sees."""
    density = node.op.drawn
    support = facts.flow.backward[0] if facts.flow is not None else density_support(density, facts.support)
    if not support.within(facts.support):
        yield Finding(
            "FS365",
            f"`{node.id}` draws from {facts.support}, and its density lies in {support}",
            density.span,
            "has mass elsewhere",
            helps=(f"begin its flow with a step that is onto {facts.support} when decoded: `flow: [logit, ...]`",),
            node=node.id,
        )
        return
    for part in _without_gradient(density):
        yield Finding(
            "FS366",
            f"`{node.id}` draws from a density without a gradient: its parameters could not be learned",
            part.span,
            "draws by discrete choices, or one variable after the other",
            helps=("use `normal` or `logistic` with a net, or a flow whose base is one of these",),
            node=node.id,
        )
    if facts.likelihood != "exact":
        message = f"`{node.id}` takes log q off log p(x), and the log-density of its q is not exact"
        yield Finding("FS368", message, density.span, helps=_towards_exact(density), node=node.id)
        return
    if value_origin(flow.number, node.input) not in seen:
        yield Finding(
            "FS367",
            f"`{node.id}` draws from a density that sees nothing of x",
            density.span,
            helps=("give it x: `given: {c: {..., in: x}}`, or a net, which reads x",),
            node=node.id,
        )


def _towards_exact(density: Density) -> tuple[str, ...]:
    """What would make a log-density exact."""
    ops = [node.op for node in steps_of(density)]
    wanted = (
        ("write `trace: exact` in it", any(op.noisy for op in ops)),
        ("write `solver: dopri5` in it, which keeps a tolerance", not all(op.guarded for op in ops)),
        ("drop the stochastic step in it", any(op.stochastic for op in ops)),
    )
    return tuple(text for text, holds in wanted if holds)


def _without_gradient(density: Density) -> Iterator[Density]:
    """What in a density cannot be drawn from as a differentiable function of its parameters and of noise."""
    if isinstance(density, Flow):
        for part in density.parts:
            yield from _without_gradient(part.density)
    elif isinstance(density, Autoregressive) or (isinstance(density, Leaf) and not density.family.smooth):
        yield density
