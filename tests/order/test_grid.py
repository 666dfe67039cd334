from __future__ import annotations

import re

import numpy as np
import pytest

from flowspec.order import Grid, OrderError, permutation


def test_variables_are_numbered_row_major() -> None:
    grid = Grid(3, (4, 5))
    numbers = np.arange(60).reshape(3, 4, 5)
    assert (grid.size, grid.volume, grid.axes) == (60, 20, 2)
    for channel, row, column in np.ndindex(3, 4, 5):
        v = grid.index(channel, (row, column))
        assert v == numbers[channel, row, column]
        assert grid.site(v) == (channel, (row, column))
    assert grid.coordinates[:, 7].tolist() == [1, 2]


def test_shapes_become_grids() -> None:
    assert Grid.of((784,)) == Grid(1, (784,))
    assert Grid.of((2, 9)) == Grid(2, (9,))
    assert Grid.of((3, 8, 8)) == Grid(3, (8, 8))
    assert Grid.of((3, 5, 8, 8)) == Grid(3, (5, 8, 8))


@pytest.mark.parametrize(("channels", "sites"), [(0, (3,)), (1, ()), (1, (3, 0))])
def test_empty_grids_are_refused(channels: int, sites: tuple[int, ...]) -> None:
    with pytest.raises(OrderError, match="a grid needs positive sizes"):
        Grid(channels, sites)


def test_places_off_the_grid_are_refused() -> None:
    grid = Grid(2, (3, 3))
    with pytest.raises(OrderError, match=re.escape("site [0, 3] is outside [3, 3]")):
        grid.index(0, (0, 3))
    with pytest.raises(OrderError, match=re.escape("channel 2 is outside 0..1")):
        grid.index(2, (0, 0))


def test_permutations_never_change() -> None:
    assert permutation(10, 1) == [4, 2, 1, 3, 7, 9, 5, 0, 6, 8]
    assert permutation(0, 1) == []
    assert permutation(1, 7) == [0]


def test_members_of_an_ensemble_differ_and_neighbouring_seeds_share_none() -> None:
    members = {tuple(permutation(20, seed, member)) for seed in (1, 2) for member in range(8)}
    assert len(members) == 16
    assert all(sorted(member) == list(range(20)) for member in members)


def test_permutations_are_uniform() -> None:
    counts = np.zeros((4, 4))
    for seed in range(2400):
        counts[np.arange(4), permutation(4, seed)] += 1
    assert np.abs(counts - 600).max() < 5 * np.sqrt(450)


def test_splitmix_is_the_published_one() -> None:
    from flowspec.order.rng import stream

    draws = stream(1234567)
    assert [next(draws) for _ in range(3)] == [6457827717110365317, 3203168211198807973, 9817491932198370423]
