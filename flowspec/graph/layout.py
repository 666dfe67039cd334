"""Shapes of values: channels over sites, or a flat list of units."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod


@dataclass(frozen=True, slots=True)
class Layout:
    """The shape of one value, without the batch axis.

    `sites` is empty for a flat value of `channels` units. A vector of D variables is one channel over D sites with
    `vector` set: its tensor is (B, D), and sequence ops see it as (B, 1, D). Where `own` is set every site is a variable
    in its own right (the hidden units of NADE), and a projection of it has weights of its own at each site.
    """

    channels: int
    sites: tuple[int, ...] = ()
    vector: bool = False
    own: bool = False

    @property
    def flat(self) -> bool:
        return not self.sites

    @property
    def units(self) -> int:
        return self.channels * prod(self.sites)

    @property
    def places(self) -> int:
        """The number of sites; 1 for a flat value."""
        return prod(self.sites)

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the tensor, without the batch axis."""
        if self.flat:
            return (self.channels,)
        return self.sites if self.vector else (self.channels, *self.sites)

    def __str__(self) -> str:
        return "x".join(str(n) for n in self.shape)


def layout_of(shape: tuple[int, ...]) -> Layout:
    """The layout of data of `shape`: a vector [D], a sequence [C, T], an image [C, H, W] or a video [C, T, H, W]."""
    if len(shape) == 1:
        return Layout(1, shape, vector=True)
    return Layout(shape[0], shape[1:])
