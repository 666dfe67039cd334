"""Ops that are made of other ops: chains, residuals, and the macros `mlp` and `resnet`. Each unfolds itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

from flowspec.ops.base import PER_AXIS, POSITIVE_INT, NetOp, Op, arg
from flowspec.ops.elementwise import Add, Relu
from flowspec.ops.weighted import Linear, Mixer

STEPS: dict[str, Any] = {"$ref": "#/definitions/net"}


class Building(Protocol):
    """What a structure may ask of the net under construction. Values are opaque; None is a value that failed."""

    def apply(self, op: NetOp, inputs: list[Any]) -> Any:
        """Adds a node."""

    def chain(self, steps: Any, value: Any) -> Any:
        """Unfolds written steps, the first of which reads `value`."""

    def named(self, label: str, build: Any, value: Any) -> Any:
        """Unfolds `build(value)` as a region with a name of its own in the emitted source."""


class Structure(Op):
    """An op that unfolds into others."""

    family = "structure"

    def unfold(self, net: Building, value: Any) -> Any:
        """Adds the ops that it stands for, and returns the value of the last."""
        raise NotImplementedError


@dataclass(frozen=True)
class Chain(Structure):
    """Steps one after the other, as one step."""

    name = "chain"
    main = "steps"
    steps: Any = arg(STEPS, "the steps", form="steps")

    def unfold(self, net: Building, value: Any) -> Any:
        return net.chain(self.steps, value)


@dataclass(frozen=True)
class Residual(Structure):
    """x + f(x), where f is the chain of steps (He et al. 2016)."""

    name = "residual"
    main = "steps"
    steps: Any = arg(STEPS, "the steps of f", form="steps")

    def unfold(self, net: Building, value: Any) -> Any:
        return net.apply(Add(), [value, net.chain(self.steps, value)])


@dataclass(frozen=True)
class Mlp(Structure):
    """Linear layers, each followed by a rectifier."""

    name = "mlp"
    main = "widths"
    widths: tuple[int, ...] = arg(
        {"type": "array", "items": POSITIVE_INT, "minItems": 1, "maxItems": 1000}, "the widths"
    )

    def unfold(self, net: Building, value: Any) -> Any:
        for width in self.widths:
            value = net.apply(Relu(), [net.apply(Linear(width), [value])])
        return value


@dataclass(frozen=True)
class Resnet(Structure):
    """A layer of `width`, then `blocks` residual blocks of two layers, then a rectifier.

    The first layer stands outside every skip, so under an order it is the strict one and no skip carries x itself.
    Convolutions where there are sites, linear layers on vectors.
    """

    name = "resnet"
    main = "width"
    width: int = arg(POSITIVE_INT, "channels or units of every layer")
    blocks: int = arg({"type": "integer", "minimum": 0, "maximum": 10_000}, "how many residual blocks", 2)
    kernel: int | tuple[int, ...] = arg(PER_AXIS, "kernel of every layer where there are sites", 3)

    def unfold(self, net: Building, value: Any) -> Any:
        value = net.apply(Mixer(self.width, self.kernel), [value])
        for _ in range(self.blocks):
            value = net.named("residual", self._block(net), value)
        return net.apply(Relu(), [value])

    def _block(self, net: Building) -> Any:
        def block(value: Any) -> Any:
            inner = value
            for _ in range(2):
                inner = net.apply(Mixer(self.width, self.kernel), [net.apply(Relu(), [inner])])
            return net.apply(Add(), [value, inner])

        return block


class Loop(Op):
    """A construct that repeats steps or a block; every round has its own weights."""

    family = "loop"


@dataclass(frozen=True)
class Repeat(Loop):
    """Steps or a block, N times over; outputs feed inputs of the same names.

    `r.3` is round 3 of a repeat named r, `r.0` what went in, `r` the last.
    """

    name = "repeat"
    main = "count"
    neutral = (("count", 0),)
    count: int = arg({"type": "integer", "minimum": 0, "maximum": 10_000}, "how many rounds")
    do: Any = arg(STEPS, "the steps of a round", None, form="steps")
    block: Any = arg({"type": "string"}, "the block that is a round", None, form="name")


@dataclass(frozen=True)
class For(Loop):
    """Steps or a block, once for each combination of the listed values (the first variable is the outer loop)."""

    name = "for"
    main = "over"
    over: Any = arg(
        {"type": "object", "minProperties": 1, "additionalProperties": {"type": "array", "items": {"type": "number"}}},
        "loop variables and their values",
        form="mapping",
    )
    do: Any = arg(STEPS, "the steps of a round", None, form="steps")
    block: Any = arg({"type": "string"}, "the block that is a round", None, form="name")


@dataclass(frozen=True)
class BlockUse(Loop):
    """One use of a block, with weights of its own."""

    name = "block"
    main = "block"
    block: Any = arg({"type": "string"}, "the name of the block", form="name")
