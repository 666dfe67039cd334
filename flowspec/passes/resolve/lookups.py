"""Lookups of what is not x: a label enters a net as N units, one of them 1, so a lookup of it is a linear map; integers
with sites are looked up site by site, as those of x are."""

from __future__ import annotations

from dataclasses import dataclass

from flowspec.graph.layout import Layout
from flowspec.ops.base import NetContext, NetSite, OpError
from flowspec.ops.edges import Channelwise, Edges, same_channel
from flowspec.ops.elementwise import Pointwise
from flowspec.ops.lookup import Embedding, Lookup
from flowspec.ops.lowering import Lowered, construct
from flowspec.ops.unknown import UnknownValue
from flowspec.ops.weighted import Linear
from flowspec.passes.resolve.net_state import NetState

_JOINED = (
    "contexts are joined to the input of a chain that names none of them: name them on a later step, "
    "`{conv: 64, given: NAME}`"
)
_HELP = "look up x itself, a context declared with `classes`, or one of integers: `{shape: [1, 7, 7], values: 4}`"


def _count(op: str, label: str, context: NetContext) -> int:
    """The categories of a context of integers. Raises OpError where it holds none."""
    count = dict(context.counts).get(label)
    if count is None:
        raise OpError("FS225", f"`{op}` looks up integers, and this context holds none", _HELP)
    return count


def _each(width: int, channels: int) -> Channelwise:
    """`width` channels about each one of the context."""
    return Channelwise(tuple(((0, k // width),) for k in range(channels)))


def _plain(site: NetSite) -> str:
    return "{0}.unsqueeze(1)" if site.inputs[0].vector else "{0}"


@dataclass(frozen=True)
class ContextEmbedding(Linear):
    """A learned vector for each class of a label, or for each integer at every site of the context `label`.

    Raises OpError where the context holds neither.
    """

    name = "embedding"
    label: str = ""

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        if inputs[0].flat:
            return super().layout(context, inputs)
        _count(self.name, self.label, context)
        assert isinstance(self.out, int)
        return Layout(inputs[0].channels * self.out, inputs[0].sites)

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        if inputs[0].flat:
            return super().edges(context, inputs, output)
        return _each(output.channels // inputs[0].channels, output.channels)

    def parameters(self, site: NetSite) -> int:
        if site.inputs[0].flat:
            return super().parameters(site)
        return site.output.channels * _count(self.name, self.label, site.context)

    def multiply_adds(self, site: NetSite) -> int | None:
        return super().multiply_adds(site) if site.inputs[0].flat else 0

    def lower(self, site: NetSite) -> Lowered:
        if site.inputs[0].flat:
            return super().lower(site)
        count = _count(self.name, self.label, site.context)
        module = construct("ChannelEmbedding", site.inputs[0].channels, count, self.out)
        return Lowered(f"{{m}}({_plain(site)})", module, raw=True)


@dataclass(frozen=True)
class ContextUnits(Pointwise):
    """The units of a label, one of which is 1: the label as it enters; or N channels for each integer of the context
    `label`, one of them 1. Raises OpError where the context holds neither."""

    name = "one_hot"
    repeatable = False
    call = "{0}"
    label: str = ""

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        if inputs[0].flat:
            return inputs[0]
        return Layout(inputs[0].channels * _count(self.name, self.label, context), inputs[0].sites)

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        if inputs[0].flat:
            return same_channel(output.channels)
        return _each(output.channels // inputs[0].channels, output.channels)

    def lower(self, site: NetSite) -> Lowered:
        if site.inputs[0].flat:
            return super().lower(site)
        count = _count(self.name, self.label, site.context)
        return Lowered(f"one_hot({_plain(site)}, {count})", names=("one_hot",), raw=True)


def looked_up(net: NetState, op: Lookup, value: int) -> int:
    """A lookup of a value other than x: of a label or of integers with sites. Others are reported."""
    if isinstance(net.nodes[value].op, UnknownValue):
        return net.unknown([value])
    if not net.nodes[value].op.outside:
        message = f"`{op.name}` looks up integers, and what it reads here is neither x nor a context"
        read = net.nodes[value].inputs
        with_x = len(read) > 1 and all(net.nodes[i].op.outside for i in read)
        helps = (_JOINED, _HELP) if with_x else (_HELP,)
        net.session.report("FS225", message, net.span, helps)
        return net.unknown([value])
    label = net.nodes[value].id
    return net.apply(
        ContextEmbedding(op.out, label=label) if isinstance(op, Embedding) else ContextUnits(label=label), [value]
    )
