"""Ops that change the grid: `down` and `up`, convolutions of kernel and stride s and their transposes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from flowspec.graph.layout import Layout
from flowspec.graph.pairing import StrideMask
from flowspec.ops import lower_strided
from flowspec.ops.base import BOOL, PER_AXIS, POSITIVE_INT, NetContext, NetOp, NetSite, OpError, arg
from flowspec.ops.edges import Edges, Strided
from flowspec.ops.lowering import Lowered, construct
from flowspec.ops.weighted import MAX_TAPS, NORMED, per_axis

WIDTH = {"anyOf": [POSITIVE_INT, {"type": "null"}]}
MASK = {"enum": ["derived", "none"]}


def _factors(name: str, factor: int | tuple[int, ...], source: Layout) -> tuple[int, ...]:
    """One factor for each spatial axis. Raises OpError on flat values, a wrong count, or more taps than are followed."""
    if source.flat:
        raise OpError(
            "FS220",
            f"`{name}` needs sites, and its input is a flat list of {source.channels} units",
            "give sites back with `linear: [C, H, W]`",
        )
    factors = per_axis(factor, len(source.sites), "factor")
    if prod(factors) > MAX_TAPS:
        message = f"`{name}` by {_by(factors)} has a kernel of {prod(factors):,} taps; at most {MAX_TAPS:,}"
        raise OpError("FS203", message, "use a smaller factor", "factor")
    return factors


def _normed(lowered: Lowered, weight_norm: bool) -> Lowered:
    return replace(lowered, module=construct("WeightNorm", lowered.module)) if weight_norm else lowered


def _by(factors: tuple[int, ...]) -> str:
    return "x".join(map(str, factors if len(set(factors)) > 1 else factors[:1]))


@dataclass(frozen=True)
class Down(NetOp):
    """A convolution of kernel and stride s: one site for each block of s sites along every axis.

    Where nothing of x is hidden it reads its block: with s = 2 site i reads 2i and 2i + 1. Under an order the kernel is
    centred on the site that its block stands for, the earliest one, an even kernel reaching one further back: with s = 2
    site i reads 2i - 1 and 2i. On a sequence in raster order it ends at the last place it may know. The unit may know
    what the earliest site of its block may know, so every site of the block may read it again (PixelCNN++, Salimans et
    al. 2017).
    """

    name = "down"
    main = "factor"
    factor: int | tuple[int, ...] = arg(PER_AXIS, "sites that become one, one number or one an axis")
    out: int | None = arg(WIDTH, "channels of the output; those of the input if left out", None)
    mask: str = arg(MASK, "`none` opts out of the derived mask, and must prove harmless", "derived")
    weight_norm: bool = arg(BOOL, NORMED, False)

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        source = inputs[0]
        factors = _factors(self.name, self.factor, source)
        if any(size % f for size, f in zip(source.sites, factors, strict=True)):
            raise OpError(
                "FS439",
                f"`down: {_by(factors)}` of {'x'.join(map(str, source.sites))} sites leaves a part of a block over",
                "use a factor that divides every size",
                "factor",
            )
        sites = tuple(size // f for size, f in zip(source.sites, factors, strict=True))
        return Layout(self.out or source.channels, sites)

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        return Strided(per_axis(self.factor, len(output.sites), "factor"))

    def parameters(self, site: NetSite) -> int:
        assert isinstance(site.mask, StrideMask)
        taps = prod(lower_strided.box(site.mask).shape)
        return site.output.channels * (site.inputs[0].channels * taps + 1 + self.weight_norm)

    def lower(self, site: NetSite) -> Lowered:
        return _normed(lower_strided.down(site), self.weight_norm)


@dataclass(frozen=True)
class Up(NetOp):
    """A transposed convolution of kernel and stride s: every site becomes a block of s sites along every axis.

    With s = 2 site i writes 2i and 2i + 1. Every site of the block has weights of its own, and reads what is inside
    what it may know itself.
    """

    name = "up"
    main = "factor"
    factor: int | tuple[int, ...] = arg(PER_AXIS, "sites that one becomes, one number or one an axis")
    out: int | None = arg(WIDTH, "channels of the output; those of the input if left out", None)
    mask: str = arg(MASK, "`none` opts out of the derived mask, and must prove harmless", "derived")
    weight_norm: bool = arg(BOOL, NORMED, False)

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        source = inputs[0]
        factors = _factors(self.name, self.factor, source)
        sites = tuple(size * f for size, f in zip(source.sites, factors, strict=True))
        return Layout(self.out or source.channels, sites)

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        return Strided(per_axis(self.factor, len(output.sites), "factor"), up=True)

    def parameters(self, site: NetSite) -> int:
        assert isinstance(site.mask, StrideMask)
        return site.output.channels * (site.inputs[0].channels * prod(site.mask.factors) + 1 + self.weight_norm)

    def lower(self, site: NetSite) -> Lowered:
        return _normed(lower_strided.up(site), self.weight_norm)
