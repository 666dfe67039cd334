"""Bounds as sets, against sets built by hand; and the endless grid against the middle of a large one."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from flowspec.order import (
    KINDS,
    Channels,
    Grid,
    Kind,
    Order,
    OrderError,
    columns,
    even_odd,
    graph,
    hilbert,
    levels,
    none,
    raster,
    reverse,
    s_curve,
    subscale,
)

IMAGE = Grid(2, (4, 4))
ORDERS = [
    *(
        make(IMAGE, channels)
        for make in (raster, reverse, columns, s_curve)
        for channels in ("inner", "joint", "first")
    ),
    *(subscale(IMAGE, [2, 2], channels) for channels in ("inner", "joint", "first")),
    raster(IMAGE).reversed(),
    s_curve(IMAGE).reversed(),
    even_odd(IMAGE),
    hilbert(Grid(1, (4, 4))),
    none(IMAGE),
    none(IMAGE, "inner"),
    levels(Grid(1, (5,)), [[1, 2], [0], [3, 4]]),
    graph(Grid(1, (5,)), {2: [0, 1], 3: [2], 4: [2]}),
]
names = [f"{order.label}-{order.channels}" for order in ORDERS]


def by_hand(order: Order, kind: Kind, i: int) -> set[int]:
    """K1, word by word."""
    known = {j for j in range(order.grid.size) if order.before(i)[j]}
    if kind == "none":
        return set()
    if kind == "self":
        return {i}
    if kind == "all":
        return set(range(order.grid.size))
    if kind == "before":
        return known
    if kind == "upto":
        ranks = order.rank
        return known | ({i} if ranks is None else {j for j in range(order.grid.size) if ranks[j] == ranks[i]})
    return {j for j in known if order.lines()[j] != order.lines()[i]}


@pytest.mark.parametrize("order", ORDERS, ids=names)
def test_bounds_are_the_sets_of_k1(order: Order) -> None:
    kinds = [kind for kind in KINDS if kind != "above" or order.line is not None]
    sets = {kind: [by_hand(order, kind, i) for i in range(order.grid.size)] for kind in kinds}
    variables = np.arange(order.grid.size)
    for kind in kinds:
        assert [set(np.flatnonzero(row).tolist()) for row in order.bounds(kind)] == sets[kind]
    for kind_in, kind_out in itertools.product(kinds, kinds):
        table = order.inside(kind_in, variables[None, :], kind_out, variables[:, None])
        assert table.tolist() == [[sets[kind_in][v] <= sets[kind_out][u] for v in variables] for u in variables]


@pytest.mark.parametrize("order", ORDERS, ids=names)
def test_above_is_an_error_where_there_are_no_lines(order: Order) -> None:
    if order.line is None:
        with pytest.raises(OrderError, match="`above` is not defined under"):
            order.lines()
        with pytest.raises(OrderError):
            order.bounds("above")
    else:
        assert order.label.split()[0] in ("raster", "reverse", "columns", "s_curve", "subscale")


def test_lines_need_two_spatial_axes() -> None:
    for order in (raster(Grid(1, (9,))), raster(Grid(2, (9,))), subscale(Grid(1, (8,)), [2])):
        with pytest.raises(OrderError, match="two or more spatial axes"):
            order.lines()


def test_lines_of_an_image_and_a_video() -> None:
    assert raster(Grid(1, (2, 3))).lines().tolist() == [0, 0, 0, 1, 1, 1]
    assert reverse(Grid(1, (2, 3))).lines().tolist() == [1, 1, 1, 0, 0, 0]
    assert columns(Grid(1, (2, 3))).lines().tolist() == [0, 1, 2, 0, 1, 2]
    assert raster(Grid(2, (2, 3)), "first").lines().tolist() == [0, 0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    assert raster(Grid(1, (2, 2, 2))).lines().tolist() == [0, 0, 1, 1, 2, 2, 3, 3]
    assert subscale(Grid(1, (4, 4)), [2, 2]).lines().reshape(4, 4)[:2].tolist() == [[0, 2, 0, 2], [4, 6, 4, 6]]


def test_a_graph_has_no_ranks() -> None:
    with pytest.raises(OrderError, match="a graph has no ranks"):
        graph(Grid(1, (3,)), {1: [0]}).known("before")


SCANS = [
    *((make, (5, 5), channels) for make in (raster, reverse, columns) for channels in ("inner", "joint", "first")),
    *((make, (9,), channels) for make in (raster, reverse) for channels in ("inner", "joint", "first")),
    (raster, (5, 3, 5), "inner"),
    (reverse, (5, 3, 5), "joint"),
    (columns, (3, 5, 5), "first"),
    *((none, (5, 5), channels) for channels in ("inner", "joint", "first")),
]


@pytest.mark.parametrize(("make", "sites", "channels"), SCANS)
def test_the_endless_grid_agrees_with_the_middle_of_a_large_one(
    make: type[Order], sites: tuple[int, ...], channels: Channels
) -> None:
    grid = Grid(2, sites)
    order: Order = make(grid, channels)  # type: ignore[call-arg, arg-type, assignment]
    scan = order.scan
    assert scan is not None
    middle = np.array(sites) // 2
    offsets = np.array(list(itertools.product(*[(-1, 0, 1)] * len(sites))))
    places = np.ravel_multi_index((middle + offsets).T, sites)
    kinds = [kind for kind in KINDS if kind != "above" or scan.has_lines]
    assert scan.has_lines == (order.line is not None)
    for g_in, g_out in itertools.product(range(2), range(2)):
        v, u = g_in * grid.volume + places, np.array(grid.index(g_out, tuple(middle.tolist())))
        assert order.rank is not None
        assert (scan.compare(offsets, g_in, g_out) == np.sign(order.rank[v] - order.rank[u])).all()
        if scan.has_lines:
            assert (scan.line_compare(offsets, g_in, g_out) == np.sign(order.lines()[v] - order.lines()[u])).all()
        for kind_in, kind_out in itertools.product(kinds, kinds):
            kept = scan.kept(kind_in, g_in, kind_out, g_out, offsets)
            inside = order.inside(kind_in, v, kind_out, u)
            if make is none and "all" in (kind_in, kind_out):
                assert (kept <= inside).all()  # the last class of `none` knows all; being told so is not needed
            else:
                assert (kept == inside).all(), (kind_in, g_in, kind_out, g_out)


@pytest.mark.parametrize(("make", "sites", "channels"), SCANS)
def test_what_the_endless_grid_keeps_is_inside_everywhere(
    make: type[Order], sites: tuple[int, ...], channels: Channels
) -> None:
    grid = Grid(2, tuple(min(n, 3) for n in sites))
    order: Order = make(grid, channels)  # type: ignore[call-arg, arg-type, assignment]
    scan = order.scan
    assert scan is not None
    kinds = [kind for kind in KINDS if kind != "above" or scan.has_lines]
    for u, v in itertools.product(range(grid.size), range(grid.size)):
        (g_out, p), (g_in, q) = grid.site(u), grid.site(v)
        offset = np.array(q) - np.array(p)
        for kind_in, kind_out in itertools.product(kinds, kinds):
            if scan.kept(kind_in, g_in, kind_out, g_out, offset):
                assert order.inside(kind_in, np.array(v), kind_out, np.array(u))


def test_masks_a_and_b_fall_out() -> None:
    scan = raster(Grid(3, (9, 9))).scan
    assert scan is not None
    window = np.array(list(itertools.product((-1, 0, 1), repeat=2)))
    past = [True] * 4 + [False] * 5
    centre = [False] * 4 + [True] + [False] * 4
    for g_in, g_out in itertools.product(range(3), range(3)):
        strict = scan.kept("self", g_in, "before", g_out, window)
        inclusive = scan.kept("before", g_in, "before", g_out, window)
        assert (strict == np.logical_or(past, np.array(centre) & (g_in < g_out))).all()
        assert (inclusive == np.logical_or(past, np.array(centre) & (g_in <= g_out))).all()


def test_the_link_from_the_vertical_stack() -> None:
    scan = raster(Grid(1, (9, 9))).scan
    assert scan is not None
    rows = np.array([[-1, 1], [0, 0], [0, 5], [1, 0]])
    assert scan.kept("above", 0, "before", 0, rows).tolist() == [True, True, True, False]
    assert scan.kept("self", 0, "above", 0, rows).tolist() == [True, False, False, False]
    assert scan.kept("upto", 0, "above", 0, rows).tolist() == [True, False, False, False]


def test_the_next_class_reads_as_upto() -> None:
    scan = raster(Grid(2, (9,))).scan
    assert scan is not None
    here, beside = np.array([0]), np.array([1])
    assert scan.kept("before", 1, "upto", 0, here)
    assert not scan.kept("before", 1, "upto", 0, beside)
    assert scan.kept("before", 0, "upto", 1, beside)
    assert not scan.kept("upto", 0, "upto", 1, beside)


def test_the_least_kind_that_holds_the_inputs() -> None:
    scan = raster(Grid(1, (9, 9))).scan
    sequence = raster(Grid(1, (9,))).scan
    assert scan is not None
    assert sequence is not None
    centre, above, left = np.array([[0, 0]]), np.array([[-1, 0], [-1, 1]]), np.array([[0, -1]])
    assert scan.least([], 0) == "none"
    assert scan.least([("none", 0, left)], 0) == "none"
    assert scan.least([("self", 0, centre)], 0) == "self"
    assert scan.least([("self", 0, above)], 0) == "above"
    assert scan.least([("self", 0, above), ("self", 0, left)], 0) == "before"
    assert scan.least([("self", 0, above), ("self", 0, centre)], 0) == "upto"
    assert scan.least([("self", 0, -left)], 0) == "all"
    assert sequence.least([("self", 0, np.array([[-1]]))], 0) == "before"
