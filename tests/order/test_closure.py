from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowspec.order import Closure, Grid, Order, OrderError, Places, TooLarge, columns, raster, reverse
from flowspec.order.components import components
from tests.clock import computing

from .nets import Brute, Taps, any_layers, masked, masked_layers, run, small_grids, window


def test_blind_pairs_of_three_masked_convolutions_on_12x12() -> None:
    grid = Grid(1, (12, 12))
    order = raster(grid)
    layers = [masked(order, window(3), strict=n == 0) for n in range(3)]
    (head,) = run(Closure(grid), layers, repeat=True)
    assert order.allowed() - (Closure(grid).count(head) or 0) == 1_925
    (head,) = run(Places(grid), layers, repeat=True)
    assert order.allowed() - Places(grid).count(head) == 1_925


@pytest.mark.parametrize(("size", "percent"), [(28, 18), (64, 22)])
def test_the_blind_spot_of_pixelcnn(size: int, percent: int) -> None:
    """A 7x7 layer, then any number of 3x3 layers."""
    grid = Grid(1, (size, size))
    order = raster(grid)
    (head,) = run(
        Closure(grid), [masked(order, window(7 if n == 0 else 3), strict=n == 0) for n in range(2)], repeat=True
    )
    reached = Closure(grid).count(head)
    assert reached is not None
    assert round(100 * (1 - reached / order.allowed())) == percent


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_closures_equal_brute_force(data: st.DataObject) -> None:
    grid = data.draw(small_grids(5))
    layers = data.draw(any_layers(grid, count=2, reach=2))
    brute = [sum(map(len, sets)) for sets in run(Brute(grid), layers, repeat=True)]
    for axes in ((), tuple(reversed(range(grid.axes)))):
        closure = Closure(grid, axes)
        counts = [closure.count(reach) for reach in run(closure, layers, repeat=True)]
        assert all(count in (None, wanted) for count, wanted in zip(counts, brute, strict=True))
        brackets = [closure.bracket(reach) for reach in run(closure, layers, repeat=True)]
        assert all(low <= wanted <= high for (low, high), wanted in zip(brackets, brute, strict=True))
    places = Places(grid)
    found = run(places, layers, repeat=True)
    assert [places.count(sets) for sets in found] == brute
    rows = Brute(grid).dense(run(Brute(grid), layers, repeat=True)[0])
    for p, site in enumerate(np.ndindex(grid.sites)):
        assert (places.row(found[0], site) == rows[p]).all()


@settings(max_examples=80, deadline=None)
@given(st.data())
def test_closures_of_masked_nets_are_sound_and_mostly_exact(data: st.DataObject) -> None:
    sites = data.draw(st.sampled_from([(9,), (5, 5), (4, 6)]))
    channels = data.draw(st.sampled_from(["inner", "joint", "first"]))
    make = data.draw(st.sampled_from([raster, reverse] if len(sites) == 1 else [raster, reverse, columns]))
    order = make(Grid(2, sites), channels)
    assert order.scan is not None
    layers = data.draw(masked_layers(order))
    brute = [sum(map(len, sets)) for sets in run(Brute(order.grid), layers, repeat=True)]
    closure = Closure(order.grid, order.scan.axes)
    counts = [closure.count(reach) for reach in run(closure, layers, repeat=True)]
    assert all(count in (None, wanted) for count, wanted in zip(counts, brute, strict=True))


@pytest.mark.parametrize("channels", ["inner", "joint", "first"])
@pytest.mark.parametrize("kernel", [[3, 3], [5, 3], [1, 3], [3, 1], [2, 2]])
def test_the_nets_people_draw_are_counted_exactly(kernel: list[int], channels: str) -> None:
    order = raster(Grid(2, (6, 5)), channels)  # type: ignore[arg-type]
    layers = [masked(order, window(kernel), strict=n == 0) for n in range(3)]
    closure = Closure(order.grid)
    counts = [closure.count(reach) for reach in run(closure, layers, repeat=True)]
    if channels == "first":  # a later channel reads an earlier one below itself: some paths must turn back
        counts = [count or wanted for count, wanted in zip(counts, _exact(order, layers), strict=True)]
    assert counts == _exact(order, layers)
    assert counts == [sum(map(len, sets)) for sets in run(Brute(order.grid), layers, repeat=True)]


def _exact(order: Order, layers: Sequence[Taps]) -> list[int]:
    places = Places(order.grid)
    return [places.count(sets) for sets in run(places, layers, repeat=True)]


def test_bounds_that_differ_are_not_guessed() -> None:
    grid = Grid(1, (9,))
    layers = [{(0, 0): np.array([[-2]])}, {(0, 0): np.array([[0], [3]])}]  # +1 only by turning back
    (head,) = run(Closure(grid), layers, repeat=True)
    low, high = Closure(grid).bracket(head)
    assert Closure(grid).count(head) is None
    (exact,) = run(Places(grid), layers, repeat=True)
    assert Places(grid).count(exact) == sum(map(len, run(Brute(grid), layers, repeat=True)[0]))
    assert low < Places(grid).count(exact) < high


def test_a_large_image_takes_a_moment() -> None:
    order = raster(Grid(3, (256, 256)))
    closure = Closure(order.grid)
    with computing() as spent:
        heads = run(closure, [masked(order, window(3), strict=n == 0) for n in range(30)], repeat=True)
        assert all(closure.count(head) for head in heads)
        assert spent() < 1


def test_union_joins_reaches() -> None:
    closure = Closure(Grid(1, (4, 4)))
    left = closure.through([(closure.unit(0), np.array([[0, -1]]))])
    both = closure.union([closure.unit(0), left, closure.nothing()])
    assert closure.count(both) == 16 + 12
    places = Places(Grid(1, (4, 4)))
    assert places.count(places.union([places.unit(0), places.nothing()])) == 16


def test_following_places_has_a_limit() -> None:
    with pytest.raises(TooLarge, match="4097 variables are more than the 4096"):
        Places(Grid(1, (4097,)))
    assert issubclass(TooLarge, OrderError)


def test_components_come_after_what_they_read() -> None:
    found = components("abcde", [("a", "b"), ("b", "a"), ("a", "c"), ("d", "a"), ("e", "d"), ("d", "e")])
    assert [set(group) for group in found] == [{"c"}, {"a", "b"}, {"d", "e"}]
