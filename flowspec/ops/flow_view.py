"""Views: something less than x is said first, by a density of its own, and x itself goes on given it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from flowspec.graph.layout import Layout
from flowspec.graph.support import Support, integers
from flowspec.ops.base import POSITIVE_INT, OpError, arg
from flowspec.ops.flow_base import Entries, FlowSite, Parting
from flowspec.ops.lowering import Construct, construct


@dataclass(frozen=True)
class View(Parting):
    """A function v of integers x leaves as a part with its own density, and x goes on, to be given it.

    `luma` is the brightness of three channels (0.299 R + 0.587 G + 0.114 B), `mean` the mean of all channels, `low` the
    mean of each block of `size` sites; each is quantized to `levels` values. log p(v) + log p(x | v) is a lower bound of
    log p(x), the sum of p(v') p(x | v') over all v', because p(x | v') need not vanish where v' is not v(x) (Kolesnikov
    and Lampert 2017). z holds the entries of v before those of x; decoding reads those of x alone, and sampling draws v
    and then x given it.
    """

    name = "view"
    main = "of"
    of: str = arg({"enum": ["luma", "mean", "low"]}, "what is said first")
    levels: int | None = arg(POSITIVE_INT, "how many values it has; those of x if left out", None)
    size: int = arg(POSITIVE_INT, "the block of sites of `low`", 2)
    names: tuple[str, ...] = arg({"type": "array", "items": {"type": "string"}}, "names of the view and of x", ())

    stochastic = True
    auxiliary = True

    def part_names(self) -> tuple[str, ...]:
        return (*self.names, "", "")[:2]

    def check_values(self, values: Support) -> None:
        if not isinstance(values.count, int):
            message = f"`view` is of integers, all with as many values, and these are {values}"
            raise OpError("FS324", message, "put `view` first, before the values become real numbers")
        if self.levels is not None and not 2 <= self.levels <= values.count:
            message = f"a view of {self.levels} levels, of integers that have {values.count} values"
            raise OpError("FS324", message, f"use 2 to {values.count} levels", "levels")

    def images(self, values: Support, count: int) -> tuple[Support, ...]:
        if values.unknown or not isinstance(values.count, int):
            return (values,) * count
        return (integers(self.levels or values.count), values)

    def together(self, parts: Sequence[Support]) -> Support:
        return parts[-1]

    def outputs(self, layout: Layout) -> tuple[Layout, ...]:
        if len(self.names) not in (0, 2):
            message = f"`view` has 2 parts and the names {', '.join(self.names)}"
            raise OpError("FS322", message, "name the view and what goes on", "names")
        return (self._seen(layout), layout)

    def _seen(self, layout: Layout) -> Layout:
        """The layout of the view. Raises OpError."""
        if self.of == "low":
            return self._blocks(layout)
        if layout.vector or layout.flat:
            message = f"`view: {self.of}` joins channels, and this is a vector"
            raise OpError("FS324", message, "declare x as an image, `shape: [C, H, W]`")
        if self.of == "luma" and layout.channels != 3:
            there = "there is one channel" if layout.channels == 1 else f"there are {layout.channels} channels"
            message = f"`view: luma` is of red, green and blue, and {there}"
            raise OpError("FS324", message, "use `view: mean`" if layout.channels > 1 else "drop it: x is gray already")
        if layout.channels == 1:
            raise OpError("FS324", "`view: mean` joins channels, and there is one", "use `view: low`, or drop it")
        return Layout(1, layout.sites)

    def _blocks(self, layout: Layout) -> Layout:
        if layout.flat or any(n % self.size for n in layout.sites):
            message = f"`view: low` of blocks of {self.size} does not divide the sites {list(layout.sites)}"
            raise OpError("FS321", message, "use a divisor of every size", "size")
        if self.size == 1:
            raise OpError("FS324", "`view: low` of blocks of 1 site is x itself", "use a larger `size`", "size")
        return Layout(layout.channels, tuple(n // self.size for n in layout.sites), vector=layout.vector)

    def order_of_entries(self, layout: Layout) -> Entries | None:
        x = np.arange(layout.units)
        if self.of == "low":
            read = self._read_blocks(x.reshape(layout.channels, *layout.sites))
        else:
            read = x.reshape(layout.channels, -1).T
        return np.concatenate([read, np.repeat(x[:, None], read.shape[1], axis=1)])

    def _read_blocks(self, grid: Entries) -> Entries:
        """The entries in each block, a row for each block."""
        axes = grid.ndim - 1
        split = grid.reshape(len(grid), *(n for size in grid.shape[1:] for n in (size // self.size, self.size)))
        outer, inner = range(1, 2 * axes, 2), range(2, 2 * axes + 1, 2)
        return split.transpose(0, *outer, *inner).reshape(-1, self.size**axes)

    def lower(self, site: FlowSite) -> Construct:
        count = site.values.count
        assert isinstance(count, int)
        levels = self.levels or count
        if self.of == "low":
            return construct("LowView", count, levels, self.size, len(site.layout.sites))
        return construct(
            "ChannelView", count, levels, [299, 587, 114] if self.of == "luma" else [1] * site.layout.channels
        )
