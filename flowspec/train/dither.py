"""Uniform noise for real numbers that were rounded, drawn once, so that their density has a bound."""

from __future__ import annotations

import math
import zlib
from collections.abc import Sequence

import numpy as np

from flowspec.train.errors import TrainError
from flowspec.train.values import Array, Values

SEED = 20131211  # with the name of the array; raw bits of a generator never change with a library


def dithered(array: Array, widths: tuple[float, ...], values: Values, where: str, name: str) -> Array:
    """(N, *shape) real numbers plus uniform noise on [0, width) of each variable, in float64.

    One width stands for every variable; 0 adds nothing. The noise depends on `name`, the key of the array, and on the
    number of its rows alone, so a file gets the same noise in every run. For x rounded to multiples of w > 0,
    -log P(x) <= E[-log p(x + w u)] - log w (Theis et al. 2016; the preparation of MAF, Papamakarios et al. 2017).
    Raises TrainError for values that have bounds, and for another number of widths.
    """
    if not values.unbounded:
        raise TrainError(
            f"--noise is for real data, and the model is of {values.describe}",
            "drop --noise: a model of integers has none, and in a flow `dequantize` adds its own and counts it",
        )
    variables = math.prod(array.shape[1:])
    if len(widths) not in (1, variables):
        raise TrainError(
            f"--noise names {len(widths)} widths, and the rows of {where} have {variables} variables",
            "give one width for all, or one for each variable, 0 for none",
        )
    bits = np.random.PCG64([SEED, zlib.crc32(name.encode())]).random_raw(array.size)
    u = (bits >> np.uint64(11)).astype(np.float64) * 2.0**-53
    wide = np.broadcast_to(np.asarray(widths, dtype=np.float64), (variables,)).reshape(array.shape[1:])
    return np.asarray(array.astype(np.float64) + wide * u.reshape(array.shape))


def check_widths(widths: Sequence[float]) -> None:
    """Raises TrainError for widths that are no finite numbers from 0."""
    for width in widths:
        if not 0 <= width < math.inf:
            raise TrainError(f"--noise has the width {width:g}; it must be 0 or more", "0 adds no noise")


def log_widths(widths: tuple[float, ...], variables: int) -> float:
    """The sum of log w over the variables that have noise, in nats."""
    return math.fsum(math.log(w) for w in widths if w) * (variables if len(widths) == 1 else 1)
