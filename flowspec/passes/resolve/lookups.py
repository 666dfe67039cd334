"""Lookups of what is not x: a label enters a net as N units, one of them 1, so a lookup of it is a linear map."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from flowspec.graph.layout import Layout
from flowspec.ops.base import NetContext, OpError
from flowspec.ops.lookup import Embedding, Lookup, Source
from flowspec.ops.weighted import Linear
from flowspec.syntax.steps import Step

if TYPE_CHECKING:
    from flowspec.passes.resolve.nets import NetBuilder

_HELP = "look up x itself, or a context declared with `classes`"


@dataclass(frozen=True)
class LabelEmbedding(Linear):
    """A learned vector for each class of a label. Raises OpError where the context is no label."""

    name = "embedding"

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        if not inputs[0].flat:
            raise OpError("FS225", "`embedding` looks up integers, and this context is no label", _HELP)
        return super().layout(context, inputs)


def looked_up(net: NetBuilder, op: Lookup, value: int | None, step: Step) -> int | None:
    """A lookup of a value other than x: a label's own units, or a linear map of them. None after reporting others."""
    if value is None:
        return None
    if value < 0 or not isinstance(net.nodes[value].op, Source):
        message = f"`{op.name}` looks up integers, and what it reads here is neither x nor a label"
        net.session.report("FS225", message, step.span, _HELP)
        return None
    return net.apply(LabelEmbedding(op.out), [value]) if isinstance(op, Embedding) else value
