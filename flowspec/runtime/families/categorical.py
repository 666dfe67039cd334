"""Variables with finitely many values."""

from __future__ import annotations

import torch

from flowspec.runtime.families.base import Family
from flowspec.runtime.precision import interior, upcast


class Categorical(Family):
    """p(x = k) = softmax(logits)[k] for x in 0..N-1.

    `classes` is N, or one count per variable, row-major: logits beyond a variable's own count are then -inf.
    """

    def __init__(self, classes: int | list[int]) -> None:
        self.classes = classes
        self.size = classes if isinstance(classes, int) else max(classes)

    def logits(self, theta: torch.Tensor) -> torch.Tensor:
        """The logits (*x.shape, size) in full precision."""
        theta = upcast(theta)
        if isinstance(self.classes, int):
            return theta
        counts = torch.tensor(self.classes, device=theta.device).view(*theta.shape[1:-1], 1)
        return theta.masked_fill(torch.arange(self.size, device=theta.device) >= counts, -torch.inf)

    def log_prob(self, x: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        logits = self.logits(theta)
        k = x.long().clamp(0, self.size - 1)
        chosen = logits.gather(-1, k[..., None])[..., 0] - logits.logsumexp(-1)
        return torch.where(k == x, chosen, -torch.inf)

    def sample(self, noise: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        cdf = self.logits(theta).softmax(-1).cumsum(-1)
        cdf = cdf / cdf[..., -1:]  # ends in 1 exactly, also where trailing classes have probability 0
        u = interior(noise.to(cdf.dtype))
        return (cdf <= u).sum(-1).to(cdf.dtype)

    def tempered(self, noise: torch.Tensor, theta: torch.Tensor, temperature: float) -> torch.Tensor:
        return self.sample(noise, upcast(theta) / temperature)

    def named(self, theta: torch.Tensor) -> dict[str, torch.Tensor]:
        return {"logits": self.logits(theta)}
