"""Mixtures of K components (mixture density heads, Bishop 1994)."""

from __future__ import annotations

import math

import torch

from flowspec.runtime.families.base import Family
from flowspec.runtime.families.categorical import Categorical
from flowspec.runtime.families.logistic import logistic_log_prob
from flowspec.runtime.families.normal import normal_log_prob
from flowspec.runtime.precision import interior, upcast


class Mixture(Family):
    """p(x) = sum_k softmax(logits)_k p(x; means_k, exp(log_scales_k)); theta holds K of each, in this order.

    A subclass says what one component is. Numbers of several components are broadcast against each other.
    """

    noise = 2

    def __init__(self, components: int) -> None:
        self.components, self.size = components, 3 * components

    def component(self, x: torch.Tensor, mean: torch.Tensor, log_scale: torch.Tensor) -> torch.Tensor:
        """The log-density of one component."""
        raise NotImplementedError

    def quantile(self, u: torch.Tensor, mean: torch.Tensor, log_scale: torch.Tensor) -> torch.Tensor:
        """The draw of one component at u in (0, 1)."""
        raise NotImplementedError

    def log_prob(self, x: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        logits, means, log_scales = upcast(theta).chunk(3, -1)
        return (logits.log_softmax(-1) + self.component(x[..., None], means, log_scales)).logsumexp(-1)

    def sample(self, noise: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        logits, means, log_scales = upcast(theta).chunk(3, -1)
        k = Categorical(self.components).sample(noise[..., :1], logits).long()[..., None]
        u = interior(upcast(noise[..., 1:]))
        return self.quantile(u, means.gather(-1, k), log_scales.gather(-1, k))[..., 0]

    def tempered(self, noise: torch.Tensor, theta: torch.Tensor, temperature: float) -> torch.Tensor:
        logits, means, log_scales = upcast(theta).chunk(3, -1)
        return self.sample(noise, torch.cat([logits / temperature, means, log_scales + math.log(temperature)], -1))

    def named(self, theta: torch.Tensor) -> dict[str, torch.Tensor]:
        return dict(zip(("logits", "means", "log_scales"), theta.chunk(3, -1), strict=True))


class GaussianMixture(Mixture):
    """A mixture of K normal components."""

    def component(self, x: torch.Tensor, mean: torch.Tensor, log_scale: torch.Tensor) -> torch.Tensor:
        return normal_log_prob((x - mean) * (-log_scale).exp()) - log_scale

    def quantile(self, u: torch.Tensor, mean: torch.Tensor, log_scale: torch.Tensor) -> torch.Tensor:
        return mean + log_scale.exp() * torch.special.ndtri(u)


class LogisticMixture(Mixture):
    """A mixture of K logistic components."""

    def component(self, x: torch.Tensor, mean: torch.Tensor, log_scale: torch.Tensor) -> torch.Tensor:
        return logistic_log_prob((x - mean) * (-log_scale).exp()) - log_scale

    def quantile(self, u: torch.Tensor, mean: torch.Tensor, log_scale: torch.Tensor) -> torch.Tensor:
        return mean + log_scale.exp() * u.logit()
