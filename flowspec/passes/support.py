"""Supports (semantics F2): what flows into a step fits its domain, and what is decoded fits its range."""

from __future__ import annotations

from dataclasses import dataclass, field

from flowspec.diagnostics import Finding, Label, Span
from flowspec.graph.model import Autoregressive, Flow, FlowNode, Leaf, Part
from flowspec.graph.support import POSITIVE, UNIT_OPEN, UNKNOWN, Support
from flowspec.ops.base import OpError


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


@dataclass(slots=True)
class _Walk:
    """The state of one walk through a flow and back: where each value lies, and what has been said."""

    flow: Flow
    forward: list[Support]
    backward: list[Support] = field(default_factory=list)
    findings: list[Finding] = field(default_factory=list)
    seen: set[tuple[Span, str]] = field(default_factory=set)
    refused: set[int] = field(default_factory=set)  # the inputs of steps that cannot take them

    def first(self, node: FlowNode, what: str) -> bool:
        """Whether this is the first such finding at this place; a step inside a loop stands there many times."""
        key = (node.span, what)
        found = key not in self.seen
        self.seen.add(key)
        return found


def flow_supports(flow: Flow, x: Support) -> FlowSupports:
    """Carries V from the data to the parts and M from the parts back to the data.

    What a step is given that it cannot take is unknown on the way back, so that one fault gives one finding.
    """
    count = 1 + max((v for node in flow.nodes for v in node.outputs), default=0)
    walk = _Walk(flow, [x] * count)
    for node in flow.nodes:
        for value, image in zip(node.outputs, _forward(node, walk), strict=True):
            walk.forward[value] = image
    walk.backward = list(walk.forward)
    for part in flow.parts:
        walk.backward[part.value] = _part_support(part, walk.forward[part.value])
        if not isinstance(part.density, Flow):  # what a flow takes is for its own first step to say
            _check_end(part, walk)
    for node in reversed(flow.nodes):
        walk.backward[node.input] = _backward(node, walk)
    if all(finding.severity != "error" for finding in walk.findings):
        _check_data(x, walk)
    return FlowSupports(tuple(walk.forward), tuple(walk.backward), tuple(walk.findings))


def _part_support(part: Part, values: Support) -> Support:
    """Where the density of a part is positive; of a flow, where it decodes to."""
    if not isinstance(part.density, Flow):
        return density_support(part.density, values)
    if values.discrete:
        return values  # decoding clips
    inner = flow_supports(part.density, values)
    return UNKNOWN if inner.failed else inner.backward[0]


def _forward(node: FlowNode, walk: _Walk) -> tuple[Support, ...]:
    values = walk.forward[node.input]
    if values.unknown:
        return _images(node, values)
    try:
        node.op.check_values(values)
    except OpError as error:
        if walk.first(node, "kind"):
            walk.findings.append(_wrong_kind(error, node, walk.flow))
        return _images(node, UNKNOWN)
    if values.discrete:
        return _images(node, values)
    return _continuous(node, values, walk)


def _continuous(node: FlowNode, values: Support, walk: _Walk) -> tuple[Support, ...]:
    """The images of real values, which have to lie where the step is defined."""
    domain: Support = node.op.domain
    if not values.within(domain):
        walk.refused.add(node.input)
        if walk.first(node, str(values)):
            walk.findings.append(_outside(node, values, domain, walk.flow))
        if node.op.widening:
            walk.first(node, "onto")  # the same argument puts both right
        return _images(node, domain)
    if values.hits_end_of(domain) and walk.first(node, str(values)):
        walk.findings.append(_infinite(node, values, domain, walk.flow))
    return _images(node, values)


def _images(node: FlowNode, values: Support) -> tuple[Support, ...]:
    images: tuple[Support, ...] = node.op.images(values, len(node.outputs))
    return images


def _backward(node: FlowNode, walk: _Walk) -> Support:
    values: Support = node.op.together([walk.backward[v] for v in node.outputs])
    if not values.discrete and not values.within(node.op.range):
        if walk.first(node, "onto"):
            walk.findings.append(_not_onto(node, values, walk))
        values = node.op.range
    before: Support = node.op.preimage(values)
    return UNKNOWN if node.input in walk.refused else before


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


def _not_onto(node: FlowNode, values: Support, walk: _Walk) -> Finding:
    giver = _giver(node, walk)
    label = _giver_label(giver, walk)
    return Finding(
        "FS312",
        f"`{node.id}` reaches {node.op.range} only, and samples come back from {values}: the flow is not onto its base",
        node.span,
        f"is onto {node.op.range}",
        labels=(label,) if label.span != node.span else (),
        helps=(_onto_help(node, giver),),
        node=node.id,
    )


def _giver(node: FlowNode, walk: _Walk) -> FlowNode | Part:
    """The density, or the step on the way back from it, that first gives what `node` does not reach."""
    readers: dict[int, FlowNode | Part] = {part.value: part for part in walk.flow.parts}
    readers |= {reader.input: reader for reader in walk.flow.nodes}
    giver: FlowNode | Part = node
    while isinstance(giver, FlowNode):
        foreign = next((v for v in giver.outputs if not walk.backward[v].within(node.op.range)), None)
        if foreign is None or (giver is not node and _changes(giver, node.op.range, walk.backward[foreign])):
            break
        giver = readers[foreign]
    return giver


def _changes(step: FlowNode, *sets: Support) -> bool:
    """Whether a step, on the way back, may leave one of the sets or give something else."""
    return any(step.op.preimage(values) != values for values in sets)


def _giver_label(giver: FlowNode | Part, walk: _Walk) -> Label:
    if isinstance(giver, Part):
        return Label(giver.density.span, f"is positive on {walk.backward[giver.value]}")
    return Label(giver.span, f"`{giver.id}` gives back {walk.backward[giver.input]}")


def _onto_help(node: FlowNode, giver: FlowNode | Part) -> str:
    reached = node.op.range
    if isinstance(giver, FlowNode) and not giver.op.domain.within(reached) and not giver.op.domain.real:
        return f"drop both steps, or let `{giver.id}` be defined on {reached} alone"
    if node.op.widening:
        return f"write `{node.op.widening}`" + (f", or use a base on {reached}" if isinstance(giver, Part) else "")
    if reached.equals(POSITIVE):
        return "drop the step, or undo it with `log`"
    if isinstance(giver, FlowNode):
        return "drop the step"
    end = "use `base: uniform`" if reached.equals(UNIT_OPEN) else "put `sigmoid` in its place, with `base: uniform`"
    return f"drop the step, or {end}"


def _check_end(part: Part, walk: _Walk) -> None:
    values, support = walk.forward[part.value], walk.backward[part.value]
    maker = next((n for n in walk.flow.nodes if part.value in n.outputs), None)
    labels = (Label(maker.span, f"`{maker.id}` gives {values}"),) if maker else ()
    if not values.within(support):
        walk.findings.append(
            outside_density(f"part `{part.name}`", values, support, part.density.span, labels, part.name)
        )
    elif values.hits_end_of(support):
        walk.findings.append(infinite_end(f"part `{part.name}`", values, part.density.span, labels, part.name))


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


def _check_data(x: Support, walk: _Walk) -> None:
    """A note where decoded samples may fall outside the values of x."""
    decoded = walk.backward[0]
    if decoded.discrete or not walk.flow.nodes:
        return
    first = walk.flow.nodes[0]
    values = _images(first, x)[0] if x.discrete else x
    if decoded.within(values):
        return
    clips = "; decoding clips" if x.discrete else ""
    walk.findings.append(
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
