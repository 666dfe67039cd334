"""Distributions by torch.distributions alone: the second opinion on what the emitted families compute."""

from __future__ import annotations

from collections.abc import Callable

import torch
from torch import Tensor
from torch import distributions as td

Named = dict[str, Tensor]


def _logistic(mean: Tensor, scale: Tensor) -> td.Distribution:
    """A logistic variable: the logit of a uniform one, scaled and shifted."""
    zero = torch.zeros_like(mean)
    flat = td.Uniform(zero, zero + 1, validate_args=False)
    return td.TransformedDistribution(
        flat, [td.SigmoidTransform().inv, td.AffineTransform(mean, scale)], validate_args=False
    )


def _mixture(named: Named, component: Callable[[Tensor, Tensor], td.Distribution]) -> td.Distribution:
    weights = td.Categorical(logits=named["logits"])
    return td.MixtureSameFamily(weights, component(named["means"], named["log_scales"].exp()), validate_args=False)


_ONE = torch.ones((), dtype=torch.float64)

# By the class of the emitted family: from its named parameters to a distribution of each variable.
DISTRIBUTIONS: dict[str, Callable[[Named], td.Distribution]] = {
    "Bernoulli": lambda p: td.Categorical(logits=torch.stack([torch.zeros_like(p["logit"]), p["logit"]], -1)),
    "Categorical": lambda p: td.Categorical(logits=p["logits"]),
    "Normal": lambda p: td.Normal(p["mean"], p["log_scale"].exp()),
    "StandardNormal": lambda p: td.Normal(0 * _ONE, _ONE),
    "Logistic": lambda p: _logistic(p["mean"], p["log_scale"].exp()),
    "StandardLogistic": lambda p: _logistic(0 * _ONE, _ONE),
    "Uniform": lambda p: td.Uniform(0 * _ONE, _ONE, validate_args=False),
    "GaussianMixture": lambda p: _mixture(p, td.Normal),
    "LogisticMixture": lambda p: _mixture(p, _logistic),
}


def reference(family: object) -> Callable[[Named], td.Distribution] | None:
    """The distribution that an emitted family is meant to be; None for a family that has no second opinion here."""
    return DISTRIBUTIONS.get(type(family).__name__)


def log_prob(distribution: td.Distribution, x: Tensor) -> Tensor:
    """The log-probability of each entry of x, (B, D)."""
    found: Tensor = distribution.log_prob(x)
    return found


def quantile(distribution: td.Distribution, x: Tensor, u: Tensor) -> Tensor:
    """F(x), or for integers a uniform place inside the jump at x: uniform on (0, 1) if x follows the distribution."""
    if isinstance(distribution, td.Categorical):
        p = distribution.probs
        k = x.long()[..., None]
        upto = p.cumsum(-1).gather(-1, k)[..., 0]
        jump = upto - (1 - u) * p.gather(-1, k)[..., 0]
        return jump
    found: Tensor = distribution.cdf(x)
    return found
