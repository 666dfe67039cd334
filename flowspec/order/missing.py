"""An example of context that is allowed and never reached."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flowspec.order.grid import BoolArray, Grid
from flowspec.order.order import Order


@dataclass(frozen=True, slots=True)
class Missing:
    """What one variable may know and does not.

    Attributes:
        variable: the number of the variable.
        variables: those of R(variable) that no path reaches, in the order of generation, latest first.
        offsets: the same as (channel, offset of the place).
    """

    variable: int
    variables: tuple[int, ...]
    offsets: tuple[tuple[int, tuple[int, ...]], ...]


def centre(grid: Grid) -> int:
    """The variable to show: the last channel of the middle place."""
    return grid.index(grid.channels - 1, tuple(size // 2 for size in grid.sites))


def missing_at(order: Order, variable: int, reached: BoolArray) -> Missing:
    """The part of R(variable) outside `reached`, a (D,) row."""
    lost = order.before(variable) & ~reached
    variables = [int(v) for v in order.sequence[::-1] if lost[v]]
    place = np.array(order.grid.site(variable)[1])
    offsets = []
    for v in variables:
        channel, site = order.grid.site(v)
        offsets.append((channel, tuple(int(e) for e in np.array(site) - place)))
    return Missing(variable, tuple(variables), tuple(offsets))
