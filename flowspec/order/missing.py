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
        grid: the variables.
        variable: the number of the variable.
        variables: those of R(variable) that no path reaches, in the order of generation, latest first.
    """

    grid: Grid
    variable: int
    variables: tuple[int, ...]

    @property
    def offsets(self) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """The same as (channel, offset of the place)."""
        place = np.array(self.grid.site(self.variable)[1])
        sites = [self.grid.site(v) for v in self.variables]
        return tuple((channel, tuple(int(e) for e in np.array(site) - place)) for channel, site in sites)


def centre(grid: Grid) -> int:
    """The variable to show: the last channel of the middle place."""
    return grid.index(grid.channels - 1, tuple(size // 2 for size in grid.sites))


def missing_at(order: Order, variable: int, reached: BoolArray) -> Missing:
    """The part of R(variable) outside `reached`, a (D,) row."""
    lost = order.before(variable) & ~reached
    latest_first = order.sequence[::-1]
    return Missing(order.grid, variable, tuple(latest_first[lost[latest_first]].tolist()))
