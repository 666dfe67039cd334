"""Fitting the arrays of a file to the shape a model declares, or saying why they do not fit."""

from __future__ import annotations

import math

import numpy as np

from flowspec.train.errors import TrainError
from flowspec.train.values import Array, Values

Shape = tuple[int, ...]


def fitted(array: Array, shape: Shape, values: Values, where: str, bits: int | None = None, what: str = "x") -> Array:
    """Rows of `array` as (N, *shape), without looking at their values (packed bits are unpacked).

    `bits` is the number of variables that the file itself declares for packed bits, `what` the name of what is fitted.
    Accepted, in this order: packed bits; the shape itself; channels last for channels first; axes of length 1 more or
    fewer; flat for structured and back, row-major. Anything else raises TrainError with what was found, what was
    wanted, and a way out.
    """
    if is_packed(array, shape, values, bits):
        array = unpacked(array, math.prod(shape), where)
    found = array.shape[1:]
    if array.ndim == 0 or not len(array):
        raise TrainError(f"{where} holds no rows")
    if found == shape:
        return array
    if _channels_last(found, shape):
        return np.moveaxis(array, -1, 1).reshape(len(array), *shape)
    if math.prod(found) == math.prod(shape) and _same_layout(found, shape):
        return array.reshape(len(array), *shape)
    raise TrainError(
        f"{where} holds rows of shape {written(found)}, but `{what}` has shape {written(shape)}",
        _way_out(found, shape, bits),
    )


def written(shape: Shape) -> str:
    """A shape as the language writes it: [1, 28, 28]."""
    return f"[{', '.join(map(str, shape))}]"


def is_packed(array: Array, shape: Shape, values: Values, bits: int | None) -> bool:
    """Whether rows of bytes hold eight binary variables each, as np.packbits(axis=1) writes them."""
    if not values.binary or array.dtype != np.uint8 or array.ndim != 2:
        return False
    D, width = math.prod(shape), array.shape[1]
    return width == -(-D // 8) and width < D and bits in (None, D)


def unpacked(array: Array, D: int, where: str) -> Array:
    """(N, ceil(D / 8)) bytes as (N, D) bits; TrainError when the padding holds ones, so it cannot be packed bits."""
    every = np.unpackbits(array, axis=1)
    if every[:, D:].any():
        raise TrainError(
            f"{where} has {array.shape[1]} bytes a row, but they are not {D} packed bits: the padding is not zero",
            "write packed bits with np.packbits(rows, axis=1), or store one variable an entry",
        )
    return every[:, :D]


def _channels_last(found: Shape, shape: Shape) -> bool:
    """[H, W, C] found where [C, H, W] is wanted; also for sequences [T, C] and videos [T, H, W, C]."""
    return len(found) >= 2 and (found[-1], *found[:-1]) == shape


def _same_layout(found: Shape, shape: Shape) -> bool:
    """Whether reading one row-major as the other keeps every variable in its place."""
    return len(found) <= 1 or len(shape) <= 1 or _long(found) == _long(shape)


def _long(shape: Shape) -> Shape:
    return tuple(n for n in shape if n != 1)


def _way_out(found: Shape, shape: Shape, bits: int | None) -> str:
    if bits is not None and bits != math.prod(shape):
        return f"the file says n_vars = {bits}: write `x: {{shape: [{bits}]}}` in the spec"
    if len(found) == 1 and len(shape) == 1 and found[0] > shape[0]:
        return f"choose {shape[0]} of the {found[0]} columns with --columns, or write `shape: {written(found)}`"
    if len(found) >= 2 and len(shape) >= 2:
        larger = len(shape) >= 3 and all(a >= b for a, b in zip(found[-2:], shape[-2:], strict=True))
        way = "cut the data into pieces by --patches" if larger else "resize or crop the data"
        return f"{way}, or write `x: {{shape: {written(_declared(found))}}}` in the spec"
    return f"write `x: {{shape: {written(found or (1,))}}}` in the spec, or choose another array with --key"


def _declared(found: Shape) -> Shape:
    """The shape a spec would declare for rows found like this: channels first."""
    if len(found) == 2:
        return (1, *found)
    return (found[-1], *found[:-1]) if found[-1] in (1, 3, 4) else found


def quantized(array: Array, values: Values, where: str) -> Array:
    """Bytes 0..255 as the N levels of a model, of equal width; TrainError unless N divides 256."""
    N = values.count
    if not values.discrete or values.counts or 256 % N:
        raise TrainError(
            f"--quantize makes bytes N levels of equal width, and the model is of {values.describe}",
            "declare `values: N` with N a power of two up to 256",
        )
    if array.dtype.kind == "b" or array.dtype.kind not in "iu" or array.min() < 0 or array.max() > 255:
        raise TrainError(f"--quantize cuts bytes 0..255, and {where} holds other numbers ({array.dtype})")
    return np.asarray(array.astype(np.int64) * N // 256, dtype=np.uint8)


def patches(array: Array, shape: Shape, where: str) -> Array:
    """Rows (N, ...) of larger images or frames as pieces of the height and width of `shape`, side by side, row-major:
    (N * pieces, C, ..., h, w). What is left over at the right and bottom is dropped. TrainError where nothing fits.
    """
    found = array.shape[1:]
    if len(shape) < 3:
        raise TrainError(f"--patches cuts images and frames, and x has shape {written(shape)}")
    if len(found) == len(shape) - 1 and shape[0] == 1:
        array = array[:, None]
    elif len(found) == len(shape) and found[0] != shape[0] and found[-1] == shape[0]:
        array = np.moveaxis(array, -1, 1)
    high, wide = shape[-2:]
    down, across = (size // wanted for size, wanted in zip(array.shape[-2:], (high, wide), strict=True))
    if array.shape[1:-2] != shape[:-2] or not down * across:
        raise TrainError(
            f"{where} holds rows of shape {written(found)}, which --patches cannot cut into {written(shape)}",
            "pieces have the same channels and frames, and at most the height and width of what they are cut from",
        )
    cut = array[..., : down * high, : across * wide].reshape(*array.shape[:-2], down, high, across, wide)
    return np.moveaxis(cut, (-4, -2), (1, 2)).reshape(-1, *shape)
