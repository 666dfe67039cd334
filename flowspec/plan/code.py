"""The emitted module as data: classes with attributes and methods, and statements as lines of text.

Everything is decided here and nothing is laid out: emit/ breaks lines and adds the imports. Expressions inside
statements are text of our own making; constructors are kept apart as Constructs, so that their literals stay values.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flowspec.ops.lowering import Construct, Expr

Value = Any  # int | float | str | bool | None | Expr | Construct | Listed | tuple | list | dict of these


@dataclass(frozen=True, slots=True)
class Run:
    """Modules that stand in turn, `count` times over; one module `count` times is a run of one."""

    items: tuple[Construct, ...]
    count: int = 1

    def __len__(self) -> int:
        return len(self.items) * self.count


@dataclass(frozen=True, slots=True)
class Listed:
    """An nn.ModuleList of runs."""

    runs: tuple[Run, ...]

    def __len__(self) -> int:
        return sum(len(run) for run in self.runs)


@dataclass(frozen=True, slots=True)
class Attribute:
    """`self.name = value`, with the line of the spec it comes from; `used` says that it is a line of a used file."""

    name: str
    value: Construct | Listed
    line: int = 0
    used: bool = False


@dataclass(frozen=True, slots=True)
class Assign:
    """`target = value  # comment`."""

    target: str
    value: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class Return:
    """`return value  # comment`."""

    value: str
    comment: str = ""


@dataclass(frozen=True, slots=True)
class For:
    """`for target in items:` and its body."""

    target: str
    items: str
    body: tuple[Statement, ...]


@dataclass(frozen=True, slots=True)
class Do:
    """A call that stands by itself."""

    text: str


Statement = Assign | Return | For | Do


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter of a method."""

    name: str
    type: str = "torch.Tensor"
    default: str = ""


@dataclass(frozen=True, slots=True)
class Method:
    """A method; `self` is not listed."""

    name: str
    parameters: tuple[Parameter, ...]
    returns: str
    body: tuple[Statement, ...]
    doc: str = ""


@dataclass(frozen=True, slots=True)
class ClassPlan:
    """One class: class attributes, the arguments of the base's constructor (those by `keywords` last), attributes in
    order, and methods.

    `parameters` are integers that the constructor takes; `label` is the name that a net or a block asked for.
    """

    name: str
    bases: tuple[str, ...]
    doc: str
    attributes: tuple[Attribute, ...] = ()
    methods: tuple[Method, ...] = ()
    fields: tuple[tuple[str, Value], ...] = ()
    arguments: tuple[Value, ...] = ()
    parameters: tuple[str, ...] = ()
    label: str = ""
    keywords: tuple[tuple[str, Value], ...] = ()


@dataclass(frozen=True, slots=True)
class Constant:
    """A value of the module, for literals that are long or used in several places."""

    name: str
    value: Value
    comment: str


__all__ = [
    "Assign", "Attribute", "ClassPlan", "Constant", "Construct", "Do", "Expr", "For", "Listed", "Method", "Parameter", "Return",
    "Run", "Statement", "Value",
]  # fmt: skip
