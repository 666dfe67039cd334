"""Loops and blocks as written: `repeat`, `for` and `block`, in nets and in flows."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from flowspec.diagnostics import Span
from flowspec.ops.base import Op
from flowspec.ops.structure import BlockUse, For
from flowspec.passes.resolve.arguments import Arguments, is_number, value_of
from flowspec.passes.resolve.names import check_variable
from flowspec.passes.resolve.session import MAX_STEPS, Definition, Scope, Session
from flowspec.syntax.steps import Step
from flowspec.syntax.tree import Entry, Mapping, Node, Scalar, Sequence, site

EXTRA = frozenset({"vars", "do", "block"})


@dataclass(frozen=True, eq=False)
class Rounds:
    """A loop as written: what each round sets, and the steps or the block that a round is.

    Where its counts are wrong, one round stands for them, with variables that nobody knows.
    """

    values: tuple[dict[str, Any], ...]
    do: Node | None
    block: Definition | None
    looping: bool

    @property
    def word(self) -> str:
        """What a round is called in ids and in the emitted source."""
        return self.block.name.rpartition(".")[2] if self.block else "round"


def rounds_of(op: type[Op], step: Step, arguments: Arguments, scope: Scope, session: Session) -> Rounds | None:
    """Reads a loop. None after reporting what is wrong with it, where not even one round is known."""
    _check_modifiers(op, arguments, session)
    values: tuple[dict[str, Any], ...] = ({},)
    if op is For:
        values = _combinations(arguments.nodes.get("over"), scope, session)
    elif op is not BlockUse and arguments.ok:
        values = ({},) * arguments.values["count"]
    block_node, do = arguments.nodes.get("block"), arguments.nodes.get("do")
    if block_node is not None and do is None:
        block = _block(block_node, scope, session)
        return None if block is None else Rounds(values, None, block, op is not BlockUse)
    if do is not None and block_node is None:
        return Rounds(values, do, None, True)
    if op is not BlockUse:
        found = "both `do` and `block`" if do is not None else "neither `do` nor `block`"
        helps = "give the steps of a round under `do`, or name a block"
        session.report("FS202", f"`{op.name}` has {found}", site(step.op), helps)
        session.give_up(step.node)
    return None


def _check_modifiers(op: type[Op], arguments: Arguments, session: Session) -> None:
    helps = {"given": "give the context to a step inside", "times": "use `repeat: N`"}
    for word, proposal in helps.items():
        if word in arguments.modifiers:
            place = site(arguments.modifiers[word].key)
            session.report("FS204", f"`{word}` does nothing beside `{op.name}`", place, proposal)
    if "vars" in arguments.modifiers and arguments.nodes.get("block") is None:
        place = site(arguments.modifiers["vars"].key)
        session.report("FS204", "`vars` sets the variables of a block, and there is none here", place, "drop it")


def _combinations(node: Node | None, scope: Scope, session: Session) -> tuple[dict[str, Any], ...]:
    """What each round of a `for` sets, the first variable being the outer loop."""
    if node is None:
        return ({},)
    if not isinstance(node, Mapping) or not node.entries:
        message = "`for` needs loop variables with lists of values"
        session.report("FS203", message, site(node), "write `for: {i: [1, 2, 3]}`")
        return ({},)
    lists = [_listed(entry, scope, session) for entry in node.entries]
    if prod(len(values) for values in lists) > MAX_STEPS:
        session.report("FS105", f"`for` has more than {MAX_STEPS:,} rounds", site(node), "shorten the lists")
        lists = [[None] for _ in lists]
    return tuple(dict(zip(node.keys(), values, strict=True)) for values in product(*lists))


def _listed(entry: Entry, scope: Scope, session: Session) -> list[Any]:
    check_variable(entry.key, session)
    values, ok = value_of(entry.value, scope, session)
    if ok and isinstance(values, list) and values and all(is_number(v) for v in values):
        return values
    if ok:
        message = f"loop variable `{entry.key.text}` needs a list of numbers"
        session.report("FS203", message, site(entry.value), "write `[1, 2, 4]`")
    return [None]


# --- blocks ----------------------------------------------------------------------------------------------------------


def _block(node: Node, scope: Scope, session: Session) -> Definition | None:
    """The block that a step names."""
    if isinstance(node, Scalar) and (node.bad or scope.is_unread(node.text)):
        return None
    if not isinstance(node, Scalar) or not isinstance(node.value, str):
        session.report("FS203", "`block` is the name of a block", site(node), "write `block: NAME`")
        return None
    if node.text not in scope.blocks:
        session.unknown_name("FS136", "block", node.text, list(scope.blocks), site(node))
        return None
    definition = scope.blocks[node.text]
    session.used.add(definition)
    return definition


def body_of(definition: Definition, place: str, span: Span, session: Session) -> Node | None:
    """The `net` or the `flow` of a block; None after reporting that it has none."""
    body = definition.node
    entry = body.get(place) if isinstance(body, Mapping) else None
    if entry is None:
        message = f"block `{definition.name}` has no `{place}`, so it cannot stand in a {place}"
        session.report("FS139", message, span, f"add `{place}:` to the block, or use another block")
        return None
    return entry.value


def block_inputs(definition: Definition) -> tuple[str, ...]:
    """The names under `in`; a block without has one input, x."""
    node = definition.node.get("in") if isinstance(definition.node, Mapping) else None
    if node is None:
        return ("x",)
    items = node.value.items if isinstance(node.value, Sequence) else (node.value,)
    return tuple(dict.fromkeys(item.text for item in items if isinstance(item, Scalar))) or ("x",)


def block_scope(
    definition: Definition, values: dict[str, Any], given: Node | None, scope: Scope, session: Session
) -> Scope:
    """The scope inside a block: its own `vars`, set by the use or by loop variables of that name."""
    body = definition.node
    declared: dict[str, Any] = {}
    entry = body.get("vars") if isinstance(body, Mapping) else None
    if entry is not None and isinstance(entry.value, Mapping):
        for var in entry.value.entries:
            default, _ = value_of(var.value, definition.scope, session)
            name = var.key.text
            declared[name] = values[name] if name in values else scope.loops.get(name, default)
    _set_by_use(definition, declared, given, scope.in_loop(values), session)
    return definition.scope.with_vars({k: v if is_number(v) else None for k, v in declared.items()})


def _set_by_use(
    definition: Definition, declared: dict[str, Any], given: Node | None, scope: Scope, session: Session
) -> None:
    """Sets what the use gives under `vars`."""
    if given is None:
        return
    if not isinstance(given, Mapping):
        session.report("FS203", "`vars` is a mapping of names to numbers", site(given), "write `vars: {d: 2}`")
        return
    for var in given.entries:
        if var.key.text not in declared:
            what = f"variable of block `{definition.name}`"
            session.unknown_name("FS137", what, var.key.text, list(declared), site(var.key))
            declared.update(dict.fromkeys(declared))  # whichever was meant
            continue
        value, ok = value_of(var.value, scope, session)
        if ok and not is_number(value):
            session.report("FS203", f"variable `{var.key.text}` must be a number", site(var.value), "write a number")
        declared[var.key.text] = value if ok and is_number(value) else None
