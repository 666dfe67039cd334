"""The normal form of a step: one op, its main argument, and its other arguments from inside and beside it.

`{conv: 64, kernel: 3}`, `{conv: {out: 64, kernel: 3}}` and `{conv: {out: 64}, kernel: 3}` are one step. What an op's
arguments are is the caller's table; whether they are legal is the caller's business as well.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from collections.abc import Mapping as Table
from dataclasses import dataclass

from flowspec.diagnostics import Finding, Label, Span, suggest
from flowspec.syntax.papercuts import shown
from flowspec.syntax.tree import Entry, Mapping, Node, Scalar, Sequence, site

# Names that ops have in other libraries: in lower case and without `_`, the op, and how it is written here.
_ELSEWHERE = {
    "softmax": ("categorical", "categorical"),
    "embed": ("embedding", "{embedding: 32}"),
    "dense": ("linear", "{linear: 64}"),
    "fc": ("linear", "{linear: 64}"),
    "batchnorm": ("norm", "{norm: batch}"),
    "batchnorm2d": ("norm", "{norm: batch}"),
    "layernorm": ("norm", "{norm: layer}"),
    "swish": ("silu", "silu"),
    "glu": ("gate", "{gate: glu}"),
    "selfattention": ("attention", "{attention: 64, heads: 4}"),
    "mixtureoflogistics": ("discretized_logistic_mixture", "{discretized_logistic_mixture: 10}"),
    "bilstm": ("lstm", "{lstm: 64, along: diagonals, both: true}"),
}


@dataclass(frozen=True, slots=True)
class OpShape:
    """What the normal form needs to know of an op.

    Attributes:
        main: the name of the argument that the op's value stands for; None when it has none.
        args: the names of its other arguments.
        main_may_be_mapping: whether a mapping may be the main argument itself. It then is, unless every key in it is
            an argument's name.
    """

    main: str | None
    args: frozenset[str] = frozenset()
    main_may_be_mapping: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """A step in normal form.

    Attributes:
        op: the op's name, where it stands.
        main: its main argument; None when it was not given.
        args: the other arguments and modifiers, in writing order, no name twice.
        span: the whole step.
        node: what it was written as.
    """

    op: Scalar
    main: Node | None
    args: tuple[Entry, ...]
    span: Span
    node: Node

    def get(self, name: str) -> Node | None:
        """The value of the argument `name` among `args`, or None."""
        return next((entry.value for entry in self.args if entry.key.text == name), None)


def step_parts(
    node: Node, ops: Table[str, OpShape], common: Collection[str] = ()
) -> tuple[Step | None, tuple[Finding, ...]]:
    """Take a step apart; `common` names the modifiers that every op has.

    The step is None without a finding where `node` is none to begin with: a mapping without an op key (a graph of named
    values, or what `unknown_op` is for), a list (a chain), or a scalar that was reported already. An argument given
    twice is reported, and the first one kept.
    """
    match node:
        case Scalar(bad=True) | Sequence():
            return None, ()
        case Scalar():
            return (_bare(node), ()) if _names(node, ops) else (None, (unknown_op(node, ops),))
        case Mapping():
            keys = [entry.key for entry in node.entries if entry.key.text in ops]
            if not keys:
                return None, ()
            owner = next((key for key in keys if _owns(key, keys, ops, common)), None)
            return _normal(node, owner, ops, common) if owner else (None, (_two_ops(keys),))


def unknown_op(node: Node, ops: Collection[str], common: Collection[str] = ()) -> Finding:
    """The finding for a step that names no op; a mapping is judged by its first key that is no modifier."""
    if isinstance(node, Mapping) and node.entries:
        keys = [entry.key for entry in node.entries]
        word = next((key for key in keys if key.text not in common), keys[0])
    elif isinstance(node, Scalar) and node.text:
        word = node
    else:
        message = "a step is missing here" if isinstance(node, Scalar) else "a step names one op; this names none"
        return Finding("FS212", message, site(node))
    return Finding("FS212", f"`{shown(word.text)}` is not an op", site(word), helps=_meant(word.text, ops))


def _meant(text: str, ops: Collection[str]) -> tuple[str, ...]:
    """What was probably meant: a name nearby, or a mapping for an op written with its value as one word."""
    glued = re.fullmatch(r"(\w+)[\s:]+(\S[^:]*)", text)
    if glued and glued[1] in ops:
        return (f"give an op its value in a mapping: `{{{glued[1]}: {shown(glued[2])}}}`",)
    op, said = _ELSEWHERE.get(text.lower().replace("_", ""), ("", ""))
    if op in ops:
        return (f"it is written `{said}`",)
    near = suggest(text, sorted(ops))
    return (f"did you mean `{near}`?",) if near else ()


def _bare(op: Scalar) -> Step:
    return Step(op, None, (), site(op), op)


def _names(node: Scalar, ops: Table[str, OpShape]) -> bool:
    return isinstance(node.value, str) and node.value in ops


def _owns(key: Scalar, keys: list[Scalar], ops: Table[str, OpShape], common: Collection[str]) -> bool:
    """Whether all the other op names in the step are arguments of `key`'s op."""
    return all(other is key or _is_argument(other.text, ops[key.text], common) for other in keys)


