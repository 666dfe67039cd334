"""What an op is: one class that declares its arguments, shape, dependency, lowering and documentation."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from flowspec.graph.bounds import Bounds
from flowspec.graph.layout import Layout
from flowspec.graph.masks import Mask
from flowspec.graph.support import Support
from flowspec.ops.edges import Edges
from flowspec.ops.lowering import Lowered

Schema = dict[str, Any]

POSITIVE_INT: Schema = {"type": "integer", "minimum": 1, "maximum": 2**31 - 1}
INT: Schema = {"type": "integer", "minimum": -(2**63), "maximum": 2**63 - 1}
PER_AXIS: Schema = {"anyOf": [POSITIVE_INT, {"type": "array", "items": POSITIVE_INT, "minItems": 1, "maxItems": 3}]}
BOOL: Schema = {"type": "boolean"}
NUMBER: Schema = {"type": "number"}


@dataclass(frozen=True, slots=True)
class Arg:
    """One argument of an op.

    `form` says how the argument is read: `plain` values are judged by the JSON Schema; `steps`, `value`, `density`,
    `order`, `keep` and `transform` are parts of the language with rules of their own.
    """

    schema: Schema
    doc: str
    form: str = "plain"


def arg(schema: Schema, doc: str, default: Any = dataclasses.MISSING, form: str = "plain") -> Any:
    """Declares a dataclass field that is an argument of an op; without `default` it is required."""
    return dataclasses.field(default=default, metadata={"arg": Arg(schema, doc, form)})


class OpError(Exception):
    """A user's mistake found while an op computes a fact. The pass that called turns it into a finding."""

    def __init__(
        self, code: str, message: str, help_text: str = "", argument: str = "", notes: tuple[str, ...] = ()
    ) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.help = help_text
        self.argument = argument
        self.notes = notes


class SilentError(OpError):
    """Raised by the stand-in for what failed: it was reported already, and nothing more is said of it."""

    def __init__(self) -> None:
        super().__init__("", "")


def _fields(cls: type) -> tuple[dataclasses.Field[Any], ...]:
    return dataclasses.fields(cls) if dataclasses.is_dataclass(cls) else ()


class Op:
    """The base of every op. `name` is its word in the language, `main` the argument that its value stands for."""

    name: ClassVar[str]
    main: ClassVar[str | None] = None
    family: ClassVar[str]
    neutral: ClassVar[tuple[tuple[str, Any], ...]] = ()  # arguments with a value at which it does nothing

    @classmethod
    def arguments(cls) -> Mapping[str, Arg]:
        """The declared arguments by name, in order."""
        return {f.name: f.metadata["arg"] for f in _fields(cls) if "arg" in f.metadata}

    @classmethod
    def required(cls) -> tuple[str, ...]:
        return tuple(f.name for f in _fields(cls) if "arg" in f.metadata and f.default is dataclasses.MISSING)

    def admit(self) -> None:
        """Raises OpError when arguments that are ops themselves do not fit."""

    @classmethod
    def summary(cls) -> str:
        return (cls.__doc__ or "").strip().splitlines()[0]


@dataclass(frozen=True, slots=True)
class NetContext:
    """Where a net stands: the layout of its `x`, that of the variables its head gives `size` parameters each for, and the
    number of categories of x (None of real numbers, 0 where nobody knows).

    A `joint` head gives `size` parameters to each site instead, which the channels of the site share.
    """

    x: Layout
    target: Layout
    size: int
    ordered: bool
    count: int | None = None
    orders: int = 1
    values: Support | None = None  # of x in an autoregressive net, and of what is modelled where it is independent
    joint: bool = False
    counts: tuple[tuple[str, int], ...] = ()  # the categories of each context that holds integers, by its name

    @property
    def owners(self) -> Layout:
        """What has parameters of its own: the variables, or the sites as one channel."""
        return dataclasses.replace(self.target, channels=1) if self.joint else self.target

    @property
    def sharing(self) -> int:
        """How many variables share parameters: the channels of a site under a joint head; otherwise each stands alone."""
        return self.target.channels if self.joint else 1


@dataclass(frozen=True, slots=True)
class NetSite:
    """Everything that a net op may know about one of its uses when it is lowered."""

    context: NetContext
    inputs: tuple[Layout, ...]
    output: Layout
    bounds: tuple[Bounds, ...]
    out_bounds: Bounds
    mask: Mask | None


class NetOp(Op):
    """An op inside a conditioner net."""

    family = "net"
    reads_raw: ClassVar[bool] = False  # wants the integers of x, not their numbers on [-1, 1]
    slices: ClassVar[int] = 1  # into how many equal parts it cuts the channels of its input (semantics K4)
    outside: ClassVar[bool] = False  # stands for a value from outside the net: x, or a context
    inputs: ClassVar[str] = "one"  # how many values it reads: one, many (a list that is complete), none, or table
    shaped_by: ClassVar[tuple[int, ...]] = ()  # the numbers of the inputs of which it takes the shape and no value
    named: ClassVar[tuple[str, ...]] = ()  # of several inputs, the names by which `in` tells them apart
    last: ClassVar[bool] = False  # gives the parameters itself: no projection follows
    copies: ClassVar[bool] = False  # hands every number of its inputs on as it is
    bounded: ClassVar[bool] = False  # gives bounded numbers, whatever it reads
    multiplies: ClassVar[bool] = False  # gives products of its inputs
    kinked: ClassVar[bool] = False  # has a derivative that jumps
    repeatable: ClassVar[bool] = False  # may stand again after itself without a change of meaning (semantics D6)

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        """The layout of the output. Raises OpError."""
        raise NotImplementedError

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        """Which units of the inputs a unit of the output may read."""
        raise NotImplementedError

    def refuse(self, context: NetContext, inputs: tuple[Layout, ...], mask: Mask | None) -> None:
        """Raises OpError where the op cannot be built with the edges that are kept."""

    def growth(self, inputs: tuple[int, ...]) -> int:
        """A bound on the degree with which the output grows, its inputs growing with these: 0 is bounded, 1 linear."""
        return 0 if self.bounded else sum(inputs) if self.multiplies else max(inputs, default=0)

    @property
    def unsteady(self) -> str:
        """Why two calls with one input may differ, or why a sample may hang on others; empty where neither is so."""
        return ""

    def multiply_adds(self, site: NetSite) -> int | None:
        """How many one use takes, where it is not the number of kept edges."""
        return None

    def parameters(self, site: NetSite) -> int:
        """How many learned numbers one use has."""
        return 0

    def lower(self, site: NetSite) -> Lowered:
        """The module that a use needs and the expression that calls it."""
        raise NotImplementedError
