"""Orders as they are written in the emitted module: where each site stands, and the levels of the sampler."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from flowspec.graph.layout import Layout
from flowspec.graph.model import OrderChoice
from flowspec.order import Order
from flowspec.plan.code import Expr, Value
from flowspec.plan.literals import Literals
from flowspec.plan.numbers import Places, along_places

Ints = npt.NDArray[np.int64]


def places_of(choice: OrderChoice, orders: Sequence[Order], layout: Layout) -> Places | None:
    """Where each site of `layout` stands under every member; None for graphs, which rank nothing."""
    if any(order.rank is None for order in orders):
        return None
    shape, sites = (layout.channels, *layout.sites), layout.places
    made = [choice.op.places(sites, k) for k in range(len(orders))]
    if all(made):
        found = Places(shape, tuple(np.array(place) for place, _ in made), tuple(text for _, text in made))
        if all(along_places(_ranks(order), found, k) for k, order in enumerate(orders)):
            return found
    by_site = Places(shape, tuple(_dense(_ranks(order)[:sites]) for order in orders))
    if all(along_places(_ranks(order), by_site, k) for k, order in enumerate(orders)):
        return by_site
    return Places(shape, tuple(_dense(_ranks(order)) for order in orders))


def _ranks(order: Order) -> Ints:
    assert order.rank is not None
    return order.rank


def _dense(ranks: Ints) -> Ints:
    return np.unique(ranks, return_inverse=True)[1].reshape(-1).astype(np.int64)


def levels_text(
    levels: Sequence[Ints],
    places: Places | None,
    literals: Literals,
    want: str = "LEVELS",
    comment: str = "the sampling level of each variable",
) -> Value:
    """The levels of the sampler, from 0: one row, or one for each member of an ensemble."""
    rows = [(row - 1).tolist() for row in levels]
    if len(rows) == 1:
        return literals.row(rows[0], places, want, comment)
    by_place = comment.replace("each variable", "each place in the order")
    found = literals.ensemble(rows, places, want, by_place) if places is not None else ""
    return Expr(found) if found else [literals.row(row, None, want, comment) for row in rows]
