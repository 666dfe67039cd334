"""Splines: monotone maps of an interval onto itself, as transforms of couplings and as learned elementwise steps."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from flowspec.graph.layout import Layout
from flowspec.graph.support import REAL, Support, interval
from flowspec.ops.base import PER_AXIS, OpError, arg
from flowspec.ops.flow_base import FlowOp, FlowSite
from flowspec.ops.lowering import Construct, construct
from flowspec.ops.transforms import Transform

Box = float | tuple[float, ...]

KIND: dict[str, Any] = {"enum": ["rational_quadratic", "quadratic", "linear"]}
BINS: dict[str, Any] = {"type": "integer", "minimum": 2, "maximum": 1024}
BOX: dict[str, Any] = {
    "anyOf": [
        {"type": "number", "exclusiveMinimum": 0},
        {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2},
    ]
}
TAILS: dict[str, Any] = {"enum": ["identity", "none"]}
_BINS = "bins of the box"
_BOX = "the interval that is bent: a number b for [-b, b], or [lo, hi]"
_TAILS = "outside the box: the identity (real line onto itself), or nothing (box onto itself)"
_CLASSES = {"linear": "LinearSpline", "quadratic": "QuadraticSpline", "rational_quadratic": "RationalQuadraticSpline"}


@dataclass(frozen=True, slots=True)
class Shape:
    """What the spline of either op is: its kind, bins, box and tails."""

    kind: str
    bins: int
    box: Box
    tails: str

    @property
    def ends(self) -> tuple[float, float]:
        """The ends of the box."""
        if isinstance(self.box, tuple):
            return float(self.box[0]), float(self.box[1])
        return -float(self.box), float(self.box)

    @property
    def size(self) -> int:
        """Parameters of one number: K heights; K widths and K + 1 slopes; K widths, K heights and the slopes at the knots,
        of which identity tails fix the first and the last."""
        if self.kind == "linear":
            return self.bins
        if self.kind == "quadratic":
            return 2 * self.bins + 1
        return 3 * self.bins + (1 if self.tails == "none" else -1)

    def check(self) -> None:
        """Raises OpError where the box is none."""
        low, high = self.ends
        if not (math.isfinite(low) and math.isfinite(high)):
            message = f"the box [{low:g}, {high:g}] of a spline is infinite, and its bins have to fill it"
            raise OpError("FS351", message, "give two numbers; outside them the spline is the identity", "box")
        if not low < high:
            raise OpError(
                "FS351",
                f"the box [{low:g}, {high:g}] of a spline has no inside",
                "write the lower end first: `box: [lo, hi]`",
                "box",
            )

    @property
    def domain(self) -> Support:
        return interval(*self.ends) if self.tails == "none" else REAL

    @property
    def widening(self) -> str:
        return "tails: identity" if self.tails == "none" else ""

    def image(self, values: Support) -> Support:
        """The ends of the box, and all that lies beyond, stay; what is inside stays inside."""
        if values.unknown:
            return values
        low, high = self.ends
        lo, lo_open = (low, True) if low < values.lo < high else (values.lo, values.lo_open)
        hi, hi_open = (high, True) if low < values.hi < high else (values.hi, values.hi_open)
        return Support(lo, hi, lo_open, hi_open)

    def lower(self) -> Construct:
        """The runtime's transform."""
        ends = construct(_CLASSES[self.kind], self.bins, *self.ends)
        return ends if self.tails == "identity" else construct(ends.name, *ends.args, tails=False)


@dataclass(frozen=True)
class SplineTransform(Transform):
    """A monotone spline on a box: piecewise linear or quadratic (Mueller et al. 2019), or rational quadratic (Durkan et al.
    2019).

    Linear and quadratic splines have slopes that jump at the ends of the box under identity tails, and linear ones at
    every knot; the rational quadratic spline has slope 1 at the ends and is smooth.
    """

    name = "spline"
    main = "kind"
    log_det = "triangular"
    kind: str = arg(KIND, "linear, quadratic or rational_quadratic", "rational_quadratic")
    bins: int = arg(BINS, _BINS, 8)
    box: Box = arg(BOX, _BOX, 3.0)
    tails: str = arg(TAILS, _TAILS, "identity")
    kernel: int | tuple[int, ...] = arg(PER_AXIS, "kernel of the last projection where there are sites", 1)

    @property
    def _shape(self) -> Shape:
        return Shape(self.kind, self.bins, self.box, self.tails)

    @property
    def size(self) -> int:
        return self._shape.size

    def accepts(self) -> None:
        self._shape.check()

    @property
    def domain(self) -> Support:
        return self._shape.domain

    @property
    def range(self) -> Support:
        return self._shape.domain

    @property
    def widening(self) -> str:
        return self._shape.widening

    def image(self, values: Support) -> Support:
        return self._shape.image(values)

    def preimage(self, values: Support) -> Support:
        return self._shape.image(values)

    def lower(self) -> Construct:
        return self._shape.lower()


@dataclass(frozen=True)
class Spline(FlowOp):
    """A monotone spline for each variable, learned: piecewise linear, quadratic or rational quadratic on a box.

    See the transform of the same name; here its parameters are free, and zero at first, which is the identity.
    """

    name = "spline"
    main = "kind"
    log_det = "elementwise"
    pointwise = True
    kind: str = arg(KIND, "linear, quadratic or rational_quadratic", "rational_quadratic")
    bins: int = arg(BINS, _BINS, 8)
    box: Box = arg(BOX, _BOX, 3.0)
    tails: str = arg(TAILS, _TAILS, "identity")

    @property
    def _shape(self) -> Shape:
        return Shape(self.kind, self.bins, self.box, self.tails)

    def accepts(self, layout: Layout) -> None:
        self._shape.check()

    @property
    def domain(self) -> Support:
        return self._shape.domain

    @property
    def range(self) -> Support:
        return self._shape.domain

    @property
    def widening(self) -> str:
        return self._shape.widening

    def image(self, values: Support) -> Support:
        return self._shape.image(values)

    def preimage(self, values: Support) -> Support:
        return self._shape.image(values)

    def parameters(self, layout: Layout) -> int:
        return layout.units * self._shape.size

    def lower(self, site: FlowSite) -> Construct:
        return construct("Elementwise", self._shape.lower(), site.layout.shape)
