"""Splits: a value becomes parts, of which all but the last leave for their densities. Their log-det is zero."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any, Protocol

import numpy as np

from flowspec.graph.layout import Layout
from flowspec.graph.support import UNKNOWN, Support, integers
from flowspec.ops.base import PER_AXIS, POSITIVE_INT, OpError, arg
from flowspec.ops.flow_base import Entries, FlowSite, Parting
from flowspec.ops.flow_shape import axis_size, resize, what
from flowspec.ops.lowering import Construct, construct


class Way(Protocol):
    """One way of dividing a value."""

    def outputs(self, layout: Layout) -> tuple[Layout, ...]:
        """The layouts of the parts. Raises OpError."""

    def entries(self, layout: Layout) -> Entries | None:
        """Entry k of the concatenated parts is entry result[k] of the value; None when they follow one another."""

    def lower(self, site: FlowSite) -> Construct:
        """The runtime's module."""


@dataclass(frozen=True)
class Sizes:
    """The channels of an image, or the variables of a vector, one after the other."""

    sizes: str | tuple[int, ...]

    def outputs(self, layout: Layout) -> tuple[Layout, ...]:
        return tuple(resize(layout, n) for n in self._sizes(layout))

    def _sizes(self, layout: Layout) -> tuple[int, ...]:
        n = axis_size(layout)
        if isinstance(self.sizes, str):
            if n < 2:
                raise OpError("FS322", f"`split` needs two {what(layout)} or more, and there is {n}", "drop the split")
            return (n - n // 2, n // 2)
        if sum(self.sizes) != n:
            raise OpError(
                "FS322",
                f"the parts of `split` add up to {sum(self.sizes)}, and there are {n} {what(layout)}",
                f"give sizes that add up to {n}: every variable must reach a density",
                "sizes",
            )
        return tuple(self.sizes)

    def entries(self, layout: Layout) -> Entries | None:
        return None

    def lower(self, site: FlowSite) -> Construct:
        return construct("Split", list(self._sizes(site.layout)))


@dataclass(frozen=True)
class Phases:
    """The residue classes of the sites modulo the strides, row-major; the last part is all that are left, which stand as
    channels, phase by phase."""

    size: int | tuple[int, ...]
    count: int

    def strides(self, layout: Layout) -> tuple[int, ...]:
        """One stride for each axis. Raises OpError."""
        axes = len(layout.sites)
        if layout.flat:
            raise OpError("FS220", "`split` by `subsample` needs sites, and this value has none", "split it by `sizes`")
        strides = (self.size,) * axes if isinstance(self.size, int) else tuple(self.size)
        if len(strides) != axes:
            message = f"`subsample: {list(strides)}` on a value with {axes} axes of sites"
            raise OpError("FS221", message, f"give one number, or {axes}", "subsample")
        if any(n % s for n, s in zip(layout.sites, strides, strict=True)):
            message = f"`subsample` by {list(strides)} does not divide the sites {list(layout.sites)}"
            raise OpError("FS321", message, "subsample by a divisor of every size", "subsample")
        if prod(strides) < self.count:
            message = f"`subsample: {list(strides)}` gives {prod(strides)} phases, and there are {self.count} names"
            if prod(strides) == 1:
                message = "`subsample` by 1 leaves a single phase, which is the value itself"
            raise OpError("FS322", message, "use a larger stride, or fewer names", "subsample")
        return strides

    def outputs(self, layout: Layout) -> tuple[Layout, ...]:
        strides = self.strides(layout)
        sites = tuple(n // s for n, s in zip(layout.sites, strides, strict=True))
        left = prod(strides) - self.count + 1
        one = Layout(layout.channels, sites, vector=layout.vector)
        last = resize(one, left * axis_size(one))
        return (*(one,) * (self.count - 1), last)

    def entries(self, layout: Layout) -> Entries | None:
        strides = self.strides(layout)
        grid = np.arange(layout.units).reshape(layout.channels, *layout.sites)
        phases = product(*map(range, strides))
        places = [tuple(slice(p, None, s) for p, s in zip(phase, strides, strict=True)) for phase in phases]
        return np.concatenate([grid[:, *place].ravel() for place in places])

    def lower(self, site: FlowSite) -> Construct:
        return construct("Subsample", list(self.strides(site.layout)), self.count)


@dataclass(frozen=True)
class Digits:
    """Integers 0..N-1 as their high bits and their low bits."""

    bits: int

    def counts(self, values: Support) -> tuple[int, int]:
        """How many values the high and the low part have. Raises OpError."""
        n = values.count
        if n is None:
            raise OpError(
                "FS310", f"`split` by `bits` divides integers, and its values are {values}", "split by `sizes`"
            )
        if not isinstance(n, int) or n & (n - 1):
            message = f"`split` by `bits` needs 2, 4, 8, ... values for every variable, and these are {values}"
            raise OpError("FS323", message, "declare the values as the next power of two", "bits")
        if 2**self.bits >= n:
            message = f"`bits: {self.bits}` takes {self.bits} bits of integers that have {n.bit_length() - 1}"
            raise OpError("FS323", message, f"leave a bit to go on: at most {n.bit_length() - 2}", "bits")
        return 2**self.bits, n // 2**self.bits

    def outputs(self, layout: Layout) -> tuple[Layout, ...]:
        return (layout, layout)

    def entries(self, layout: Layout) -> Entries | None:
        return np.tile(np.arange(layout.units), 2)

    def lower(self, site: FlowSite) -> Construct:
        return construct("Bits", self.counts(site.values)[1])


@dataclass(frozen=True)
class Split(Parting):
    """Divides a value into parts; all parts but the last leave for the base, and the last goes on.

    By `sizes`, the channels of an image or the variables of a vector (`half` gives the first part the larger half). By
    `subsample: s`, the residue classes of the sites modulo s, row-major: all of them if there are as many names, else
    the last name stands for all that are left, side by side as channels (Reed et al. 2017, Menick and Kalchbrenner
    2019). By `bits: b`, integers: the high b bits leave, the low bits go on. Part densities may be given what goes on
    (`base` beside the split).
    """

    name = "split"
    main = "sizes"
    sizes: str | tuple[int, ...] | None = arg(
        {"anyOf": [{"const": "half"}, {"type": "array", "items": POSITIVE_INT, "minItems": 2}]},
        "`half` (the default), or the size of each part",
        None,
    )
    subsample: int | tuple[int, ...] | None = arg(PER_AXIS, "strides: every s-th site is a part", None)
    bits: int | None = arg({"type": "integer", "minimum": 1, "maximum": 30}, "how many high bits leave", None)
    names: tuple[str, ...] = arg(
        {"type": "array", "items": {"type": "string"}},
        "a name for each part; that of the last, which goes on, may be left out",
        (),
    )
    base: Any = arg(
        {"$ref": "#/definitions/density"},
        "the density of the part that leaves, given what goes on",
        None,
        form="density",
    )

    @property
    def digits(self) -> bool:
        return self.bits is not None

    @property
    def way(self) -> Way:
        """How the value is divided."""
        if self.bits is not None:
            return Digits(self.bits)
        if self.subsample is not None:
            return Phases(self.subsample, self._count)
        return Sizes(self.sizes or "half")

    @property
    def _count(self) -> int:
        if self.subsample is not None:
            return max(2, len(self.names))
        return len(self.sizes) if isinstance(self.sizes, tuple) and self.bits is None else 2

    def part_names(self) -> tuple[str, ...]:
        return (*self.names, *([""] * (self._count - len(self.names))))[: self._count]

    def _check(self) -> None:
        ways = [word for word in ("sizes", "subsample", "bits") if getattr(self, word) is not None]
        if len(ways) > 1:
            message = f"`split` by `{ways[0]}` and by `{ways[1]}`: it divides a value in one way"
            raise OpError("FS322", message, "split twice, one after the other", ways[1])
        enough = len(self.names) in (0, self._count - 1, self._count)  # the last part goes on, named or not
        if not enough:
            message = f"`split` has {self._count} parts and the names {', '.join(self.names)}"
            raise OpError(
                "FS322", message, "give each part that leaves a name of its own, and the last if you like", "names"
            )

    def outputs(self, layout: Layout) -> tuple[Layout, ...]:
        self._check()
        return self.way.outputs(layout)

    def check_values(self, values: Support) -> None:
        if self.bits is not None:
            Digits(self.bits).counts(values)

    def images(self, values: Support, count: int) -> tuple[Support, ...]:
        if self.bits is None or values.unknown:
            return (values,) * count
        return tuple(integers(n) for n in Digits(self.bits).counts(values))

    def together(self, parts: Sequence[Support]) -> Support:
        if self.bits is None or any(not isinstance(part.count, int) for part in parts):
            return super().together(parts) if self.bits is None else UNKNOWN
        return integers(prod(part.count or 1 for part in parts if isinstance(part.count, int)))

    def order_of_entries(self, layout: Layout) -> Entries | None:
        return self.way.entries(layout)

    def lower(self, site: FlowSite) -> Construct:
        return self.way.lower(site)
