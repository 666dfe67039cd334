"""Flow steps that act on each number by itself."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from flowspec.graph.layout import Layout
from flowspec.graph.support import POSITIVE, REAL, UNIT_OPEN, Support
from flowspec.ops.base import OpError, arg
from flowspec.ops.flow_base import FlowOp, FlowSite
from flowspec.ops.lowering import Construct, construct


def _monotone(f: Callable[[float], float], values: Support) -> Support:
    """The image of an interval under an increasing map."""
    if values.unknown:
        return values
    return Support(f(values.lo), f(values.hi), values.lo_open, values.hi_open)


@dataclass(frozen=True)
class Dequantize(FlowOp):
    """(x + u) / N with u uniform on [0, 1): integers become numbers, and log p(x) becomes a lower bound.

    Its -D ln N is counted. Decoding takes the floor and clips (Theis et al. 2016). `variational` is another density of u
    on (0, 1) given x, from which u is drawn: log P(x) >= E log p((x + u) / N) - D ln N - log q(u | x) (Ho et al. 2019).
    """

    name = "dequantize"
    log_det = "constant"
    stochastic = True
    draws = "variational"
    variational: Any = arg({"$ref": "#/definitions/density"}, "a density of u given x", None, form="density")

    @property
    def drawn_values(self) -> Support:
        return UNIT_OPEN

    @property
    def range(self) -> Support:
        return REAL  # decoding clips, so every real number has a place to go

    def image(self, values: Support) -> Support:
        return Support(0.0, 1.0, lo_open=False, hi_open=True)

    def preimage(self, values: Support) -> Support:
        return values

    def check_values(self, values: Support) -> None:
        """Raises OpError unless the values are integers."""
        if not isinstance(values.count, int):
            raise OpError(
                "FS310",
                f"`dequantize` takes integers, and the values here are {values}",
                "drop it: `dequantize` stands once, on the integers that x has by `values: N`",
            )

    def lower(self, site: FlowSite) -> Construct:
        if self.variational is None:
            return construct("Dequantize", site.values.count)
        return construct("VariationalDequantize", site.values.count, site.drawn, site.reads)


@dataclass(frozen=True)
class Logit(FlowOp):
    """logit(alpha + (1 - 2 alpha) x): the unit interval onto the real line (Dinh et al. 2017)."""

    name = "logit"
    pointwise = True
    main = "alpha"
    log_det = "elementwise"
    alpha: float = arg({"type": "number", "minimum": 0, "exclusiveMaximum": 0.5}, "how far the ends are pulled in", 0.0)

    @property
    def domain(self) -> Support:
        margin = self.alpha / (1 - 2 * self.alpha)
        return Support(-margin, 1 + margin)

    def image(self, values: Support) -> Support:
        return _monotone(lambda x: _logit(self.alpha + (1 - 2 * self.alpha) * x), values)

    def preimage(self, values: Support) -> Support:
        return _monotone(lambda z: (_sigmoid(z) - self.alpha) / (1 - 2 * self.alpha), values)

    def lower(self, site: FlowSite) -> Construct:
        return construct("Logit", float(self.alpha))


@dataclass(frozen=True)
class FlowSigmoid(FlowOp):
    """The logistic function: the real line onto (0, 1)."""

    name = "sigmoid"
    pointwise = True
    log_det = "elementwise"

    @property
    def range(self) -> Support:
        return UNIT_OPEN

    def image(self, values: Support) -> Support:
        return _monotone(_sigmoid, values)

    def preimage(self, values: Support) -> Support:
        return _monotone(_logit, values)

    def lower(self, site: FlowSite) -> Construct:
        return construct("Sigmoid")


@dataclass(frozen=True)
class FlowTanh(FlowOp):
    """The hyperbolic tangent: the real line onto (-1, 1)."""

    name = "tanh"
    pointwise = True
    log_det = "elementwise"

    @property
    def range(self) -> Support:
        return Support(-1.0, 1.0)

    def image(self, values: Support) -> Support:
        return _monotone(math.tanh, values)

    def preimage(self, values: Support) -> Support:
        return _monotone(_atanh, values)

    def lower(self, site: FlowSite) -> Construct:
        return construct("Tanh")


@dataclass(frozen=True)
class FlowLog(FlowOp):
    """The logarithm: the positive numbers onto the real line."""

    name = "log"
    pointwise = True
    log_det = "elementwise"

    @property
    def domain(self) -> Support:
        return POSITIVE

    def image(self, values: Support) -> Support:
        return _monotone(_log, values)

    def preimage(self, values: Support) -> Support:
        return _monotone(_exp, values)

    def lower(self, site: FlowSite) -> Construct:
        return construct("Log")


@dataclass(frozen=True)
class FlowExp(FlowOp):
    """The exponential: the real line onto the positive numbers."""

    name = "exp"
    pointwise = True
    log_det = "elementwise"

    @property
    def range(self) -> Support:
        return POSITIVE

    def image(self, values: Support) -> Support:
        return _monotone(_exp, values)

    def preimage(self, values: Support) -> Support:
        return _monotone(_log, values)

    def lower(self, site: FlowSite) -> Construct:
        return construct("Exp")


@dataclass(frozen=True)
class FlowLeakyRelu(FlowOp):
    """x above 0, slope times x below: a bijection as long as the slope is positive."""

    name = "leaky_relu"
    pointwise = True
    main = "slope"
    neutral = (("slope", 1),)
    log_det = "elementwise"
    slope: float = arg({"type": "number", "exclusiveMinimum": 0}, "slope below 0", 0.01)

    def image(self, values: Support) -> Support:
        return _monotone(lambda x: x if x >= 0 else self.slope * x, values)

    def preimage(self, values: Support) -> Support:
        return _monotone(lambda z: z if z >= 0 else z / self.slope, values)

    def lower(self, site: FlowSite) -> Construct:
        return construct("LeakyReLU", float(self.slope))


class Learned(FlowOp):
    """A learned scale or shift, from the real line onto itself. Scales are positive: none is singular."""

    log_det = "elementwise"

    def parameters(self, layout: Layout) -> int:
        return layout.units


@dataclass(frozen=True)
class Scale(Learned):
    """z = x exp(s), one learned s for each variable."""

    name = "scale"
    pointwise = True

    def image(self, values: Support) -> Support:
        """A positive scale keeps signs."""
        if values.unknown:
            return values
        return Support(0.0 if values.lo >= 0 else -math.inf, 0.0 if values.hi <= 0 else math.inf)

    def preimage(self, values: Support) -> Support:
        return self.image(values)

    def lower(self, site: FlowSite) -> Construct:
        return construct("Scale", site.layout.shape)


@dataclass(frozen=True)
class Shift(Learned):
    """z = x + t, one learned t for each variable."""

    name = "shift"
    pointwise = True
    log_det = "zero"

    def lower(self, site: FlowSite) -> Construct:
        return construct("Shift", site.layout.shape)


@dataclass(frozen=True)
class ElementwiseAffine(Learned):
    """z = x exp(s) + t, learned for each variable."""

    name = "affine"
    pointwise = True

    def parameters(self, layout: Layout) -> int:
        return 2 * layout.units

    def lower(self, site: FlowSite) -> Construct:
        return construct("ElementwiseAffine", site.layout.shape)


@dataclass(frozen=True)
class ActNorm(Learned):
    """A learned scale and shift for each channel, set so that the first batch has mean 0 and variance 1 (Kingma and
    Dhariwal 2018). On a vector, for each variable."""

    name = "actnorm"
    normalizes = True

    def _channels(self, layout: Layout) -> int:
        return layout.units if layout.vector else layout.channels

    def parameters(self, layout: Layout) -> int:
        return 2 * self._channels(layout)

    def lower(self, site: FlowSite) -> Construct:
        return construct("ActNorm", self._channels(site.layout))


def _sigmoid(x: float) -> float:
    if x >= 0:
        return 1.0 / (1.0 + math.exp(-x))
    return math.exp(x) / (1.0 + math.exp(x)) if x > -math.inf else 0.0


def _exp(x: float) -> float:
    return math.exp(x) if x < 709 else math.inf


def _log(x: float) -> float:
    if x <= 0:
        return -math.inf
    return math.log(x) if x < math.inf else math.inf


def _logit(p: float) -> float:
    if p <= 0:
        return -math.inf
    return math.inf if p >= 1 else math.log(p) - math.log1p(-p)


def _atanh(y: float) -> float:
    if abs(y) >= 1:
        return math.copysign(math.inf, y)
    return math.atanh(y)
