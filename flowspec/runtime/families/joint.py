"""The channels of a site together."""

from __future__ import annotations

import math

import torch

from flowspec.runtime.families.base import Family
from flowspec.runtime.families.categorical import Categorical
from flowspec.runtime.families.discretized import DiscretizedLogisticMixture
from flowspec.runtime.families.mixture import Mixture
from flowspec.runtime.precision import interior, upcast


class JointMixture(Family):
    """A site draws one component for all its channels: p(x) = sum_k softmax(logits)_k prod_c p(x_c; component k of c).

    theta, (B, 1, *sites, size), holds K logits, K means and K log-scales for each channel. The log-probability of a
    site stands on its last channel, 0 on those before.
    """

    noise = 2

    def __init__(self, mixture: Mixture, channels: int) -> None:
        self.mixture, self.components, self.channels = mixture, mixture.components, channels
        self.rows = [1, channels, channels]  # how many times K logits, means and log-scales there are
        self.size = sum(self.rows) * self.components

    def parts(self, theta: torch.Tensor) -> list[torch.Tensor]:
        """(B, 1, *sites, K), and (B, C, *sites, K) of what each channel has."""
        parts = upcast(theta).split([n * self.components for n in self.rows], -1)
        return [
            part.unflatten(-1, (n, -1)).transpose(1, -2).squeeze(-2) for n, part in zip(self.rows, parts, strict=True)
        ]

    def mean(self, x: torch.Tensor, parts: list[torch.Tensor], c: int) -> torch.Tensor:
        """The means of channel c, (B, *sites, K); x is (B, C, *sites), of which it may know the channels before c."""
        return parts[1][:, c]

    def log_prob(self, x: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        parts = self.parts(theta)
        means = torch.stack([self.mean(x, parts, c) for c in range(self.channels)], 1)
        each = self.mixture.component(x[..., None], means, parts[2])
        site = (parts[0].log_softmax(-1) + each.sum(1, keepdim=True)).logsumexp(-1)
        return torch.cat([torch.zeros_like(site).expand(-1, self.channels - 1, *site.shape[2:]), site], 1)

    def sample(self, noise: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        parts = self.parts(theta)
        k = Categorical(self.components).sample(noise[:, :1, ..., :1], parts[0]).long()[..., None]
        chosen = [part.gather(-1, k.expand(-1, part.shape[1], *k.shape[2:])) for part in parts[1:]]
        parts, u = [parts[0], *chosen], interior(upcast(noise[..., 1:]))
        x = u.new_zeros(u.shape[:-1])
        for c in range(self.channels):
            x[:, c] = self.mixture.quantile(u[:, c], self.mean(x, parts, c), parts[2][:, c])[..., 0]
        return x

    def tempered(self, noise: torch.Tensor, theta: torch.Tensor, temperature: float) -> torch.Tensor:
        logits, means, log_scales, *rest = upcast(theta).split([n * self.components for n in self.rows], -1)
        cooled = [logits / temperature, means, log_scales + math.log(temperature), *rest]
        return self.sample(noise, torch.cat(cooled, -1))

    def named(self, theta: torch.Tensor) -> dict[str, torch.Tensor]:
        """Logits (B, 1, *sites, K), and the others (B, 1, *sites, C, K)."""
        logits, *each = theta.split([n * self.components for n in self.rows], -1)
        means, log_scales = (part.unflatten(-1, (self.channels, -1)) for part in each[:2])
        return {"logits": logits, "means": means, "log_scales": log_scales}


class LinkedMixture(JointMixture):
    """Means are also linear in the channels before: mean_c + sum over b < c of tanh(coefficient_cb) x_b, x on [-1, 1].

    theta holds K coefficients more for each pair of channels: (1, 0), (2, 0), (2, 1), ... (Salimans et al. 2017).
    """

    def __init__(self, mixture: DiscretizedLogisticMixture, channels: int) -> None:
        super().__init__(mixture, channels)
        self.mixture: DiscretizedLogisticMixture = mixture
        self.rows = [*self.rows, channels * (channels - 1) // 2]
        self.size = sum(self.rows) * self.components

    def mean(self, x: torch.Tensor, parts: list[torch.Tensor], c: int) -> torch.Tensor:
        first = c * (c - 1) // 2
        coefficients, y = parts[3][:, first : first + c].tanh(), self.mixture.scaled(x[:, :c, ..., None])
        return parts[1][:, c] + (coefficients * y).sum(1)

    def named(self, theta: torch.Tensor) -> dict[str, torch.Tensor]:
        """Those of before, and coefficients (B, 1, *sites, C (C - 1) / 2, K) as they count."""
        pairs = theta[..., -self.rows[3] * self.components :].unflatten(-1, (self.rows[3], -1))
        return {**super().named(theta), "coefficients": pairs.tanh()}
