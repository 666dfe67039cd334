"""Arguments: from the entries of a step to the fields of its op, judged by the schema that the op generates."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache
from typing import Any

from flowspec.diagnostics import Label, Span
from flowspec.ops.base import Op
from flowspec.ops.registry import vocabulary
from flowspec.ops.schema import problems
from flowspec.passes.resolve.session import Scope, Session
from flowspec.syntax.expressions import evaluate, has_variables
from flowspec.syntax.steps import OpShape, Step, step_parts, unknown_op
from flowspec.syntax.tree import Entry, Mapping, Node, Scalar, Sequence, site

MODIFIERS = frozenset({"in", "knows", "name", "given", "times"})


@dataclass(frozen=True, eq=False)
class Arguments:
    """The arguments of one step: `values` for the op's fields, `nodes` for what is read by rules of its own."""

    values: dict[str, Any]
    nodes: dict[str, Node]
    spans: tuple[tuple[str, Span], ...]
    modifiers: dict[str, Entry]


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
    if node.bad:
        return None, False
    if not isinstance(node.value, str) or node.quoted or not has_variables(node.text):
        return node.value, True
    result = evaluate(node.text, scope.vars, site(node))
    if isinstance(result, int | float):
        return result, True
    session.add(result)
    return None, False


def frozen(value: Any) -> Any:
    """Lists as tuples, all the way down."""
    return tuple(frozen(v) for v in value) if isinstance(value, list) else value


def read_arguments(
    op: type[Op], step: Step, scope: Scope, session: Session, extra: frozenset[str] = frozenset()
) -> Arguments | None:
    """Reads and checks the arguments of a step. None when one is wrong; every wrong one has been reported.

    `extra` are further words that may stand beside this op, handed back in `modifiers`.
    """
    declared = op.arguments()
    words = MODIFIERS | extra
    nodes: dict[str, Node] = {}
    modifiers: dict[str, Entry] = {}
    ok = True
    if step.main is not None:
        if op.main is None:
            session.report("FS204", f"`{op.name}` takes no value", site(step.main), f"write `{op.name}` alone")
            ok = False
        else:
            nodes[op.main] = step.main
    for entry in step.args:
        word = entry.key.text
        if word in declared:
            nodes[word] = entry.value
        elif word in words:
            modifiers[word] = entry
        else:
            session.unknown_name("FS201", f"argument of `{op.name}`", word, sorted({*declared, *words}), entry.key.span)
            ok = False
    values, fine = _plain_values(op, nodes, scope, session)
    missing = [word for word in op.required() if word not in nodes]
    for word in missing:
        arg = declared[word]
        session.report("FS202", f"`{op.name}` needs `{word}`: {arg.doc}", step.span, _usage(op))
    if not (ok and fine) or missing:
        return None
    spans = tuple((word, node.span) for word, node in nodes.items())
    return Arguments(values, {w: n for w, n in nodes.items() if w not in values}, spans, modifiers)


@cache
def shapes(place: str, extra: frozenset[str] = frozenset()) -> dict[str, OpShape]:
    """The table that puts steps of a place into normal form."""
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
    node: Node, place: str, session: Session, extra: frozenset[str] = frozenset()
) -> tuple[type[Op], Step] | None:
    """The op that a node names in a place, and its step in normal form. None after reporting what is wrong."""
    step, findings = step_parts(node, shapes(place, extra), MODIFIERS)
    for finding in findings:
        session.add(finding)
    if step is None:
        if not findings and not (isinstance(node, Scalar) and node.bad):
            session.add(unknown_op(node, vocabulary(place), MODIFIERS))
        return None
    return vocabulary(place)[step.op.text], step


def _usage(op: type[Op]) -> str:
    main = op.main or next(iter(op.arguments()), None)
    return f"write `{op.name}: ...`; see `flowspec explain {op.name}`" if main else ""


def _plain_values(op: type[Op], nodes: dict[str, Node], scope: Scope, session: Session) -> tuple[dict[str, Any], bool]:
    declared, values, ok = op.arguments(), {}, True
    for word, node in nodes.items():
        if declared[word].form != "plain":
            continue
        value, fine = value_of(node, scope, session)
        if fine and not (fine := _judge(op, word, value, node, session)):
            ok = False
        ok = ok and fine
        values[word] = frozen(value)
    return values, ok


def _judge(op: type[Op], word: str, value: Any, node: Node, session: Session) -> bool:
    found = problems(op, word, value)
    for problem in found:
        session.report(
            "FS203",
            f"`{word}` of `{op.name}` is {problem.found}; it must be {problem.legal}",
            at_path(node, problem.path).span,
            problem.help,
        )
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


def labelled(span: Span, text: str) -> tuple[Label, ...]:
    return (Label(span, text),)
