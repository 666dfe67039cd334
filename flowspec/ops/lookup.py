"""Ops that turn integers into vectors, and coordinates into values."""

from __future__ import annotations

from dataclasses import dataclass

from flowspec.graph.layout import Layout
from flowspec.ops.base import POSITIVE_INT, NetContext, NetOp, NetSite, OpError, SilentError, arg
from flowspec.ops.edges import Channelwise, Constant, Edges
from flowspec.ops.lowering import Lowered, construct


class Lookup(NetOp):
    """Reads the integers of one variable and gives several channels about the same variable."""

    reads_raw = True

    def width(self, context: NetContext) -> int:
        """Channels for each variable."""
        raise NotImplementedError

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        if context.count == 0:
            raise SilentError
        if context.count is None:
            raise OpError(
                "FS225", f"`{self.name}` looks up integers, and x holds none here", "drop it, or declare `values: N`"
            )
        return Layout(inputs[0].channels * self.width(context), inputs[0].sites)

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        width = self.width(context)
        return Channelwise(tuple(((0, k // width),) for k in range(output.channels)))

    def _plain(self, site: NetSite) -> str:
        return "{0}.unsqueeze(1)" if site.inputs[0].vector else "{0}"


@dataclass(frozen=True)
class OneHot(Lookup):
    """Each integer as N channels, one of them 1."""

    name = "one_hot"

    def width(self, context: NetContext) -> int:
        return context.count or 1

    def lower(self, site: NetSite) -> Lowered:
        return Lowered(f"one_hot({self._plain(site)}, {self.width(site.context)})", names=("one_hot",), raw=True)


@dataclass(frozen=True)
class Embedding(Lookup):
    """Each integer as a learned vector; every channel of x has a table of its own."""

    name = "embedding"
    main = "out"
    out: int = arg(POSITIVE_INT, "channels for each variable")

    def width(self, context: NetContext) -> int:
        return self.out

    def parameters(self, site: NetSite) -> int:
        return site.inputs[0].channels * (site.context.count or 1) * self.out

    def lower(self, site: NetSite) -> Lowered:
        module = construct("ChannelEmbedding", site.inputs[0].channels, site.context.count, self.out)
        return Lowered(f"{{m}}({self._plain(site)})", module, raw=True)


@dataclass(frozen=True)
class Position(NetOp):
    """The coordinates of each site on [-1, 1], one channel an axis; with a number, that many learned channels."""

    name = "position"
    main = "channels"
    inputs = "none"
    channels: int | None = arg(
        {"anyOf": [POSITIVE_INT, {"type": "null"}]}, "learned channels; coordinates if left out", None
    )

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        return Layout(self.channels or len(context.x.sites), context.x.sites)

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        return Constant()

    def parameters(self, site: NetSite) -> int:
        return 0 if self.channels is None else site.output.units

    def lower(self, site: NetSite) -> Lowered:
        if self.channels is None:
            return Lowered("{m}({x})", construct("Coordinates", site.output.sites))
        return Lowered("{m}({x})", construct("LearnedPosition", self.channels, site.output.sites))


@dataclass(frozen=True)
class Source(NetOp):
    """A value from outside the net: `x`, or a context by name. Integers become numbers on [-1, 1]."""

    name = "source"
    outside = True
    label: str = "x"

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        return Constant()
