"""Flow steps with a net: couplings and autoregressive steps."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from flowspec.graph.layout import Layout
from flowspec.graph.support import Support
from flowspec.ops.base import BOOL, OpError, arg
from flowspec.ops.flow_base import FlowOp, FlowSite, Mask
from flowspec.ops.flow_shape import axis_size, resize
from flowspec.ops.keeps import keep_entries, keep_text
from flowspec.ops.lowering import Construct, construct
from flowspec.ops.transforms import Affine, Transform

NET: dict[str, Any] = {"$ref": "#/definitions/net"}
KEEP: dict[str, Any] = {"$ref": "#/definitions/keep"}
TRANSFORM: dict[str, Any] = {"$ref": "#/definitions/transform"}
ORDER: dict[str, Any] = {"$ref": "#/definitions/order"}
TIMES: dict[str, Any] = {"type": "integer", "minimum": 1, "maximum": 10_000}


class Conditioned(FlowOp):
    """A step with a net, which `gives` `size` numbers for each entry. `offers` are contexts that its net has by name,
    with their origins, besides those that the spec gives it."""

    size: int
    gives: ClassVar[str] = "the parameters of the transform"
    net_doc: ClassVar[str] = "The parameters of a step, for every variable that it moves."
    offers: ClassVar[tuple[tuple[str, str], ...]] = ()

    def net_input(self, layout: Layout) -> Layout:
        """What the net sees as x."""
        return layout

    def net_target(self, layout: Layout) -> Layout:
        """What the net gives parameters for."""
        return layout


class Transforming(Conditioned):
    """A step that transforms some entries with parameters computed from others."""

    transform: Transform

    @property
    def size(self) -> int:  # type: ignore[override]
        return self.transform.size

    @property
    def first_scale(self) -> float:
        return self.transform.first_scale

    @property
    def log_det_form(self) -> str:
        return self.transform.log_det

    @property
    def tolerance(self) -> str:
        return self.transform.tolerance

    @property
    def domain(self) -> Support:
        return self.transform.domain

    @property
    def range(self) -> Support:
        return self.transform.range

    @property
    def widening(self) -> str:
        return self.transform.widening

    def accepts(self, layout: Layout) -> None:
        try:
            self.transform.accepts()
        except OpError as error:
            raise OpError(error.code, error.message, error.help, "transform", error.notes) from error

    def image(self, values: Support) -> Support:
        return self.transform.image(values)

    def preimage(self, values: Support) -> Support:
        return self.transform.preimage(values)


@dataclass(frozen=True)
class Coupling(Transforming):
    """Passes one half and transforms the other, with parameters that a net computes from the half that passes.

    The Jacobian is triangular whatever the net is (Dinh et al. 2015, 2017). Where the kept entries are whole channels
    (or a vector's variables) the net sees just those; elsewhere it sees the value with the moved entries zeroed.
    """

    name = "coupling"
    log_det = "triangular"
    keep: Any = arg(
        KEEP, "the half that passes: checkerboard, channel, half, rows, columns, even_odd, indices, ...", form="keep"
    )
    net: Any = arg(NET, "the net that gives the parameters", None, form="steps")
    transform: Any = arg(TRANSFORM, "additive, affine, a mixture or a spline", Affine(), form="transform")
    times: int = arg(TIMES, "how often the step stands here", 1)
    flip: bool = arg(BOOL, "whether every other one of `times` swaps the halves", True)
    swapped: bool = False

    def turned(self) -> Coupling:
        """The same step with kept and moved swapped."""
        return replace(self, swapped=not self.swapped)

    def admit(self) -> None:
        """Raises OpError where what moves would not stay in the set that what is kept lies in."""
        if not self.domain.equals(self.range):
            raise OpError(
                "FS360",
                f"`{self.transform.name}` takes {self.domain} onto {self.range}, and a coupling leaves its kept half where it is",
                "use it in an `autoregressive` step, or a transform such as `{logistic_mixture: K}`, which ends on the real line",
                "transform",
            )

    def kept(self, layout: Layout) -> Mask:
        """The entries that pass. Raises OpError."""
        keep = keep_entries(layout, self.keep)
        return ~keep if self.swapped else keep

    def moved(self, layout: Layout) -> Mask | None:
        return ~self.kept(layout)

    def image(self, values: Support) -> Support:
        """What passes stays in `values`, and what moves goes where the transform takes it."""
        return values.hull(self.transform.image(values))

    def preimage(self, values: Support) -> Support:
        return values.hull(self.transform.preimage(values))

    def sliced(self, layout: Layout) -> tuple[list[int], list[int]] | None:
        """The indices kept and moved on the first axis, where the keep consists of whole ones; else None."""
        rows = self.kept(layout).reshape(axis_size(layout), -1)
        if not (rows.all(1) | ~rows.any(1)).all():
            return None
        kept = rows.all(1)
        return np.flatnonzero(kept).tolist(), np.flatnonzero(~kept).tolist()

    def net_input(self, layout: Layout) -> Layout:
        halves = self.sliced(layout)
        return layout if halves is None else resize(layout, len(halves[0]))

    def net_target(self, layout: Layout) -> Layout:
        halves = self.sliced(layout)
        return layout if halves is None else resize(layout, len(halves[1]))

    def lower(self, site: FlowSite) -> Construct:
        halves = self.sliced(site.layout)
        if halves is not None:
            return construct("SliceCoupling", site.net, halves[0], halves[1], self.transform.lower())
        return construct(
            "MaskCoupling", site.net, keep_text(site.layout, self.keep, self.swapped), self.transform.lower()
        )


@dataclass(frozen=True)
class AutoregressiveStep(Transforming):
    """Transforms each variable with parameters computed from those before it in an order.

    `fast: density` computes z from x in one pass and inverts level by level (MAF, Papamakarios et al. 2017);
    `fast: sampling` is the other way round (IAF, Kingma et al. 2016).
    """

    name = "autoregressive"
    log_det = "triangular"
    order: Any = arg(ORDER, "the order of the variables", form="order")
    net: Any = arg(NET, "the net that gives the parameters", None, form="steps")
    transform: Any = arg(TRANSFORM, "additive, affine, a mixture or a spline", Affine(), form="transform")
    fast: str = arg({"enum": ["density", "sampling"]}, "which direction takes one pass", "density")
    times: int = arg(TIMES, "how often the step stands here", 1)
    flip: bool = arg(BOOL, "whether every other one of `times` reverses a total order", True)
    swapped: bool = False

    def turned(self) -> AutoregressiveStep:
        """The same step along the reversed order."""
        return replace(self, swapped=not self.swapped)

    @property
    def forwards(self) -> bool:
        """Whether the transform takes data to latents; with `fast: sampling` it takes latents to data."""
        return self.fast == "density"

    @property
    def domain(self) -> Support:
        return super().domain if self.forwards else super().range

    @property
    def range(self) -> Support:
        return super().range if self.forwards else super().domain

    @property
    def first_scale(self) -> float:
        return super().first_scale if self.forwards else 1 / super().first_scale

    def image(self, values: Support) -> Support:
        return super().image(values) if self.forwards else super().preimage(values)

    def preimage(self, values: Support) -> Support:
        return super().preimage(values) if self.forwards else super().image(values)

    def moved(self, layout: Layout) -> Mask | None:
        return np.ones(layout.units, dtype=bool)

    def lower(self, site: FlowSite) -> Construct:
        fast = self.fast if self.fast != "density" else None  # the default needs no word
        return construct("AutoregressiveStep", site.net, self.transform.lower(), site.levels, fast=fast)
