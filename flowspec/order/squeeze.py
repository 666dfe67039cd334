"""Where squeezes and subsampling splits take their entries from.

Blocks of `factors` sites become channels: phase q of a block is the row-major number of the place inside it, and
channel c gives the channels c * prod(factors) + q. An index maps outputs to inputs: `output.flat[k] =
input.flat[index[k]]`.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import prod

import numpy as np

from flowspec.order.errors import OrderError
from flowspec.order.grid import IntArray


def squeeze_index(shape: Sequence[int], factors: Sequence[int]) -> IntArray:
    """(size,) the index of squeezing (C, *sites) to (C * prod(factors), *sites / factors).

    Raises:
        OrderError: unless there is one factor an axis and each divides its axis.
    """
    channels, sites = shape[0], shape[1:]
    _check(sites, factors)
    split = [n for size, f in zip(sites, factors, strict=True) for n in (size // f, f)]
    entries = np.arange(prod(shape), dtype=np.int64).reshape(channels, *split)
    axes = len(sites)
    return entries.transpose(0, *range(2, 2 * axes + 1, 2), *range(1, 2 * axes + 1, 2)).reshape(-1)


def unsqueeze_index(shape: Sequence[int], factors: Sequence[int]) -> IntArray:
    """(size,) the index of the inverse: (C, *sites) to (C / prod(factors), *sites * factors).

    Raises:
        OrderError: unless there is one factor an axis and their product divides the channels.
    """
    channels, sites = shape[0], shape[1:]
    if len(factors) != len(sites) or min(factors) < 1 or channels % prod(factors):
        raise OrderError(f"{channels} channels cannot be laid out in blocks of {_by(factors)} sites")
    fine = [size * f for size, f in zip(sites, factors, strict=True)]
    forward = squeeze_index((channels // prod(factors), *fine), factors)
    index = np.empty_like(forward)
    index[forward] = np.arange(len(forward))
    return index


def subsample_index(shape: Sequence[int], factors: Sequence[int]) -> tuple[IntArray, IntArray]:
    """The indices of a subsampling split: the first site of every block, and the rest.

    The first part has shape (C, *sites / factors), the rest (C * (prod(factors) - 1), *sites / factors) with phase q of
    channel c in channel c * (prod(factors) - 1) + q - 1.

    Raises:
        OrderError: as `squeeze_index`.
    """
    index = squeeze_index(shape, factors).reshape(shape[0], prod(factors), -1)
    return index[:, 0].reshape(-1), index[:, 1:].reshape(-1)


def _check(sites: Sequence[int], factors: Sequence[int]) -> None:
    if len(factors) != len(sites) or any(f < 1 or size % f for size, f in zip(sites, factors, strict=False)):
        raise OrderError(f"sites of {_by(sites)} cannot be cut into blocks of {_by(factors)}")


def _by(sizes: Sequence[int]) -> str:
    return "x".join(map(str, sizes))
