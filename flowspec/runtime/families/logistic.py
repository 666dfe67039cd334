"""Logistic variables."""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

from flowspec.runtime.families.base import Family
from flowspec.runtime.precision import interior, upcast


def logistic_log_prob(z: torch.Tensor) -> torch.Tensor:
    """The log-density of the standard logistic, log sigmoid'(z)."""
    return F.logsigmoid(z) + F.logsigmoid(-z)


class Logistic(Family):
    """x = mean + exp(log_scale) z with z standard logistic."""

    size = 2

    def log_prob(self, x: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        mean, log_scale = upcast(theta).unbind(-1)
        return logistic_log_prob((x - mean) * (-log_scale).exp()) - log_scale

    def sample(self, noise: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        mean, log_scale = upcast(theta).unbind(-1)
        return mean + log_scale.exp() * interior(upcast(noise[..., 0])).logit()

    def tempered(self, noise: torch.Tensor, theta: torch.Tensor, temperature: float) -> torch.Tensor:
        mean, log_scale = upcast(theta).unbind(-1)
        return self.sample(noise, torch.stack([mean, log_scale + math.log(temperature)], -1))

    def named(self, theta: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"mean": theta[..., 0], "log_scale": theta[..., 1]}


class StandardLogistic(Family):
    """The logistic of mean 0 and scale 1; it has no parameters."""

    def log_prob(self, x: torch.Tensor, theta: torch.Tensor | None = None) -> torch.Tensor:
        return logistic_log_prob(upcast(x))

    def sample(self, noise: torch.Tensor, theta: torch.Tensor | None = None) -> torch.Tensor:
        return interior(upcast(noise[..., 0])).logit()

    def tempered(self, noise: torch.Tensor, theta: torch.Tensor | None, temperature: float) -> torch.Tensor:
        return temperature * self.sample(noise)

    def named(self, theta: torch.Tensor | None = None) -> dict[str, torch.Tensor]:
        return {}
