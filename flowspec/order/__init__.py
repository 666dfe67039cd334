"""Who may know whom: orders, bounds, masks and dependency sets as pure boolean mathematics on numpy.

A leaf: it imports nothing of ours and no torch. Faults are `OrderError`s; passes make findings of them.
"""

from flowspec.order.bits import Bits
from flowspec.order.closure import Closure, Reach
from flowspec.order.errors import OrderError, TooLarge
from flowspec.order.families import Family, family, group_layout, spread
from flowspec.order.grid import BoolArray, Grid, IntArray
from flowspec.order.keeps import KEEPS, is_vacuous, keep_mask
from flowspec.order.missing import Missing, centre, missing_at
from flowspec.order.offsets import Guarded, Offsets
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
from flowspec.order.phases import phase_taps, stride_taps
from flowspec.order.places import Places
from flowspec.order.prefix import count_prefixes, kept_edges, read_within
from flowspec.order.rng import permutation
from flowspec.order.scan import KINDS, Channels, Kind, Scan
from flowspec.order.schedule import (
    offset_levels,
    offset_ready,
    prefix_levels,
    prefix_ready,
    row_levels,
    row_ready,
)
from flowspec.order.squeeze import squeeze_index, subsample_index, unsqueeze_index

__all__ = [
    "KEEPS",
    "KINDS",
    "Bits",
    "BoolArray",
    "Channels",
    "Closure",
    "Family",
    "Grid",
    "Guarded",
    "IntArray",
    "Kind",
    "Missing",
    "Offsets",
    "Order",
    "OrderError",
    "Places",
    "Reach",
    "Scan",
    "TooLarge",
    "centre",
    "columns",
    "count_prefixes",
    "even_odd",
    "explicit",
    "family",
    "graph",
    "group_layout",
    "hilbert",
    "is_vacuous",
    "keep_mask",
    "kept_edges",
    "levels",
    "missing_at",
    "none",
    "offset_levels",
    "offset_ready",
    "permutation",
    "phase_taps",
    "prefix_levels",
    "prefix_ready",
    "random_order",
    "raster",
    "read_within",
    "reverse",
    "row_levels",
    "row_ready",
    "s_curve",
    "spread",
    "squeeze_index",
    "stride_taps",
    "subsample_index",
    "subscale",
    "unsqueeze_index",
]
