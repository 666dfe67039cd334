"""The halves of couplings as they are written; the mathematics is in the order room."""

from __future__ import annotations

from typing import Any

import numpy as np

from flowspec.graph.layout import Layout
from flowspec.ops.base import OpError
from flowspec.ops.flow_base import Mask
from flowspec.ops.lowering import Construct, Expr, construct
from flowspec.order import Grid, OrderError, keep_mask

NAMES = ("checkerboard", "channel", "half", "rows", "columns", "even_odd")


def _spec(keep: Any) -> tuple[Any, bool]:
    """The keep without its negations, and whether they flip it."""
    flipped = False
    while True:
        if isinstance(keep, str) and keep.startswith("not "):
            keep, flipped = keep[4:].strip(), not flipped
        elif isinstance(keep, dict) and set(keep) == {"not"}:
            keep, flipped = keep["not"], not flipped
        else:
            return keep, flipped


def _check(keep: Any) -> None:
    """Refuses what has the form of no keep; whether it is a half of this value is the order room's to say."""
    if isinstance(keep, str):
        return
    whole = isinstance(keep, list | tuple) and all(isinstance(k, int) and not isinstance(k, bool) for k in keep)
    half = isinstance(keep, dict) and set(keep) == {"half"} and isinstance(keep["half"], str)
    if whole or half or _is_random(keep):
        return
    names = ", ".join(f"`{n}`" for n in NAMES)
    raise OpError(
        "FS203",
        f"`keep` must be one of {names}, `{{half: rows}}`, `{{random: 1, seed: S}}`, a list of indices, or `not` one of these",
        "write `keep: checkerboard`, for one",
        "keep",
    )


def _is_random(keep: Any) -> bool:
    if not isinstance(keep, dict) or not {"random"} <= set(keep) <= {"random", "seed"}:
        return False
    seed = keep.get("seed", 0)
    return keep["random"] == 1 and not isinstance(keep["random"], bool) and type(seed) is int and 0 <= seed < 2**63


def keep_entries(layout: Layout, keep: Any) -> Mask:
    """The entries that a coupling passes, (units,). Raises OpError."""
    inner, flipped = _spec(keep)
    _check(inner)
    try:
        mask = keep_mask(Grid(layout.channels, layout.sites), inner)
    except OrderError as error:
        raise OpError(
            "FS330", f"`keep`: {error}", "see `flowspec explain coupling` for the halves there are", "keep"
        ) from error
    return ~mask if flipped else mask


def keep_text(layout: Layout, keep: Any, swapped: bool) -> Expr | Construct:
    """The mask of a coupling as source: a builder by name for the usual halves, else the list of kept entries."""
    inner, flipped = _spec(keep)
    if inner == "checkerboard":
        sign = "~" if flipped != swapped else ""
        return Expr(f"{sign}checkerboard({layout.shape})", ("checkerboard",))
    mask = keep_entries(layout, keep)
    kept = np.flatnonzero(~mask if swapped else mask).tolist()
    return construct("entries", layout.shape, kept)
