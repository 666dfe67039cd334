"""What a variable may be, and whether an array keeps to it."""

from __future__ import annotations

import math
import warnings
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from flowspec.train.errors import TrainError

ROUNDING = 1e-3  # of the deviation of a variable, by which the type that data is kept in may move it

Array = NDArray[Any]


@dataclass(frozen=True, slots=True)
class Values:
    """The values of one variable: `count` categories 0..count-1, or the reals between `low` and `high`.

    `open_ends` tells whether the ends themselves are excluded (`positive` excludes 0). `counts` holds one number of
    categories per variable, row-major, where they differ; `count` is then the largest.
    """

    count: int = 0
    low: float = -math.inf
    high: float = math.inf
    open_ends: bool = False
    binary: bool = False
    counts: tuple[int, ...] = ()

    @classmethod
    def of(cls, declared: Any) -> Values:
        """Read the `VALUES` of an emitted module: 'real', 'binary', 'positive', an integer N, one integer a variable,
        or an interval (low, high) of floats."""
        match declared:
            case "real":
                return cls()
            case "binary":
                return cls(count=2, low=0, high=1, binary=True)
            case "positive":
                return cls(low=0.0, open_ends=True)
            case int(count) if count >= 2:
                return cls(count=count, low=0, high=count - 1)
            case (float() as low, float() as high):
                return cls(low=low, high=high)
            case (int(), *_) as counts if all(isinstance(n, int) and n >= 2 for n in counts):
                return cls(count=max(counts), low=0, high=max(counts) - 1, counts=tuple(counts))
        raise TrainError(
            f"the model declares values {declared!r}, which no reader can check",
            "values are real, binary, positive, an integer N >= 2 or an interval [low, high]",
        )

    @property
    def discrete(self) -> bool:
        return self.count > 0

    @property
    def unbounded(self) -> bool:
        """Whether every real number is a legal value."""
        return not self.discrete and math.isinf(self.low)

    @property
    def describe(self) -> str:
        """The legal values, in words."""
        if self.binary:
            return "0 or 1"
        if self.counts:
            return "an integer from 0 to below its variable's number of categories"
        if self.discrete:
            return f"one of the integers 0..{self.count - 1}"
        if self.unbounded:
            return "a finite real number"
        return "a finite number above 0" if self.open_ends else f"a number from {self.low:g} to {self.high:g}"

    def dtype(self, wide: bool = False) -> np.dtype[Any]:
        """The compact type the data is kept in: bytes for up to 256 categories, else int32; float32 or float64."""
        if self.discrete:
            return np.dtype(np.uint8 if self.count <= 256 else np.int32)
        return np.dtype(np.float64 if wide else np.float32)


def checked(array: Array, values: Values, where: str, wide: bool = False) -> Array:
    """`array` (rows first) in its compact type.

    Raises TrainError for the first value that `values` excludes, naming `where`, the row and the value.
    """
    if array.dtype.kind not in "biuf":
        raise TrainError(f"{where} holds {array.dtype} entries, not numbers")
    legal = _legal(array, values)
    if not legal.all():
        place = tuple(int(i) for i in np.argwhere(~legal)[0])
        raise TrainError(
            f"{where}, row {place[0]} (counting from 0) holds {array[place]:g} where {values.describe} is due",
            _remedy(array, values),
        )
    with np.errstate(over="ignore"):
        kept = np.ascontiguousarray(array.astype(values.dtype(wide), copy=False))
    if not values.discrete:
        _need_range(array, kept, where)
        _warn_of_rounding(array, kept, where)
    return kept


def _need_range(array: Array, kept: Array, where: str) -> None:
    """Raise TrainError for a number beyond the largest of the type that data is kept in."""
    if not (inside := np.isfinite(kept)).all():
        place = tuple(int(i) for i in np.argwhere(~inside)[0])
        raise TrainError(
            f"{where}, row {place[0]} (counting from 0) holds {array[place]:g}, which {kept.dtype} cannot hold",
            "train in --precision float64, or rescale the data first",
        )


def _warn_of_rounding(array: Array, kept: Array, where: str) -> None:
    """Warn of variables of which float32 keeps too little: values far from 0 that differ by little, such as times."""
    if (array.dtype.kind == "f" and array.dtype.itemsize <= kept.dtype.itemsize) or len(array) < 2:
        return
    exact = array.reshape(len(array), -1).astype(np.float64)
    off, spread = np.abs(kept.reshape(exact.shape) - exact).max(axis=0), exact.std(axis=0)
    lost = np.flatnonzero(off > ROUNDING * spread)
    lost = lost[exact[:, lost].min(axis=0) < exact[:, lost].max(axis=0)]
    if len(lost):
        i = int(lost[0])
        warnings.warn(
            f"float32 moves variable {i} of {where} by up to {off[i]:.2g}, and its deviation is {spread[i]:.2g}: train in "
            "--precision float64, or take an offset off the data first",
            stacklevel=3,
        )


def _legal(array: Array, values: Values) -> NDArray[np.bool_]:
    if array.dtype.kind == "b":
        array = array.view(np.uint8)
    if values.open_ends:
        legal = (array > values.low) & (array < values.high)
    else:
        high = np.reshape(values.counts, array.shape[1:]) - 1 if values.counts else values.high
        legal = (array >= values.low) & (array <= high)
    if array.dtype.kind == "f":
        legal &= np.isfinite(array)
        if values.discrete:
            legal &= array == np.floor(array)
    return np.asarray(legal, dtype=np.bool_)


def _remedy(array: Array, values: Values) -> str:
    finite = array[np.isfinite(array)] if array.dtype.kind == "f" else array
    if finite.size < array.size:
        return "remove the rows with missing or infinite values, or fill them in, first"
    low, high = float(finite.min()), float(finite.max())
    seen = f"the values lie between {low:g} and {high:g}"
    if values.binary:
        return f"{seen}: `--binarize` cuts them at the middle of their range"
    if values.discrete and low >= 0 and high <= 1:
        return f"{seen}: they look scaled already; keep the integers 0..{values.count - 1}"
    if values.discrete and low >= 0:
        way = "`--quantize` makes them" if 256 % values.count == 0 and high <= 255 else "quantize the data to"
        return f"{seen}: declare `values: {int(high) + 1}` in the spec, or {way} {values.count} levels"
    if values.discrete and array.dtype.kind == "i" and low < -1:
        return f"{seen}: if they are sound, `--mu-law` compands them to {values.count} levels"
    return f"{seen}: rescale the data, or declare other `values` in the spec"
