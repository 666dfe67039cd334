"""Flow steps as they stand in code: a constructor, and the calls of both directions."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from flowspec.graph.model import TIME, Flow, FlowNode, value_origin
from flowspec.graph.net import Frame
from flowspec.graph.support import REAL
from flowspec.ops.flow_base import FlowSite
from flowspec.passes.facts import Facts, FlowFacts, NetFacts
from flowspec.plan import names
from flowspec.plan.code import Assign, Construct, Value
from flowspec.plan.contexts import Origins, contexts_of, datum, entries, parameter_names, words_of
from flowspec.plan.module import Module
from flowspec.plan.nets import NetUse, net_class
from flowspec.plan.orders import levels_text, places_of
from flowspec.plan.schedule import Schedule
from flowspec.plan.steps import Def, Item, Key, Loop, Step

ADD = Assign("log_det", "log_det + change")
OFF = Assign("log_q", "log_q + change")
_NUMBER = re.compile(r"\.?\d+\Z")


@dataclass(frozen=True, slots=True)
class FlowStep:
    """One step: its module, the contexts it takes by (keyword, origin), and whether its log-determinant can differ from 0."""

    construct: Construct
    keywords: tuple[tuple[str, str], ...]
    counts: bool
    input: int
    source: tuple[int, ...]
    outputs: tuple[int, ...]
    shapes: tuple[tuple[int, ...], ...]
    base: str
    named: bool
    scope: tuple[Frame, ...]
    line: int
    used: bool


def flow_steps(flow: Flow, facts: Facts, origins: Origins, module: Module) -> list[FlowStep]:
    """Every step of a flow, in writing order."""
    found = facts.densities[flow].flow
    assert found is not None
    return [_step(flow, node, found, facts, origins, module) for node in flow.nodes]


@dataclass(frozen=True, slots=True)
class _Drawn:
    """The density that a step draws from: its constructor, the word by which it is given what comes in, and its other
    contexts by (keyword, origin)."""

    construct: Construct
    reads: str
    keywords: tuple[tuple[str, str], ...]


def _drawn(
    flow: Flow, node: FlowNode, facts: Facts, found: FlowFacts, origins: Origins, module: Module
) -> _Drawn | None:
    density = node.op.drawn
    if density is None:
        return None
    from flowspec.plan.flows import part_density  # which makes flows, and so steps, itself

    contexts = contexts_of(density)
    words = dict(zip((c.origin for c in contexts), words_of(contexts), strict=True))
    x = value_origin(flow.number, node.input)
    inner = {**origins, x: datum(found.layouts[node.input], found.forward[node.input])}
    construct = part_density(density, density.id, facts, inner, module, f"The density that `{node.id}` draws from.")
    return _Drawn(construct, words.get(x, ""), tuple((word, origin) for origin, word in words.items() if origin != x))


def _step(flow: Flow, node: FlowNode, found: FlowFacts, facts: Facts, origins: Origins, module: Module) -> FlowStep:
    net = facts.nets.get(node)
    contexts = node.conditioner.contexts if node.conditioner is not None else ()
    named = zip(parameter_names(contexts).values(), (c.origin for c in contexts), strict=True)
    keywords = tuple((word, origin) for word, origin in named if origin != TIME)
    word = _NUMBER.sub("", node.id)
    log_det = node.op.log_det_form
    drawn = _drawn(flow, node, facts, found, origins, module)
    if drawn is not None:
        keywords = drawn.keywords
    return FlowStep(
        _construct(node, net, found, origins, module, drawn), keywords, log_det != "zero" and (len(node.outputs) == 1 or drawn is not None), node.input, found.layouts[node.input].shape,
        node.outputs, tuple(found.layouts[v].shape for v in node.outputs), names.unit(word, "step"), word != node.op.name, node.scope,
        node.span.start.line, node.span.file != module.root,
    )  # fmt: skip


def _construct(
    node: FlowNode, net: NetFacts | None, found: FlowFacts, origins: Origins, module: Module, drawn: _Drawn | None
) -> Construct:
    layout, values = found.layouts[node.input], found.forward[node.input]
    contexts = node.conditioner.contexts if node.conditioner is not None else ()
    key = (
        "step",
        id(node.op),
        id(node.op.drawn),
        layout,
        values,
        id(net),
        tuple((c.name, origins[c.origin]) for c in contexts),
    )

    def lower() -> Construct:
        site = FlowSite(layout, tuple(found.layouts[v] for v in node.outputs), values)
        if net is not None:
            site = _with_net(site, node, net, origins, module)
        if drawn is not None:
            site = replace(site, drawn=drawn.construct, reads=drawn.reads)
        short = module.literals.shorten(node.op.lower(site))
        assert isinstance(short, Construct)
        return short

    construct: Construct = module.once(key, lower, node.op, net)
    return construct


def _with_net(site: FlowSite, node: FlowNode, net: NetFacts, origins: Origins, module: Module) -> FlowSite:
    assert node.conditioner is not None
    places = places_of(node.op.order, net.orders, site.layout) if net.orders else None
    x = datum(net.context.x, REAL)
    use = NetUse(net, entries(net, node.conditioner, x, origins), _label(node), node.op.net_doc, places)
    levels: Value = None
    if net.orders:
        levels = levels_text(net.levels, places, module.literals)
        module.schedules.append(Schedule(node.id, tuple(row - 1 for row in net.levels), net))
    contexts = node.conditioner.contexts
    names = zip(parameter_names(contexts).values(), contexts, strict=True)
    time = next((word for word, context in names if context.origin == TIME), "")
    return replace(site, net=Construct(net_class(use, module)), levels=levels, time=time)


def _label(node: FlowNode) -> str:
    assert node.conditioner is not None
    label = node.conditioner.graph.label
    return f"{label}_net" if label == node.op.name else label


# --- units of a body -----------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Unit:
    """What one attribute of a flow does: a step, a region, or a list of them. `name` is its place among the attributes."""

    name: str
    keywords: tuple[tuple[str, str], ...]
    counts: bool
    input: int
    source: tuple[int, ...]
    outputs: tuple[int, ...]
    shapes: tuple[tuple[int, ...], ...]
    many: bool = False

    def _call(self, callee: str, values: Sequence[int]) -> tuple[str, tuple[Key, ...]]:
        arguments = [f"{{{k}}}" for k in range(len(values))]
        arguments += [f"{word}={{{k}}}" for k, (word, _) in enumerate(self.keywords, len(values))]
        return f"{callee}({', '.join(arguments)})", (*values, *(context_key(origin) for _, origin in self.keywords))

    def forward(self, wants: Sequence[str], first: bool) -> Item:
        """From data to latent; the first that counts begins the log-determinant."""
        starts = first and not self.many
        several = len(self.outputs) > 1  # and no log-determinant, unless it counts
        extra = ("log_det" if starts else "change",) if self.counts else () if several else ("_",)
        after = (ADD,) if self.counts and not starts else ()
        defs = tuple(Def(v, want, shape) for v, want, shape in zip(self.outputs, wants, self.shapes, strict=True))
        if self.many:
            text, uses = self._call("step", (self.input,))
            return Loop("step", self.name, text, uses, defs, ((0, 0),), extra, after)
        text, uses = self._call(self.name, (self.input,))
        return Step(text, uses, defs, extra, after, fuses=False)

    def inverse(self, want: str) -> Item:
        """From latent to data."""
        made = Def(self.input, want, self.source)
        if self.many:
            text, uses = self._call("step.inverse", self.outputs)
            return Loop("step", f"reversed({self.name})", text, uses, (made,), ((0, 0),))
        text, uses = self._call(f"{self.name}.inverse", self.outputs)
        return Step(text, uses, (made,))

    def back(self, want: str) -> Item:
        """From latent to data, with the log-determinant, which is taken off a log-density."""
        made = Def(self.input, want, self.source)
        if self.many:
            text, uses = self._call("back", self.outputs)
            text = text.replace("back(", "back(step, ", 1)
            return Loop("step", f"reversed({self.name})", text, uses, (made,), ((0, 0),), ("change",), (OFF,))
        text, uses = self._call("back", self.outputs)
        text = text.replace("back(", f"back({self.name}, ", 1)
        return Step(text, uses, (made,), ("change",), (OFF,), fuses=False)


def context_key(origin: str) -> Key:
    """The value that holds a context."""
    return ("given", origin)


def forward_items(units: Sequence[Unit], start: int, wants: Mapping[int, str]) -> list[Item]:
    """The calls of all units from data to latent, with the log-determinant they add up to; `start` is the value of x.

    The first unit that counts gives the log-determinant itself, unless it is a loop or there is none.
    """
    items: list[Item] = []
    if next((unit.many for unit in units if unit.counts), True):
        items.append(Step("{0}.new_zeros({0}.shape[0])", (start,), (), ("log_det",), fuses=False))
    started = bool(items)
    for unit in units:
        items.append(unit.forward([wants.get(v, "x") for v in unit.outputs], first=unit.counts and not started))
        started = started or unit.counts
    return items


__all__ = ["FlowStep", "Unit", "context_key", "flow_steps", "forward_items"]
