"""Strides: a fine grid as a coarse one with channels (channel, phase), laid out as by `squeeze_index` (semantics D2).

A place p of the fine grid is place p // s of the coarse one with phase p % s, so taps between fine units become, for
each pair of phases, taps between coarse ones. Sizes divide, hence p is on the one grid iff p // s is on the other, and
guards stay exact.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from flowspec.order.grid import IntArray


def phase_taps(offsets: IntArray, factors: Sequence[int]) -> dict[tuple[int, int], IntArray]:
    """For a fine output at phase q that reads fine inputs at `offsets` (k, axes): {(q, phase read): coarse offsets}."""
    found = {}
    for q in range(prod(factors)):
        for phase, taps in stride_taps(np.asarray(offsets) + np.unravel_index(q, factors), factors).items():
            found[q, phase] = taps
    return found


def stride_taps(offsets: IntArray, factors: Sequence[int]) -> dict[int, IntArray]:
    """For a coarse output that reads at `offsets` from its first fine place: {phase read: coarse offsets}."""
    offsets = np.asarray(offsets)
    coarse, within = np.divmod(offsets, np.array(factors))
    phase = np.ravel_multi_index(tuple(within.T), tuple(factors)) if len(offsets) else np.zeros(0, np.int64)
    return {int(q): coarse[phase == q] for q in np.unique(phase)}
