"""The ops of one net as they stand in code: an expression, the values it reads, and the module it calls."""

from __future__ import annotations

import ast
from collections import Counter
from dataclasses import dataclass

from flowspec.graph.net import Frame, NetNode
from flowspec.ops.lookup import Source
from flowspec.ops.lowering import Construct
from flowspec.ops.weighted import Project
from flowspec.passes.facts import NetFacts
from flowspec.plan import names
from flowspec.plan.steps import Key, slots


@dataclass(frozen=True, slots=True)
class LoweredOp:
    """One op: `text` has a slot for each of `reads`, and {m} for its module.

    `name` is the value's own name in the spec, empty for one inside a chain; `layer` is what the module is called.
    """

    text: str
    reads: tuple[Key, ...]
    module: Construct | None
    shape: tuple[int, ...]
    scope: tuple[Frame, ...]
    name: str
    layer: str
    line: int
    used: bool

    @property
    def ordered(self) -> bool:
        """Whether it asks for the member of an ensemble."""
        return any(
            isinstance(n, ast.Name) and n.id == "order" for n in ast.walk(ast.parse(_plain(self.text), mode="eval"))
        )


def raw(source: int) -> Key:
    """The value of a source as it comes in, before integers become numbers."""
    return ("raw", source)


@dataclass(frozen=True, slots=True)
class Sources:
    """What a net reads from outside: the sources that are `converted` to numbers before most ops read them, and the
    `anchor`, a value that has the batch size and the type of the others."""

    converted: frozenset[int]
    anchor: Key

    def key(self, source: int, wants_raw: bool) -> Key:
        """The value that an op reads."""
        return raw(source) if wants_raw and source in self.converted else source


def lower_net(facts: NetFacts, sources: Sources, root: str) -> dict[int, LoweredOp]:
    """Every live op of a net, by node; `root` is the spec's own file, to which line numbers refer."""
    graph = facts.conditioner.graph
    live = [i for i in sorted(graph.live()) if not isinstance(graph.nodes[i].op, Source)]
    owners = {i: _owner(graph.nodes[i]) for i in live}
    last = {owners[i]: i for i in live}
    lowered_ops = {i: graph.nodes[i].op.lower(facts.site(i)) for i in live}
    layers = Counter(owners[i] for i in live if lowered_ops[i].module is not None)
    found = {}
    for i in live:
        node, owner = graph.nodes[i], owners[i]
        name = owner[-1] if owner and last[owner] == i else ""
        lowered = lowered_ops[i]
        keys = [sources.key(j, lowered.raw) for j in node.inputs]
        text, reads = _renumbered(lowered.call, keys, sources.anchor)
        found[i] = LoweredOp(
            text, reads, lowered.module, facts.shapes[i].shape, node.scope, names.local(name, "value") if name else "",
            _layer(node, owner, lowered.module, layers[owner] == 1), node.span.start.line, node.span.file != root,
        )  # fmt: skip
    return found


def _renumbered(text: str, keys: list[Key], anchor: Key) -> tuple[str, tuple[Key, ...]]:
    """The slots of an expression numbered in writing order, with the values that stand in them."""
    if "{x}" in text:
        text, keys = text.replace("{x}", f"{{{len(keys)}}}"), [*keys, anchor]
    order = list(dict.fromkeys(slots(text)))
    for new, old in enumerate(order):
        text = text.replace(f"{{{old}}}", f"{{_{new}}}")
    return text.replace("{_", "{"), tuple(keys[k] for k in order)


def _words(node: NetNode) -> list[str]:
    return [part for part in node.id.split(".") if not part.isdigit()]


def _owner(node: NetNode) -> tuple[str, ...]:
    """The path of the named value that a node belongs to; empty for one that has no name in its region."""
    words = _words(node)
    if words and words[-1] == node.op.name:
        words = words[:-1]
    outside = {frame.use.split(".")[0] for frame in node.scope} | {frame.use.rpartition(".")[2] for frame in node.scope}
    if not words or words[-1] in outside:
        return ()
    return (*(frame.use + str(frame.round) for frame in node.scope), *words)


def _layer(node: NetNode, owner: tuple[str, ...], module: Construct | None, only: bool) -> str:
    """What a module is called: after its value where it is the value's one layer, else also after what it is."""
    if module is None:
        return ""
    inner = module.args[0] if module.args and isinstance(module.args[0], Construct) else module  # of what wraps a layer
    word = names.last_word(inner.name)
    if not owner:
        return word
    own = (only or _words(node)[-1] == owner[-1]) and not isinstance(node.op, Project)
    return names.member(owner[-1] if own else f"{owner[-1]}_{word}", word)


def _plain(text: str) -> str:
    for k in slots(text):
        text = text.replace(f"{{{k}}}", f"_{k}_")
    return text.replace("{m}", "_m_")
