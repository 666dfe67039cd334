"""Densities by name, as heads or by themselves: where their nets stand, and what is said of their channels and values."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace

from flowspec.diagnostics import Finding, Span
from flowspec.graph.layout import Layout
from flowspec.graph.model import Autoregressive, Conditioner, Flow, Leaf, OrderChoice, value_origin
from flowspec.graph.support import Support
from flowspec.ops.base import NetContext
from flowspec.ops.densities import DensityOp
from flowspec.passes.support import infinite_end, outside_density


def head_context(
    density: Leaf | Autoregressive, layout: Layout, values: Support, ordered: bool, orders: int = 1
) -> NetContext:
    """Where the net of a density over variables of `layout` stands."""
    family = family_of(density)
    together = family.together(layout, density.joint)
    size = family.size(values, together)
    return NetContext(layout, layout, size, ordered, _count(values), orders, values, together > 1)


def family_of(density: Leaf | Autoregressive) -> DensityOp:
    """The density of each variable, or of each site."""
    family: DensityOp = density.family if isinstance(density, Leaf) else density.head
    return family


def _count(values: Support) -> int | None:
    """The number of categories of integers, the largest where they differ; 0 where nobody knows."""
    if values.unknown:
        return 0
    return max(values.count) if isinstance(values.count, tuple) else values.count


def counted(context: NetContext, conditioner: Conditioner, counts: Mapping[str, int | None]) -> NetContext:
    """The place of a net that knows the categories of the integers it is given; `counts` are those of all origins."""
    found = tuple((c.name, count) for c in conditioner.contexts if (count := counts.get(c.origin)))
    return replace(context, counts=found)


def flow_counts(flow: Flow, values: Sequence[Support]) -> dict[str, int | None]:
    """The categories of each value of a flow, by its origin: None of real numbers."""
    return {value_origin(flow.number, k): _count(support) for k, support in enumerate(values)}


def idle_modifier(order: OrderChoice, layout: Layout) -> Iterator[Finding]:
    """Notes where `channels` is written, and a vector has none."""
    if order.written is not None and layout.vector:
        yield _idle(str(order.channels), order.written)


def _idle(channels: str, span: Span) -> Finding:
    message = f"`channels: {channels}` does nothing: a vector has no channels"
    return Finding("FS235", message, span, helps=("drop it, or give x a shape with channels, such as [3, 32, 32]",))


def channel_findings(density: Leaf | Autoregressive, layout: Layout, values: Support) -> Iterator[Finding]:
    """`channels: joint` with a head that models each channel alone makes the channels of a site independent."""
    family = family_of(density)
    if density.joint and layout.vector and isinstance(density, Leaf):
        yield _idle("joint", density.span)
    if not density.joint or layout.channels == 1 or family.ties or values.unknown:
        return
    span = density.order.span if isinstance(density, Autoregressive) else density.span
    able = (
        "`discretized_logistic_mixture`"
        if values.discrete
        else "`gaussian_mixture` or `logistic_mixture`, of two or more"
    )
    shown = (f"`flowspec field SPEC {density.id}` shows it",) if density.conditioner is not None else ()
    yield Finding(
        "FS427",
        f"`channels: joint` and `{family.name}`: the {layout.channels} channels of a site become independent of each other",
        span,
        helps=(f"use `channels: inner`, or a head that models the channels of a site together: {able}", *shown),
        node=density.id,
    )


def value_findings(density: Leaf | Autoregressive, x: Support) -> Iterator[Finding]:
    """Whether the density of a whole model is one on the values of x, and on those alone (semantics F2)."""
    family = family_of(density)
    support = family.support(x)
    if x.discrete or x.unknown or support.unknown:
        return
    if not x.within(support):
        yield outside_density("x", x, support, density.span, node=density.id)
    elif x.hits_end_of(support):
        yield infinite_end("x", x, density.span, node=density.id)
    if x.within(support) and not support.within(x):
        message = f"the model puts mass outside the data: `{family.name}` is positive on {support}, and x lies in {x}"
        onto = f"a flow whose steps map the real line onto {x} keeps all of it inside"
        yield Finding("FS315", message, density.span, helps=(onto,) if support.real else (), node=density.id)
