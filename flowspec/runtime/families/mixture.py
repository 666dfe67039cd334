"""Mixtures of K continuous components (mixture density heads, Bishop 1994)."""

from __future__ import annotations

import torch

from flowspec.runtime.families.base import Family
from flowspec.runtime.families.categorical import Categorical
from flowspec.runtime.families.logistic import logistic_log_prob
from flowspec.runtime.families.normal import normal_log_prob
from flowspec.runtime.precision import interior, upcast


class GaussianMixture(Family):
    """p(x) = sum_k softmax(logits)_k Normal(x; means_k, exp(log_scales_k)); theta holds K of each, in this order."""

    noise = 2

    def __init__(self, components: int) -> None:
        self.components, self.size = components, 3 * components

    def log_prob(self, x: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        logits, means, log_scales = upcast(theta).chunk(3, -1)
        z = (x[..., None] - means) * (-log_scales).exp()
        return (logits.log_softmax(-1) + normal_log_prob(z) - log_scales).logsumexp(-1)

    def sample(self, noise: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        logits, means, log_scales = upcast(theta).chunk(3, -1)
        k = Categorical(self.components).sample(noise[..., :1], logits).long()[..., None]
        z = torch.special.ndtri(interior(upcast(noise[..., 1])))
        return means.gather(-1, k)[..., 0] + log_scales.gather(-1, k)[..., 0].exp() * z

    def named(self, theta: torch.Tensor) -> dict[str, torch.Tensor]:
        return dict(zip(("logits", "means", "log_scales"), theta.chunk(3, -1), strict=True))


class LogisticMixture(Family):
    """p(x) = sum_k softmax(logits)_k Logistic(x; means_k, exp(log_scales_k)); theta holds K of each, in this order."""

    noise = 2

    def __init__(self, components: int) -> None:
        self.components, self.size = components, 3 * components

    def log_prob(self, x: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        logits, means, log_scales = upcast(theta).chunk(3, -1)
        z = (x[..., None] - means) * (-log_scales).exp()
        return (logits.log_softmax(-1) + logistic_log_prob(z) - log_scales).logsumexp(-1)

    def sample(self, noise: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        logits, means, log_scales = upcast(theta).chunk(3, -1)
        k = Categorical(self.components).sample(noise[..., :1], logits).long()[..., None]
        z = interior(upcast(noise[..., 1])).logit()
        return means.gather(-1, k)[..., 0] + log_scales.gather(-1, k)[..., 0].exp() * z

    def named(self, theta: torch.Tensor) -> dict[str, torch.Tensor]:
        return dict(zip(("logits", "means", "log_scales"), theta.chunk(3, -1), strict=True))
