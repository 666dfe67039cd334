"""Boxes of paths: which are minimal, and at how many places of a grid at least one of them fits.

Rows are (key..., lower corner, upper corner) with as many keys as 1 + axes: a channel and an offset.
"""

from __future__ import annotations

from itertools import combinations
from math import prod

import numpy as np

from flowspec.order.grid import IntArray

_FEW = 6  # up to here inclusion-exclusion over all subsets of boxes is cheap


def prune_boxes(rows: IntArray) -> IntArray:
    """The rows, sorted, without repeats and without boxes that contain another box of the same key."""
    if len(rows) < 2:
        return rows
    rows = _unique(rows)
    axes = (rows.shape[1] - 1) // 3
    keys, lo, hi = np.split(rows, [1 + axes, 1 + 2 * axes], axis=1)
    sizes = _run_lengths(keys)
    keep = np.ones(len(rows), np.bool_)
    for step in range(1, int(sizes.max())):
        same = (keys[step:] == keys[:-step]).all(axis=1)
        first = ((lo[step:] >= lo[:-step]) & (hi[step:] <= hi[:-step])).all(axis=1)
        later = ((lo[step:] <= lo[:-step]) & (hi[step:] >= hi[:-step])).all(axis=1)
        keep[:-step] &= ~(same & first)
        keep[step:] &= ~(same & later)
    return rows[keep]


def count_boxes(rows: IntArray, sites: tuple[int, ...]) -> int:
    """The sum over keys of the number of places at which one of the key's boxes fits on a grid of `sites`.

    `rows` are sorted by key, as `prune_boxes` leaves them.
    """
    if not len(rows):
        return 0
    axes = len(sites)
    keys, lo, hi = np.split(rows, [1 + axes, 1 + 2 * axes], axis=1)
    sizes = _run_lengths(keys)
    starts = np.cumsum(sizes) - sizes
    total = 0
    for k in np.unique(sizes).tolist():
        index = starts[sizes == k][:, None] + np.arange(k)
        if k <= _FEW:
            total += _by_exclusion(lo[index], hi[index], sites)
        else:
            total += sum(_by_cells(lo[i], hi[i], sites) for i in index)
    return total


def _by_exclusion(lo: IntArray, hi: IntArray, sites: tuple[int, ...]) -> int:
    """Inclusion-exclusion for groups of k boxes (groups, k, axes): several boxes fit where their hull fits."""
    total = 0
    k = lo.shape[1]
    for n in range(1, k + 1):
        for chosen in combinations(range(k), n):
            width = hi[:, chosen].max(axis=1) - lo[:, chosen].min(axis=1)
            total -= (-1) ** n * int(np.maximum(np.array(sites) - width, 0).prod(axis=1).sum())
    return total


def _by_cells(lo: IntArray, hi: IntArray, sites: tuple[int, ...]) -> int:
    """One group of many boxes (k, axes): cut the grid at every border of a region and add up the cells inside one."""
    begin, end = -lo, np.maximum(np.array(sites) - hi, -lo)
    cuts = [np.unique(np.concatenate([begin[:, a], end[:, a]])) for a in range(len(sites))]
    inside = np.zeros([len(c) - 1 for c in cuts], np.bool_)
    for b, e in zip(begin, end, strict=True):
        inside[tuple(slice(*np.searchsorted(c, [b[a], e[a]])) for a, c in enumerate(cuts))] = True
    volume = prod((np.diff(c).reshape([-1 if b == a else 1 for b in range(len(cuts))]) for a, c in enumerate(cuts)))
    return int((inside * volume).sum())


def _run_lengths(keys: IntArray) -> IntArray:
    new = np.flatnonzero(np.concatenate([[True], (keys[1:] != keys[:-1]).any(axis=1)]))
    return np.diff(np.append(new, len(keys)))


def _unique(rows: IntArray) -> IntArray:
    """Sorted distinct rows, by one packed integer each where that fits."""
    low = rows.min(axis=0)
    spans = (rows.max(axis=0) - low + 1).tolist()
    if prod(spans) >= 1 << 62:
        return np.unique(rows, axis=0)
    packed = np.ravel_multi_index(tuple((rows - low).T), tuple(spans))
    unpacked: IntArray = np.stack(np.unravel_index(np.unique(packed), tuple(spans)), axis=1) + low
    return unpacked
