from __future__ import annotations

import re
from math import prod

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowspec.order import Grid, OrderError, is_vacuous, keep_mask, squeeze_index, subsample_index, unsqueeze_index

IMAGE = Grid(3, (4, 5))


def _picture(keep: object, grid: Grid = IMAGE) -> np.ndarray:
    return keep_mask(grid, keep).reshape(grid.channels, *grid.sites)  # type: ignore[arg-type]


def test_keeps_by_place_are_alike_in_every_channel() -> None:
    row, column = np.indices((4, 5))
    expected = {
        "checkerboard": (row + column) % 2 == 0,
        "rows": row % 2 == 0,
        "columns": column % 2 == 0,
        "even_odd": (row * 5 + column) % 2 == 0,
    }
    for name, wanted in expected.items():
        assert (_picture(name) == wanted).all()
    assert (_picture({"half": "rows"}) == (row < 2)).all()
    assert (_picture({"half": "columns"}) == (column < 3)).all()


def test_the_first_half_is_the_larger_one() -> None:
    for keep in ("channel", "half", {"half": "channel"}):
        assert _picture(keep).all(axis=(1, 2)).tolist() == [True, True, False]
    assert keep_mask(Grid(1, (5,)), "half").tolist() == [True, True, True, False, False]
    assert keep_mask(Grid(2, (2,)), "half").tolist() == [True, True, False, False]


def test_vectors_alternate() -> None:
    for keep in ("checkerboard", "even_odd"):
        assert keep_mask(Grid(1, (4,)), keep).tolist() == [True, False, True, False]


def test_random_and_listed_keeps() -> None:
    mask = keep_mask(Grid(1, (7,)), {"random": 1, "seed": 5})
    assert mask.sum() == 4
    assert (mask == keep_mask(Grid(1, (7,)), {"random": 1, "seed": 5})).all()
    assert (mask != keep_mask(Grid(1, (7,)), {"random": 1, "seed": 6})).any()
    assert keep_mask(Grid(1, (4,)), [3, 0]).tolist() == [True, False, False, True]


def test_keeps_of_everything_or_nothing_are_told() -> None:
    assert is_vacuous(keep_mask(Grid(1, (2, 2)), "channel"))
    assert is_vacuous(keep_mask(Grid(1, (3,)), []))
    assert not is_vacuous(keep_mask(IMAGE, "channel"))


@pytest.mark.parametrize(
    ("grid", "keep", "message"),
    [
        (
            IMAGE,
            "checker",
            "no keep is called `checker`; there are checkerboard, channel, half, rows, columns, even_odd",
        ),
        (IMAGE, {"half": "depth"}, "`half` is of rows, columns or channel, not of `depth`"),
        (IMAGE, {"quarter": 1}, "a keep is `half` or `random`, not `quarter`"),
        (Grid(2, (4,)), "rows", "there are no rows here: that needs two or more spatial axes"),
        (Grid(1, (4,)), {"half": "columns"}, "there are no columns here"),
        (Grid(1, (4,)), [0, 4], "4 is out of range: variables go from 0 to 3"),
        (Grid(1, (4,)), [1, 1], "1 is named twice"),
    ],
)
def test_keeps_that_are_none(grid: Grid, keep: object, message: str) -> None:
    with pytest.raises(OrderError, match=re.escape(message)):
        keep_mask(grid, keep)  # type: ignore[arg-type]


def test_squeeze_moves_phases_to_channels() -> None:
    image = np.arange(2 * 4 * 6).reshape(2, 4, 6)
    squeezed = image.reshape(-1)[squeeze_index(image.shape, (2, 3))].reshape(12, 2, 2)
    for c, i, j in np.ndindex(2, 4, 6):
        assert squeezed[c * 6 + (i % 2) * 3 + j % 3, i // 2, j // 3] == image[c, i, j]


@given(st.lists(st.tuples(st.integers(1, 3), st.integers(1, 3)), min_size=1, max_size=3), st.integers(1, 3))
def test_unsqueeze_undoes_squeeze(axes: list[tuple[int, int]], channels: int) -> None:
    sites, factors = [n * f for n, f in axes], [f for _, f in axes]
    forward = squeeze_index((channels, *sites), factors)
    back = unsqueeze_index((channels * prod(factors), *[n for n, _ in axes]), factors)
    assert (forward[back] == np.arange(len(forward))).all()


def test_subsampling_takes_the_first_site_of_each_block() -> None:
    image = np.arange(2 * 4 * 4).reshape(2, 4, 4)
    first, rest = subsample_index(image.shape, (2, 2))
    assert (image.reshape(-1)[first].reshape(2, 2, 2) == image[:, ::2, ::2]).all()
    parts = image.reshape(-1)[rest].reshape(2, 3, 2, 2)
    assert (parts[:, 0] == image[:, ::2, 1::2]).all()
    assert (parts[:, 2] == image[:, 1::2, 1::2]).all()


def test_blocks_must_fit() -> None:
    with pytest.raises(OrderError, match="sites of 4x5 cannot be cut into blocks of 2x2"):
        squeeze_index((3, 4, 5), (2, 2))
    with pytest.raises(OrderError, match="3 channels cannot be laid out in blocks of 2x2 sites"):
        unsqueeze_index((3, 4, 4), (2, 2))
