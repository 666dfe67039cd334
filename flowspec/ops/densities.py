"""Densities: one notion used as head, base, part and prior."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowspec.graph.layout import Layout
from flowspec.graph.support import REAL, UNIT_CLOSED, Support
from flowspec.ops.base import POSITIVE_INT, Op, OpError, arg
from flowspec.ops.lowering import Construct, construct


class DensityOp(Op):
    """A family of densities over one variable, with `size` parameters."""

    family = "density"
    bare: ClassVar[bool] = False  # standard when it stands bare in `base`
    discrete: ClassVar[bool] = False  # a distribution over integers
    smooth: ClassVar[bool] = False  # a draw is a differentiable function of its parameters and of noise
    joins: ClassVar[bool] = False  # under `channels: joint` it models the channels of a site together

    @property
    def ties(self) -> bool:
        """Whether the channels of a site that it models together depend on each other."""
        return False

    def together(self, layout: Layout, joint: bool) -> int:
        """How many channels of a site it models together: 1 unless it can, and is asked to."""
        return layout.channels if joint and self.joins else 1

    def check_values(self, values: Support) -> None:
        """Raises OpError unless the family is a density over these values."""
        if values.discrete:
            raise OpError(
                "FS231",
                f"`{self.name}` is a density over {self.support(values)}, and the variables are {values}",
                "use `bernoulli`, `categorical` or `discretized_logistic_mixture`, or a flow that begins with `dequantize`",
            )

    def support(self, values: Support) -> Support:
        """Where the density is positive."""
        return REAL

    def size(self, values: Support, channels: int = 1) -> int:
        """Parameters of each variable, or of each site where its `channels` are modelled together."""
        raise NotImplementedError

    def lower(self, values: Support, channels: int = 1) -> Construct:
        """The runtime's class for the family; `channels` as in `size`."""
        raise NotImplementedError

    def lower_standard(self) -> Construct:
        """The runtime's class for the standard member, where there is one."""
        raise NotImplementedError

    def lower_cdf(self) -> Construct | None:
        """The distribution function, from the real line onto (0, 1), where there is one: a flow step of a density that
        is standard when it stands bare, and else a transform."""
        return None


class Discrete(DensityOp):
    """A distribution over integers."""

    discrete = True

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
                "use `categorical`" if values.discrete else "declare `values: binary`, or use a head that fits",
            )

    def size(self, values: Support, channels: int = 1) -> int:
        return 1

    def lower(self, values: Support, channels: int = 1) -> Construct:
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

    def size(self, values: Support, channels: int = 1) -> int:
        return max(values.count) if isinstance(values.count, tuple) else values.count or 1

    def lower(self, values: Support, channels: int = 1) -> Construct:
        counts = values.count
        return construct("Categorical", list(counts) if isinstance(counts, tuple) else counts)


@dataclass(frozen=True)
class Normal(DensityOp):
    """A Gaussian for each variable, by mean and log-scale. Bare in `base` it is the standard normal."""

    name = "normal"
    smooth = True
    bare = True

    def size(self, values: Support, channels: int = 1) -> int:
        return 2

    def lower(self, values: Support, channels: int = 1) -> Construct:
        return construct("Normal")

    def lower_standard(self) -> Construct:
        return construct("StandardNormal")

    def lower_cdf(self) -> Construct | None:
        return construct("NormalCDF")


@dataclass(frozen=True)
class Logistic(DensityOp):
    """A logistic density for each variable, by mean and log-scale. Bare in `base` it is the standard one."""

    name = "logistic"
    smooth = True
    bare = True

    def size(self, values: Support, channels: int = 1) -> int:
        return 2

    def lower(self, values: Support, channels: int = 1) -> Construct:
        return construct("Logistic")

    def lower_standard(self) -> Construct:
        return construct("StandardLogistic")

    def lower_cdf(self) -> Construct | None:
        return construct("Sigmoid")


