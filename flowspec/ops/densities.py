"""Densities: one notion used as head, base, part and prior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowspec.graph.support import REAL, UNIT_CLOSED, Support
from flowspec.ops.base import POSITIVE_INT, Op, OpError, arg
from flowspec.ops.lowering import Construct, construct


class DensityOp(Op):
    """A family of densities over one variable, with `size` parameters."""

    family = "density"
    bare: ClassVar[bool] = False  # standard when it stands bare in `base`
    per_channel: ClassVar[bool] = True  # models each channel of a site by itself

    def check_values(self, values: Support) -> None:
        """Raises OpError unless the family is a density over these values."""
        if values.discrete:
            raise OpError(
                "FS231",
                f"`{self.name}` is a density over {self.support(values)}, and the variables are {values}",
                "use `bernoulli` or `categorical`, or a flow that begins with `dequantize`",
            )

    def support(self, values: Support) -> Support:
        """Where the density is positive."""
        return REAL

    def size(self, values: Support) -> int:
        """Parameters of each variable."""
        raise NotImplementedError

    def lower(self, values: Support) -> Construct:
        """The runtime's class for the family."""
        raise NotImplementedError

    def lower_standard(self) -> Construct:
        """The runtime's class for the standard member, where there is one."""
        raise NotImplementedError


class Discrete(DensityOp):
    """A distribution over integers."""

    def support(self, values: Support) -> Support:
        return values


@dataclass(frozen=True)
class Bernoulli(Discrete):
    """A coin for each binary variable, by its logit."""

    name = "bernoulli"

    def check_values(self, values: Support) -> None:
        if values.count != 2:
            raise OpError(
                "FS231",
                f"`bernoulli` is for binary variables, and these are {values}",
                "declare `values: binary`, or use a head that fits",
            )

    def size(self, values: Support) -> int:
        return 1

    def lower(self, values: Support) -> Construct:
        return construct("Bernoulli")


@dataclass(frozen=True)
class Categorical(Discrete):
    """A free probability for each of N categories, by logits."""

    name = "categorical"

    def check_values(self, values: Support) -> None:
        if not values.discrete:
            raise OpError(
                "FS231",
                f"`categorical` is for integers, and the variables are {values}",
                "declare `values: N`, or use a continuous head",
            )

    def size(self, values: Support) -> int:
        return max(values.count) if isinstance(values.count, tuple) else values.count or 1

    def lower(self, values: Support) -> Construct:
        counts = values.count
        return construct("Categorical", list(counts) if isinstance(counts, tuple) else counts)


@dataclass(frozen=True)
class Normal(DensityOp):
    """A Gaussian for each variable, by mean and log-scale. Bare in `base` it is the standard normal."""

    name = "normal"
    bare = True

    def size(self, values: Support) -> int:
        return 2

    def lower(self, values: Support) -> Construct:
        return construct("Normal")

    def lower_standard(self) -> Construct:
        return construct("StandardNormal")


@dataclass(frozen=True)
class Logistic(DensityOp):
    """A logistic density for each variable, by mean and log-scale. Bare in `base` it is the standard one."""

    name = "logistic"
    bare = True

    def size(self, values: Support) -> int:
        return 2

    def lower(self, values: Support) -> Construct:
        return construct("Logistic")

    def lower_standard(self) -> Construct:
        return construct("StandardLogistic")


@dataclass(frozen=True)
class Uniform(DensityOp):
    """The uniform density on [0, 1]. It has no parameters."""

    name = "uniform"
    bare = True

    def support(self, values: Support) -> Support:
        return UNIT_CLOSED

    def size(self, values: Support) -> int:
        return 0

    def lower(self, values: Support) -> Construct:
        return construct("Uniform")

    def lower_standard(self) -> Construct:
        return construct("Uniform")


@dataclass(frozen=True)
class GaussianMixture(DensityOp):
    """A mixture of K Gaussians for each variable: K logits, means and log-scales."""

    name = "gaussian_mixture"
    main = "components"
    components: int = arg(POSITIVE_INT, "components of the mixture")

    def size(self, values: Support) -> int:
        return 3 * self.components

    def lower(self, values: Support) -> Construct:
        return construct("GaussianMixture", self.components)


@dataclass(frozen=True)
class LogisticMixture(DensityOp):
    """A mixture of K logistic densities for each variable: K logits, means and log-scales."""

    name = "logistic_mixture"
    main = "components"
    components: int = arg(POSITIVE_INT, "components of the mixture")

    def size(self, values: Support) -> int:
        return 3 * self.components

    def lower(self, values: Support) -> Construct:
        return construct("LogisticMixture", self.components)
