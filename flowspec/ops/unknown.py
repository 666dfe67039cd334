"""Stand-ins for what failed and was reported: they keep a program whole, and silence whatever follows from them."""

from __future__ import annotations

from dataclasses import dataclass

from flowspec.graph.layout import Layout
from flowspec.graph.support import UNKNOWN, Support
from flowspec.ops.base import NetContext, NetOp, SilentError
from flowspec.ops.densities import DensityOp
from flowspec.ops.flow_base import FlowOp
from flowspec.ops.orders import OrderOp
from flowspec.order import Channels, Grid, Order


@dataclass(frozen=True)
class UnknownValue(NetOp):
    """A value of a net that failed. Nothing is known of it."""

    name = "unknown"
    inputs = "many"

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        raise SilentError


@dataclass(frozen=True)
class UnknownStep(FlowOp):
    """A flow step that failed. Of a step whose op is known it is known at least whether it keeps the shape, and where
    it takes values whatever they are."""

    name = "unknown"
    keeps_shape: bool = False
    gives: Support = UNKNOWN
    meant: str = "unknown"

    @property
    def called(self) -> str:
        return self.meant

    def outputs(self, layout: Layout) -> tuple[Layout, ...]:
        if not self.keeps_shape:
            raise SilentError
        return (layout,)

    def check_values(self, values: Support) -> None:
        """What it takes is not known."""

    def image(self, values: Support) -> Support:
        return self.gives

    def preimage(self, values: Support) -> Support:
        return self.gives


def unknown_step(op: type[FlowOp] | None) -> UnknownStep:
    """The stand-in for a step; `op` is what it was meant to be, where its arguments alone are wrong."""
    if op is None:
        return UnknownStep()
    learned = op.image is FlowOp.image and op.preimage is FlowOp.preimage
    return UnknownStep(op.outputs is FlowOp.outputs, FlowOp().image(UNKNOWN) if learned else UNKNOWN, op.name)


@dataclass(frozen=True)
class UnknownDensity(DensityOp):
    """A density that failed; it fits any values."""

    name = "unknown"
    smooth = True
    bare = True

    @property
    def ties(self) -> bool:
        return True

    def check_values(self, values: Support) -> None:
        """What it is over is not known."""

    def support(self, values: Support) -> Support:
        return UNKNOWN

    def size(self, values: Support, channels: int = 1) -> int:
        return 1


@dataclass(frozen=True)
class UnknownOrder(OrderOp):
    """An order that failed."""

    name = "unknown"

    def make(self, grid: Grid, names: tuple[str, ...], channels: Channels | None, member: int) -> Order:
        raise SilentError
