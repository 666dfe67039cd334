"""Weighted ops: linear maps and convolutions, whose edges the knowledge pass keeps or drops one by one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from flowspec.graph.layout import Layout
from flowspec.graph.masks import LabelMask, SiteMask, TapMask
from flowspec.ops import lower_weighted
from flowspec.ops.base import BOOL, PER_AXIS, POSITIVE_INT, NetContext, NetOp, NetSite, OpError, arg
from flowspec.ops.edges import Dense, Edges, Window
from flowspec.ops.lowering import Lowered, construct

NORMED = "w = gain * v / |v| for each output unit, over the weights that are kept (Salimans and Kingma 2016)"


class Weighted(NetOp):
    """A learned linear map: dense over units, or a window over sites."""

    weight_norm: bool = False

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        return Dense()

    def parameters(self, site: NetSite) -> int:
        """Weights and biases, after a kernel is cropped to the box of its kept taps."""
        weights = site.inputs[0].units * site.output.units
        if isinstance(site.mask, TapMask):
            taps = prod(lower_weighted.crop(site.mask).shape)
            weights = site.inputs[0].channels * site.output.channels * taps
        elif isinstance(site.mask, SiteMask):
            weights = site.inputs[0].channels * site.output.channels * len(site.mask.offsets)
        elif isinstance(edges := self.edges(site.context, site.inputs, site.output), Window):
            weights = site.inputs[0].channels * site.output.channels * prod(edges.shape)
        elif isinstance(site.mask, LabelMask) or isinstance(edges, Dense):
            return weights + site.output.units * (1 + self.weight_norm)
        return weights + site.output.channels * (1 + self.weight_norm)

    def lower(self, site: NetSite) -> Lowered:
        edges = self.edges(site.context, site.inputs, site.output)
        lowered = lower_weighted.window(site, edges) if isinstance(edges, Window) else lower_weighted.dense(site)
        return replace(lowered, module=construct("WeightNorm", lowered.module)) if self.weight_norm else lowered


@dataclass(frozen=True)
class Linear(Weighted):
    """A linear map over all units: y = W x + b, with W masked by what each unit may know.

    The input is flattened. In an autoregressive net this is the layer of MADE (Germain et al. 2015): unit k of n
    carries row floor(k m / n) of the m distinct contexts, and reads what is inside its own.
    """

    name = "linear"
    main = "out"
    out: int | tuple[int, ...] = arg(
        {"anyOf": [POSITIVE_INT, {"type": "array", "items": POSITIVE_INT, "minItems": 2, "maxItems": 4}]},
        "units of the output, or [C, H, W] to give sites back",
    )
    mask: str = arg(
        {"enum": ["derived", "none"]}, "`none` opts out of the derived mask, and must prove harmless", "derived"
    )
    weight_norm: bool = arg(BOOL, NORMED, False)

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        if isinstance(self.out, int):
            return Layout(self.out)
        sites = self.out[1:]
        if sites != context.x.sites:
            raise OpError(
                "FS221",
                f"`linear` to sites {list(sites)}, where the sites of x are {list(context.x.sites)}",
                f"write `linear: [{self.out[0]}, {', '.join(str(s) for s in context.x.sites)}]`",
                "out",
            )
        return Layout(self.out[0], sites)


MAX_TAPS = 2**16  # of one kernel; the analysis looks at each


def per_axis(value: int | tuple[int, ...], axes: int, what: str) -> tuple[int, ...]:
    """One number for every spatial axis. Raises OpError when the count differs, or a kernel has too many taps."""
    sizes = (value,) * axes if isinstance(value, int) else value
    if len(sizes) != axes:
        raise OpError(
            "FS221", f"`{what}: {list(sizes)}` on a value with {axes} spatial axes", f"give {axes} numbers", what
        )
    if what == "kernel" and prod(sizes) > MAX_TAPS:
        raise OpError("FS203", f"a kernel of {prod(sizes):,} taps; at most {MAX_TAPS:,}", "use a smaller kernel", what)
    return sizes


@dataclass(frozen=True)
class Conv(Weighted):
    """A convolution that keeps the sites: y[p] = sum over e of W[e] x[p + e] + b, masked by what each unit may know.

    Kernels are centred, an even one reaching one further back; on a sequence in raster order a kernel ends at the last
    place it may know. Under an order that looks the same everywhere all sites share one mask (van den Oord et al. 2016);
    under any other each position has its own (Jain et al. 2020).
    """

    name = "conv"
    main = "out"
    repeatable = True
    out: int = arg(POSITIVE_INT, "channels of the output")
    kernel: int | tuple[int, ...] = arg(PER_AXIS, "size of the kernel, one number or one an axis", 1)
    dilation: int | tuple[int, ...] = arg(PER_AXIS, "distance between taps, one number or one an axis", 1)
    mask: str = arg(
        {"enum": ["derived", "none"]}, "`none` opts out of the derived mask, and must prove harmless", "derived"
    )
    weight_norm: bool = arg(BOOL, NORMED, False)

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        if inputs[0].flat:
            raise OpError(
                "FS220",
                f"`conv` needs sites, and its input is a flat list of {inputs[0].channels} units",
                "use `linear`, or give sites back with `linear: [C, H, W]`",
            )
        per_axis(self.kernel, len(inputs[0].sites), "kernel")
        per_axis(self.dilation, len(inputs[0].sites), "dilation")
        return Layout(self.out, inputs[0].sites)

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        axes = len(inputs[0].sites)
        return Window(per_axis(self.kernel, axes, "kernel"), per_axis(self.dilation, axes, "dilation"))


@dataclass(frozen=True)
class Mixer(Weighted):
    """The layer of a macro: a convolution where there are sites, a linear map on vectors and flat values."""

    name = "mixer"
    main = "out"
    repeatable = True
    out: int = arg(POSITIVE_INT, "channels or units of the output")
    kernel: int | tuple[int, ...] = arg(PER_AXIS, "size of the kernel where there are sites", 1)

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        if inputs[0].flat or inputs[0].vector:
            return Layout(self.out)
        per_axis(self.kernel, len(inputs[0].sites), "kernel")
        return Layout(self.out, inputs[0].sites)

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        if output.flat:
            return Dense()
        axes = len(inputs[0].sites)
        return Window(per_axis(self.kernel, axes, "kernel"), (1,) * axes)


@dataclass(frozen=True)
class Project(Weighted):
    """The learned kernel-1 projection by which a context enters: to the channels of what it is added to."""

    name = "project"
    bias: bool = arg(BOOL, "whether the projection has a bias of its own", False)

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        source, target = inputs[0], inputs[1]
        if target.flat or source.flat or source.vector:
            return Layout(target.channels)
        if source.sites != target.sites:
            raise OpError(
                "FS222",
                f"a context with sites {list(source.sites)} cannot be added where the sites are {list(target.sites)}",
                "give a context of the same size, or one without sites",
                "given",
            )
        return Layout(target.channels, target.sites)

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        if output.flat:
            return Dense()
        axes = len(output.sites)
        return Window((1,) * axes, (1,) * axes)


@dataclass(frozen=True)
class Head(Weighted):
    """The last projection, to the parameters of each variable or site. A density or a transform owns it."""

    name = "head"
    kernel: int | tuple[int, ...] = arg(PER_AXIS, "size of the kernel where there are sites", 1)

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        target = context.owners
        if not inputs[0].flat and not inputs[0].vector and inputs[0].sites == target.sites:
            return Layout(target.channels * context.size, target.sites)
        if not inputs[0].flat and not inputs[0].vector and not target.vector:
            raise OpError(
                "FS223",
                f"the net ends with sites {list(inputs[0].sites)}, and the variables stand on sites {list(target.sites)}",
                "end the net with as many sites as x has",
            )
        return Layout(target.units * context.size)

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        if output.flat:
            return Dense()
        axes = len(output.sites)
        return Window(per_axis(self.kernel, axes, "kernel"), (1,) * axes)
