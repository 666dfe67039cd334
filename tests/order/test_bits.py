from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from flowspec.order import (
    Bits,
    Grid,
    Order,
    TooLarge,
    count_prefixes,
    explicit,
    family,
    kept_edges,
    levels,
    raster,
    read_within,
    spread,
)


@st.composite
def products(draw: st.DrawFn) -> tuple[np.ndarray, np.ndarray]:
    outputs, units, columns = (draw(st.integers(1, 12)) for _ in range(3))
    return draw(arrays(bool, (outputs, units))), draw(arrays(bool, (units, columns)))


@given(products())
def test_through_is_the_boolean_product(pair: tuple[np.ndarray, np.ndarray]) -> None:
    mask, dense = pair
    wanted = (mask[:, :, None] & dense[None]).any(axis=1)
    found = Bits.of(dense).through(mask)
    assert (found.dense() == wanted).all()
    assert found.count() == wanted.sum()
    assert (found.sizes == wanted.sum(axis=1)).all()
    assert all((found.row(u) == wanted[u]).all() for u in range(found.units))


@given(products(), st.data())
def test_gather_reads_what_is_listed(pair: tuple[np.ndarray, np.ndarray], data: st.DataObject) -> None:
    _, dense = pair
    index = data.draw(arrays(np.int64, (5, 3), elements=st.integers(-1, len(dense) - 1)))
    mask = np.zeros((5, len(dense)), bool)
    for unit, row in enumerate(index):
        mask[unit, row[row >= 0]] = True
    assert (Bits.of(dense).gather(index).dense() == Bits.of(dense).through(mask).dense()).all()


@given(st.integers(1, 9), st.data())
def test_repeat_is_the_transitive_closure(n: int, data: st.DataObject) -> None:
    reads = data.draw(arrays(bool, (n, n)))
    power, wanted = reads, reads
    for _ in range(n):
        power = (power[:, :, None] & reads[None]).any(axis=1)
        wanted = wanted | power
    lists = [np.flatnonzero(row) for row in reads]
    assert (Bits.identity(n).repeat(lists, range(n)).dense() == wanted).all()


def test_rows_are_joined_compared_and_taken() -> None:
    one, two = Bits.of(np.array([[1, 0, 0], [0, 1, 0]], bool)), Bits.of(np.array([[0, 0, 1]], bool))
    both = one.union(two)
    assert both.dense().tolist() == [[True, False, True], [False, True, True]]
    assert one.inside(both).all()
    assert not both.inside(one).any()
    assert both.take(np.array([1, 1, 0])).count() == 6
    assert Bits.identity(11).dense().tolist() == np.eye(11, dtype=bool).tolist()
    assert Bits.nothing(3, 11).count() == 0


def test_too_many_bits_are_refused_before_they_are_made() -> None:
    with pytest.raises(TooLarge, match="70000 x 70000 dependencies are more than the 2\\^32"):
        Bits.identity(70_000)


@st.composite
def ranked(draw: st.DrawFn) -> Order:
    n = draw(st.integers(2, 9))
    cuts = sorted(draw(st.sets(st.integers(1, n - 1), min_size=1)))
    shuffled = draw(st.permutations(range(n)))
    return levels(Grid(1, (n,)), [shuffled[a:b] for a, b in zip([0, *cuts], [*cuts, n], strict=True)])


@given(ranked(), st.lists(st.integers(1, 9), min_size=1, max_size=3), st.booleans())
def test_prefixes_of_an_mlp_equal_brute_force(order: Order, widths: list[int], with_empty: bool) -> None:
    """MADE over any ranked order and any widths: one integer a unit says what the masks' product says."""
    rows = np.array(family(order, with_empty).rows)
    bound = dep = order.known("self")
    bits = Bits.identity(order.grid.size)
    for cap in [*(rows[spread(len(rows), width)] for width in widths), order.known("before")]:
        bits = bits.through(kept_edges(bound, cap))
        dep, bound = read_within(dep, bound, cap), cap
    prefixes = order.rank[None, :] < dep[:, None]  # type: ignore[index]
    assert (bits.dense() == prefixes).all()
    assert bits.count() == count_prefixes(order, dep)
    assert (bits.dense() <= order.relation()).all()
    if min(widths) >= len(rows):
        assert bits.count() == order.allowed()


def test_made_through_masks_loses_283_pairs() -> None:
    order = raster(Grid(1, (784,)))
    degrees = np.array(family(order, with_empty=False).rows)[spread(783, 500)]
    hidden = read_within(order.known("self"), order.known("self"), degrees)
    head = read_within(hidden, degrees, order.known("before"))
    assert order.allowed() - count_prefixes(order, head) == 283
    assert explicit(Grid(1, (3,)), [2, 0, 1]).known("self").tolist() == [2, 3, 1]
