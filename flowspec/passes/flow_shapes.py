"""Flow shapes and conservation: the layout of every value, halves that are halves, and velocities with a solution."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from flowspec.diagnostics import Finding
from flowspec.graph.layout import Layout
from flowspec.graph.model import TIME, Flow, FlowNode, value_origin
from flowspec.ops.base import OpError, SilentError
from flowspec.ops.coupling import Coupling
from flowspec.passes.first_scales import first_scale_findings
from flowspec.passes.velocity import velocity_findings


@dataclass(frozen=True, slots=True)
class FlowShapes:
    """Layouts by value; None where a step, or one before it, failed."""

    layouts: tuple[Layout | None, ...]
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> bool:
        """Whether a step is wrong, so that nothing can be said of what it does to its values."""
        return any(finding.severity == "error" for finding in self.findings)

    def origins(self, number: int) -> dict[str, Layout]:
        """The layouts of what the nets of flow `number` may be given by itself: its values, and the time."""
        own = {value_origin(number, k): layout for k, layout in enumerate(self.layouts) if layout is not None}
        return {**own, TIME: Layout(1, (1,), vector=True)}


def step_finding(error: OpError, node: FlowNode) -> Finding:
    """A mistake that a flow step found, placed at the argument or at the step."""
    span = node.arg_span(error.argument) if error.argument else node.span
    return Finding(
        error.code, error.message, span, helps=(error.help,) if error.help else (), notes=error.notes, node=node.id
    )


def flow_shapes(flow: Flow, x: Layout | None) -> FlowShapes:
    """Lays out a flow of values; value 0 is x, of which nothing may be known."""
    layouts: dict[int, Layout | None] = {0: x}
    findings: list[Finding] = []
    seen: dict[tuple[int, Layout], tuple[Layout, ...] | None] = {}
    for node in flow.nodes:
        source = layouts.get(node.input)
        outputs = None
        if source is not None:
            key = (id(node.op), source)
            if key not in seen:
                seen[key] = _outputs(node, source, findings)
            outputs = seen[key]
        for k, value in enumerate(node.outputs):
            layouts[value] = outputs[k] if outputs is not None else None
    findings.extend(contradictions(flow))
    findings.extend(velocity_findings(flow))
    if all(finding.severity != "error" for finding in findings):
        findings.extend(first_scale_findings(flow, layouts))
    return FlowShapes(tuple(layouts[v] for v in sorted(layouts)), tuple(findings))


def contradictions(flow: Flow) -> Iterator[Finding]:
    """Arguments that do not go together, whatever the shapes are."""
    for node in flow.nodes:
        if (error := node.op.contradiction()) is not None:
            yield step_finding(error, node)


def _outputs(node: FlowNode, source: Layout, findings: list[Finding]) -> tuple[Layout, ...] | None:
    try:
        outputs: tuple[Layout, ...] = node.op.outputs(source)
    except SilentError:
        return None
    except OpError as error:
        findings.append(step_finding(error, node))
        return None
    _check_arguments(node, source, findings)
    return outputs


def _check_arguments(node: FlowNode, source: Layout, findings: list[Finding]) -> None:
    """Arguments that are wrong for this value, whose shape it keeps all the same."""
    try:
        node.op.accepts(source)
        if isinstance(node.op, Coupling):
            _check_halves(node.op, source)
    except OpError as error:
        finding = step_finding(error, node)
        if all((found.code, found.span) != (finding.code, finding.span) for found in findings):
            findings.append(finding)  # `times` swaps halves: both of one `keep` can be wrong, and are one fault


def _check_halves(op: Coupling, layout: Layout) -> None:
    kept = op.kept(layout)
    if kept.all() or not kept.any():
        what = "everything" if kept.all() else "nothing"
        raise OpError(
            "FS331",
            f"the coupling keeps {what} of {layout.units} variables: it is vacuous",
            "keep some variables and move the others",
            "keep",
        )
