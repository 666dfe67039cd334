"""Which variables a coupling passes unchanged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from flowspec.order.errors import OrderError
from flowspec.order.grid import BoolArray, Grid, IntArray
from flowspec.order.rng import permutation

KEEPS = ("checkerboard", "channel", "half", "rows", "columns", "even_odd")


def keep_mask(grid: Grid, keep: str | Mapping[str, Any] | Sequence[int]) -> BoolArray:
    """(D,) the variables that `keep` names; the complement is `~`. A mask may be all or nothing: see `is_vacuous`.

    Args:
        keep: `checkerboard` (even sum of spatial coordinates), `channel` (first, larger half of the channels), `half`
            (of the first axis: the places of a grid with one channel and one axis, else the channels), `rows`,
            `columns` (even ones), `even_odd` (even place, row-major), `{half: rows | columns | channel}`,
            `{random: 1, seed: S}` (the first ceil(D / 2) entries of `permutation(D, S)`), or the kept variables.

    Raises:
        OrderError: for a name that is not there, rows or columns of a grid without them, and indices out of range or
            repeated (`index` is the entry).
    """
    if isinstance(keep, str):
        return _spread(grid, _named(grid, keep))
    if isinstance(keep, Mapping):
        if "half" in keep:
            return _spread(grid, _half(grid, keep["half"]))
        if "random" in keep:
            half = permutation(grid.size, keep.get("seed", 0))[: (grid.size + 1) // 2]
            return _listed(grid, half)
        raise OrderError(f"a keep is `half` or `random`, not {', '.join(f'`{key}`' for key in keep)}")
    return _listed(grid, keep)


def is_vacuous(mask: BoolArray) -> bool:
    """Whether a keep passes everything or nothing, so that a coupling has nothing to do or nothing to read."""
    return bool(mask.all() or not mask.any())


def _named(grid: Grid, name: str) -> BoolArray:
    if name == "checkerboard":
        return _even(grid.coordinates.sum(axis=0))
    if name == "even_odd":
        return _even(np.arange(grid.volume))
    if name in ("rows", "columns"):
        return _even(grid.coordinates[_axis(grid, name)])
    if name == "half":
        vector = grid.channels == 1 and grid.axes == 1
        return grid.coordinates[0] < (grid.volume + 1) // 2 if vector else _half(grid, "channel")
    if name == "channel":
        return _half(grid, "channel")
    raise OrderError(f"no keep is called `{name}`; there are {', '.join(KEEPS)}")


def _half(grid: Grid, what: str) -> BoolArray:
    """The first, larger half of the channels, as (C, 1), or of the rows or columns, as (places,)."""
    if what == "channel":
        return np.arange(grid.channels)[:, None] < (grid.channels + 1) // 2
    if what not in ("rows", "columns"):
        raise OrderError(f"`half` is of rows, columns or channel, not of `{what}`")
    axis = _axis(grid, what)
    half: BoolArray = grid.coordinates[axis] < (grid.sites[axis] + 1) // 2
    return half


def _axis(grid: Grid, what: str) -> int:
    if grid.axes < 2:
        raise OrderError(f"there are no {what} here: that needs two or more spatial axes")
    return -2 if what == "rows" else -1


def _even(numbers: IntArray) -> BoolArray:
    even: BoolArray = numbers % 2 == 0
    return even


def _spread(grid: Grid, mask: BoolArray) -> BoolArray:
    return np.broadcast_to(mask, (grid.channels, grid.volume)).reshape(-1).copy()


def _listed(grid: Grid, indices: Sequence[int]) -> BoolArray:
    mask = np.zeros(grid.size, np.bool_)
    for at, v in enumerate(indices):
        if not 0 <= v < grid.size:
            raise OrderError(f"{v} is out of range: variables go from 0 to {grid.size - 1}", index=at)
        if mask[v]:
            raise OrderError(f"{v} is named twice", index=at)
        mask[v] = True
    return mask
