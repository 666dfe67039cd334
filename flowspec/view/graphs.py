"""The typed graph of a model as inert data: what is computed from what, with shapes, bounds, supports and sizes.

Rounds of a loop that look alike are one box, which says how many there are: a picture of 32 equal steps shows one.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from flowspec.diagnostics import Span
from flowspec.graph.bounds import Bounds
from flowspec.graph.model import Autoregressive, Density, Flow, FlowNode, Leaf
from flowspec.graph.support import Support
from flowspec.passes.facts import Facts, FlowFacts, NetFacts
from flowspec.passes.parts import given_values
from flowspec.view.chart_rounds import Box, Chart, Merging
from flowspec.view.fields import no_field
from flowspec.view.spelling import spelt
from flowspec.view.words import many, place


def charts(facts: Facts, node: str | None = None) -> tuple[Chart, ...]:
    """The graph of the model, then the flows that its steps draw from and the nets of its densities; or the flow or net
    of the density or step that `node` names.

    Raises:
        ViewError: when there is no such flow or net.
    """
    model = facts.program.model
    flows = [density for density in facts.densities if isinstance(density, Flow)]
    flows.sort(key=lambda flow: flow is not model)
    known = [owner.id for owner in (*flows, *facts.nets)]
    if node is not None and node not in known:
        raise no_field(node, known)
    whole = [_flow_chart(flow, facts) for flow in flows if node in (None, flow.id)]
    if isinstance(model, Leaf) and model not in facts.nets and node is None:
        whole = [_leaf_chart(model, facts)]
    owners = [owner for owner in facts.nets if node == owner.id or (node is None and not isinstance(owner, FlowNode))]
    return (*whole, *(_net_chart(facts, owner) for owner in _distinct(facts, owners)))


def _distinct(facts: Facts, owners: list[Any]) -> Iterator[Any]:
    """One owner for each net: uses that look alike share their facts."""
    seen: set[int] = set()
    for owner in owners:
        if id(facts.nets[owner]) not in seen:
            seen.add(id(facts.nets[owner]))
            yield owner


# --- nets --------------------------------------------------------------------------------------------------------------


def _noted(span: Span, facts: Facts) -> str:
    """The codes of what check says of exactly this step."""
    codes = ", ".join(f.code for f in facts.findings if f.span == span)
    return f"; {codes}" if codes else ""


def _net_chart(facts: Facts, owner: Any) -> Chart:
    net, merging = facts.nets[owner], Merging()
    graph, live = net.conditioner.graph, net.conditioner.graph.live()
    for i, node in enumerate(graph.nodes):
        if i in live:
            reads = tuple(j for k, j in enumerate(node.inputs) if k not in node.op.shaped_by)
            merging.add(i, _net_box(net, i, _noted(node.span, facts)), reads, node.scope, node.op)
    end = len(graph.nodes)
    if isinstance(owner, Autoregressive | Leaf):
        family = owner.head if isinstance(owner, Autoregressive) else owner.family
        words, target = spelt(family), str(net.context.target)
        box = Box(owner.id, words, "density", target, "one for each variable", line=owner.span.start.line)
        merging.add(end, box, (graph.output,))
    order = net.orders[0].label if net.orders else ""
    title = f"{owner.id}: net under order {order}" if order else f"{owner.id}: net"
    return merging.chart(title, place(graph.span), tuple(_net_facts(net)))


def _net_facts(net: NetFacts) -> Iterator[str]:
    yield f"{many(net.parameters, 'parameter')}; {net.macs:,} multiply-adds a pass"
    if net.reach is not None and net.reach.missing is not None:
        yield f"{net.reach.allowed:,} pairs allowed, {net.reach.missing:,} missing"


def _net_box(net: NetFacts, i: int, noted: str) -> Box:
    node, layout = net.conditioner.graph.nodes[i], net.shapes[i]
    parameters = 0 if node.op.outside else node.op.parameters(net.site(i))
    kind = "source" if node.op.outside else "weighted" if parameters else "plain"
    words = "from outside" if node.op.outside else spelt(node.op)
    return Box(
        node.id,
        words,
        kind,
        str(layout),
        (_known(net, i) + noted).removeprefix("; "),
        parameters,
        line=node.span.start.line,
    )


def _known(net: NetFacts, i: int) -> str:
    """What the channels of a value may know, the groups of each kind counted."""
    bounds: Bounds | None = net.knowledge.bounds[i]
    if bounds is None or net.knowledge.order is None:
        return ""
    kinds: dict[str, int] = {}
    for bound in bounds.classes:
        kinds[bound.kind.value] = kinds.get(bound.kind.value, 0) + 1
    return "knows " + ", ".join(kind if n == 1 else f"{kind} in {n} groups" for kind, n in kinds.items())


def _leaf_chart(leaf: Leaf, facts: Facts) -> Chart:
    """A density that reads nothing: x and its distributions."""
    found, x = facts.densities[leaf], facts.program.x
    boxes = (
        Box("x", "data", "source", str(found.layout), lies(found.support), line=x.span.start.line),
        Box(leaf.id, spelt(leaf.family), "density", str(found.layout), "one for each variable", found.parameters,
            line=leaf.span.start.line),
    )  # fmt: skip
    counts = (many(found.parameters, "parameter"),)
    return Chart(f"{leaf.id}: independent variables", place(leaf.span), counts, boxes, ((0, 1),))


# --- flows -------------------------------------------------------------------------------------------------------------


def _flow_chart(flow: Flow, facts: Facts) -> Chart:
    merging, found = Merging(), facts.densities[flow].flow
    assert found is not None
    maker = {0: -1}
    merging.add(-1, _start(flow, facts, found), ())
    for n, node in enumerate(flow.nodes):
        reads = (maker[node.input],)
        merging.add(n, _step_box(node, facts, found), reads, node.scope, node.op, _given_step(node, flow, maker))
        maker.update(dict.fromkeys(node.outputs, n))
    ends = len(flow.nodes)
    for k, part in enumerate(flow.parts):
        words, type_ = density_words(part.density), str(found.layouts[part.value])
        count = facts.densities[part.density].parameters if part.density in facts.densities else 0
        name = "base" if part.name == "last" else part.name
        given = ", ".join(context.name for context in getattr(part.density, "contexts", ()))
        box = Box(
            name, words + (f" given {given}" if given else ""), "density", type_, "", count, line=part.span.start.line
        )
        named = tuple((maker[value], _local(part.density, flow, value)) for value in given_values(part.density, flow))
        merging.add(ends + k, box, (maker[part.value],), given=named)
    top = facts.densities[flow]
    likelihood = {"exact": "exact", "bound": "a lower bound", "estimate": "an estimate"}[top.likelihood]
    known = f"; log p(x) is {likelihood}" if flow is facts.program.model else ""
    title = f"{flow.id}: from {'data' if flow is facts.program.model else 'what is drawn'} to latent"
    return merging.chart(title, place(flow.span), (many(top.parameters, "parameter") + known,))


def _given_step(node: FlowNode, flow: Flow, maker: dict[int, int]) -> tuple[tuple[int, str], ...]:
    """The steps whose values the net of a step reads besides its input, by the names that they have there."""
    contexts = node.conditioner.contexts if node.conditioner is not None else ()
    return tuple((maker[value], c.name) for c in contexts if (value := flow.own(c.origin)) is not None)


def _local(density: Density, flow: Flow, value: int) -> str:
    """What a density calls a value that it is given; of what is read inside it alone nothing is known here."""
    names = (c.name for c in getattr(density, "contexts", ()) if flow.own(c.origin) == value)
    return next(names, "given")


def _start(flow: Flow, facts: Facts, found: FlowFacts) -> Box:
    """Where a flow begins: at the data, or at what some step draws."""
    type_, values = str(found.layouts[0]), lies(found.forward[0])
    if flow is facts.program.model:
        return Box("x", "data", "source", type_, values, line=facts.program.x.span.start.line)
    flows = [density for density in facts.densities if isinstance(density, Flow)]
    by = next((node.id for other in flows for node in other.nodes if node.op.drawn is flow), "")
    given = ", ".join(context.name for context in flow.contexts)
    words = " ".join(part for part in ("drawn", f"by {by}" if by else "", f"given {given}" if given else "") if part)
    return Box(flow.id, words, "source", type_, values, line=flow.span.start.line)


def _step_box(node: FlowNode, facts: Facts, found: FlowFacts) -> Box:
    net = facts.nets.get(node)
    parameters = node.op.parameters(found.layouts[node.input]) + (net.parameters if net else 0)
    type_ = " + ".join(str(found.layouts[v]) for v in node.outputs)
    kind = "bound" if node.op.likelihood != "exact" else "step"
    return Box(
        node.id,
        spelt(node.op),
        kind,
        type_,
        step_proof(node, found) + _noted(node.span, facts),
        parameters,
        line=node.span.start.line,
    )


def step_proof(node: FlowNode, found: FlowFacts) -> str:
    """What a step does to the likelihood, and where it takes the data."""
    worse = {"bound": "likelihood becomes a bound", "estimate": "likelihood becomes an estimate"}
    form = worse.get(node.op.likelihood, f"log-det {node.op.log_det_form}")
    return "; ".join(part for part in (form, lies(found.forward[node.outputs[-1]])) if part)


def density_words(density: Density) -> str:
    """A density in a few words."""
    if isinstance(density, Leaf):
        return spelt(density.family)
    return f"order, net, {spelt(density.head)}" if isinstance(density, Autoregressive) else "a flow of its own"


def lies(support: Support) -> str:
    """Where values lie, in words; empty where that is not known."""
    return f"in {support}" if not support.unknown else ""
