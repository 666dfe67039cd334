"""The variables of x: channels times sites, numbered row-major."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import prod

import numpy as np
from numpy.typing import NDArray

from flowspec.order.errors import OrderError

IntArray = NDArray[np.int64]
BoolArray = NDArray[np.bool_]


@dataclass(frozen=True)
class Grid:
    """Channels and sites of a value; variable `v = channel * volume + place`, `place` row-major over `sites`.

    A vector [D] is `Grid(1, (D,))`, a sequence [C, T] `Grid(C, (T,))`, an image [C, H, W] `Grid(C, (H, W))`,
    a video [C, T, H, W] `Grid(C, (T, H, W))`.
    """

    channels: int
    sites: tuple[int, ...]

    def __post_init__(self) -> None:
        if self.channels < 1 or not self.sites or min(self.sites) < 1:
            raise OrderError(f"a grid needs positive sizes, not {self.channels} channels of {list(self.sites)} sites")

    @staticmethod
    def of(shape: tuple[int, ...]) -> Grid:
        """The grid of a shape: a vector has one channel, everything else names its channels first."""
        return Grid(1, shape) if len(shape) == 1 else Grid(shape[0], shape[1:])

    @property
    def axes(self) -> int:
        """How many spatial axes the grid has."""
        return len(self.sites)

    @property
    def volume(self) -> int:
        """How many sites the grid has."""
        return prod(self.sites)

    @property
    def size(self) -> int:
        """How many variables the grid has."""
        return self.channels * self.volume

    def index(self, channel: int, site: tuple[int, ...]) -> int:
        """The number of the variable `channel` at `site`."""
        place = 0
        for at, size in zip(site, self.sites, strict=True):
            if not 0 <= at < size:
                raise OrderError(f"site {list(site)} is outside {list(self.sites)}")
            place = place * size + at
        if not 0 <= channel < self.channels:
            raise OrderError(f"channel {channel} is outside 0..{self.channels - 1}")
        return channel * self.volume + place

    def site(self, v: int) -> tuple[int, tuple[int, ...]]:
        """The channel and the site of variable `v`."""
        channel, place = divmod(v, self.volume)
        return channel, tuple(int(a) for a in np.unravel_index(place, self.sites))

    @cached_property
    def coordinates(self) -> IntArray:
        """The coordinates of every place, shape (axes, volume)."""
        return np.indices(self.sites, dtype=np.int64).reshape(self.axes, self.volume)
