"""Arguments: from the entries of a step to the fields of its op, judged by the schema that the op generates."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, replace
from functools import cache
from typing import Any

from flowspec.diagnostics import Finding, Span
from flowspec.ops.base import Op
from flowspec.ops.registry import VOCABULARIES, vocabulary
from flowspec.ops.schema import problems
from flowspec.passes.resolve.session import Scope, Session
from flowspec.passes.resolve.wrong_arguments import refuse_unnamed, refuse_word, unnamed, usage
from flowspec.syntax.expressions import evaluate, has_variables
from flowspec.syntax.steps import OpShape, Step, step_parts, unknown_op
from flowspec.syntax.tree import Entry, Mapping, Node, Scalar, Sequence, site

MODIFIERS = frozenset({"in", "knows", "name", "given", "times"})
_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, eq=False)
class Arguments:
    """The arguments of one step: `values` for the op's fields, `nodes` for what is read by rules of its own.

    Where it is not `ok` something in it was reported, and the op cannot be made.
    """

    values: dict[str, Any]
    nodes: dict[str, Node]
    spans: tuple[tuple[str, Span], ...]
    modifiers: dict[str, Entry]
    ok: bool = True

    def modifier(self, word: str) -> Node | None:
        """What a modifier says, if it is there."""
        entry = self.modifiers.get(word)
        return entry.value if entry else None


# --- values ----------------------------------------------------------------------------------------------------------


def value_of(node: Node, scope: Scope, session: Session) -> tuple[Any, bool]:
    """The node as plain Python with `$name` put in, and whether that worked."""
    if isinstance(node, Scalar):
        return _scalar(node, scope, session)
    if isinstance(node, Sequence):
        parts = [value_of(item, scope, session) for item in node.items]
        return [p for p, _ in parts], all(ok for _, ok in parts)
    pairs = {entry.key.text: value_of(entry.value, scope, session) for entry in node.entries}
    return {k: v for k, (v, _) in pairs.items()}, all(ok for _, ok in pairs.values())


def _scalar(node: Scalar, scope: Scope, session: Session) -> tuple[Any, bool]:
    if node.bad or uses_unknown(node, scope):
        return None, False
    if not isinstance(node.value, str) or node.quoted or not has_variables(node.text):
        return node.value, True
    result = evaluate(node.text, scope.vars, site(node))
    if isinstance(result, int | float):
        return result, True
    session.add(result)
    return None, False


def uses_unknown(node: Scalar, scope: Scope) -> bool:
    """Whether a text uses a variable whose value failed; nothing is said of it again."""
    return bool(scope.unknown) and not node.quoted and not scope.unknown.isdisjoint(_VARIABLE.findall(node.text))


def frozen(value: Any) -> Any:
    """Lists as tuples, all the way down."""
    return tuple(frozen(v) for v in value) if isinstance(value, list) else value


def is_whole(value: Any) -> bool:
    """Whether a value is an integer, and not a boolean."""
    return isinstance(value, int) and not isinstance(value, bool)


def is_number(value: Any) -> bool:
    """Whether a value is an integer or a float."""
    return isinstance(value, int | float) and not isinstance(value, bool)


# --- steps -----------------------------------------------------------------------------------------------------------


@cache
def _shapes(place: str, extra: frozenset[str]) -> dict[str, OpShape]:
    return {name: shape_of(op, extra) for name, op in vocabulary(place).items()}


def shape_of(op: type[Op], extra: frozenset[str] = frozenset()) -> OpShape:
    """How one op's arguments are written."""
    declared = op.arguments()
    structural = op.main is not None and (
        op.main not in declared or declared[op.main].form != "plain" or _takes_mapping(op)
    )
    return OpShape(op.main, frozenset(declared) - {op.main or ""} | extra, structural)


def _takes_mapping(op: type[Op]) -> bool:
    schema = op.arguments()[op.main or ""].schema
    return any(option.get("type") == "object" for option in (schema, *schema.get("anyOf", ())))


def read_step(
    node: Node, place: str, scope: Scope, session: Session, extra: frozenset[str] = frozenset()
) -> tuple[type[Op], Step] | None:
    """The op that a node names in a place, and its step in normal form. None after reporting what is wrong."""
    step, findings = step_parts(node, _shapes(place, extra), MODIFIERS)
    for finding in findings:
        session.add(_elsewhere(finding, node, place))
    if step is not None:
        if findings:
            session.doubtful.add(step.node)
        return vocabulary(place)[step.op.text], step
    session.give_up(node)
    if not findings and not is_excused(node, scope):
        finding = unknown_op(node, {**vocabulary(place), **(scope.nets if place == "net" else {})}, MODIFIERS)
        session.add(_elsewhere(finding, node, place))
    return None


