"""Flow steps that only move numbers: permutations and squeezes. Their log-det is zero."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod
from typing import Any

import numpy as np

from flowspec.graph.layout import Layout
from flowspec.ops.base import PER_AXIS, OpError, arg
from flowspec.ops.flow_base import Entries, FlowSite, Untouched
from flowspec.ops.lowering import Construct, Expr, construct
from flowspec.order import permutation, squeeze_index, unsqueeze_index

_INDICES: dict[str, Any] = {"type": "array", "items": {"type": "integer", "minimum": 0}, "minItems": 1}
_RANDOM: dict[str, Any] = {
    "type": "object",
    "properties": {"random": {"const": 1}, "seed": {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}},
    "required": ["random"],
    "additionalProperties": False,
}


def axis_size(layout: Layout) -> int:
    """The size of the axis that permutations and splits act on: variables of a vector, channels elsewhere."""
    return layout.units if layout.vector or layout.flat else layout.channels


def what(layout: Layout) -> str:
    """What stands on that axis, for messages."""
    return "variables" if layout.vector or layout.flat else "channels"


def _along_axis(layout: Layout, order: list[int]) -> Entries:
    """The entries of a value whose first axis is reordered."""
    block = layout.units // axis_size(layout)
    return (np.asarray(order, dtype=np.int64)[:, None] * block + np.arange(block)).ravel()


def resize(layout: Layout, size: int) -> Layout:
    """The same value with another number of variables or channels."""
    return Layout(1, (size,), vector=True) if layout.vector else Layout(size, layout.sites)


@dataclass(frozen=True)
class Permute(Untouched):
    """Reorders the channels of an image, or the variables of a vector: z[k] = x[order[k]]."""

    name = "permute"
    main = "order"
    order: tuple[int, ...] | dict[str, int] = arg(
        {"anyOf": [_INDICES, _RANDOM]}, "the new order, or {random: 1, seed: S}"
    )

    def _list(self, layout: Layout) -> list[int]:
        if isinstance(self.order, dict):
            return list(permutation(axis_size(layout), self.order.get("seed", 0)))
        return list(self.order)

    def accepts(self, layout: Layout) -> None:
        order, n = self._list(layout), axis_size(layout)
        repeated = sorted({k for k in order if order.count(k) > 1}) if len(order) < 10_000 else []
        if repeated:
            raise OpError(
                "FS320",
                f"`permute` repeats index {repeated[0]}: it is not a bijection",
                f"list each of 0..{n - 1} once",
                "order",
            )
        if sorted(order) != list(range(n)):
            raise OpError(
                "FS320",
                f"`permute` lists {len(order)} indices, and there are {n} {what(layout)} here",
                f"list each of 0..{n - 1} once",
                "order",
            )

    def order_of_entries(self, layout: Layout) -> Entries | None:
        return _along_axis(layout, self._list(layout))

    def lower(self, site: FlowSite) -> Construct:
        if isinstance(self.order, dict):
            seed, n = self.order.get("seed", 0), axis_size(site.layout)
            return construct("Permute", Expr(f"permutation({n}, {seed})", ("permutation",)))
        return construct("Permute", list(self.order))


@dataclass(frozen=True)
class Reverse(Untouched):
    """Reverses the channels of an image, or the variables of a vector."""

    name = "reverse"

    def order_of_entries(self, layout: Layout) -> Entries | None:
        return _along_axis(layout, list(range(axis_size(layout)))[::-1])

    def lower(self, site: FlowSite) -> Construct:
        return construct("Reverse")


def _factors(value: int | tuple[int, ...], layout: Layout, name: str) -> tuple[int, ...]:
    if layout.vector or layout.flat:
        raise OpError("FS220", f"`{name}` needs an image, a sequence or a video, and this is a vector", "drop it")
    axes = len(layout.sites)
    factors = (value,) * axes if isinstance(value, int) else tuple(value)
    if len(factors) != axes:
        raise OpError(
            "FS221", f"`{name}: {list(factors)}` on a value with {axes} spatial axes", f"give {axes} numbers", "size"
        )
    return factors


@dataclass(frozen=True)
class Squeeze(Untouched):
    """Trades sites for channels: each s x s block of an image becomes s^2 channels (Dinh et al. 2017).

    Channel c s^2 + k of the output holds phase k (row-major) of channel c.
    """

    name = "squeeze"
    main = "size"
    neutral = (("size", 1),)
    size: int | tuple[int, ...] = arg(PER_AXIS, "size of the block, one number or one an axis", 2)

    def outputs(self, layout: Layout) -> tuple[Layout, ...]:
        factors = _factors(self.size, layout, self.name)
        if any(n % s for n, s in zip(layout.sites, factors, strict=True)):
            raise OpError(
                "FS321",
                f"`squeeze` by {list(factors)} does not divide the sites {list(layout.sites)}",
                "squeeze by a divisor of every size",
                "size",
            )
        sites = tuple(n // s for n, s in zip(layout.sites, factors, strict=True))
        return (Layout(layout.channels * prod(factors), sites),)

    def order_of_entries(self, layout: Layout) -> Entries | None:
        return squeeze_index((layout.channels, *layout.sites), _factors(self.size, layout, self.name))

    def lower(self, site: FlowSite) -> Construct:
        return construct("Squeeze", self.size)


@dataclass(frozen=True)
class Unsqueeze(Untouched):
    """Trades channels for sites: the inverse of squeeze."""

    name = "unsqueeze"
    main = "size"
    neutral = (("size", 1),)
    size: int | tuple[int, ...] = arg(PER_AXIS, "size of the block, one number or one an axis", 2)

    def outputs(self, layout: Layout) -> tuple[Layout, ...]:
        factors = _factors(self.size, layout, self.name)
        if layout.channels % prod(factors):
            raise OpError(
                "FS321",
                f"`unsqueeze` by {list(factors)} needs a multiple of {prod(factors)} channels, and there are {layout.channels}",
                "unsqueeze by factors whose product divides the channels",
                "size",
            )
        sites = tuple(n * s for n, s in zip(layout.sites, factors, strict=True))
        return (Layout(layout.channels // prod(factors), sites),)

    def order_of_entries(self, layout: Layout) -> Entries | None:
        return unsqueeze_index((layout.channels, *layout.sites), _factors(self.size, layout, self.name))

    def lower(self, site: FlowSite) -> Construct:
        return construct("Unsqueeze", self.size)
