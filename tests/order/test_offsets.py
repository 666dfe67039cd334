from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowspec.order import Grid, Offsets, centre, missing_at, raster
from flowspec.order.boxes import count_boxes, prune_boxes

from .nets import Brute, any_layers, masked, run, small_grids, window


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_guarded_offsets_equal_brute_force(data: st.DataObject) -> None:
    grid = data.draw(small_grids())
    layers = data.draw(any_layers(grid))
    space, brute = Offsets(grid), Brute(grid)
    for dep, sets in zip(run(space, layers), run(brute, layers), strict=True):
        assert (space.dense(dep) == brute.dense(sets)).all()
        assert space.count(dep) == sum(map(len, sets))


@settings(max_examples=60, deadline=None)
@given(st.data())
def test_union_is_entry_by_entry(data: st.DataObject) -> None:
    grid = data.draw(small_grids(5))
    space = Offsets(grid)
    deps = run(space, data.draw(any_layers(grid))) + run(space, data.draw(any_layers(grid)))
    together = space.union(deps)
    assert (space.dense(together) == np.any([space.dense(dep) for dep in deps], axis=0)).all()
    assert space.count(together) == space.dense(together).sum()
    assert space.union([]).is_empty


def three_layers(grid: Grid) -> list[object]:
    order = raster(grid)
    return [masked(order, window(3), strict=n == 0) for n in range(3)]


def test_three_masked_convolutions_on_12x12() -> None:
    grid = Grid(1, (12, 12))
    (head,) = run(Offsets(grid), three_layers(grid))  # type: ignore[arg-type]
    assert raster(grid).allowed() == 10_296
    assert raster(grid).allowed() - Offsets(grid).count(head) == 8_075


def test_a_plain_minkowski_sum_claims_34_pairs_too_many() -> None:
    grid = Grid(1, (8, 8))
    order = raster(grid)
    layers = [masked(order, window(3, 2), strict=True), masked(order, window(3, 3), strict=False)]
    space = Offsets(grid)
    (head,) = run(space, layers)
    sums = {tuple(a + b) for a in layers[1][0, 0] for b in layers[0][0, 0]}
    claimed = sum(max(8 - abs(dy), 0) * max(8 - abs(dx), 0) for dy, dx in sums)
    assert claimed - space.count(head) == 34
    assert space.count(head) == sum(map(len, run(Brute(grid), layers)[0]))
    assert len(head.extra) > 0


def test_cost_does_not_grow_with_the_image() -> None:
    def analyse(size: int) -> int:
        grid = Grid(3, (size, size))
        order = raster(grid)
        heads = run(Offsets(grid), [masked(order, window(3), strict=n == 0) for n in range(30)])
        counted = sum(Offsets(grid).count(head) for head in heads)
        assert counted < order.allowed()
        return sum(head.tight.size for head in heads)

    assert analyse(64) == analyse(1024)


def test_what_fits_nowhere_is_dropped() -> None:
    space = Offsets(Grid(1, (3, 3)))
    assert space.through([(space.unit(0), np.array([[0, 3]]))]).is_empty
    there_and_back = [{(0, 0): np.array([[0, 2]])}, {(0, 0): np.array([[0, -2]])}]
    assert run(Offsets(Grid(1, (3, 3))), there_and_back)[0].extra.tolist() == [[0, 0, 0, 0, -2, 0, 0]]
    assert run(Offsets(Grid(1, (2, 2))), there_and_back)[0].is_empty


def test_no_inputs_give_nothing() -> None:
    space = Offsets(Grid(2, (3,)))
    assert space.through([]).is_empty
    assert space.through([(space.nothing(), np.array([[1]]))]).is_empty
    assert space.count(space.nothing()) == 0
    assert not space.row(space.nothing(), (1,)).any()


def test_the_missing_context_of_the_middle() -> None:
    grid = Grid(1, (12, 12))
    order, space = raster(grid), Offsets(grid)
    (head,) = run(space, three_layers(grid))  # type: ignore[arg-type]
    v = centre(grid)
    example = missing_at(order, v, space.row(head, grid.site(v)[1]))
    assert grid.site(v) == (0, (6, 6))
    assert (0, (-1, 2)) in example.offsets
    assert (0, (-1, 1)) not in example.offsets
    assert example.variables[0] == grid.index(0, (6, 2))  # the latest that is lost: three to the left are seen
    assert all(order.before(v)[j] for j in example.variables)


boxes = st.lists(st.tuples(*[st.integers(0, 3)] * 4), min_size=1, max_size=9)


@given(boxes)
def test_pruned_boxes_say_the_same(rows: list[tuple[int, ...]]) -> None:
    table = np.array([(0, 0, 0, -a, -b, c, d) for a, b, c, d in rows])
    pruned = prune_boxes(table)
    fits = {(p, q) for p in range(4) for q in range(5) for r in table if _fits(r, p, q)}
    assert {(p, q) for p in range(4) for q in range(5) for r in pruned if _fits(r, p, q)} == fits
    assert count_boxes(pruned, (4, 5)) == len(fits)
    for a in pruned:
        for b in pruned:
            assert (a is b) or (a == b).all() or not ((a[3:5] >= b[3:5]).all() and (a[5:] <= b[5:]).all())


def _fits(row: np.ndarray, p: int, q: int) -> bool:
    _, _, _, a, b, c, d = row.tolist()
    return p + a >= 0 and q + b >= 0 and p + c < 4 and q + d < 5


@pytest.mark.parametrize("k", [3, 9])
def test_many_boxes_of_one_offset_are_counted_as_a_union(k: int) -> None:
    rows = np.array([(0, 0, 0, -n, n - k, k - n, n) for n in range(k)])
    places = {
        (p, q) for p in range(12) for q in range(12) for n in range(k) if n <= p < 12 - (k - n) and k - n <= q < 12 - n
    }
    assert count_boxes(prune_boxes(rows), (12, 12)) == len(places)