def _elsewhere(finding: Finding, node: Node, place: str) -> Finding:
    """The finding with a help that says where an op of that name may stand, if it is one."""
    keys = node.keys() if isinstance(node, Mapping) else ()
    word = node.text if isinstance(node, Scalar) else next(iter(keys), "")
    home = next((name for name in VOCABULARIES if word in vocabulary(name)), "")
    if finding.code != "FS212" or finding.helps or home == place:
        return finding
    if not home and place in ("order", "density", "transform"):
        return replace(finding, helps=(f"there are: {', '.join(f'`{name}`' for name in vocabulary(place))}",))
    if not home:
        return replace(finding, helps=("`flowspec ops` lists the ops",))
    why = ", whose steps are bijections" if place == "flow" else ""
    return replace(finding, helps=(f"`{word}` stands in a {home}, and this is a {place}{why}",))


def is_excused(node: Node, scope: Scope) -> bool:
    """Whether a step that names no op was reported already, or would come from a document that could not be read."""
    if isinstance(node, Mapping):
        return any(scope.is_unread(word) for word in node.keys())
    return isinstance(node, Scalar) and (node.bad or scope.is_unread(node.text))


# --- arguments -------------------------------------------------------------------------------------------------------


# Values that arguments have in papers and other libraries, and what takes their place here.
_VALUES_ELSEWHERE = dict.fromkeys(
    ("A", "B", "a", "b"), "leave it out: layers that read x get the strict mask (A), those above it the other (B)"
)


def read_arguments(
    op: type[Op], step: Step, scope: Scope, session: Session, extra: frozenset[str] = frozenset()
) -> Arguments:
    """Reads and checks the arguments of a step; every wrong one is reported.

    `extra` are further words that may stand beside this op, handed back in `modifiers`.
    """
    nodes, modifiers, known, meant = _sorted_out(op, step, session, extra)
    values, fine = _plain_values(op, nodes, scope, session)
    missing = [word for word in op.required() if word not in nodes]
    for word in (word for word in missing if word not in meant):
        doc = op.arguments()[word].doc
        session.report("FS202", f"`{op.name}` needs `{word}`: {doc}", site(step.op), usage(op, word))
    spans = tuple((word, site(node)) for word, node in nodes.items())
    others = {w: n for w, n in nodes.items() if w not in values}
    sure = step.node not in session.doubtful
    if fine:
        _note_idle(op, values, nodes, session)
    return Arguments(values, others, spans, modifiers, known and fine and sure and not missing)


def _note_idle(op: type[Op], values: dict[str, Any], nodes: dict[str, Node], session: Session) -> None:
    """Notes an argument, written out, with which the op does nothing; a variable may have reasons to be so."""
    for word, neutral in op.neutral:
        value = values.get(word)
        same = all(v == neutral for v in value) if isinstance(value, tuple) else value == neutral
        if same and word in nodes and not _uses_variables(nodes[word]):
            shown = f"{op.name}: {neutral}" if word == op.main else f"{op.name}: {{{word}: {neutral}}}"
            session.report("FS235", f"`{shown}` does nothing", site(nodes[word]), "drop the step")


def _uses_variables(node: Node) -> bool:
    if isinstance(node, Scalar):
        return has_variables(node.text)
    return any(_uses_variables(item) for item in getattr(node, "items", ()))


def _sorted_out(
    op: type[Op], step: Step, session: Session, extra: frozenset[str]
) -> tuple[dict[str, Node], dict[str, Entry], bool, set[str | None]]:
    """The arguments and the modifiers by name, whether every word was one of them, and what the others meant."""
    declared, words = op.arguments(), MODIFIERS | extra
    nodes: dict[str, Node] = {}
    modifiers: dict[str, Entry] = {}
    meant: set[str | None] = set()
    ok = True
    if unnamed(op, step):
        ok = False
        refuse_unnamed(op, step, session)
        meant.update(op.required())
    elif step.main is not None and op.main is not None:
        nodes[op.main] = step.main
    for entry in step.args:
        word = entry.key.text
        if word in declared:
            nodes[word] = entry.value
        elif word in words:
            modifiers[word] = entry
        else:
            meant.add(refuse_word(op, entry, sorted({*declared, *words}), session))
            session.give_up(entry.value)
            ok = False
    return nodes, modifiers, ok, meant


def _plain_values(op: type[Op], nodes: dict[str, Node], scope: Scope, session: Session) -> tuple[dict[str, Any], bool]:
    declared, values, ok = op.arguments(), {}, True
    for word, node in nodes.items():
        if declared[word].form == "plain":
            value, fine = value_of(node, scope, session)
            fine = fine and _judge(op, word, value, node, session)
            ok = ok and fine
            values[word] = frozen(value)
    return values, ok


def _judge(op: type[Op], word: str, value: Any, node: Node, session: Session) -> bool:
    found = problems(op, word, value)
    for problem in found:
        message = f"`{word}` of `{op.name}` is {problem.found}; it must be {problem.legal}"
        helps = _VALUES_ELSEWHERE.get(value) if word == "mask" and isinstance(value, str) else None
        session.report("FS203", message, site(at_path(node, problem.path)), helps or problem.help)
    return not found


def at_path(node: Node, path: Iterable[str | int]) -> Node:
    """The node at a path of indices and keys below `node`; the nearest that exists."""
    for part in path:
        if isinstance(node, Sequence) and isinstance(part, int) and part < len(node.items):
            node = node.items[part]
        elif isinstance(node, Mapping) and (entry := node.get(str(part))):
            node = entry.value
        else:
            break
    return node
