"""Every constructor against a definition written a second time, as sort keys over (channel, site)."""

from __future__ import annotations

import re
from collections.abc import Callable
from itertools import pairwise
from typing import Any

import numpy as np
import pytest

from flowspec.order import (
    Channels,
    Grid,
    Order,
    OrderError,
    columns,
    even_odd,
    explicit,
    graph,
    hilbert,
    levels,
    none,
    permutation,
    random_order,
    raster,
    reverse,
    s_curve,
    subscale,
)

GRIDS = [Grid(1, (7,)), Grid(2, (5,)), Grid(1, (3, 4)), Grid(3, (4, 3)), Grid(2, (2, 3, 4))]
CHANNELS: tuple[Channels, ...] = ("inner", "joint", "first")
Key = Callable[[tuple[int, ...], Grid], Any]


def _snake(site: tuple[int, ...], grid: Grid) -> int:
    place = 0
    for at, size in zip(site, grid.sites, strict=True):
        place = place * size + (at if place % 2 == 0 else size - 1 - at)
    return place


def _flat(site: tuple[int, ...], grid: Grid) -> int:
    return int(np.ravel_multi_index(site, grid.sites))


SITE_KEYS: dict[str, tuple[Callable[..., Order], Key]] = {
    "raster": (raster, lambda s, g: s),
    "columns": (columns, lambda s, g: (*s[:-2], s[-1], s[-2])),
    "even_odd": (even_odd, lambda s, g: (_flat(s, g) % 2, _flat(s, g))),
    "s_curve": (s_curve, _snake),
    "random": (
        lambda g, channels: random_order(g, 3, 2, channels),
        lambda s, g: permutation(g.volume, 3, 2).index(_flat(s, g)),
    ),
    "subscale": (
        lambda g, channels: subscale(g, [2] * g.axes, channels),
        lambda s, g: (tuple(a % 2 for a in s), tuple(a // 2 for a in s)),
    ),
    "none": (none, lambda s, g: 0),
}


def naive(grid: Grid, key: Key, channels: Channels) -> np.ndarray:
    """(D, D): j before i by comparing keys, nothing else."""

    def full(v: int) -> Any:
        channel, site = grid.site(v)
        place = key(site, grid)
        return {"inner": (place, channel), "joint": (place,), "first": (channel, place)}[channels]

    keys = [full(v) for v in range(grid.size)]
    return np.array([[keys[j] < keys[i] for j in range(grid.size)] for i in range(grid.size)])


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("grid", GRIDS, ids=str)
@pytest.mark.parametrize("name", SITE_KEYS)
def test_constructors_equal_their_definition(name: str, grid: Grid, channels: Channels) -> None:
    make, key = SITE_KEYS[name]
    if grid.axes == 1 and name in ("columns", "s_curve"):
        with pytest.raises(OrderError, match=re.escape(f"`{name}` needs two or more spatial axes")):
            make(grid, channels=channels)
        return
    order = make(grid, channels=channels)
    wanted = naive(grid, key, channels)
    assert (order.relation() == wanted).all()
    assert order.allowed() == wanted.sum()
    assert order.label == name
    assert order.channels == channels
    assert order.is_total == (wanted | wanted.T | np.eye(grid.size, dtype=bool)).all()
    assert np.unique(order.rank).tolist() == list(range(order.classes))
    assert (order.prefix_sizes[order.rank] == wanted.sum(axis=1)).all()
    assert (np.diff(order.rank[order.sequence]) >= 0).all()


@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_the_default_is_inner(grid: Grid) -> None:
    assert (raster(grid).rank == raster(grid, "inner").rank).all()
    assert (none(grid).rank == 0).all()
    assert (none(grid, "inner").rank == np.arange(grid.size) // grid.volume).all()


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("grid", GRIDS, ids=str)
def test_reverse_is_raster_backwards(grid: Grid, channels: Channels) -> None:
    assert (reverse(grid, channels).relation() == raster(grid, channels).relation().T).all()
    if channels != "joint":
        order = raster(grid, channels).reversed()
        assert order.label == "reverse"
        assert (order.rank == reverse(grid, channels).rank).all()
        assert order.scan == reverse(grid, channels).scan
        assert order.reversed().label == "raster"


def test_only_total_orders_are_reversed() -> None:
    for order in (levels(Grid(1, (3,)), [[0, 1], [2]]), graph(Grid(1, (3,)), {1: [0]})):
        with pytest.raises(OrderError, match="only a total order can be reversed"):
            order.reversed()
    assert s_curve(Grid(1, (3, 3))).reversed().label == "s_curve reversed"
    assert s_curve(Grid(1, (3, 3))).reversed().reversed().label == "s_curve"


@pytest.mark.parametrize("height", range(1, 13))
@pytest.mark.parametrize("width", range(1, 13))
def test_hilbert_visits_every_site_once_and_steps_to_neighbours(height: int, width: int) -> None:
    order = hilbert(Grid(1, (height, width)))
    assert order.rank is not None
    path = np.stack(np.divmod(order.sequence, width))
    steps = np.abs(np.diff(path, axis=1))
    assert sorted(order.rank.tolist()) == list(range(height * width))
    assert path[:, 0].tolist() == [0, 0]
    long, short = max(height, width), min(height, width)
    diagonal = long % 2 == 1 and short % 2 == 0 and short > 2
    assert (steps.sum(axis=0) > 1).sum() <= diagonal
    assert steps.max(initial=0) <= 1


def test_hilbert_on_a_power_of_two_is_hilberts() -> None:
    assert hilbert(Grid(1, (4, 4))).sequence.tolist() == [0, 1, 5, 4, 8, 12, 13, 9, 10, 14, 15, 11, 7, 6, 2, 3]
    with pytest.raises(OrderError, match="it needs two spatial axes, and there are 3"):
        hilbert(Grid(1, (2, 2, 2)))


def test_s_curve_steps_to_neighbours_in_video() -> None:
    order = s_curve(Grid(1, (3, 4, 5)))
    path = np.stack(np.unravel_index(order.sequence, (3, 4, 5)))
    assert (np.abs(np.diff(path, axis=1)).sum(axis=0) == 1).all()


def test_explicit_names_variables_or_sites() -> None:
    grid = Grid(2, (3,))
    order = explicit(grid, [5, 0, 3, 1, 4, 2])
    assert order.sequence.tolist() == [5, 0, 3, 1, 4, 2]
    assert order.channels is None
    sites = explicit(grid, [2, 0, 1], "first")
    assert sites.sequence.tolist() == [2, 0, 1, 5, 3, 4]


@pytest.mark.parametrize(
    ("sequence", "message", "index"),
    [
        ([0, 1, 1], "1 is named twice", 2),
        ([0, 3, 1], "3 is out of range: entries go from 0 to 2", 1),
        ([0, -1, 1], "-1 is out of range: entries go from 0 to 2", 1),
        ([0, 2], "`explicit` names 2 of 3 variables: 1 is missing", None),
    ],
)
def test_explicit_must_be_a_permutation(sequence: list[int], message: str, index: int | None) -> None:
    with pytest.raises(OrderError) as caught:
        explicit(Grid(1, (3,)), sequence)
    assert caught.value.message == message
    assert caught.value.index == index


def test_levels_share_ranks() -> None:
    order = levels(Grid(1, (4,)), [[3, 1], [0], [2]])
    assert order.rank is not None
    assert order.rank.tolist() == [1, 0, 2, 0]
    assert order.class_sizes.tolist() == [2, 1, 1]
    assert not order.is_total
    assert levels(Grid(2, (2,)), [[1], [0]], "joint").rank.tolist() == [1, 0, 1, 0]  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("lists", "message", "index"),
    [
        ([[0], []], "a level holds at least one entry", 1),
        ([[0], [1, 0]], "0 is named twice", 1),
        ([[0], [3]], "3 is out of range: entries go from 0 to 2", 1),
        ([[0], [2]], "`levels` names 2 of 3 variables: 1 is missing", None),
    ],
)
def test_levels_hold_every_variable_once(lists: list[list[int]], message: str, index: int | None) -> None:
    with pytest.raises(OrderError) as caught:
        levels(Grid(1, (3,)), lists)
    assert (caught.value.message, caught.value.index) == (message, index)


def test_graphs_are_not_closed() -> None:
    alarm = graph(Grid(1, (5,)), {2: [1, 0], 3: [2], 4: [2]})
    assert alarm.parents == ((), (), (0, 1), (2,), (2,))
    assert alarm.allowed() == 4
    assert not alarm.is_ranked
    assert alarm.before(3).tolist() == [False, False, True, False, False]
    assert alarm.relation().sum() == 4
    assert alarm.sequence.tolist().index(2) < alarm.sequence.tolist().index(4)


@pytest.mark.parametrize(
    ("parents", "message"),
    [
        ({0: [0]}, "the parents of a graph form a cycle: 0 -> 0"),
        ({1: [0], 3: [0]}, "3 is not a variable: they are 0..2"),
        ({1: [7]}, "7 is out of range: entries go from 0 to 2"),
        ({1: [0, 0]}, "0 is named twice"),
    ],
)
def test_graphs_that_are_none(parents: dict[int, list[int]], message: str) -> None:
    with pytest.raises(OrderError, match=re.escape(message)):
        graph(Grid(1, (3,)), parents)


def test_a_cycle_is_carried_along() -> None:
    parents = {0: [2], 1: [0], 2: [1], 3: [0]}
    with pytest.raises(OrderError) as caught:
        graph(Grid(1, (4,)), parents)
    path = caught.value.path
    assert path[0] == path[-1]
    assert set(path) == {0, 1, 2}
    assert all(parent in parents[child] for parent, child in pairwise(path))


@pytest.mark.parametrize("strides", [[2], [2, 2, 2], [0, 2], [2, 5]])
def test_subscale_needs_a_stride_an_axis(strides: list[int]) -> None:
    with pytest.raises(OrderError, match=re.escape("`subscale` needs one stride")):
        subscale(Grid(1, (4, 4)), strides)


def test_ranks_are_read_only() -> None:
    order = raster(Grid(1, (4,)))
    assert order.rank is not None
    with pytest.raises(ValueError, match="read-only"):
        order.rank[0] = 3
