"""What the numbers of a spec mean for its size: widths, rounds, members of a mixture. Everything else is left alone."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from flowspec.ops.registry import every_op
from flowspec.syntax import Mapping, Node, Scalar, Sequence, walk

WIDTH, COUNT, MEMBER, OTHER = "width", "count", "member", "other"
DIGITS, LEVELS = "digits", "levels"

# The role of an argument, by its name; an op added later only needs a word here if it brings a new one.
ARGUMENTS = {
    "out": WIDTH,
    "width": WIDTH,
    "widths": WIDTH,
    "channels": WIDTH,
    "count": COUNT,
    "times": COUNT,
    "blocks": COUNT,
    "layers": COUNT,
    "members": MEMBER,
    "components": MEMBER,
    "bits": DIGITS,
}
LEFT_ALONE = frozenset(
    {"graph", "explicit", "levels", "keep", "permute", "names", "train", "use", "x", "given", "kernel", "dilation"}
)
_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")


@dataclass(frozen=True, eq=False, slots=True)
class Number:
    """A literal integer with a role."""

    node: Scalar
    role: str
    what: str

    @property
    def value(self) -> int:
        assert isinstance(self.node.value, int)
        return self.node.value


@dataclass
class Found:
    """Literals with their roles, lists of sizes under `linear: [C, H, W]`, loop lists, and what variables are used for."""

    numbers: list[Number] = field(default_factory=list)
    sites: list[tuple[int, Scalar]] = field(default_factory=list)
    loops: list[Sequence] = field(default_factory=list)
    uses: dict[str, set[str]] = field(default_factory=dict)
    defined: list[tuple[str, Scalar]] = field(default_factory=list)
    roled: set[int] = field(default_factory=set)


def numbers_of(root: Node) -> Found:
    """Every number of a document that has a role, those of variables included."""
    found = Found()
    _visit(root, found)
    for node in walk(root):
        if isinstance(node, Scalar) and id(node) not in found.roled and not node.quoted:
            for name in _VARIABLE.findall(node.text):
                found.uses.setdefault(name, set()).add(OTHER)
    _variables(found)
    return found


def _variables(found: Found) -> None:
    """A variable that is only ever used in one role has it; so do the variables that it is made of."""
    for _ in range(3):
        for name, node in found.defined:
            for role in found.uses.get(name, set()) - {OTHER}:
                for inner in _VARIABLE.findall(node.text):
                    found.uses.setdefault(inner, set()).add(role)
    for name, node in found.defined:
        roles = found.uses.get(name, set())
        if len(roles) == 1 and OTHER not in roles and _is_integer(node):
            found.numbers.append(Number(node, next(iter(roles)), name))


def _is_integer(node: Node) -> bool:
    return isinstance(node, Scalar) and isinstance(node.value, int) and not isinstance(node.value, bool)


def _visit(node: Node, found: Found) -> None:
    if isinstance(node, Sequence):
        for item in node.items:
            _visit(item, found)
    elif isinstance(node, Mapping):
        for entry in node.entries:
            _entry(node, entry.key.text, entry.value, found)


def _entry(step: Mapping, key: str, value: Node, found: Found) -> None:
    if key == LEVELS and _declares(step, key):  # of a view; those of an order are left alone
        _record(value, LEVELS, key, found)
    if key in LEFT_ALONE:
        return
    if key == "vars" and isinstance(value, Mapping):
        _define(value, found)
    elif key == "for" and isinstance(value, Mapping):
        _loop(value, found)
    elif key in _mains():
        _operand(key, value, found)
    elif key in ARGUMENTS and (key == "times" or _declares(step, key)):
        _record(value, ARGUMENTS[key], key, found)
    else:
        _visit(value, found)


def _define(body: Mapping, found: Found) -> None:
    for entry in body.entries:
        if isinstance(entry.value, Scalar):
            found.defined.append((entry.key.text, entry.value))
            found.roled.add(id(entry.value))


def _loop(body: Mapping, found: Found) -> None:
    for entry in body.entries:
        if isinstance(entry.value, Sequence):
            found.loops.append(entry.value)
            found.defined += [(entry.key.text, item) for item in entry.value.items if isinstance(item, Scalar)]


def _operand(op: str, value: Node, found: Found) -> None:
    """The value of an op: its main argument, or a mapping of its arguments."""
    if isinstance(value, Mapping):
        for entry in value.entries:
            role = ARGUMENTS.get(entry.key.text)
            if role is not None and entry.key.text in _arguments(op):
                _record(entry.value, role, op, found)
            elif entry.key.text not in LEFT_ALONE:
                _entry(value, entry.key.text, entry.value, found)
        return
    main = _mains()[op]
    if main in ARGUMENTS:
        _record(value, ARGUMENTS[main], op, found)
    else:
        _visit(value, found)


def _record(value: Node, role: str, what: str, found: Found) -> None:
    items = value.items if isinstance(value, Sequence) else (value,)
    if what == "linear" and len(items) > 1:  # [C, H, W]
        found.sites += [(axis, item) for axis, item in enumerate(items[1:]) if isinstance(item, Scalar)]
        items = items[:1]
    for item in items:
        if not isinstance(item, Scalar):
            continue
        found.roled.add(id(item))
        if _is_integer(item):
            found.numbers.append(Number(item, role, what))
        for name in _VARIABLE.findall(item.text):
            found.uses.setdefault(name, set()).add(role)


def _mains() -> dict[str, str]:
    """The main argument of every op that has one, by the op's name."""
    return {op.name: op.main for _, op in every_op() if op.main}


def _arguments(name: str) -> frozenset[str]:
    return frozenset(word for _, op in every_op() if op.name == name for word in op.arguments()) | {"times"}


def _declares(step: Mapping, key: str) -> bool:
    """Whether an op of the step has the argument `key`."""
    return any(key in _arguments(op) for op in step.keys())
