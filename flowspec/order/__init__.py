"""Who may know whom: orders, bounds, masks and dependency sets as pure boolean mathematics on numpy.

A leaf: it imports nothing of ours and no torch. Faults are `OrderError`s; passes make findings of them.
"""

from flowspec.order.errors import OrderError
from flowspec.order.family import Family, family, group_layout, spread
from flowspec.order.grid import BoolArray, Grid, IntArray
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

__all__ = [
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
    "levels",
    "none",
    "permutation",
    "random_order",
    "raster",
    "reverse",
    "s_curve",
    "spread",
    "subscale",
]
