"""Dependencies that are prefixes of a ranked order: one integer a unit (semantics D4).

An MLP under a ranked order has only such units: a unit reads whatever knows no more than it may, so what it depends on
is the longest prefix below it. Lengths count rank classes; `Order.prefix_sizes` turns them into numbers of variables.
"""

from __future__ import annotations

import numpy as np

from flowspec.order.grid import BoolArray, IntArray
from flowspec.order.order import Order


def read_within(dep: IntArray, bound: IntArray, cap: IntArray) -> IntArray:
    """(outputs,) what units of caps `cap` depend on when each reads every input whose `bound` is at most its cap.

    `dep` and `bound` are the inputs' prefix lengths, realised and allowed; no input in reach gives 0.
    """
    order = np.argsort(bound, kind="stable")
    longest = np.concatenate([[0], np.maximum.accumulate(dep[order])]).astype(np.int64)
    taken: IntArray = longest[np.searchsorted(bound[order], cap, side="right")]
    return taken


def kept_edges(bound: IntArray, cap: IntArray) -> BoolArray:
    """(outputs, inputs) the mask of the same op: an edge is kept iff the input's bound is inside the output's cap."""
    mask: BoolArray = bound[None, :] <= cap[:, None]
    return mask


def count_prefixes(order: Order, dep: IntArray) -> int:
    """The number of pairs when variable i depends on the first `dep[i]` rank classes."""
    return int(order.prefix_sizes[dep].sum())
