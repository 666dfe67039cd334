"""Variables by their place: how the command line names them, and how pictures lay them out."""

from __future__ import annotations

import re
from math import isqrt

import numpy as np
import numpy.typing as npt

from flowspec.diagnostics import suggest
from flowspec.order import Grid
from flowspec.view.errors import ViewError
from flowspec.view.words import listed

ROW = 64  # variables of a list in one row; a longer list is folded
AXES = {1: ("i",), 2: ("r", "c"), 3: ("t", "r", "c")}
_NUMBER = re.compile(r"\s*\d{1,10}\s*")


def variable_at(grid: Grid, text: str, names: tuple[str, ...] = ()) -> int:
    """The variable at `r,c` or `r,c,ch` of an image (`i[,ch]` of a sequence, `t,r,c[,ch]` of a video), or by name.

    Without a channel it is the last one, which may know most.

    Raises:
        ViewError: when there is no such variable.
    """
    if text in names:
        return names.index(text)
    if not all(_NUMBER.fullmatch(part) for part in text.split(",")):
        raise _no_variable(grid, text, names)
    numbers = tuple(int(part) for part in text.split(","))
    sizes = (*grid.sites, grid.channels)
    if len(numbers) not in (grid.axes, grid.axes + 1) or any(n >= s for n, s in zip(numbers, sizes, strict=False)):
        raise _no_variable(grid, text, names)
    channel = numbers[grid.axes] if len(numbers) > grid.axes else grid.channels - 1
    return grid.index(channel, numbers[: grid.axes])


def variable_name(grid: Grid, v: int, names: tuple[str, ...] = (), of: str = "x") -> str:
    """A variable in words: x[3] of a vector, x[0,5,7] of an image, x[rain] where it has a name."""
    if names:
        return f"{of}[{names[v]}]"
    channel, site = grid.site(v)
    whole = site if grid.channels == 1 and grid.axes == 1 else (channel, *site)
    return f"{of}[{','.join(map(str, whole))}]"


def _no_variable(grid: Grid, text: str, names: tuple[str, ...]) -> ViewError:
    if names:
        guess = suggest(text, names)
        return ViewError(
            f"there is no variable `{text}`",
            f"did you mean `{guess}`?" if guess else f"there are: {listed(list(names), 12)}",
        )
    form = ",".join(AXES.get(grid.axes, AXES[3]))
    ranges = ", ".join(f"{a} 0..{s - 1}" for a, s in zip(form.split(","), grid.sites, strict=True))
    channel = f", ch 0..{grid.channels - 1}" if grid.channels > 1 else ""
    legal = f"`{form}[,ch]`" if grid.channels > 1 else f"`{form}`"
    return ViewError(f"there is no variable at `{text}`", f"it takes {legal} with {ranges}{channel}")


def fold(grid: Grid) -> tuple[int, tuple[int, int]]:
    """(panels, (rows, columns)) in which the variables are shown, row-major: a panel a channel (and frame).

    A short sequence is one panel with a row a channel; a list is a square where that fits, else rows of 64.
    """
    if grid.axes == 2:
        return grid.channels, (grid.sites[0], grid.sites[1])
    if grid.axes > 2:
        return grid.channels * grid.sites[0], (grid.sites[1], grid.sites[2])
    length = grid.volume
    if length <= ROW:
        return 1, (grid.channels, length)
    side = isqrt(length) if isqrt(length) ** 2 == length else ROW
    return grid.channels, (-(-length // side), side)


def panels_of(grid: Grid, codes: npt.NDArray[np.uint8], empty: int) -> npt.NDArray[np.uint8]:
    """(panels, rows, columns) of one code a variable; places behind the last of a folded list are `empty`."""
    count, (rows, columns) = fold(grid)
    room = np.full((count, rows * columns), empty, dtype=np.uint8)
    table = codes.reshape(count, -1)
    room[:, : table.shape[1]] = table
    return room.reshape(count, rows, columns)
