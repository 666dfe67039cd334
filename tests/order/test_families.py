from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowspec.order import Grid, OrderError, family, graph, group_layout, levels, raster, spread


def test_the_family_of_a_chain() -> None:
    order = raster(Grid(1, (4,)))
    assert family(order, with_empty=False).rows == (1, 2, 3)
    assert family(order, with_empty=True).rows == (0, 1, 2, 3)
    assert family(order, with_empty=True).first == (0, 1, 2, 3)
    assert family(levels(Grid(1, (3,)), [[1, 2], [0]]), with_empty=True).first == (1, 0)


def test_the_family_of_a_graph_is_sorted_by_size_then_first_child() -> None:
    alarm = graph(Grid(1, (5,)), {2: [0, 1], 3: [2], 4: [2]})
    found = family(alarm, with_empty=True)
    assert found.rows == (0b0, 0b100, 0b11)
    assert found.first == (0, 3, 2)
    assert not found.is_chain
    assert family(alarm, with_empty=False).rows == (0b100, 0b11)


@given(st.integers(1, 60), st.integers(1, 60))
def test_spread_is_sorted_and_even(m: int, n: int) -> None:
    rows = spread(m, n)
    counts = np.bincount(rows, minlength=m)
    assert (np.diff(rows) >= 0).all()
    assert counts.max() - counts.min() <= 1
    if n < m:
        gaps = np.diff(np.concatenate([[-1], rows, [m]]))
        assert gaps.max() - gaps.min() <= 1


@given(st.integers(1, 40), st.integers(1, 12), st.integers(1, 4))
def test_slices_tile(m: int, n: int, slices: int) -> None:
    assert spread(m, n * slices, slices).tolist() == spread(m, n).tolist() * slices
    assert group_layout(n * slices, 3, slices).tolist() == [3 * k // n for k in range(n)] * slices


def test_units_that_cannot_be_laid_out() -> None:
    with pytest.raises(OrderError, match="7 units cannot be cut into 2 equal slices"):
        spread(3, 7, 2)
    with pytest.raises(OrderError, match="every variable is without predecessors"):
        spread(0, 7)


def test_made_of_width_500_on_784_variables_loses_283_pairs() -> None:
    degrees = np.array(family(raster(Grid(1, (784,))), with_empty=False).rows)
    kept = degrees[spread(len(degrees), 500)]
    assert _lost(kept) == 283
    assert _lost(degrees[np.arange(500) % 783]) == 40_186  # degrees assigned cyclically
    assert _lost(degrees[spread(len(degrees), 783)]) == 0


def _lost(degrees: np.ndarray) -> int:
    """Pairs that a hidden layer of these degrees misses: the head for rank r reads degrees up to r."""
    return sum(r - max([d for d in degrees.tolist() if d <= r], default=0) for r in range(784))
