"""Which places the taps of a kernel read, and which of them a mask keeps."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from flowspec.graph.masks import SiteMask, TapMask

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


def places_read(sites: tuple[int, ...], offsets: Ints) -> tuple[Ints, Bools]:
    """(taps, places) where each tap reads, and whether that is on the grid."""
    place = np.stack(np.unravel_index(np.arange(int(np.prod(sites))), sites))
    at = place[None] + offsets[:, :, None]
    size = np.array(sites)[None, :, None]
    inside = ((at >= 0) & (at < size)).all(1)
    flat = np.ravel_multi_index(tuple(np.moveaxis(np.clip(at, 0, size - 1), 1, 0)), sites)
    return flat.astype(np.int64), np.asarray(inside, dtype=np.bool_)


def kept_taps(mask: Any, o: int, c: int, at: Ints, inside: Bools) -> Bools:
    """(taps, places) which edges a mask keeps from input class c to output class o; all on the grid without one."""
    if isinstance(mask, TapMask):
        return np.array(mask.kept[o][c])[:, None] & inside
    if isinstance(mask, SiteMask):
        kept: Bools = (np.array(mask.reads[c])[at] <= np.array(mask.writes[o])[None]) & inside
        return kept
    return inside
