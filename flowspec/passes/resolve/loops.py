"""Loops and blocks: `repeat`, `for` and `block`, in nets and in flows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from typing import TYPE_CHECKING, Any

from flowspec.graph.net import Frame
from flowspec.ops.base import Op
from flowspec.ops.structure import BlockUse, For
from flowspec.passes.resolve.arguments import Arguments, at_path, value_of
from flowspec.passes.resolve.session import Definition, Scope, Session
from flowspec.passes.resolve.values import Bundle
from flowspec.syntax.steps import Step
from flowspec.syntax.tree import Entry, Mapping, Node, Scalar, Sequence, site

if TYPE_CHECKING:
    from flowspec.passes.resolve.nets import NetBuilder

EXTRA = frozenset({"vars", "do", "block"})
BLOCK_KEYS = ("in", "vars", "net", "flow", "out")


@dataclass(frozen=True, eq=False)
class Rounds:
    """A loop as written: what each round sets, and the steps or the block that a round is."""

    values: tuple[dict[str, Any], ...]
    do: Node | None
    block: Definition | None
    looping: bool


def rounds_of(op: type[Op], step: Step, arguments: Arguments, scope: Scope, session: Session) -> Rounds | None:
    """Reads a loop. None after reporting what is wrong with it."""
    if op is For:
        values = _combinations(arguments.nodes.get("over"), step, scope, session)
    else:
        values = ({},) * (1 if op is BlockUse else arguments.values["count"])
    if values is None:
        return None
    block_node, do = arguments.nodes.get("block"), arguments.nodes.get("do")
    if (block_node is None) == (do is None):
        found = "both `do` and `block`" if do is not None else "neither `do` nor `block`"
        session.report(
            "FS202", f"`{op.name}` has {found}", step.span, "give the steps of a round under `do`, or name a block"
        )
        return None
    block = _block(block_node, scope, session) if block_node is not None else None
    if block_node is not None and block is None:
        return None
    return Rounds(values, do, block, op is not BlockUse)


def _combinations(node: Node | None, step: Step, scope: Scope, session: Session) -> tuple[dict[str, Any], ...] | None:
    if not isinstance(node, Mapping) or not node.entries:
        session.report(
            "FS203",
            "`for` needs loop variables with lists of values",
            site(node) if node else step.span,
            "write `for: {i: [1, 2, 3]}`",
        )
        return None
    lists, total = [], 1
    for entry in node.entries:
        values, ok = value_of(entry.value, scope, session)
        if not ok:
            return None
        bad = (
            not isinstance(values, list)
            or not values
            or any(not isinstance(v, int | float) or isinstance(v, bool) for v in values)
        )
        if bad:
            session.report(
                "FS203",
                f"loop variable `{entry.key.text}` needs a list of numbers",
                site(at_path(entry.value, ())),
                "write `[1, 2, 4]`",
            )
            return None
        lists.append(values)
        total *= len(values)
        if total > 10_000:
            session.report("FS105", "`for` has more than 10,000 rounds", site(node), "shorten the lists")
            return None
    keys = node.keys()
    return tuple(dict(zip(keys, combination, strict=True)) for combination in product(*lists))


def _block(node: Node, scope: Scope, session: Session) -> Definition | None:
    name = node.text if isinstance(node, Scalar) else ""
    if name not in scope.blocks:
        session.unknown_name("FS136", "block", name or "?", list(scope.blocks), site(node))
        return None
    definition = scope.blocks[name]
    session.used.add(definition)
    return definition


def block_scope(
    definition: Definition, values: dict[str, Any], step: Step, scope: Scope, session: Session
) -> Scope | None:
    """The scope inside a block: its own `vars`, set by the use or by loop variables of that name."""
    body = definition.node
    assert isinstance(body, Mapping)
    declared: dict[str, Any] = {}
    if (entry := body.get("vars")) and isinstance(entry.value, Mapping):
        for var in entry.value.entries:
            value, ok = value_of(var.value, definition.scope, session)
            if not ok:
                return None
            declared[var.key.text] = values.get(var.key.text, scope.loops.get(var.key.text, value))
    given = step.get("vars")
    if isinstance(given, Mapping):
        for var in given.entries:
            if var.key.text not in declared:
                session.unknown_name(
                    "FS137", f"variable of block `{definition.name}`", var.key.text, list(declared), site(var.key)
                )
                return None
            value, ok = value_of(var.value, scope.with_vars(values), session)
            if not ok:
                return None
            declared[var.key.text] = value
    return definition.scope.with_vars(declared)


# --- in nets ---------------------------------------------------------------------------------------------------------


def unfold_net(
    net: NetBuilder, op: type[Op], step: Step, arguments: Arguments, value: int | None, in_graph: bool
) -> Bundle:
    """A loop or a block in a net: the bundle of its last round, with every round by number."""
    loop = rounds_of(op, step, arguments, net.scope, net.session)
    if loop is None:
        return Bundle.one(None)
    with net.in_scope(net.scope.in_loop(loop.values[0] if loop.values else {})):
        start = _start(net, loop, arguments, step, value, in_graph)
    if start is None or start.failed:
        return Bundle.one(None)
    use = net._fresh(loop.block.name if loop.block else op.name)
    rounds = [start]
    for k, values in enumerate(loop.values, 1):
        net.session.count_step(step.span)
        label = loop.block.name.rpartition(".")[2] if loop.block else "round"
        with net.inside(Frame(label, use, k if loop.looping else 0)):
            before = rounds[-1] if k == 1 else _fed(net, loop, arguments, values, rounds[-1])
            rounds.append(_round(net, loop, step, values, before))
        if rounds[-1].failed:
            break
    last = rounds[-1]
    return Bundle(dict(last.outputs), tuple(rounds) if loop.looping else ())


def _start(
    net: NetBuilder, loop: Rounds, arguments: Arguments, step: Step, value: int | None, in_graph: bool
) -> Bundle | None:
    """What goes in: `r.0`."""
    entry = arguments.modifiers.get("in")
    inputs = _block_inputs(loop.block) if loop.block else ("",)
    if entry is None and in_graph:
        net.session.report(
            "FS133",
            f"`{step.op.text}` in a graph does not say what it reads",
            step.span,
            "add `in: NAME`, or `in: {input: NAME}`",
        )
        return None
    if entry is None:
        return Bundle({inputs[0]: value}) if len(inputs) == 1 else _missing_inputs(net, loop, inputs, step)
    if isinstance(entry.value, Mapping):
        return _mapped(net, loop, inputs, entry.value, step)
    whole = net.bundle_at(entry.value)
    if whole is None or whole.failed:
        return None
    if len(inputs) == 1 and len(whole.outputs) == 1:
        return Bundle({inputs[0]: whole.single})
    if set(inputs) <= set(whole.outputs):
        return Bundle({name: whole.outputs[name] for name in inputs})
    return _missing_inputs(net, loop, tuple(i for i in inputs if i not in whole.outputs), step)


def _fed(net: NetBuilder, loop: Rounds, arguments: Arguments, values: dict[str, Any], before: Bundle) -> Bundle:
    """What goes into a later round: the outputs of the one before, and what is read by a loop variable, read again."""
    entry = arguments.modifiers.get("in")
    if loop.block is None or entry is None or not isinstance(entry.value, Mapping):
        return before
    made = _made(loop.block)
    with net.in_scope(net.scope.in_loop(values)):
        again = {e.key.text: net.value_at(e.value) for e in entry.value.entries if e.key.text not in made and _turns(e)}
    return Bundle({**before.outputs, **again})


def _turns(entry: Entry) -> bool:
    return isinstance(entry.value, Scalar) and "$" in entry.value.text


def _made(definition: Definition) -> tuple[str, ...]:
    """The named outputs of a block; they feed inputs of the same names."""
    entry = definition.node.get("out") if isinstance(definition.node, Mapping) else None
    return entry.value.keys() if entry is not None and isinstance(entry.value, Mapping) else ()


def _mapped(net: NetBuilder, loop: Rounds, inputs: tuple[str, ...], node: Mapping, step: Step) -> Bundle | None:
    given: dict[str, int | None] = {}
    for entry in node.entries:
        if entry.key.text not in inputs:
            what = f"input of block `{loop.block.name}`" if loop.block else "input"
            net.session.unknown_name("FS138", what, entry.key.text, [i for i in inputs if i], site(entry.key))
            return None
        given[entry.key.text] = net.value_at(entry.value)
    missing = tuple(name for name in inputs if name not in given)
    return _missing_inputs(net, loop, missing, step) if missing else Bundle({name: given[name] for name in inputs})


def _missing_inputs(net: NetBuilder, loop: Rounds, missing: tuple[str, ...], step: Step) -> Bundle | None:
    named = ", ".join(f"`{m}`" for m in missing)
    block = f"block `{loop.block.name}`" if loop.block else "the loop"
    net.session.report("FS138", f"{block} is not given {named}", step.span, f"add `in: {{{missing[0]}: VALUE}}`")
    return None


def _block_inputs(definition: Definition) -> tuple[str, ...]:
    body = definition.node
    entry = body.get("in") if isinstance(body, Mapping) else None
    if entry is None:
        return ("x",)
    if isinstance(entry.value, Scalar):
        return (entry.value.text,)
    return (
        tuple(i.text for i in entry.value.items if isinstance(i, Scalar))
        if isinstance(entry.value, Sequence)
        else ("x",)
    )


def _round(net: NetBuilder, loop: Rounds, step: Step, values: dict[str, Any], before: Bundle) -> Bundle:
    if loop.block is None:
        assert loop.do is not None
        with net.in_scope(net.scope.in_loop(values)):
            return Bundle.one(net.chain(loop.do, before.single))
    return _block_round(net, loop.block, step, values, before)


def _block_round(net: NetBuilder, definition: Definition, step: Step, values: dict[str, Any], before: Bundle) -> Bundle:
    """One use of a block: inside, it sees its inputs and its variables only."""
    scope = block_scope(definition, values, step, net.scope, net.session)
    body = definition.node
    assert isinstance(body, Mapping)
    entry = body.get("net")
    if entry is None or scope is None:
        if entry is None:
            net.session.report(
                "FS139",
                f"block `{definition.name}` has no `net`, so it cannot stand in a net",
                step.span,
                "add `net:` to the block",
            )
        return Bundle.one(None)
    if not net.enter(definition, step):
        return Bundle.one(None)
    outer_names, outer_prefix = net.names, net.prefix
    inputs = {name: value for name, value in before.outputs.items() if name}
    net.names = {name: Bundle.one(value) for name, value in inputs.items()}
    number = net.frames[-1].round
    net.prefix = f"{outer_prefix}{number}." if number else outer_prefix
    try:
        with net.in_scope(scope):
            result = net.net(entry.value, net.chain_input(entry.value, Bundle(inputs)))
            outputs = _outputs(net, body.get("out"), result)
    finally:
        net.names, net.prefix = outer_names, outer_prefix
        net.leave(definition)
    if "" in outputs and inputs:  # an output without a name feeds the first input of the next round
        inputs[next(iter(inputs))] = outputs[""]
    return Bundle({**inputs, **outputs})


def _outputs(net: NetBuilder, entry: Entry | None, result: Bundle) -> dict[str, int | None]:
    if entry is None:
        return {"": result.single}
    if isinstance(entry.value, Mapping):
        return {e.key.text: net.value_at(e.value) for e in entry.value.entries}
    return {"": net.value_at(entry.value)}
