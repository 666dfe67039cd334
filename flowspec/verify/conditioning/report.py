"""What was measured of the precision of a flow: plain frozen numbers."""

from __future__ import annotations

import math
from dataclasses import dataclass

BROKEN = 1e-3  # a float64 round trip that is further off than this part of the spread of x is no round trip
LOST = 1e-2  # likewise in float32


@dataclass(frozen=True, slots=True)
class Errors:
    """|found - expected| over all numbers of a batch: the largest, and the median over samples of their largest."""

    largest: float
    median: float


@dataclass(frozen=True, slots=True)
class Singular:
    """The worst singular values of a Jacobian over a batch.

    `condition` is the largest ratio of the two at one sample. Where `exact` is false, `largest` is a lower bound, and
    `smallest` an upper bound.
    """

    largest: float
    smallest: float
    condition: float
    exact: bool
    samples: int


@dataclass(frozen=True, slots=True)
class StepConditioning:
    """One step of a chain.

    Attributes:
        label: its id and line in the spec; the path of its module where it cannot be matched with the spec.
        own: the largest error of the step there and back in float32, in units of its input.
        singular: of its own Jacobian.
        cost: the largest error of decode(encode(x)) when this step alone runs in float32, in units of x.
        share: the part of all costs that would go if this step rounded nothing and multiplied nothing.
        latent_cost, latent_share: the same for encode(decode(z)), in units of z.
    """

    label: str
    own: float
    singular: Singular
    cost: float
    share: float
    latent_cost: float
    latent_share: float


@dataclass(frozen=True, slots=True)
class FlowConditioning:
    """One flow of a model.

    Attributes:
        name: the path of the flow in the model; empty for the model itself.
        variables: D.
        spread: the deviation of the numbers of x, the measure of what an error means.
        latent_spread: likewise of z.
        data: errors of decode(encode(x)) by dtype, `float32` and `float64`.
        latent: errors of encode(decode(z)) by dtype, for the z of samples of the flow.
        log_prob: the largest error of log p(x) in float32 against float64, in nats, under the same noise.
        singular: of dz/dx.
        steps: in the order from x to z; empty where they were not walked.
        seconds: of encoding and decoding the batch once in float32.
    """

    name: str
    variables: int
    spread: float
    latent_spread: float
    data: dict[str, Errors]
    latent: dict[str, Errors]
    log_prob: float
    singular: Singular
    steps: tuple[StepConditioning, ...]
    seconds: dict[str, float]

    def relative(self, dtype: str) -> float:
        """The largest error of decode(encode(x)) in units of the spread of x; infinite where x has none."""
        error = self.data[dtype].largest
        return error / self.spread if self.spread else 0.0 if error == 0 else math.inf

    @property
    def ok(self) -> bool:
        """Whether decode undoes encode: in float64 to a thousandth of the spread of x, in float32 to a hundredth."""
        return self.relative("float64") <= BROKEN and self.relative("float32") <= LOST

    @property
    def digits(self) -> float:
        """Decimal digits of x, in units of its spread, that decode(encode(x)) keeps in float32 at the worst number."""
        error = self.relative("float32")
        return max(0.0, -math.log10(error)) if error else math.inf

    @property
    def solved(self) -> bool:
        """Whether float64 is off about as far as float32, and rounding in the steps does not account for it: an ODE or a
        root search ends at its tolerance then."""
        rounding = max((step.cost for step in self.steps), default=0.0)
        alike = self.data["float64"].largest > 0.3 * self.data["float32"].largest
        return alike and rounding < 0.1 * self.relative("float32")

    def loser(self, latent: bool = False) -> StepConditioning | None:
        """The step that loses most on the way back to x, or to z; None where steps were not walked or lose nothing."""
        share, cost = ("latent_share", "latent_cost") if latent else ("share", "cost")
        walked = [s for s in self.steps if getattr(s, share) > 0]
        return max(walked, key=lambda s: (getattr(s, share), getattr(s, cost)), default=None)


@dataclass(frozen=True, slots=True)
class Conditioning:
    """The report: where weights and inputs come from, and each flow of the model.

    `left_out` says of each flow that is no smooth bijection why it is not measured.
    """

    path: str
    weights: str
    inputs: str
    samples: int
    flows: tuple[FlowConditioning, ...]
    left_out: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def ok(self) -> bool:
        """Whether every flow undoes itself within the limits of `FlowConditioning.ok`."""
        return all(flow.ok for flow in self.flows)
