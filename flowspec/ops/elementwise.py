"""Ops without masks: what an output knows is the union of what its inputs know (semantics N2)."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from flowspec.graph.layout import Layout
from flowspec.ops.base import NUMBER, NetContext, NetOp, NetSite, OpError, arg
from flowspec.ops.edges import AcrossBatch, Channelwise, Edges, Joined, same_channel
from flowspec.ops.lowering import Expr, Lowered, construct

VALUES: dict[str, Any] = {"type": "array", "items": {"type": "string"}, "minItems": 1}


class Pointwise(NetOp):
    """A function of each number by itself."""

    repeatable = True
    call: ClassVar[str]

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        return inputs[0]

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        return same_channel(output.channels)

    def lower(self, site: NetSite) -> Lowered:
        return Lowered(self.call)


@dataclass(frozen=True)
class Relu(Pointwise):
    """The rectifier: max(0, x)."""

    name = "relu"
    call = "torch.relu({0})"
    kinked = True


@dataclass(frozen=True)
class NetTanh(Pointwise):
    """The hyperbolic tangent."""

    name = "tanh"
    call = "torch.tanh({0})"
    bounded = True


@dataclass(frozen=True)
class NetSigmoid(Pointwise):
    """The logistic function, 1 / (1 + exp(-x))."""

    name = "sigmoid"
    call = "torch.sigmoid({0})"
    bounded = True


@dataclass(frozen=True)
class Elu(Pointwise):
    """The exponential linear unit: x above 0, exp(x) - 1 below (Clevert et al. 2016)."""

    name = "elu"
    call = "F.elu({0})"


@dataclass(frozen=True)
class Gelu(Pointwise):
    """The Gaussian error linear unit: x Phi(x) (Hendrycks and Gimpel 2016)."""

    name = "gelu"
    call = "F.gelu({0})"


@dataclass(frozen=True)
class Silu(Pointwise):
    """The sigmoid linear unit, or swish: x sigmoid(x)."""

    name = "silu"
    call = "F.silu({0})"


@dataclass(frozen=True)
class Softplus(Pointwise):
    """A smooth rectifier: log(1 + exp(x))."""

    name = "softplus"
    call = "F.softplus({0})"


@dataclass(frozen=True)
class NetLeakyRelu(Pointwise):
    """x above 0, slope times x below."""

    name = "leaky_relu"
    main = "slope"
    neutral = (("slope", 1),)
    kinked = True
    slope: float = arg(NUMBER, "slope below 0", 0.01)

    def lower(self, site: NetSite) -> Lowered:
        return Lowered(f"F.leaky_relu({{0}}, {float(self.slope)!r})")


@dataclass(frozen=True)
class Dropout(Pointwise):
    """Zeroes each number with probability p in train mode and scales the rest; nothing in eval mode."""

    name = "dropout"
    main = "p"
    neutral = (("p", 0),)
    unsteady = "zeroes other numbers at every call"
    p: float = arg({"type": "number", "minimum": 0, "exclusiveMaximum": 1}, "probability of zeroing", 0.5)

    def lower(self, site: NetSite) -> Lowered:
        return Lowered(f"F.dropout({{0}}, {float(self.p)!r}, self.training)")


@dataclass(frozen=True)
class Gate(NetOp):
    """Halves the channels and lets one half gate the other.

    `tanh_sigmoid`: tanh(a) sigmoid(b) (van den Oord et al. 2016); `glu`: a sigmoid(b) (Dauphin et al. 2017).
    Output channel k reads channels k and k + n of its 2n inputs, so the channel groups of a masked input are laid
    out once in each half.
    """

    name = "gate"
    main = "kind"
    slices = 2
    kind: str = arg({"enum": ["tanh_sigmoid", "glu"]}, "the gate's form")

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        width = inputs[0].channels
        if inputs[0].vector or width % 2:
            raise OpError(
                "FS224", f"`gate` halves its channels, and its input has {width}", "give it an even number of channels"
            )
        return replace(inputs[0], channels=width // 2)

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        n = output.channels
        return Channelwise(tuple(((0, k), (0, k + n)) for k in range(n)))

    def lower(self, site: NetSite) -> Lowered:
        return Lowered(f"{self.kind}({{0}})", names=(self.kind,))


class Merge(NetOp):
    """Combines values of one shape, channel by channel."""

    inputs = "many"
    repeatable = True
    symbol: ClassVar[str]
    zero_adds_nothing: ClassVar[bool] = False  # whether `0` may stand among the values

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        first = inputs[0]
        for other in inputs[1:]:
            if other != first:
                message = f"`{self.name}` of values of different shape: {first} and {other}"
                raise OpError("FS222", message, "give its values one shape")
        return first

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        return same_channel(output.channels, len(inputs))

    def lower(self, site: NetSite) -> Lowered:
        return Lowered(f" {self.symbol} ".join(f"{{{i}}}" for i in range(len(site.inputs))))


@dataclass(frozen=True)
class Add(Merge):
    """The sum of values of one shape; `0` in the list adds nothing."""

    name = "add"
    main = "values"
    symbol = "+"
    zero_adds_nothing = True
    values: Any = arg(VALUES, "the names of the values", (), form="values")


@dataclass(frozen=True)
class Mul(Merge):
    """The product of values of one shape."""

    name = "mul"
    main = "values"
    symbol = "*"
    multiplies = True
    values: Any = arg(VALUES, "the names of the values", (), form="values")


@dataclass(frozen=True)
class AddContext(NetOp):
    """Adds a projected context to a value, the same at every site if the context has none."""

    name = "add_context"

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        return inputs[0]

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        return same_channel(output.channels, 2)

    def lower(self, site: NetSite) -> Lowered:
        value, extra = site.inputs
        axes = len(value.sites) if extra.flat else 0
        index = "[:, :, " + ", ".join(["None"] * axes) + "]" if axes else ""
        return Lowered(f"{{0}} + {{1}}{index}")


@dataclass(frozen=True)
class Concat(NetOp):
    """Values side by side, along channels; each keeps what it knows.

    Beside values with sites a flat value stands at every site, and a vector with a number for each site along them.
    """

    name = "concat"
    main = "values"
    inputs = "many"
    copies = True
    values: Any = arg(VALUES, "the names of the values", (), form="values")

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        sited = next((i for i in inputs if not i.flat and not i.vector), None)
        if sited is None:
            return Layout(sum(i.units for i in inputs))
        for other in inputs:
            if not other.flat and not other.vector and other.sites != sited.sites:
                raise OpError(
                    "FS222",
                    f"`concat` of values with sites {list(sited.sites)} and {list(other.sites)}",
                    "give its values one size",
                )
        return Layout(sum(self._width(i, sited.sites) for i in inputs), sited.sites)

    def _width(self, value: Layout, sites: tuple[int, ...]) -> int:
        """The channels that a value fills: a flat one all its units at every site, a vector along the sites just one."""
        if value.vector:
            return 1 if value.sites == sites else value.units
        return value.channels if sites else value.units

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        widths = [self._width(i, output.sites) for i in inputs]
        return Channelwise(tuple(((i, k),) for i, n in enumerate(widths) for k in range(n)))

    def lower(self, site: NetSite) -> Lowered:
        parts = ", ".join(self._part(i, value, site.output) for i, value in enumerate(site.inputs))
        return Lowered(f"torch.cat([{parts}], dim=1)")

    def _part(self, i: int, value: Layout, output: Layout) -> str:
        name = f"{{{i}}}"
        if output.flat:
            return name if value.flat or value.vector else f"{name}.flatten(1)"
        if not value.flat and value.sites == output.sites:
            return f"{name}.unsqueeze(1)" if value.vector else name
        index = ", ".join(["None"] * len(output.sites))
        return f"{name}[:, :, {index}].expand(-1, -1, {', '.join(map(str, output.sites))})"


@dataclass(frozen=True)
class Norm(NetOp):
    """Normalizes by mean and variance, then scales and shifts.

    `layer`: over the channels of one site that know the same (three or more), so it lets nothing through (Ba et al.
    2016). `batch`: over sites and samples, which couples them in train mode; refused where an order must hold.
    """

    name = "norm"
    main = "kind"
    bounded = True
    repeatable = True
    kind: str = arg({"enum": ["layer", "batch"]}, "what the statistics run over")

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        if inputs[0].vector:
            raise OpError("FS220", "`norm` on raw variables would mix all of them", "put it after a layer")
        return inputs[0]

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        return AcrossBatch() if self.kind == "batch" else Joined()

    @property
    def unsteady(self) -> str:
        return "takes statistics over the batch in train mode" if self.kind == "batch" else ""

    def parameters(self, site: NetSite) -> int:
        return 2 * site.output.channels

    def lower(self, site: NetSite) -> Lowered:
        width = site.output.channels
        if self.kind == "batch":
            axes = max(1, len(site.output.sites))
            return Lowered("{m}({0})", construct(f"nn.BatchNorm{axes}d", width))
        classes = site.bounds[0].of
        single = len(set(classes)) == 1
        groups = Expr(f"[0] * {width}") if single else list(classes)
        return Lowered("{m}({0})", construct("ChannelNorm", width, groups))
