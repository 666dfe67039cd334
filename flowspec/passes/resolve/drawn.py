"""Densities that a step draws from, given what comes in: of the noise of a dequantization, or a posterior."""

from __future__ import annotations

from typing import Any

from flowspec.graph.model import Context, Density, value_origin
from flowspec.ops.flow_base import FlowOp
from flowspec.passes.resolve.contexts import OUTER
from flowspec.passes.resolve.densities import Place, density
from flowspec.passes.resolve.session import Scope, Session
from flowspec.syntax.tree import Node, site


def read_drawn(
    op: FlowOp, node: Node, value: int, number: int, place: Place, scope: Scope, session: Session
) -> Density:
    """The density that a step draws from; `x` is what comes in there, which its nets may be given."""
    x: dict[str, Any] = {"x": value_origin(number, value)}
    offered = (Context(OUTER, x["x"], site(node)),)
    inner = Place(op.drawn_values, {**place.available, **x}, place.everywhere, offered, op.draws)
    return density(node, inner, scope, session)
