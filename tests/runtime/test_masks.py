"""Orders and labels as integers, and the digest of a mask."""

from __future__ import annotations

import hashlib

import numpy as np
import pytest
import torch

from flowspec.order import Grid, keep_mask, rng
from flowspec.runtime import check_digest, checkerboard, entries, groups, permutation, places, spread


@pytest.mark.parametrize("n", [1, 2, 7, 784])
@pytest.mark.parametrize("seed", [0, 1, 2**63 - 1])
def test_random_orders_agree_with_the_order_room(n: int, seed: int) -> None:
    for member in (0, 1, 31):
        assert permutation(n, seed, member) == rng.permutation(n, seed, member)


def test_a_random_order_never_changes() -> None:
    assert permutation(7, 1) == [3, 5, 4, 1, 2, 6, 0]


def test_places_invert() -> None:
    order = permutation(9, 3)
    assert [places(order)[v] for v in order] == list(range(9))


def test_spread_covers_every_row_or_picks_evenly() -> None:
    assert spread([1, 2, 3], 7) == [1, 1, 1, 2, 2, 3, 3]
    assert spread(range(1, 10), 4) == [2, 4, 6, 8]
    assert spread([5, 6], 4, slices=2) == [5, 6, 5, 6]
    assert len(set(spread(range(784), 500))) == 500


def test_groups_are_laid_out_evenly() -> None:
    assert groups(6, 3) == [0, 0, 1, 1, 2, 2]
    assert groups(4, 3) == [0, 0, 1, 2]
    assert groups(6, 3, slices=2) == [0, 1, 2, 0, 1, 2]


def test_digest_of_the_mask_that_was_proved() -> None:
    mask = np.tri(5, 7, -1, dtype=bool)
    digest = hashlib.sha256(repr(mask.shape).encode() + mask.astype(np.uint8).tobytes()).hexdigest()[:16]
    check_digest(torch.from_numpy(mask), digest, "layer")
    check_digest(torch.from_numpy(~mask), None, "layer")
    with pytest.raises(RuntimeError, match="the mask of layer is not the one that was proved"):
        check_digest(torch.from_numpy(mask.T.copy()), digest, "layer")


def test_keeps() -> None:
    assert checkerboard((4,)).tolist() == [True, False, True, False]
    board = checkerboard((2, 3, 5))
    assert all(board[c, i, j] == ((i + j) % 2 == 0) for c in range(2) for i in range(3) for j in range(5))
    assert checkerboard((1, 2, 2, 2)).sum() == 4
    video = keep_mask(Grid(2, (3, 4, 5)), "checkerboard")
    assert checkerboard((2, 3, 4, 5)).flatten().tolist() == video.tolist()
    assert entries((2, 2), [0, 3]).tolist() == [[True, False], [False, True]]
