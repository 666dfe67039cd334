"""Supports (semantics F2): what flows into a step fits its domain, and what is decoded fits its range."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from flowspec.diagnostics import Finding, Label, Span
from flowspec.graph.model import Autoregressive, Flow, FlowNode, Leaf, Part
from flowspec.graph.support import POSITIVE, UNKNOWN, Support
from flowspec.ops.base import OpError

Seen = set[tuple[Span, str]]


@dataclass(frozen=True, slots=True)
class FlowSupports:
    """Where data lies in every value (`forward`), and where decoded samples lie (`backward`)."""

    forward: tuple[Support, ...]
    backward: tuple[Support, ...]
    findings: tuple[Finding, ...]

    @property
    def failed(self) -> bool:
        """Whether a step meets values that it cannot take or give."""
        return any(finding.severity == "error" for finding in self.findings)


def flow_supports(flow: Flow, x: Support, part_support: Callable[[Part, Support], Support]) -> FlowSupports:
    """Carries V from the data to the parts and M from the parts back to the data.

    `part_support` gives where the density of a part is positive. After a mismatch the values become unknown, so that
    one fault gives one finding.
    """
    count = 1 + max((v for node in flow.nodes for v in node.outputs), default=0)
    forward: list[Support] = [x] * count
    findings: list[Finding] = []
    seen: Seen = set()
    for node in flow.nodes:
        images = _forward(node, forward[node.input], findings, seen, flow)
        for value, image in zip(node.outputs, images, strict=True):
            forward[value] = image
    backward: list[Support] = list(forward)
    for part in flow.parts:
        support = part_support(part, forward[part.value])
        backward[part.value] = support
        _check_end(part, forward[part.value], support, flow, findings)
    for node in reversed(flow.nodes):
        backward[node.input] = _backward(node, [backward[v] for v in node.outputs], findings, seen, flow)
    if all(finding.severity != "error" for finding in findings):
        _check_data(x, backward[0], flow, findings)
    return FlowSupports(tuple(forward), tuple(backward), tuple(findings))


def _forward(node: FlowNode, values: Support, findings: list[Finding], seen: Seen, flow: Flow) -> tuple[Support, ...]:
    if values.unknown:
        return _images(node, values)
    try:
        node.op.check_values(values)
    except OpError as error:
        if _first(node, "kind", seen):
            findings.append(_wrong_kind(error, node, flow))
        return _images(node, UNKNOWN)
    if values.discrete:
        return _images(node, values)
    domain: Support = node.op.domain
    if not values.within(domain):
        if _first(node, str(values), seen):
            findings.append(_outside(node, values, domain, flow))
        if node.op.widening:
            _first(node, "onto", seen)  # the same argument puts both right
        return _images(node, domain)
    if values.hits_end_of(domain) and _first(node, str(values), seen):
        findings.append(_infinite(node, values, domain, flow))
    return _images(node, values)


def _images(node: FlowNode, values: Support) -> tuple[Support, ...]:
    images: tuple[Support, ...] = node.op.images(values, len(node.outputs))
    return images


def _first(node: FlowNode, what: str, seen: Seen) -> bool:
    """Whether this is the first such finding at this place; a step inside a loop stands there many times."""
    key = (node.span, what)
    found = key not in seen
    seen.add(key)
    return found


def _backward(node: FlowNode, after: list[Support], findings: list[Finding], seen: Seen, flow: Flow) -> Support:
    values: Support = node.op.together(after)
    if not values.discrete and not values.within(node.op.range):
        if _first(node, "onto", seen):
            findings.append(_not_onto(node, values, flow))
        values = node.op.range
    before: Support = node.op.preimage(values)
    return before


def _source(node: FlowNode, flow: Flow) -> tuple[Label, ...]:
    """Where the value comes from."""
    maker = next((n for n in flow.nodes if node.input in n.outputs), None)
    return (Label(maker.span, f"`{maker.id}` gives it"),) if maker is not None else ()


def _outside(node: FlowNode, values: Support, domain: Support, flow: Flow) -> Finding:
    return Finding(
        "FS311",
        f"`{node.id}` is defined on {domain}, and its values lie in {values}",
        node.span,
        f"takes {domain} only",
        labels=_source(node, flow),
        helps=_map_into(node, values, domain),
        node=node.id,
    )


def _map_into(node: FlowNode, values: Support, domain: Support) -> tuple[str, ...]:
    if node.op.widening:
        return (f"write `{node.op.widening}`, or map the values into {domain} first",)
    if values.real and domain.lo >= 0 and domain.hi <= 1:
        return ("put a `sigmoid` before it",)
    if domain.equals(POSITIVE):
        return ("declare `values: positive` if the data are, or drop the step",)
    return ("move the step, or map the values into its domain first",)


def _wrong_kind(error: OpError, node: FlowNode, flow: Flow) -> Finding:
    helps = (error.help,) if error.help else ()
    span = node.arg_span(error.argument) if error.argument else node.span
    return Finding(error.code, error.message, span, labels=_source(node, flow), helps=helps, node=node.id)


def _infinite(node: FlowNode, values: Support, domain: Support, flow: Flow) -> Finding:
    return Finding(
        "FS314",
        f"`{node.id}` is infinite at an end of {values} that data can hit",
        node.span,
        f"defined on {domain}",
        labels=_source(node, flow),
        helps=(_away_from_ends(domain),),
        node=node.id,
    )


def _away_from_ends(domain: Support) -> str:
    unit = domain.lo == 0 and domain.hi == 1
    return "pull the ends in: `logit: 0.05`" if unit else "keep the data off that end, or drop the step"


def _not_onto(node: FlowNode, values: Support, flow: Flow) -> Finding:
    ends = tuple(
        Label(p.density.span, f"is positive on {values}") for p in flow.parts[-1:] if p.density.span != node.span
    )
    return Finding(
        "FS312",
        f"`{node.id}` reaches {node.op.range} only, and samples come back from {values}: the flow is not onto its base",
        node.span,
        f"is onto {node.op.range}",
        labels=ends,
        helps=(_onto_help(node),),
        node=node.id,
    )


def _onto_help(node: FlowNode) -> str:
    if node.op.widening:
        return f"write `{node.op.widening}`, or use a base on {node.op.range}"
    if node.op.range.equals(POSITIVE):
        return "drop the step, or undo it with `log`"
    unit = node.op.range.lo == 0 and node.op.range.hi == 1
    end = "use `base: uniform`" if unit else "end the flow in `sigmoid` and `base: uniform`"
    return f"drop the step, or {end}"


def _check_end(part: Part, values: Support, support: Support, flow: Flow, findings: list[Finding]) -> None:
    maker = next((n for n in flow.nodes if part.value in n.outputs), None)
    labels = (Label(maker.span, f"`{maker.id}` gives {values}"),) if maker else ()
    if not values.within(support):
        findings.append(outside_density(f"part `{part.name}`", values, support, part.density.span, labels, part.name))
    elif values.hits_end_of(support):
        findings.append(infinite_end(f"part `{part.name}`", values, part.density.span, labels, part.name))


def outside_density(
    what: str, values: Support, support: Support, span: Span, labels: tuple[Label, ...] = (), node: str = ""
) -> Finding:
    """Data lie where the density that they end in is zero."""
    message = f"{what} lies in {values}, and its density is positive on {support} only"
    helps = (_base_help(values),)
    return Finding("FS313", message, span, f"is 0 outside {support}", labels=labels, helps=helps, node=node)


def infinite_end(what: str, values: Support, span: Span, labels: tuple[Label, ...] = (), node: str = "") -> Finding:
    """Data can hit an end where the density that they end in is zero or infinite."""
    message = f"the density of {what} is 0 or infinite at an end of {values} that data can hit"
    helps = ("map the data into the inside of it, or use a density that is finite at the ends",)
    return Finding("FS314", message, span, labels=labels, helps=helps, node=node)


def _base_help(values: Support) -> str:
    if values.discrete:
        return "use a discrete density (`categorical`), or begin the flow with `dequantize`"
    if values.real:
        return "use `normal` or `logistic`, or end the flow with `sigmoid`"
    return f"no density lies on {values}: end the flow on the real line (`normal`, `logistic`) or on (0, 1) (`uniform`)"


def _check_data(x: Support, decoded: Support, flow: Flow, findings: list[Finding]) -> None:
    """A note where decoded samples may fall outside the values of x."""
    if decoded.discrete or not flow.nodes:
        return
    first = flow.nodes[0]
    values = _images(first, x)[0] if x.discrete else x
    if decoded.within(values):
        return
    clips = "; decoding clips" if x.discrete else ""
    findings.append(
        Finding(
            "FS315",
            f"the model puts mass outside the data: decoded values lie in {decoded}, data in {values}{clips}",
            first.span,
            helps=("a `logit` after `dequantize` keeps more of it inside",) if x.discrete and decoded.real else (),
            node=first.id,
        )
    )


def density_support(density: Leaf | Autoregressive, values: Support) -> Support:
    """Where a leaf or an autoregressive density is positive."""
    family = density.family if isinstance(density, Leaf) else density.head
    support: Support = family.support(values)
    return support
