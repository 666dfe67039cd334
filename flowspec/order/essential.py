"""Which offsets longest paths run along: those that no path over several variables replaces.

A dependency on (channel g, e) may be left out when e = e1 + e2 with e1 a dependency on channel h and e2 a path from h's
variables to g: what lies at e1 then has a higher level. Between tight offsets that do not turn the sum holds wherever e
holds, so it may be left out everywhere. All such may be left out at once: longest paths never use them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from flowspec.order.grid import BoolArray, IntArray
from flowspec.order.offsets import Guarded, Offsets

_MANY = 512  # dependencies that are worth following one by one
_FEW = 32  # up to here nothing is gained by looking for longer paths
_STEPS = 8
_ROUNDS = 64


def essential(space: Offsets, dep: Guarded, below: Sequence[Guarded]) -> IntArray | None:
    """Rows (g, e, lower corner, upper corner) of `dep` that no path through `below` replaces; None for too many.

    `below[g]` is what the variables of channel g depend on, directly or over others; see `saturated`.
    """
    alive = _reduced(space, dep, below, _MANY)
    return None if alive is None else np.concatenate([_rows(alive, dep.low), dep.extra])


def saturated(space: Offsets, heads: Sequence[Guarded]) -> Sequence[Guarded]:
    """`heads`, where too many of their offsets would be left with more that paths over several variables reach.

    It follows the shortest steps of each channel, again and again, within the windows of the heads.
    """
    left = [_reduced(space, head, heads, _FEW) for head in heads]
    if all(alive is not None for alive in left):
        return heads
    steps = [list(_steps(head))[:_STEPS] for head in heads]
    below = [replace(head, tight=head.tight.copy()) for head in heads]
    for _ in range(_ROUNDS):
        before = [dep.tight.sum() for dep in below]
        for c, dep in enumerate(below):
            for g, e in steps[c]:
                _follow(space, dep, below[g], e)
        if before == [dep.tight.sum() for dep in below]:
            break
    return below


def _follow(space: Offsets, dep: Guarded, source: Guarded, step: tuple[int, ...]) -> None:
    """Add to `dep`, in place, what `source` reaches from one step on; from the same channel, from any number of steps."""
    while any(step) and (cut := space.cut(source, step, dep.low, dep.tight.shape[1:], monotone=True)) is not None:
        dep.tight[cut[1]] |= source.tight[cut[0]]
        if source is not dep:
            return
        step = tuple(2 * t for t in step)


def _reduced(space: Offsets, dep: Guarded, below: Sequence[Guarded], limit: int) -> BoolArray | None:
    """The tight offsets that are left, as a window; None when more than `limit` had to be tried."""
    alive = dep.tight.copy()
    tried = 0
    for channel, e in _steps(dep):
        if not alive[(channel, *(t - base for t, base in zip(e, dep.low, strict=True)))]:
            continue
        tried += 1
        if tried > limit:
            return None
        if (cut := space.cut(below[channel], e, dep.low, alive.shape[1:], monotone=True)) is not None:
            alive[cut[1]] &= ~below[channel].tight[cut[0]]
    return alive


def _steps(dep: Guarded) -> Iterable[tuple[int, tuple[int, ...]]]:
    """The tight offsets, the shortest first."""
    index = np.argwhere(dep.tight)
    index[:, 1:] += dep.low
    for channel, *e in index[np.argsort(np.abs(index[:, 1:]).sum(axis=1), kind="stable")].tolist():
        yield channel, tuple(e)


def _rows(tight: BoolArray, low: tuple[int, ...]) -> IntArray:
    index = np.argwhere(tight)
    e = index[:, 1:] + low
    return np.concatenate([index[:, :1], e, np.minimum(e, 0), np.maximum(e, 0)], axis=1)