def _is_argument(name: str, shape: OpShape, common: Collection[str]) -> bool:
    return name == shape.main or name in shape.args or name in common


def _two_ops(keys: list[Scalar]) -> Finding:
    first, second = keys[:2]
    return Finding(
        "FS211",
        f"one step names two ops, `{first.text}` and `{second.text}`",
        site(second),
        label="the second op",
        labels=(Label(site(first), "the first op"),),
        helps=("make each a step of its own",),
    )


def _normal(
    node: Mapping, op: Scalar, ops: Table[str, OpShape], common: Collection[str]
) -> tuple[Step, tuple[Finding, ...]]:
    shape = ops[op.text]
    found: dict[str, Entry] = {}
    findings: list[Finding] = []
    for entry in _arguments(node, op, shape, common):
        first = found.setdefault(entry.key.text, entry)
        if first is not entry:
            findings.append(_given_twice(op, first, entry))
    main = found.pop(shape.main, None) if shape.main else found.pop(op.text, None)
    step = Step(op, main.value if main else None, tuple(found.values()), site(node), node)
    return step, tuple(findings)


def _arguments(node: Mapping, op: Scalar, shape: OpShape, common: Collection[str]) -> Iterator[Entry]:
    """Every argument in writing order; the op's own value goes by the name of the main argument."""
    for entry in node.entries:
        if entry.key is not op:
            yield entry
        elif isinstance(entry.value, Mapping) and _holds_arguments(entry.value, shape, common):
            yield from entry.value.entries
        elif not (isinstance(entry.value, Scalar) and entry.value.value is None and not entry.value.bad):
            yield _as_main(op, entry.value, shape)


def _as_main(op: Scalar, value: Node, shape: OpShape) -> Entry:
    name = shape.main or op.text
    return Entry(Scalar(name, name, op.span, via=op.via), value)


def _holds_arguments(value: Mapping, shape: OpShape, common: Collection[str]) -> bool:
    return not shape.main_may_be_mapping or all(_is_argument(e.key.text, shape, common) for e in value.entries)


def _given_twice(op: Scalar, first: Entry, second: Entry) -> Finding:
    name = second.key.text
    as_value = next((e for e in (first, second) if e.key.span == op.span and e.key.text != op.text), None)
    why = f"the value of `{op.text}` is its `{name}`; " if as_value else ""
    return Finding(
        "FS210",
        f"`{name}` of `{op.text}` is given twice",
        site(second.key),
        label="given again",
        labels=(Label(site(first.key), "first given here"),),
        helps=(f"{why}keep one of the two",),
    )
