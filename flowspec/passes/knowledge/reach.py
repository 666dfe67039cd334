"""Reach: what paths realise (semantics E, D). The boolean product of the kept edges, in the domain that fits.

Shift-invariant orders are followed as guarded offsets, MLPs under ranked orders as prefixes, everything else as bit
sets. The three agree with brute force; tests hold them to it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from flowspec.graph.masks import SiteMask, TapMask
from flowspec.graph.net import NetGraph
from flowspec.graph.pairing import StrideMask
from flowspec.ops.base import NetContext
from flowspec.order import Order, TooLarge
from flowspec.passes.knowledge.bounds import Knowledge
from flowspec.passes.knowledge.by_bits import bits_reach
from flowspec.passes.knowledge.by_full import everything_reached
from flowspec.passes.knowledge.by_offsets import offsets_reach
from flowspec.passes.knowledge.by_phases import is_strided, phases_reach
from flowspec.passes.knowledge.by_prefix import prefix_reach
from flowspec.passes.shapes import Shapes

Bools = np.ndarray[Any, np.dtype[np.bool_]]


class Dependency(Protocol):
    """What the parameters of each variable depend on, in some domain."""

    def count(self) -> int:
        """The number of pairs (i, j) such that the parameters of i depend on j."""

    def row(self, v: int) -> Bools:
        """(D,) what the parameters of variable v depend on."""

    def knows_nothing(self) -> Bools:
        """(D,) whether the parameters of each variable depend on none."""

    def levels(self) -> np.ndarray[Any, np.dtype[np.int64]] | None:
        """(D,) the sampling level of each variable, from 1 (semantics T1); None where it was not computed."""


@dataclass(frozen=True, eq=False, slots=True)
class Reach:
    """What a net under an order realises of what the order allows.

    `possible` is the number of pairs when every op with equal input and output may repeat, from below and from above:
    equal ends are exact. `dependency` is None where the variables are too many to follow one by one.
    """

    domain: str
    dependency: Dependency | None
    allowed: int
    reached: int | None
    possible: tuple[int, int]

    @property
    def missing(self) -> int | None:
        return None if self.reached is None else self.allowed - self.reached

    @property
    def blind(self) -> int | None:
        """Pairs that no number of repeated ops would reach; at least so many where `possible` is a bracket."""
        return None if self.missing is None else self.allowed - self.possible[1]


def net_reach(
    graph: NetGraph, shapes: Shapes, knowledge: Knowledge, order: Order, context: NetContext, member: int = 0
) -> Reach:
    """Follows the kept edges from x to the head, under order `member` of an ensemble."""
    domain = _domain(graph, shapes, knowledge, order)
    allowed = order.allowed()
    dependency: Dependency
    try:
        if domain == "offsets":
            dependency, possible = offsets_reach(graph, shapes, knowledge, order, context)
        elif domain == "phases":
            dependency, possible = phases_reach(graph, shapes, knowledge, order, context)
        elif domain == "prefix":
            dependency, possible = prefix_reach(graph, shapes, knowledge, order, context, member)
        elif (everything := everything_reached(graph, shapes, knowledge, order, context, member)) is not None:
            return Reach("full", everything, allowed, allowed, (allowed, allowed))
        else:
            dependency, possible = bits_reach(graph, shapes, knowledge, order, context, member)
    except TooLarge:
        return Reach(domain, None, allowed, None, (0, allowed))
    return Reach(domain, dependency, allowed, dependency.count(), possible)


def _domain(graph: NetGraph, shapes: Shapes, knowledge: Knowledge, order: Order) -> str:
    """The cheapest exact domain. Values that know nothing of x fit into any."""
    knowing = [i for i in sorted(graph.live()) if graph.nodes[i].inputs and not knowledge.knows_nothing(i)]
    masks = [knowledge.masks[i] for i in knowing]
    if any(isinstance(m, SiteMask) for m in masks):
        return "bits"
    flat = [shapes[i].flat for i in knowing]
    if all(flat):
        return "prefix" if order.is_ranked else "bits"
    windows = all(m is None or isinstance(m, TapMask | StrideMask) for m in masks)
    if order.scan is None or not windows or any(flat) or shapes[graph.output].flat:
        return "bits"  # a flat head beside windows knows nothing, and has no sites to which offsets could point
    return "phases" if is_strided(graph, knowledge) else "offsets"
