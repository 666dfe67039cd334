"""Shapes: the layout of every value of a net, for one use of it."""

from __future__ import annotations

from dataclasses import dataclass

from flowspec.diagnostics import Finding
from flowspec.graph.layout import Layout
from flowspec.graph.net import NetGraph, NetNode
from flowspec.ops.base import NetContext, OpError, SilentError


@dataclass(frozen=True, slots=True)
class Shapes:
    """Layouts by node; None where a node, or something before it, failed."""

    layouts: tuple[Layout | None, ...]
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return not self.findings

    def __getitem__(self, i: int) -> Layout:
        layout = self.layouts[i]
        assert layout is not None
        return layout


def finding_of(error: OpError, node: NetNode, label: str = "") -> Finding:
    """A mistake that an op found in its arguments or inputs, placed at the argument or at the step."""
    span = node.arg_span(error.argument) if error.argument else node.span
    helps = (error.help,) if error.help else ()
    return Finding(error.code, error.message, span, label, helps=helps, notes=error.notes, node=node.id)


MAX_CHANNELS = 2**20  # of one value: the analysis looks at each
MAX_ELEMENTS = 2**31


def _of_a_size(node: NetNode, layout: Layout, is_head: bool) -> Layout:
    """The layout, unless it is larger than anything that could be built. Raises OpError."""
    if layout.channels > MAX_CHANNELS and not is_head:
        message = f"`{node.op.name}` gives {layout.channels:,} channels; a value of a net has at most {MAX_CHANNELS:,}"
        raise OpError("FS107", message, "use a smaller width", node.op.main or "")
    if layout.units > MAX_ELEMENTS:
        message = f"`{node.op.name}` gives {layout.units:,} elements; the limit is 2^31"
        raise OpError("FS107", message, "use a smaller width", node.op.main or "")
    return layout


def net_shapes(graph: NetGraph, context: NetContext, sources: dict[str, Layout]) -> Shapes:
    """Lays out a net: `sources` gives the layout of `x` and of each context."""
    layouts: list[Layout | None] = []
    findings: list[Finding] = []
    for node in graph.nodes:
        if node.op.outside:
            layouts.append(sources.get(node.id))  # a context that this net does not read has none
            continue
        inputs = [layouts[i] for i in node.inputs]
        known = tuple(layout for layout in inputs if layout is not None)
        if len(known) < len(inputs):
            layouts.append(None)
            continue
        try:
            layouts.append(_of_a_size(node, node.op.layout(context, known), len(layouts) == graph.output))
        except SilentError:
            layouts.append(None)
        except OpError as error:
            findings.append(finding_of(error, node))
            layouts.append(None)
    return Shapes(tuple(layouts), tuple(findings))
