"""Shares of coarse cells are exact: each is the mean of the cells it stands for."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowspec.graph.masks import LabelMask
from flowspec.ops.lower_weighted import label_matrix
from flowspec.view.blocks import STEPS, block_of
from flowspec.view.cells import Cells, Indexed, Shaded, dense, starts
from flowspec.view.pictures import Axis, Panel, rarest
from flowspec.view.tones import DROPPED, ITSELF, KEPT, SEEN, UNSEEN

LABELS = st.lists(st.integers(0, 9), min_size=1, max_size=40)


def means(whole: np.ndarray, rows: int, columns: int) -> np.ndarray:
    """The means over blocks, one by one."""
    down = [*starts(whole.shape[0], rows), whole.shape[0]]
    across = [*starts(whole.shape[1], columns), whole.shape[1]]
    return np.array(
        [[whole[down[r] : down[r + 1], across[c] : across[c + 1]].mean() for c in range(columns)] for r in range(rows)]
    )


@settings(max_examples=60, deadline=None)
@given(LABELS, LABELS, st.sampled_from(["prefix", "subset"]), st.data())
def test_dense_masks(reads: list[int], writes: list[int], rule: str, data: st.DataObject) -> None:
    mask = LabelMask(rule, (tuple(reads),), (tuple(writes),))
    rows = data.draw(st.integers(1, len(writes)))
    columns = data.draw(st.integers(1, len(reads)))
    shares = dense(mask).shares(rows, columns)
    assert np.allclose(shares[1], means(label_matrix(mask).astype(float), rows, columns), atol=1e-12)
    assert np.allclose(shares.sum(axis=0), 1)


@settings(max_examples=40, deadline=None)
@given(st.integers(1, 20), st.integers(1, 20), st.integers(0, 10**6), st.data())
def test_cells_given_one_by_one(height: int, width: int, seed: int, data: st.DataObject) -> None:
    codes = np.random.default_rng(seed).integers(0, 3, (height, width)).astype(np.uint8)
    rows, columns = data.draw(st.integers(1, height)), data.draw(st.integers(1, width))
    shares = Indexed(codes, 3).shares(rows, columns)
    for tone in range(3):
        assert np.allclose(shares[tone], means((codes == tone).astype(float), rows, columns))
    on = codes / 2
    assert np.allclose(Shaded(on).shares(rows, columns)[1], means(on, rows, columns))


@pytest.mark.parametrize("cells", [Indexed(np.eye(9, dtype=np.uint8), 2), Shaded(np.eye(9))])
def test_full_resolution_is_the_cells_themselves(cells: Cells) -> None:
    assert np.array_equal(cells.shares(9, 9)[1], np.eye(9))


def test_blocks_cover_everything_and_differ_by_one() -> None:
    for size in range(1, 40):
        for blocks in range(1, size + 1):
            sizes = np.diff([*starts(size, blocks), size])
            assert sizes.sum() == size
            assert sizes.min() >= 1
            assert sizes.max() - sizes.min() <= 1


def test_all_and_none_are_never_rounded_to() -> None:
    on = np.zeros((1600, 1600))
    on[0, 0] = 1
    block = block_of(panel(1 - on))
    assert block.codes[0, 0] == STEPS - 1
    assert (block.codes.ravel()[1:] == STEPS).all()
    assert block_of(panel(on)).codes[0, 0] == 1


def panel(on: np.ndarray) -> Panel:
    return Panel("", Shaded(on), (DROPPED, KEPT), Axis("row"), Axis("column"))


def test_the_variable_itself_survives_joining() -> None:
    codes = np.ones((30, 30), dtype=np.uint8)
    codes[17, 4] = 2
    tones = (UNSEEN, SEEN, ITSELF)
    assert (rarest(tones, Indexed(codes, 3).shares(3, 3)) == 2).sum() == 1


def test_labels_may_be_sorted() -> None:
    mask = LabelMask("prefix", ((3, 1, 2),), ((0, 2, 1, 3),))
    assert np.array_equal(dense(mask, ordered=True).shares(4, 3)[1], np.tril(np.ones((4, 3)), -1))


def test_a_mask_of_a_hundred_million_edges_is_never_held_as_a_whole() -> None:
    labels = tuple(range(10_000))
    on = dense(LabelMask("prefix", (labels,), (labels,))).shares(2, 2)[1]
    assert on[0, 1] == 0
    assert on[1, 0] == 1
    assert on[0, 0] == pytest.approx(0.5, abs=1e-3)