@dataclass(frozen=True)
class Uniform(DensityOp):
    """The uniform density on [0, 1]. It has no parameters."""

    name = "uniform"
    smooth = True
    bare = True

    def support(self, values: Support) -> Support:
        return UNIT_CLOSED

    def size(self, values: Support, channels: int = 1) -> int:
        return 0

    def lower(self, values: Support, channels: int = 1) -> Construct:
        return construct("Uniform")

    def lower_standard(self) -> Construct:
        return construct("Uniform")


@dataclass(frozen=True)
class Beta(DensityOp):
    """The beta density x^(a-1) (1-x)^(b-1) / B(a, b) on (0, 1), of fixed a and b. It has no parameters."""

    name = "beta"
    smooth = True
    main = "shape"
    bare = True
    shape: tuple[float, float] = arg(
        {"type": "array", "items": {"type": "number", "exclusiveMinimum": 0}, "minItems": 2, "maxItems": 2},
        "a and b, both positive",
    )

    def support(self, values: Support) -> Support:
        a, b = self.shape
        return Support(0.0, 1.0, lo_open=a != 1, hi_open=b != 1)

    def size(self, values: Support, channels: int = 1) -> int:
        return 0

    def lower(self, values: Support, channels: int = 1) -> Construct:
        return construct("Beta", *(float(n) for n in self.shape))

    def lower_standard(self) -> Construct:
        return construct("Beta", *(float(n) for n in self.shape))


class MixtureOp(DensityOp):
    """A mixture of K components for each variable, or of K for each site, shared by its channels."""

    main = "components"
    joins = True
    runtime: ClassVar[str]
    components: int

    @property
    def ties(self) -> bool:
        return self.components > 1

    def size(self, values: Support, channels: int = 1) -> int:
        return self.components * (1 + 2 * channels)

    def lower(self, values: Support, channels: int = 1) -> Construct:
        one = construct(self.runtime, self.components)
        return one if channels == 1 else construct("JointMixture", one, channels)

    def lower_cdf(self) -> Construct | None:
        return None if self.discrete else construct(f"{self.runtime}CDF", self.components)


@dataclass(frozen=True)
class GaussianMixture(MixtureOp):
    """A mixture of K Gaussians for each variable: K logits, means and log-scales.

    Under `channels: joint` the channels of a site share the component: K logits a site, and K means and log-scales a
    channel.
    """

    name = "gaussian_mixture"
    runtime = "GaussianMixture"
    components: int = arg(POSITIVE_INT, "components of the mixture")


@dataclass(frozen=True)
class LogisticMixture(MixtureOp):
    """A mixture of K logistic densities for each variable: K logits, means and log-scales.

    Under `channels: joint` the channels of a site share the component: K logits a site, and K means and log-scales a
    channel.
    """

    name = "logistic_mixture"
    runtime = "LogisticMixture"
    components: int = arg(POSITIVE_INT, "components of the mixture")


@dataclass(frozen=True)
class DiscretizedLogisticMixture(MixtureOp):
    """A mixture of K logistic densities over the bins of the integers 0..N-1 (Salimans et al. 2017, PixelCNN++).

    Integers stand on [-1, 1]; the bins at the ends are open. Under `channels: joint` the channels of a site share the
    component, and the means of a channel are linear in the values of those before it: K logits a site, K means and
    log-scales a channel, and K coefficients a pair of channels.
    """

    name = "discretized_logistic_mixture"
    discrete = True
    components: int = arg(POSITIVE_INT, "components of the mixture")

    def check_values(self, values: Support) -> None:
        if not values.discrete:
            raise OpError(
                "FS231",
                f"`{self.name}` is for integers, and the variables are {values}",
                "declare `values: N`, or use `logistic_mixture`",
            )

    def support(self, values: Support) -> Support:
        return values

    @property
    def ties(self) -> bool:
        return True

    def size(self, values: Support, channels: int = 1) -> int:
        return self.components * (1 + 2 * channels + channels * (channels - 1) // 2)

    def lower(self, values: Support, channels: int = 1) -> Construct:
        counts = values.count
        one = construct(
            "DiscretizedLogisticMixture", list(counts) if isinstance(counts, tuple) else counts, self.components
        )
        return one if channels == 1 else construct("LinkedMixture", one, channels)
