"""Binary variables."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from flowspec.runtime.families.base import Family
from flowspec.runtime.precision import upcast


class Bernoulli(Family):
    """p(x = 1) = sigmoid(logit) for x in {0, 1}."""

    size = 1

    def log_prob(self, x: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        logit = upcast(theta)[..., 0]
        binary = (x == 0) | (x == 1)
        return torch.where(binary, x * logit + F.logsigmoid(-logit), -torch.inf)

    def sample(self, noise: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        logit = upcast(theta)[..., 0]
        return (noise[..., 0] < logit.sigmoid()).to(logit.dtype)

    def tempered(self, noise: torch.Tensor, theta: torch.Tensor, temperature: float) -> torch.Tensor:
        return self.sample(noise, upcast(theta) / temperature)

    def named(self, theta: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"logit": theta[..., 0]}
