"""Who may know whom: orders, bounds, masks and dependency sets as pure boolean mathematics on numpy.

A leaf: it imports nothing of ours and no torch. Faults are `OrderError`s; passes make findings of them.
"""

from flowspec.order.errors import OrderError
from flowspec.order.family import Family, family, group_layout, spread
from flowspec.order.grid import BoolArray, Grid, IntArray
from flowspec.order.keeps import KEEPS, is_vacuous, keep_mask
from flowspec.order.order import Order
from flowspec.order.orders import (
    columns,
    even_odd,
    explicit,
    graph,
    hilbert,
    levels,
    none,
    random_order,
    raster,
    reverse,
    s_curve,
    subscale,
)
from flowspec.order.rng import permutation
from flowspec.order.scan import KINDS, Channels, Kind, Scan
from flowspec.order.squeeze import squeeze_index, subsample_index, unsqueeze_index

__all__ = [
    "KEEPS",
    "KINDS",
    "BoolArray",
    "Channels",
    "Family",
    "Grid",
    "IntArray",
    "Kind",
    "Order",
    "OrderError",
    "Scan",
    "columns",
    "even_odd",
    "explicit",
    "family",
    "graph",
    "group_layout",
    "hilbert",
    "is_vacuous",
    "keep_mask",
    "levels",
    "none",
    "permutation",
    "random_order",
    "raster",
    "reverse",
    "s_curve",
    "spread",
    "squeeze_index",
    "subsample_index",
    "subscale",
    "unsqueeze_index",
]
