"""Lookups of what is not x: a label enters a net as N units, one of them 1, so a lookup of it is a linear map."""

from __future__ import annotations

from dataclasses import dataclass

from flowspec.graph.layout import Layout
from flowspec.ops.base import NetContext, OpError
from flowspec.ops.elementwise import Pointwise
from flowspec.ops.lookup import Embedding, Lookup
from flowspec.ops.unknown import UnknownValue
from flowspec.ops.weighted import Linear
from flowspec.passes.resolve.net_state import NetState

_JOINED = (
    "contexts are joined to the input of a chain that names none of them: name them on a later step, "
    "`{conv: 64, given: NAME}`"
)
_HELP = "look up x itself, or a context declared with `classes`"


@dataclass(frozen=True)
class LabelEmbedding(Linear):
    """A learned vector for each class of a label. Raises OpError where the context is no label."""

    name = "embedding"

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        if not inputs[0].flat:
            raise OpError("FS225", "`embedding` looks up integers, and this context is no label", _HELP)
        return super().layout(context, inputs)


@dataclass(frozen=True)
class LabelUnits(Pointwise):
    """The units of a label, one of which is 1: the label as it enters. Raises OpError where the context is no label."""

    name = "one_hot"
    repeatable = False
    call = "{0}"

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        if not inputs[0].flat:
            raise OpError("FS225", "`one_hot` looks up integers, and this context is no label", _HELP)
        return inputs[0]


def looked_up(net: NetState, op: Lookup, value: int) -> int:
    """A lookup of a value other than x: a label's own units, or a linear map of them. Others are reported."""
    if isinstance(net.nodes[value].op, UnknownValue):
        return net.unknown([value])
    if not net.nodes[value].op.outside:
        message = f"`{op.name}` looks up integers, and what it reads here is neither x nor a label"
        read = net.nodes[value].inputs
        with_x = len(read) > 1 and all(net.nodes[i].op.outside for i in read)
        helps = (_JOINED, _HELP) if with_x else (_HELP,)
        net.session.report("FS225", message, net.span, helps)
        return net.unknown([value])
    return net.apply(LabelEmbedding(op.out) if isinstance(op, Embedding) else LabelUnits(), [value])
