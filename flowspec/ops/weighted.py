"""Weighted ops: linear maps and convolutions, whose edges the knowledge pass keeps or drops one by one."""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import prod

from flowspec.graph.layout import Layout
from flowspec.graph.masks import LabelMask, SiteMask, TapMask
from flowspec.graph.pairing import FoldMask
from flowspec.ops import lower_recurrent, lower_weighted
from flowspec.ops.base import BOOL, PER_AXIS, POSITIVE_INT, NetContext, NetOp, NetSite, OpError, arg
from flowspec.ops.edges import Dense, Edges, Fold, Window
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
    carries row floor(k m / n) of the m distinct contexts, and reads what is inside its own. With `tied` it is that of NADE
    (Larochelle and Murray 2011): `out` units at every site, which sum one weight's columns over what precedes the site;
    a head or transform then has weights of its own at each site.
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
    tied: bool = arg(BOOL, "sum one weight's columns along the order: `out` units at every site (NADE)", False)

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        if self.tied:
            return self._tied_layout(inputs[0])
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

    def _tied_layout(self, source: Layout) -> Layout:
        if source.flat:
            message = f"`tied` sums along sites, and its input is a flat list of {source.channels} units"
            raise OpError("FS220", message, "read x, or a value on its sites", "tied")
        if not isinstance(self.out, int):
            raise OpError("FS203", "`tied` keeps the sites of its input", f"write `linear: {self.out[0]}`", "out")
        if self.mask == "none" or self.weight_norm:
            idle = "mask" if self.mask == "none" else "weight_norm"
            raise OpError("FS204", f"`{idle}` does nothing for a `tied` sum along the order", f"drop `{idle}`", idle)
        return Layout(self.out, source.sites, own=True)

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        return Fold() if self.tied else Dense()

    def parameters(self, site: NetSite) -> int:
        if self.tied:
            return (site.inputs[0].units + 1) * site.output.channels
        return super().parameters(site)

    def multiply_adds(self, site: NetSite) -> int | None:
        """Each column of a tied weight is added once."""
        return site.inputs[0].units * site.output.channels if self.tied else None

    def lower(self, site: NetSite) -> Lowered:
        if isinstance(site.mask, FoldMask):
            return lower_recurrent.prefix_sum(site, site.mask)
        return super().lower(site)


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
    shaped_by = (1,)
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
    """The last projection, to the parameters of each variable or site. A density or a transform owns it.

    Of a value whose sites are variables in their own right (`tied`) each site has weights of its own, as NADE's V.
    """

    name = "head"
    kernel: int | tuple[int, ...] = arg(PER_AXIS, "size of the kernel where there are sites", 1)

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        target = context.owners
        if inputs[0].own and self.kernel != 1:
            message = "the sites of a `tied` value are read each by its own weights, and no kernel slides over them"
            raise OpError("FS437", message, "drop `kernel`, or read the sum through a `conv`", "kernel")
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
        return Window(per_axis(self.kernel, axes, "kernel"), (1,) * axes, slides=not inputs[0].own)

    def parameters(self, site: NetSite) -> int:
        if self._by_site(site):
            return site.output.units * (site.inputs[0].channels + 1)
        return super().parameters(site)

    def lower(self, site: NetSite) -> Lowered:
        return lower_recurrent.site_linear(site) if self._by_site(site) else super().lower(site)

    @staticmethod
    def _by_site(site: NetSite) -> bool:
        return site.inputs[0].own and not site.output.flat
