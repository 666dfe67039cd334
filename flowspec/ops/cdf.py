"""Flow steps that squash by a distribution function, and the inverse of a chain of elementwise steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flowspec.graph.layout import Layout
from flowspec.graph.support import REAL, UNIT_OPEN, Support
from flowspec.ops.base import OpError, arg
from flowspec.ops.densities import DensityOp
from flowspec.ops.flow_base import FlowOp, FlowSite
from flowspec.ops.lowering import Construct, construct
from flowspec.ops.mixtures import DENSITY, SEARCH

CHAIN: dict[str, Any] = {"$ref": "#/definitions/flow"}


@dataclass(frozen=True)
class CdfStep(FlowOp):
    """u = F(x) for each variable, F the distribution function of a density: onto (0, 1).

    A bare `normal` or `logistic` is the standard one, and has nothing to learn (an `affine` before it has); mixtures have
    learned parameters of each variable. A mixture is inverted by a bracketed root search, to 1e-9 in float64 and 1e-5 in
    float32.
    """

    name = "cdf"
    main = "density"
    log_det = "elementwise"
    pointwise = True
    density: DensityOp = arg(DENSITY, "normal, logistic, gaussian_mixture or logistic_mixture", form="family")

    def admit(self) -> None:
        """Raises OpError where there is no bijection to be had from the density."""
        if self.density.lower_cdf() is None:
            raise OpError(
                "FS361",
                f"`cdf` of `{self.density.name}`, which {self._why()}",
                "use `normal`, `logistic`, `{gaussian_mixture: K}` or `{logistic_mixture: K}`",
                "density",
            )

    def _why(self) -> str:
        if self.density.discrete:
            return "is a distribution over integers: its distribution function jumps"
        return f"is a density on {self.density.support(REAL)}, and not on the real line"

    @property
    def domain(self) -> Support:
        return REAL

    @property
    def range(self) -> Support:
        return UNIT_OPEN

    @property
    def tolerance(self) -> str:
        return "" if self.density.bare else SEARCH

    def image(self, values: Support) -> Support:
        return UNIT_OPEN

    def preimage(self, values: Support) -> Support:
        return REAL

    def parameters(self, layout: Layout) -> int:
        return 0 if self.density.bare else layout.units * self.density.size(REAL)

    def lower(self, site: FlowSite) -> Construct:
        found = self.density.lower_cdf()
        assert found is not None
        return found if self.density.bare else construct("Elementwise", found, site.layout.shape)


@dataclass(frozen=True)
class Invert(FlowOp):
    """The inverse of a chain of elementwise steps: `{invert: [{cdf: normal}]}` takes (0, 1) onto the real line."""

    name = "invert"
    main = "steps"
    log_det = "elementwise"
    pointwise = True
    steps: tuple[FlowOp, ...] = arg(CHAIN, "elementwise steps, from data to latent", form="bijections")

    def accepts(self, layout: Layout) -> None:
        for step in self.steps:
            step.accepts(layout)

    def admit(self) -> None:
        """Raises OpError where a step is not onto the domain of the next."""
        for step, after in zip(self.steps, self.steps[1:], strict=False):
            if not step.range.equals(after.domain):
                raise OpError(
                    "FS363",
                    f"inside `invert`, `{step.name}` is onto {step.range}, and `{after.name}` is defined on {after.domain}",
                    "an inverse has to reach every value: let each step be onto the domain of the next",
                    "steps",
                )

    @property
    def domain(self) -> Support:
        return self.steps[-1].range

    @property
    def range(self) -> Support:
        return self.steps[0].domain

    @property
    def tolerance(self) -> str:
        return next((step.tolerance for step in self.steps if step.tolerance), "")

    def image(self, values: Support) -> Support:
        for step in reversed(self.steps):
            values = step.preimage(values)
        return values

    def preimage(self, values: Support) -> Support:
        for step in self.steps:
            values = step.image(values)
        return values

    def parameters(self, layout: Layout) -> int:
        return sum(step.parameters(layout) for step in self.steps)

    def lower(self, site: FlowSite) -> Construct:
        return construct("Inverse", *(step.lower(site) for step in self.steps))
