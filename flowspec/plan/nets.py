"""Nets: from the facts of one use of a net to classes. Equal nets, and equal blocks inside nets, are one class."""

from __future__ import annotations

from dataclasses import dataclass

from flowspec.passes.facts import NetFacts
from flowspec.plan.level import Level, Ops
from flowspec.plan.lowered import Sources, lower_net, raw
from flowspec.plan.module import Module
from flowspec.plan.numbers import Places
from flowspec.plan.regions import tree
from flowspec.plan.steps import Def, Item, Key, Result, Step

Shape = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """How a source enters a net: its node and parameter, and the expression that makes numbers of it, if it needs one.

    In the expression {0} is the source, and {1} a value whose type the numbers take.
    """

    node: int
    name: str
    shape: Shape
    conversion: str = ""

    @property
    def key(self) -> Key:
        """The value that comes in."""
        return raw(self.node) if self.conversion else self.node


@dataclass(frozen=True, slots=True)
class NetUse:
    """A net to be made: its facts, what it reads, what its class should be called, and how its order is written."""

    facts: NetFacts
    entries: tuple[Entry, ...]
    label: str
    doc: str
    places: Places | None = None


def net_class(use: NetUse, module: Module) -> str:
    """The class of a net, made once."""
    key = ("net", id(use.facts), use.entries, use.label)
    name: str = module.once(key, lambda: _new_net(use, module), use.facts)
    return name


def _new_net(use: NetUse, module: Module) -> str:
    graph = use.facts.conditioner.graph
    x = next((e for e in use.entries if e.node == 0), None)
    sources = Sources(frozenset(e.node for e in use.entries if e.conversion), x.key if x else use.entries[0].node)
    net = Ops(lower_net(use.facts, sources, module.root), module, use.places, _source_names(use))
    nodes = [i for i in sorted(net.ops) if graph.bare or i != graph.output]
    level = Level(net, tree(nodes, lambda i: net[i].scope))
    result, head = _head(use, net, level)
    level.items[:0] = _conversions(use, net, x, head)
    parameters = [(e.key, e.name, e.shape) for e in use.entries]
    ordered = len(use.facts.orders) > 1 or any(op.ordered for op in net.ops.values())
    return module.share(level.plan(use.doc, parameters, result, ordered), use.label)


def _source_names(use: NetUse) -> dict[Key, tuple[str, Shape]]:
    found: dict[Key, tuple[str, Shape]] = {}
    for e in use.entries:
        found[e.node] = found[e.key] = (e.name, e.shape)
    return found


def _conversions(use: NetUse, net: Ops, x: Entry | None, head: str) -> list[Item]:
    """The numbers that integers and classes become, where an op reads them."""
    found: list[Item] = []
    for e in sorted(use.entries, key=lambda e: e.node == 0):  # x last: others take its type as it came in
        if not e.conversion or not net.readers[e.node]:
            continue
        text, like = e.conversion, "{1}" in e.conversion and x is not None
        uses = (e.key, x.key) if like and x is not None else (e.key,)
        if not like:
            text = text.replace("{1}", f"{head}.weight")
        found.append(Step(text, uses, (Def(e.node, e.name, use.facts.shapes[e.node].shape),)))
    return found


def _head(use: NetUse, net: Ops, level: Level) -> tuple[Result, str]:
    """The last projection, in full precision, each variable's (or site's) parameters on the last axis; and its module."""
    context, output = use.facts.context, use.facts.conditioner.graph.output
    if use.facts.conditioner.graph.bare:
        return Result("{0}", (output,), use.facts.shapes[output].shape), ""
    op = net[output]
    assert op.module is not None
    name = "self." + level.attribute("head", net.literal(op.module), op)
    text, reads = level.resolved(op.text.replace("{m}(", f"full_precision({name}, ", 1), op.reads)
    theta = (*context.owners.shape, context.size)
    if use.facts.shapes[output].flat:
        return Result(f"{text}.unflatten(1, {theta})", reads, theta), name
    last = ".squeeze(1)" if context.owners.vector else ""
    return Result(f"parameters_last({text}, {context.size}){last}", reads, theta), name
