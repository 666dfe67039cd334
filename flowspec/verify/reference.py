"""Distributions by torch.distributions alone: the second opinion on what the emitted families compute."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

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


def _binned(p: Named, family: Any) -> td.Distribution:
    """The mixture over bins as a table of every integer's probability, by differences of the distribution function."""
    counts = torch.tensor(family.classes)
    last = (counts.expand(p["logits"].shape[1]) - 1).double()[:, None]
    k = torch.arange(int(counts.max()), dtype=torch.float64)
    table = torch.full((*p["logits"].shape[:2], len(k)), -torch.inf, dtype=torch.float64)
    for weight, mean, log_scale in zip(
        p["logits"].log_softmax(-1).unbind(-1), p["means"].unbind(-1), p["log_scales"].unbind(-1), strict=True
    ):
        scale = log_scale.clamp(min=family.floor).exp()[..., None]
        low = ((2 * k - 1) / last - 1 - mean[..., None]) / scale
        high = ((2 * k + 1) / last - 1 - mean[..., None]) / scale
        low, high = low.masked_fill(k == 0, -torch.inf), high.masked_fill(k == last, torch.inf)
        nearer = torch.where(low > 0, (-low).sigmoid() - (-high).sigmoid(), high.sigmoid() - low.sigmoid())
        table = torch.logaddexp(table, weight[..., None] + nearer.log())
    return td.Categorical(logits=table.masked_fill(k > last, -torch.inf))


class _Beta(td.Beta):
    """The beta distribution with its distribution function, which torch leaves out."""

    def cdf(self, value: Tensor) -> Tensor:
        """I_x(a, b), the sum of positive terms x^(a+n) (1-x)^b (a+b)_n / (a B(a, b) (a+1)_n), n = 0, 1, ..."""
        a, b = self.concentration1, self.concentration0
        swap = value > 0.5
        x, a, b = torch.where(swap, 1 - value, value), torch.where(swap, b, a), torch.where(swap, a, b)
        term = (a * x.log() + b * (-x).log1p() + (a + b).lgamma() - a.lgamma() - b.lgamma() - a.log()).exp()
        total = term
        for n in range(400):  # x is at most 1/2
            term = term * x * (a + b + n) / (a + 1 + n)
            total = total + term
        return torch.where(swap, 1 - total, total)


_ONE = torch.ones((), dtype=torch.float64)

# By the class of the emitted family: from its named parameters to a distribution of each variable.
DISTRIBUTIONS: dict[str, Callable[[Named, Any], td.Distribution]] = {
    "Bernoulli": lambda p, _: td.Categorical(logits=torch.stack([torch.zeros_like(p["logit"]), p["logit"]], -1)),
    "Categorical": lambda p, _: td.Categorical(logits=p["logits"]),
    "Normal": lambda p, _: td.Normal(p["mean"], p["log_scale"].exp()),
    "StandardNormal": lambda p, _: td.Normal(0 * _ONE, _ONE),
    "Logistic": lambda p, _: _logistic(p["mean"], p["log_scale"].exp()),
    "StandardLogistic": lambda p, _: _logistic(0 * _ONE, _ONE),
    "Uniform": lambda p, _: td.Uniform(0 * _ONE, _ONE, validate_args=False),
    "Beta": lambda _, family: _Beta(family.a * _ONE, family.b * _ONE, validate_args=False),
    "GaussianMixture": lambda p, _: _mixture(p, td.Normal),
    "LogisticMixture": lambda p, _: _mixture(p, _logistic),
    "DiscretizedLogisticMixture": _binned,
}


def distribution(family: Any, named: Named, x: Tensor) -> td.Distribution | None:
    """The distribution of each variable of x, (B, D), that an emitted family is meant to be: given the channels before it
    where it models those of a site together. None for a family that has no second opinion here."""
    each = getattr(family, "mixture", family)
    make = DISTRIBUTIONS.get(type(each).__name__)
    if make is None:
        return None
    return make(named if each is family else _in_turn(family, make, named, x), each)


def _in_turn(family: Any, make: Callable[[Named, Any], td.Distribution], named: Named, x: Tensor) -> Named:
    """The mixture of each channel given those before it: they have shifted its means, and told components apart."""
    C, one = family.channels, family.mixture
    values = x.reshape(len(x), C, -1)
    logits, found, pair = named["logits"].log_softmax(-1), [], 0
    for c in range(C):
        mean, log_scale = named["means"][:, :, c], named["log_scales"][:, :, c]
        for j in range(c if "coefficients" in named else 0):
            mean = mean + named["coefficients"][:, :, pair] * (2 * values[:, j] / (one.classes - 1) - 1)[..., None]
            pair += 1
        found.append({"logits": logits, "means": mean, "log_scales": log_scale})
        logits = (logits + _of_components(make, one, found[-1], values[:, c])).log_softmax(-1)
    return {name: torch.cat([step[name] for step in found], 1) for name in found[0]}


def _of_components(make: Callable[[Named, Any], td.Distribution], one: Any, p: Named, x: Tensor) -> Tensor:
    """(B, S, K) the log-probability of x, (B, S), under each component alone."""
    singles = [{name: value[..., k : k + 1] for name, value in p.items()} for k in range(p["logits"].shape[-1])]
    return torch.stack([make(single, one).log_prob(x) for single in singles], -1)


def terms(family: Any, named: Named, x: Tensor) -> Tensor | None:
    """The log-probability of each entry of x, (B, D); that of a site modelled as a whole stands on its last channel."""
    found = distribution(family, named, x)
    if found is None:
        return None
    each: Tensor = found.log_prob(x)
    sites = each.reshape(len(x), family.channels, -1).sum(1)
    return torch.cat([torch.zeros_like(each[:, sites.shape[1] :]), sites], 1)


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
