"""Orders that look the same from everywhere: comparing two places by their offset alone."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from flowspec.order.errors import OrderError
from flowspec.order.grid import BoolArray, IntArray

Channels = Literal["inner", "joint", "first"]
Kind = Literal["none", "self", "above", "before", "upto", "all"]
KINDS: tuple[Kind, ...] = ("none", "self", "above", "before", "upto", "all")


@dataclass(frozen=True, slots=True)
class Scan:
    """A shift-invariant order of `channels` x an endless grid.

    Attributes:
        axes: the spatial axes from the slowest to the fastest; empty for the order `none`, which has no places.
        dims: how many spatial axes the grid has.
        sign: 1, or -1 for the same scan backwards (channels too).
        channels: where the channel stands among the keys (semantics O2).
        width: how many channels a site has.
    """

    axes: tuple[int, ...]
    dims: int
    sign: int
    channels: Channels
    width: int

    def reversed(self) -> Scan:
        """The same scan backwards."""
        return replace(self, sign=-self.sign)

    @property
    def has_lines(self) -> bool:
        """Whether `above` is defined (semantics O3)."""
        return len(self.axes) >= 2

    def compare(self, offset: IntArray, g_in: int, g_out: int) -> IntArray:
        """Sign of rank(input at p + offset, channel g_in) - rank(output at p, channel g_out).

        `offset` has shape (..., dims); the result drops the last axis. Negative means that the input comes first.
        """
        return self._compare(np.asarray(offset), g_in, g_out, self.axes)

    def line_compare(self, offset: IntArray, g_in: int, g_out: int) -> IntArray:
        """Sign of the difference of the lines of the two units; under `channels: first` lines are a channel's own.

        Raises:
            OrderError: where lines are undefined.
        """
        if not self.has_lines:
            raise OrderError("`above` needs an order that runs in lines over two or more spatial axes")
        inside = self.channels == "first"
        return self._compare(np.asarray(offset), g_in if inside else 0, g_out if inside else 0, self.axes[:-1])

    def _compare(self, offset: IntArray, g_in: int, g_out: int, axes: tuple[int, ...]) -> IntArray:
        place = np.zeros(offset.shape[:-1], np.int64)
        for axis in reversed(axes):
            step = np.sign(offset[..., axis])
            place = np.where(step != 0, step, place)
        channel = 0 if self.channels == "joint" else int(np.sign(g_in - g_out))
        if self.channels == "first" and channel:
            place = np.full_like(place, channel)
        return self.sign * np.where(place != 0, place, channel)

    def kept(self, kind_in: Kind, g_in: int, kind_out: Kind, g_out: int, offset: IntArray) -> BoolArray:
        """Whether K(input at p + offset) lies inside K(output at p) on the endless grid (semantics K1, N1).

        Kinds are bounds about channel `g_in` and `g_out`; `offset` has shape (..., dims), the result its leading shape.
        On a real grid the inclusion then holds at every position, whatever the size.
        """
        offset = np.asarray(offset)
        if "above" in (kind_in, kind_out):
            self.line_compare(offset, g_in, g_out)
        if kind_in == "before" and not self.axes and self._channel_rank(g_in) == 0:
            kind_in = "none"  # the first class of `none` knows nothing
        if kind_in == "none" or kind_out == "all":
            return np.ones(offset.shape[:-1], np.bool_)
        if kind_in == "all" or kind_out == "none":
            return np.zeros(offset.shape[:-1], np.bool_)
        if kind_out == "self":
            same = (offset == 0).all(-1) & (g_in == g_out)
            return same if kind_in == "self" else np.zeros_like(same)
        if kind_in == "above":
            return np.less_equal(self.line_compare(offset, g_in, g_out), 0)
        if kind_out == "above":
            return np.less(self.line_compare(offset, g_in, g_out), 0)
        return self._kept_ranked(kind_in, g_in, kind_out, g_out, offset)

    def _kept_ranked(self, kind_in: Kind, g_in: int, kind_out: Kind, g_out: int, offset: IntArray) -> BoolArray:
        order = self.compare(offset, g_in, g_out)
        kept: BoolArray = order < 0 if kind_out == "before" and kind_in != "before" else order <= 0
        if kind_in == "before" and kind_out == "upto":  # R(the next class) is upto
            kept = kept | self._follows(offset, g_in, g_out)
        return kept

    def _follows(self, offset: IntArray, g_in: int, g_out: int) -> BoolArray:
        """Whether the input's rank class comes right after the output's."""
        here = (offset == 0).all(-1)
        step = np.zeros(self.dims, np.int64)
        if self.axes:
            step[self.axes[-1]] = self.sign
        beside: BoolArray = (offset == step).all(-1) if self.axes else np.zeros_like(here)
        if self.channels == "joint":
            return beside
        if not self.axes:
            return np.full_like(here, self._channel_rank(g_in) == self._channel_rank(g_out) + 1)
        if self.channels == "first":
            return beside & (g_in == g_out)
        wraps = self._channel_rank(g_out) == self.width - 1 and self._channel_rank(g_in) == 0
        return np.where(g_in == g_out + self.sign, here, beside & wraps)

    def _channel_rank(self, g: int) -> int:
        if self.channels == "joint":
            return 0
        return g if self.sign > 0 else self.width - 1 - g

    def least(self, inputs: Iterable[tuple[Kind, int, IntArray]], g_out: int) -> Kind:
        """The least kind about `g_out` that holds every input `(kind, channel, offsets (m, dims))` (end of N1).

        `self` and `above` are not comparable, yet both hold only what is `none`, so the least is unique.
        """
        given = [(kind, g, np.asarray(offset)) for kind, g, offset in inputs]
        for kind in KINDS:
            if kind == "above" and not self.has_lines:
                continue
            if all(self.kept(k, g, kind, g_out, offset).all() for k, g, offset in given):
                return kind
        raise AssertionError("`all` holds everything")
