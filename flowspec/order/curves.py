"""Ways to walk a rectangle of sites: each gives the rank of every place."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from flowspec.order.grid import Grid, IntArray


def snake(grid: Grid) -> tuple[IntArray, IntArray]:
    """Rank and line of every place when every other line runs backwards, so that each step goes to a neighbour.

    With three axes every other frame runs backwards as well (the reflected mixed-radix Gray code).
    """
    rank = np.zeros(grid.volume, np.int64)
    line = rank
    for at, size in zip(grid.coordinates, grid.sites, strict=True):
        line = rank
        rank = rank * size + np.where(line % 2 == 1, size - 1 - at, at)
    return rank, line


def hilbert(height: int, width: int) -> IntArray:
    """Rank of every place on the generalized Hilbert curve of a rectangle.

    The curve is "gilbert" (J. Cerveny, github.com/jakubcerveny/gilbert): it starts in the corner (0, 0), runs along the
    longer side, and each step goes to one of the four neighbours, except for a single diagonal step where the longer
    side is odd and the shorter one even. On squares of a power of two it is the Hilbert curve.
    """
    along = (0, width), (height, 0)
    a, b = along if width >= height else along[::-1]
    rank = np.empty((height, width), np.int64)
    for n, (row, column) in enumerate(_walk((0, 0), a, b)):
        rank[row, column] = n
    return rank.reshape(-1)


_Vector = tuple[int, int]


def _add(*vectors: _Vector) -> _Vector:
    return sum(v[0] for v in vectors), sum(v[1] for v in vectors)


def _minus(v: _Vector) -> _Vector:
    return -v[0], -v[1]


def _unit(v: _Vector) -> _Vector:
    return (v[0] > 0) - (v[0] < 0), (v[1] > 0) - (v[1] < 0)


def _half(v: _Vector) -> _Vector:
    return v[0] // 2, v[1] // 2


def _walk(p: _Vector, a: _Vector, b: _Vector) -> Iterator[_Vector]:
    """The places of the rectangle at `p` spanned by `a`, the way to go, and `b`."""
    length, depth = abs(sum(a)), abs(sum(b))
    da, db = _unit(a), _unit(b)
    if depth == 1 or length == 1:
        step = da if depth == 1 else db
        for n in range(length if depth == 1 else depth):
            yield p[0] + n * step[0], p[1] + n * step[1]
        return
    a2, b2 = _half(a), _half(b)
    if 2 * length > 3 * depth:  # long: two rectangles side by side, the first of even length
        if abs(sum(a2)) % 2 and length > 2:
            a2 = _add(a2, da)
        yield from _walk(p, a2, b)
        yield from _walk(_add(p, a2), _add(a, _minus(a2)), b)
        return
    if abs(sum(b2)) % 2 and depth > 2:
        b2 = _add(b2, db)
    yield from _walk(p, b2, a2)
    yield from _walk(_add(p, b2), a, _add(b, _minus(b2)))
    corner = _add(p, a, _minus(da), b2, _minus(db))
    yield from _walk(corner, _minus(b2), _minus(_add(a, _minus(a2))))
