"""Mask labels as short source text: the emitted file says `range(1, 785)`, not 784 numbers."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise

from flowspec.ops.lowering import Expr


def label_text(labels: Sequence[int]) -> Expr | list[int]:
    """The shortest honest expression for a row of labels: a range, a constant row, an even spread, or the list."""
    n = len(labels)
    if n > 1 and _is_range(labels):
        return Expr(range_text(labels[0], labels[-1] + 1))
    if n > 1 and len(set(labels)) == 1:
        return Expr(f"[{labels[0]}] * {n}")
    return _tiled(labels) or list(labels)


def _tiled(labels: Sequence[int]) -> Expr | None:
    """`spread(range(a, b), width, slices)`, if that is what the labels are."""
    n, distinct = len(labels), sorted(set(labels))
    if len(distinct) < 2 or distinct[-1] - distinct[0] >= 2**31:
        return None  # all one, or sets of many variables
    rows = (range_text(distinct[0], distinct[-1] + 1), range(distinct[0], distinct[-1] + 1))
    for slices in (1, 2):
        if n % slices == 0 and list(labels) == spread(rows[1], n, slices):
            tail = "" if slices == 1 else f", slices={slices}"
            return Expr(f"spread({rows[0]}, {n}{tail})", ("spread",))
    return None


def range_text(start: int, end: int) -> str:
    """`range(start, end)`, without a start of 0."""
    return f"range({start}, {end})" if start else f"range({end})"


def _is_range(labels: Sequence[int]) -> bool:
    return all(b == a + 1 for a, b in pairwise(labels))


def spread(rows: Sequence[int], width: int, slices: int = 1) -> list[int]:
    """The row that each of `width` units carries (semantics K3, K4); the runtime has its own copy."""
    n, m = width // slices, len(rows)
    if n >= m:
        one = [rows[k * m // n] for k in range(n)]
    else:
        one = [rows[(k + 1) * (m + 1) // (n + 1) - 1] for k in range(n)]
    return one * slices
