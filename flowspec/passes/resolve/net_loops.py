"""Loops and blocks in nets: rounds whose outputs feed inputs of the same names."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from flowspec.graph.net import Frame
from flowspec.ops.base import Op
from flowspec.passes.resolve.arguments import Arguments
from flowspec.passes.resolve.loops import Rounds, block_inputs, block_scope, body_of, rounds_of
from flowspec.passes.resolve.values import NOTHING, Bundle
from flowspec.syntax.steps import Step
from flowspec.syntax.tree import Entry, Mapping, Node, site

if TYPE_CHECKING:
    from flowspec.passes.resolve.nets import NetBuilder


@dataclass(frozen=True, eq=False)
class Feed:
    """What goes into the rounds: names, values where the first round has them, and references that every round reads
    anew unless the round before gives a value of that name (`$i` may stand in them)."""

    names: tuple[str, ...]
    values: dict[str, int] = field(default_factory=dict)
    references: dict[str, Node] = field(default_factory=dict)

    def round(self, net: NetBuilder, carried: dict[str, int]) -> dict[str, int]:
        """The inputs of one round; `net` is in its scope."""
        found = {**self.values, **carried}
        return {n: found[n] if n in found else net.value_at(self.references[n]) for n in self.names}


def unfold(net: NetBuilder, op: type[Op], step: Step, arguments: Arguments, value: int) -> Bundle:
    """A loop or a block in a net: the bundle of its last round, with every round by number."""
    loop = rounds_of(op, step, arguments, net.scope, net.session)
    if loop is None:
        entry = arguments.modifiers.get("in")
        references = [] if entry is None or isinstance(entry.value, Mapping) else [net.bundle_at(entry.value)]
        inputs = [v for bundle in references for v in bundle.outputs.values()]
        return Bundle.lost(net.unknown([value, *inputs]))
    feed = _feed(net, loop, step, arguments, value)
    use = net.fresh(loop.block.name if loop.block else op.name)
    return _unfold_rounds(net, loop, step, feed, use)


def _unfold_rounds(net: NetBuilder, loop: Rounds, step: Step, feed: Feed, use: str) -> Bundle:
    rounds: list[Bundle] = []
    carried: dict[str, int] = {}
    for k, values in enumerate(loop.values, 1):
        net.session.count_visit(site(step.op))
        with net.in_scope(net.scope.in_loop(values)):
            inputs = feed.round(net, carried)
        rounds = rounds or [Bundle(inputs)]
        with net.inside(Frame(loop.word, use, k if loop.looping else 0)):
            rounds.append(_round(net, loop, step, values, inputs))
        carried = _carried(net, loop, step, feed, rounds[-1]) if k < len(loop.values) else {}
    rounds = rounds or [Bundle(feed.round(net, {}))]
    last = rounds[-1]
    return Bundle(dict(last.outputs), tuple(rounds) if loop.looping else (), last.unknown)


def _carried(net: NetBuilder, loop: Rounds, step: Step, feed: Feed, done: Bundle) -> dict[str, int]:
    """What a round gives to the next: outputs feed inputs of the same names."""
    if done.unknown:
        return dict.fromkeys(feed.names, next(iter(done.outputs.values())))
    if "" not in done.outputs:
        return {name: value for name, value in done.outputs.items() if name in feed.names}
    if len(feed.names) > 1:
        assert loop.block is not None
        message = f"block `{loop.block.name}` gives one value without a name: which of its inputs does it feed?"
        helps = f"name it in the block: `out: {{{feed.names[0]}: VALUE}}`"
        net.session.report("FS138", message, site(step.op), helps)
    return dict.fromkeys(feed.names[:1], done.outputs[""])


# --- what goes in ----------------------------------------------------------------------------------------------------


def _feed(net: NetBuilder, loop: Rounds, step: Step, arguments: Arguments, value: int) -> Feed:
    names = block_inputs(loop.block) if loop.block else ("",)
    entry = arguments.modifiers.get("in")
    if entry is not None and isinstance(entry.value, Mapping):
        return _mapped(net, loop, names, entry, entry.value, step)
    if entry is not None:
        return _whole(net, loop, names, net.bundle_at(entry.value), step)
    if value == NOTHING or len(names) == 1:
        value = net.behind(value, step.op)
        return Feed(names, dict.fromkeys(names, value))
    return _completed(net, loop, names, Feed(names), step)


def _whole(net: NetBuilder, loop: Rounds, names: tuple[str, ...], bundle: Bundle, step: Step) -> Feed:
    """A value given whole feeds inputs of the same names; a single one feeds a single input."""
    if bundle.unknown:
        return Feed(names, dict.fromkeys(names, net.unknown(bundle.outputs.values())))
    if len(names) == 1 and bundle.single is not None:
        return Feed(names, {names[0]: bundle.single})
    return _completed(net, loop, names, Feed(names, {n: bundle.outputs[n] for n in names if n in bundle.outputs}), step)


def _mapped(net: NetBuilder, loop: Rounds, names: tuple[str, ...], entry: Entry, node: Mapping, step: Step) -> Feed:
    if loop.block is None:
        message = f"the rounds of `{step.op.text}` have one input, without a name"
        net.session.report("FS138", message, site(entry.value), "write `in: NAME`")
        return Feed(names, {"": net.unknown()})
    references: dict[str, Node] = {}
    for item in node.entries:
        if item.key.text in names:
            references[item.key.text] = item.value
        else:
            what = f"input of block `{loop.block.name}`"
            net.session.unknown_name("FS138", what, item.key.text, names, site(item.key))
    misnamed = len(references) < len(node.entries)
    return _completed(net, loop, names, Feed(names, {}, references), step, silent=misnamed)


def _completed(
    net: NetBuilder, loop: Rounds, names: tuple[str, ...], feed: Feed, step: Step, silent: bool = False
) -> Feed:
    """The feed with stand-ins for what is missing, after reporting it."""
    missing = [name for name in names if name not in feed.values and name not in feed.references]
    if not missing:
        return feed
    if not silent:
        listed = " and ".join(f"`{name}`" for name in missing)
        what = f"block `{loop.block.name}`" if loop.block else "the loop"
        helps = f"add `in: {{{', '.join(f'{name}: VALUE' for name in missing[:3])}}}`"
        net.session.report("FS138", f"{what} is not given its input {listed}", site(step.op), helps)
    return Feed(names, {**feed.values, **dict.fromkeys(missing, net.unknown())}, feed.references)


# --- one round -------------------------------------------------------------------------------------------------------


def _round(net: NetBuilder, loop: Rounds, step: Step, values: dict[str, Any], inputs: dict[str, int]) -> Bundle:
    if loop.block is not None:
        return _block_round(net, loop, step, values, inputs)
    assert loop.do is not None
    with net.in_scope(net.scope.in_loop(values)), net.own_names():
        return Bundle.one(net.single(net.net(loop.do, inputs[""]), loop.do))


def _block_round(net: NetBuilder, loop: Rounds, step: Step, values: dict[str, Any], inputs: dict[str, int]) -> Bundle:
    """One use of a block: inside, it sees its inputs and its variables only."""
    definition = loop.block
    assert definition is not None
    body = body_of(definition, "net", site(step.op), net.session)
    if body is None or not net.may_open(definition, "block", site(step.op)):
        return Bundle.lost(net.unknown(inputs.values()))
    scope = block_scope(definition, values, step.get("vars"), net.scope, net.session)
    names = {name: Bundle.one(value) for name, value in inputs.items()}
    outer, number = net.prefix, net.frames[-1].round
    net.prefix = f"{outer}{number}." if number else outer
    try:
        with net.opened(definition), net.in_scope(scope), net.own_names(names):
            return _block_body(net, definition.node, body, inputs)
    finally:
        net.prefix = outer


def _block_body(net: NetBuilder, block: Node, body: Node, inputs: dict[str, int]) -> Bundle:
    starts = len(inputs) == 1 and not (isinstance(body, Mapping) and net.is_graph(body))
    result = net.net(body, next(iter(inputs.values())) if starts else NOTHING)
    out = block.get("out") if isinstance(block, Mapping) else None
    if out is None:
        return Bundle({"": result.single}) if result.single is not None else result
    if isinstance(out.value, Mapping):
        return Bundle({entry.key.text: net.value_at(entry.value) for entry in out.value.entries})
    return Bundle.one(net.value_at(out.value))
