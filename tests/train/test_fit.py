"""Fitting arrays to the shape and the values that a model declares."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

from flowspec.train.errors import TrainError
from flowspec.train.fit import fitted
from flowspec.train.values import Values, checked

BITS = np.random.default_rng(0).integers(0, 2, (40, 20)).astype(np.uint8)


def fault(act: Callable[[], object]) -> TrainError:
    with pytest.raises(TrainError) as caught:
        act()
    assert "\n" not in caught.value.message + caught.value.help
    return caught.value


@pytest.mark.parametrize(
    ("found", "shape"),
    [
        ((28, 28), (784,)),
        ((784,), (1, 28, 28)),
        ((28, 28), (1, 28, 28)),
        ((28, 28, 1), (1, 28, 28)),
        ((1, 28, 28), (784,)),
        ((3072,), (3, 32, 32)),
        ((), (1,)),
        ((1,), (1,)),
    ],
)
def test_reshaped_row_major(found: tuple[int, ...], shape: tuple[int, ...]) -> None:
    array = np.arange(5 * int(np.prod(found))).reshape(5, *found)
    assert np.array_equal(fitted(array, shape, Values.of(10**6), "a"), array.reshape(5, *shape))


@pytest.mark.parametrize("found", [(4, 5, 3), (7, 4, 5, 3)])
def test_channels_last_become_first(found: tuple[int, ...]) -> None:
    array = np.random.default_rng(0).integers(0, 255, (6, *found))
    assert np.array_equal(fitted(array, (3, *found[:-1]), Values.of(256), "a"), np.moveaxis(array, -1, 1))


@pytest.mark.parametrize(
    ("found", "shape", "helps"),
    [
        ((8,), (6,), "choose 6 of the 8 columns with --columns, or write `shape: [8]`"),
        (
            (28, 28),
            (3, 32, 32),
            "resize or crop the data, or write `x: {shape: [1, 28, 28]}` in the spec",
        ),
        ((32, 32, 3), (3, 16, 16), "resize or crop the data, or write `x: {shape: [3, 32, 32]}` in the spec"),
        ((14, 56), (1, 28, 28), "resize or crop the data, or write `x: {shape: [1, 14, 56]}` in the spec"),
        ((), (6,), "write `x: {shape: [1]}` in the spec, or choose another array with --key"),
    ],
)
def test_shapes_that_do_not_fit(found: tuple[int, ...], shape: tuple[int, ...], helps: str) -> None:
    error = fault(lambda: fitted(np.zeros((5, *found)), shape, Values.of("real"), "`a.npz:x`"))
    assert error.message == f"`a.npz:x` holds rows of shape {list(found)}, but `x` has shape {list(shape)}"
    assert error.help == helps


def test_packed_bits() -> None:
    packed = np.packbits(BITS, axis=1)
    assert np.array_equal(fitted(packed, (20,), Values.of("binary"), "a"), BITS)
    assert np.array_equal(fitted(packed, (1, 4, 5), Values.of("binary"), "a", 20), BITS.reshape(40, 1, 4, 5))


def test_packed_bits_of_another_width() -> None:
    packed = np.packbits(BITS, axis=1)
    error = fault(lambda: fitted(packed, (19,), Values.of("binary"), "a", 20))
    assert error.help == "the file says n_vars = 20: write `x: {shape: [20]}` in the spec"
    error = fault(lambda: fitted(packed | 1, (20,), Values.of("binary"), "a"))
    assert error.message == "a has 3 bytes a row, but they are not 20 packed bits: the padding is not zero"


@pytest.mark.parametrize(
    ("values", "bad", "message", "helps"),
    [
        ("binary", 255, "row 3 (counting from 0) holds 255 where 0 or 1 is due", "--binarize"),
        ("binary", 0.5, "row 3 (counting from 0) holds 0.5 where 0 or 1 is due", "--binarize"),
        (8, 8, "row 3 (counting from 0) holds 8 where one of the integers 0..7 is due", "declare `values: 9`"),
        (256, -1, "row 3 (counting from 0) holds -1 where one of the integers 0..255 is due", "rescale"),
        (256, 0.25, "holds 0.25 where one of the integers 0..255 is due", "they look scaled already"),
        ("real", np.nan, "holds nan where a finite real number is due", "remove the rows with missing or infinite"),
        ("real", np.inf, "holds inf where a finite real number is due", "remove the rows with missing or infinite"),
        ("positive", 0, "holds 0 where a finite number above 0 is due", "rescale"),
        ((-1.0, 1.0), 2, "holds 2 where a number from -1 to 1 is due", "rescale"),
        ((2, 3, 4), 3, "where an integer from 0 to below its variable's number of categories is due", "declare"),
    ],
)
def test_values_that_are_not_legal(values: Any, bad: float, message: str, helps: str) -> None:
    array = np.ones((6, 3), dtype=np.float64) if values != 256 or bad != 0.25 else np.zeros((6, 3))
    array[3, 1] = bad
    error = fault(lambda: checked(array, Values.of(values), "`a:x`"))
    assert error.message.startswith("`a:x`, row 3")
    assert message in error.message
    assert helps in error.help


@pytest.mark.parametrize(
    ("values", "array", "dtype"),
    [
        ("binary", np.array([[True, False]]), np.uint8),
        ("binary", np.array([[1.0, 0.0]]), np.uint8),
        (256, np.array([[0, 255]]), np.uint8),
        (1000, np.array([[0, 999]]), np.int32),
        ("real", np.array([[1, 2]]), np.float32),
        ("positive", np.array([[1e-9, 5]]), np.float32),
        ((0.0, 1.0), np.array([[0.0, 1.0]]), np.float32),
        ((2, 3), np.array([[1, 2]]), np.uint8),
    ],
)
def test_legal_values_are_kept_compact(values: Any, array: np.ndarray, dtype: type) -> None:
    kept = checked(array, Values.of(values), "a")
    assert kept.dtype == dtype
    assert np.allclose(kept, array)


def test_words_are_not_numbers() -> None:
    assert (
        fault(lambda: checked(np.array([["a"]]), Values.of("real"), "a")).message == "a holds <U1 entries, not numbers"
    )
