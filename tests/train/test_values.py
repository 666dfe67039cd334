"""What float32 keeps of real data: too little is warned of, and numbers beyond it are refused."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

pytest.importorskip("torch")

from flowspec.train.errors import TrainError
from flowspec.train.values import Values, checked

REAL = Values.of("real")


def rows(offset: float) -> np.ndarray:
    return np.stack([np.zeros(50), offset + np.linspace(0, 1000, 50)], 1)


@pytest.mark.parametrize("array", [rows(1.6e9), rows(1.6e9).astype(np.int64)])
def test_times_are_too_far_from_0_for_float32(array: np.ndarray) -> None:
    with pytest.warns(
        UserWarning, match="float32 moves variable 1 of `x` by up to 6[0-9], and its deviation is 2.9e"
    ) as said:
        kept = checked(array, REAL, "`x`")
    assert len(said) == 1
    assert np.abs(kept[:, 1].astype(float) - array[:, 1]).max() > 50


@pytest.mark.parametrize(
    ("array", "wide"),
    [
        (rows(1.6e9), True),  # float64 keeps them
        (rows(1e4), False),
        (rows(1e9).astype(np.float32), False),  # nothing is lost that was there
        (np.full((50, 2), 1 / 3), False),  # constant, whatever is rounded
        (rows(1.6e9)[:1], False),
    ],
)
def test_no_warning(array: np.ndarray, wide: bool) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert checked(array, REAL, "`x`", wide).dtype == (np.float64 if wide else np.float32)


def test_numbers_beyond_float32() -> None:
    array = np.array([[1.0, 2.0], [3.0, 1e39]])
    with pytest.raises(TrainError, match=r"`x`, row 1 \(counting from 0\) holds 1e\+39, which float32 cannot hold"):
        checked(array, REAL, "`x`")
    assert checked(array, REAL, "`x`", True)[1, 1] == 1e39
