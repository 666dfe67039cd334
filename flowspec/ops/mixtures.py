"""Distribution functions of mixtures as transforms of couplings and autoregressive steps."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from flowspec.graph.support import UNIT_OPEN, Support
from flowspec.ops.base import PER_AXIS, POSITIVE_INT, OpError, arg
from flowspec.ops.densities import DensityOp, MixtureOp
from flowspec.ops.lowering import Construct, construct
from flowspec.ops.transforms import Transform

SEARCH = "1e-9"  # what the root search of the runtime reaches in float64, relative to 1 + |x|
DENSITY: dict[str, Any] = {"$ref": "#/definitions/density_op"}


class MixtureTransform(Transform):
    """z = exp(s) logit(u) + t, u the distribution function of a mixture of K components at x: real line onto itself."""

    main = "components"
    log_det = "triangular"
    tolerance = SEARCH
    runtime: ClassVar[str]
    components: int

    @property
    def size(self) -> int:
        return 3 * self.components + 2

    def lower(self) -> Construct:
        return construct("MixtureLogit", construct(self.runtime, self.components))


@dataclass(frozen=True)
class LogisticMixtureTransform(MixtureTransform):
    """z = exp(s) logit(F(x)) + t, F the CDF of a mixture of K logistic densities (Flow++, Ho et al. 2019).

    3 K + 2 parameters a variable. The inverse is a bracketed root search, to 1e-9 in float64 and 1e-5 in float32.
    """

    name = "logistic_mixture"
    runtime = "LogisticMixtureCDF"
    components: int = arg(POSITIVE_INT, "components of the mixture")
    kernel: int | tuple[int, ...] = arg(PER_AXIS, "kernel of the last projection where there are sites", 1)


@dataclass(frozen=True)
class GaussianMixtureTransform(MixtureTransform):
    """z = exp(s) logit(F(x)) + t, F the CDF of a mixture of K normals.

    3 K + 2 parameters a variable. The inverse is a bracketed root search, to 1e-9 in float64 and 1e-5 in float32.
    """

    name = "gaussian_mixture"
    runtime = "GaussianMixtureCDF"
    components: int = arg(POSITIVE_INT, "components of the mixture")
    kernel: int | tuple[int, ...] = arg(PER_AXIS, "kernel of the last projection where there are sites", 1)


@dataclass(frozen=True)
class CdfTransform(Transform):
    """u = F(x), F the CDF of a mixture: the real line onto (0, 1), for autoregressive steps.

    With a uniform base that is the autoregressive mixture density itself. The inverse is a bracketed root search, to 1e-9
    in float64 and 1e-5 in float32.
    """

    name = "cdf"
    main = "mixture"
    log_det = "triangular"
    tolerance = SEARCH
    mixture: DensityOp = arg(DENSITY, "`gaussian_mixture: K` or `logistic_mixture: K`", form="family")
    kernel: int | tuple[int, ...] = arg(PER_AXIS, "kernel of the last projection where there are sites", 1)

    def admit(self) -> None:
        """Raises OpError unless the net has parameters to give, those of a mixture."""
        if not isinstance(self.mixture, MixtureOp) or self.mixture.lower_cdf() is None:
            raise OpError(
                "FS360",
                f"`cdf` of `{self.mixture.name}`: as a transform it takes the distribution function of a mixture",
                "write `{cdf: {logistic_mixture: K}}` or `{cdf: {gaussian_mixture: K}}`",
                "mixture",
            )

    @property
    def size(self) -> int:
        return self.mixture.size(self.domain)

    @property
    def range(self) -> Support:
        return UNIT_OPEN

    def lower(self) -> Construct:
        found = self.mixture.lower_cdf()
        assert found is not None
        return found
