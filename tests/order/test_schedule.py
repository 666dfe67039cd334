from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowspec.order import (
    Bits,
    Grid,
    Offsets,
    columns,
    graph,
    levels,
    none,
    offset_levels,
    offset_ready,
    phase_taps,
    prefix_levels,
    prefix_ready,
    random_order,
    raster,
    reverse,
    row_levels,
    row_ready,
    squeeze_index,
    stride_taps,
)

from .nets import Brute, masked, masked_layers, run, window


def naive(rows: np.ndarray, sequence: np.ndarray) -> list[int]:
    """1 + the greatest level below, by recursion on what is already known."""
    level: dict[int, int] = {}
    for i in sequence.tolist():
        level[i] = 1 + max((level[j] for j in np.flatnonzero(rows[i]).tolist()), default=0)
    return [level[i] for i in range(len(rows))]


def test_three_masked_convolutions_on_12x12_take_34_levels() -> None:
    order = raster(Grid(1, (12, 12)))
    space = Offsets(order.grid)
    heads = run(space, [masked(order, window(3), strict=n == 0) for n in range(3)])
    assert order.scan is not None
    found = offset_levels(space, heads, order.scan)
    assert found is not None
    assert found.max() == 34
    assert sorted(set(found.tolist())) == list(range(1, 35))


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_levels_on_a_grid_equal_brute_force(data: st.DataObject) -> None:
    sites = data.draw(st.sampled_from([(9,), (1, 6), (5, 5), (4, 6), (2, 3, 3)]))
    channels = data.draw(st.sampled_from(["inner", "joint", "first"]))
    make = data.draw(st.sampled_from([raster, reverse, none] if len(sites) == 1 else [raster, reverse, columns, none]))
    order = make(Grid(data.draw(st.integers(1, 3)), sites), channels)
    layers = data.draw(masked_layers(order))
    space, brute = Offsets(order.grid), Brute(order.grid)
    heads = run(space, layers)
    assert order.scan is not None
    found = offset_levels(space, heads, order.scan)
    rows = np.concatenate([brute.dense(sets) for sets in run(brute, layers)])
    assert found is not None
    assert found.tolist() == naive(rows, order.sequence)
    for unit, sets in zip(run(space, layers[:1]), run(brute, layers[:1]), strict=True):
        ready = offset_ready(space, unit, heads, found)
        assert ready is not None
        assert ready.tolist() == [max((found[j] for j in variables), default=0) for variables in sets]


def test_a_net_with_gaps_is_walked_place_by_place() -> None:
    order = raster(Grid(2, (3, 7)))
    layers = [{pair: np.array([[0, -2], [-1, 1]]) for pair in itertools.product(range(2), repeat=2)}]
    space, brute = Offsets(order.grid), Brute(order.grid)
    assert order.scan is not None
    found = offset_levels(space, run(space, layers), order.scan)
    assert found is not None
    assert found.tolist() == naive(np.concatenate([brute.dense(s) for s in run(brute, layers)]), order.sequence)


def test_long_paths_are_found_where_no_two_steps_make_one() -> None:
    """-1 then any even step: every odd offset is no sum of two others, yet only -1 matters."""
    order = raster(Grid(1, (2048,)))
    layers = [{(0, 0): np.array([[-1]])}, *({(0, 0): np.array([[0], [-(2**n)]])} for n in range(1, 11))]
    space = Offsets(order.grid)
    heads = run(space, layers)
    assert order.scan is not None
    found = offset_levels(space, heads, order.scan)
    assert found is not None
    assert found.tolist() == list(range(1, 2049))
    ready = offset_ready(space, heads[0], heads, found)
    assert ready is not None
    assert ready.tolist() == list(range(2048))


def test_too_much_walking_is_declined() -> None:
    grid = Grid(1, (1500, 1500))
    space = Offsets(grid)
    head = space.through([(space.unit(0), np.array([[0, -2], [0, -3]]))])
    scan = raster(grid).scan
    assert scan is not None
    assert offset_levels(space, [head], scan) is None


@pytest.mark.parametrize("channels", ["inner", "joint", "first"])
def test_a_complete_net_has_a_level_a_rank(channels: str) -> None:
    order = raster(Grid(2, (4, 4)), channels)  # type: ignore[arg-type]
    space = Offsets(order.grid)
    heads = run(space, [masked(order, window(7), strict=True)])
    assert order.scan is not None
    assert order.rank is not None
    found = offset_levels(space, heads, order.scan)
    assert found is not None
    assert (found == order.rank + 1).all()
    rows = Bits.of(order.relation())
    assert (row_levels(rows, order.sequence) == order.rank + 1).all()
    assert (prefix_levels(order, order.known("before")) == order.rank + 1).all()


@given(st.integers(1, 12), st.data())
def test_prefix_levels_equal_brute_force(n: int, data: st.DataObject) -> None:
    order = random_order(Grid(1, (n,)), data.draw(st.integers(0, 99)))
    assert order.rank is not None
    dep = np.array([data.draw(st.integers(0, r)) for r in order.rank.tolist()])
    rows = order.rank[None, :] < dep[:, None]
    found = prefix_levels(order, dep)
    assert found.tolist() == naive(rows, order.sequence)
    assert (found == row_levels(Bits.of(rows), order.sequence)).all()
    units = np.arange(n + 1)
    reads = Bits.of(order.rank[None, :] < units[:, None])
    assert (prefix_ready(order, units, found) == row_ready(reads, found)).all()


def test_levels_of_graphs_and_shared_ranks() -> None:
    alarm = graph(Grid(1, (5,)), {2: [0, 1], 3: [2], 4: [2]})
    assert row_levels(Bits.of(alarm.relation()), alarm.sequence).tolist() == [1, 1, 2, 3, 3]
    order = levels(Grid(1, (4,)), [[1, 3], [0, 2]])
    assert prefix_levels(order, order.known("before")).tolist() == [2, 1, 2, 1]


@pytest.mark.parametrize("dilation", [1, 2])
def test_phases_follow_a_fine_convolution_exactly(dilation: int) -> None:
    """A fine grid with taps equals its squeezed grid with the taps of each phase."""
    fine, coarse = Grid(1, (4, 6)), Grid(4, (2, 3))
    taps = window([3, 2], dilation)
    wanted = Brute(fine).dense(run(Brute(fine), [{(0, 0): taps}, {(0, 0): taps}])[0])
    none_ = np.zeros((0, 2), np.int64)
    phases = phase_taps(taps, (2, 2))
    layer = {pair: phases.get(pair, none_) for pair in itertools.product(range(4), repeat=2)}
    space = Offsets(coarse)
    found = np.concatenate([space.dense(dep) for dep in run(space, [layer, layer])])
    index = squeeze_index((1, 4, 6), (2, 2))
    assert (found == wanted[np.ix_(index, index)]).all()


def test_a_strided_op_reads_from_the_first_place_of_its_block() -> None:
    taps = stride_taps(window([3], axes=1), (2,))
    assert {q: t.tolist() for q, t in taps.items()} == {0: [[0]], 1: [[-1], [0]]}
    assert stride_taps(np.zeros((0, 1), np.int64), (2,)) == {}
