"""The mask of Attend edges."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowspec.graph.bounds import Bounds
from flowspec.graph.layout import Layout
from flowspec.graph.masks import Mask
from flowspec.graph.net import NetNode
from flowspec.ops.edges import Attend

if TYPE_CHECKING:
    from flowspec.passes.knowledge.bounds import Derivation


def derive(d: Derivation, i: int, node: NetNode, edges: Attend, layout: Layout) -> tuple[Bounds | None, Mask | None]:
    """The bounds and the mask of one op under an order."""
    raise NotImplementedError


def free(edges: Attend, inputs: tuple[Layout, ...], output: Layout) -> Mask:
    """The mask where there is no order."""
    raise NotImplementedError
