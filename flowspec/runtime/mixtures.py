"""Distribution functions of mixtures as increasing maps, inverted by a root search."""

from __future__ import annotations

import torch
from torch.nn import functional as F

from flowspec.runtime.families.logistic import logistic_log_prob
from flowspec.runtime.families.normal import log_hazard, log_ndtr, normal_log_prob
from flowspec.runtime.precision import open_unit, upcast
from flowspec.runtime.transforms import Affine, Transform


class MixtureCDF(Transform):
    """u = sum_k w_k C((x - m_k) / s_k), from the real line onto (0, 1), C the distribution function of a component.

    theta: K logits of w, K means m, and K numbers a with log s = 7 tanh(a / 7): scales stay between 1/1100 and 1100.
    There is no closed inverse. It is searched for between the quantiles of the components, in a fixed number of
    bisections and four safeguarded Newton steps, and lies within `tolerance` (relative to 1 + |x|; 1e-9 in float64,
    1e-5 in float32) of where logit(u) crosses its value. Its gradient is that of the implicit function.
    """

    def __init__(self, components: int) -> None:
        self.components, self.size = components, 3 * components

    def log_cdf(self, y: torch.Tensor) -> torch.Tensor:
        """log C, where C(-y) = 1 - C(y)."""
        raise NotImplementedError

    def log_density(self, y: torch.Tensor) -> torch.Tensor:
        """log C'."""
        raise NotImplementedError

    def log_hazard(self, y: torch.Tensor, log_cdf: torch.Tensor) -> torch.Tensor:
        """log(C' / C), given log C."""
        raise NotImplementedError

    def reach(self, t: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Numbers below and above the y of logit(C(y)) = t."""
        raise NotImplementedError

    @staticmethod
    def tolerance(dtype: torch.dtype) -> float:
        """How far the inverse may be off, relative to 1 + |x|."""
        return 1e-9 if dtype == torch.float64 else 1e-5

    def start(self, shape: tuple[int, ...]) -> torch.Tensor:
        """Means apart from each other: equal components would never part."""
        theta = super().start(shape)
        theta[..., self.components : 2 * self.components] = 1.5 * torch.linspace(-1, 1, self.components + 2)[1:-1]
        return theta

    def forward(self, x: torch.Tensor, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        log_u, _, log_slope = self.logs(upcast(x), self.parts(theta))
        return open_unit(log_u.exp()), log_slope

    def inverse(self, z: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        u = open_unit(upcast(z))
        return self.root(u.log() - (-u).log1p(), theta)

    def parts(self, theta: torch.Tensor) -> tuple[torch.Tensor, ...]:
        """log w, m and log s, (..., K) each."""
        logits, means, a = upcast(theta).chunk(3, -1)
        return logits.log_softmax(-1), means, 7 * torch.tanh(a / 7)

    def logs(self, x: torch.Tensor, parts: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """log u, log(1 - u) and log du/dx, each summed in logarithms, so that no tail rounds to 0."""
        log_w, m, log_s = parts
        y = (x[..., None] - m) * (-log_s).exp()
        terms = self.log_cdf(y), self.log_cdf(-y), self.log_density(y) - log_s
        log_u, log_rest, log_slope = ((log_w + term).logsumexp(-1) for term in terms)
        return log_u, log_rest, log_slope

    def tails(self, x: torch.Tensor, parts: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, ...]:
        """y, log C(y) and log C(-y) of each component, (..., K), and log u and log(1 - u)."""
        log_w, m, log_s = parts
        y = (x[..., None] - m) * (-log_s).exp()
        below, above = self.log_cdf(y), self.log_cdf(-y)
        return y, below, above, (log_w + below).logsumexp(-1), (log_w + above).logsumexp(-1)

    def logit(self, x: torch.Tensor, parts: tuple[torch.Tensor, ...]) -> tuple[torch.Tensor, torch.Tensor]:
        """logit(u), and the log of its slope u' / (u (1 - u)).

        In a tail u' and u are both tiny: each component's ratio of the two is taken, and weighted by its share of the tail.
        The shares are of differences; log u itself is near -y^2 / 2 there, and would round the ratio away.
        """
        log_w, _, log_s = parts
        y, below, above, log_u, log_rest = self.tails(x, parts)
        side = (log_u < log_rest)[..., None]
        log_c = torch.where(side, below, above)
        shares = (log_w + log_c).log_softmax(-1)
        ratios = shares - log_s + self.log_hazard(torch.where(side, y, -y), log_c)
        return log_u - log_rest, ratios.logsumexp(-1) - torch.maximum(log_u, log_rest)

    def root(self, t: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        """The x with logit(u) = t. One Newton step from x, of length 0, carries the gradient dx = (dt - d logit) /
        slope."""
        parts = self.parts(theta)
        with torch.no_grad():
            x = self.search(t, parts)
        found, log_slope = self.logit(x, parts)
        step = (t - found) * (-log_slope.detach()).clamp(max=60).exp()
        return x + (step - step.detach())

    def search(self, t: torch.Tensor, parts: tuple[torch.Tensor, ...]) -> torch.Tensor:
        """The root, between the least and the largest quantile of a component; always the same number of
        evaluations."""
        _, m, log_s = parts
        ends = [m + log_s.exp() * end[..., None] for end in self.reach(t)]
        low, high = ends[0].amin(-1), ends[1].amax(-1)
        x = (low + high) / 2
        for _ in range(44 if t.dtype == torch.float64 else 26):
            *_, log_u, log_rest = self.tails(x, parts)
            below = log_u - log_rest < t
            low, high = torch.where(below, x, low), torch.where(below, high, x)
            x = (low + high) / 2
        for _ in range(4):
            found, log_slope = self.logit(x, parts)
            below = found < t
            low, high = torch.where(below, x, low), torch.where(below, high, x)
            newton = x + (t - found) * (-log_slope).exp()
            x = torch.where((newton > low) & (newton < high), newton, (low + high) / 2)
        return x


class GaussianMixtureCDF(MixtureCDF):
    """The distribution function of a mixture of K normals."""

    def log_cdf(self, y: torch.Tensor) -> torch.Tensor:
        return log_ndtr(y)

    def log_density(self, y: torch.Tensor) -> torch.Tensor:
        return normal_log_prob(y)

    def log_hazard(self, y: torch.Tensor, log_cdf: torch.Tensor) -> torch.Tensor:
        return log_hazard(y, log_cdf)

    def reach(self, t: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """From sigmoid(-|t|) >= exp(-|t|) / 2 and C(-y) <= exp(-y^2 / 2) / 2, |y| <= sqrt(2 |t|)."""
        far = (2 * t.abs()).sqrt()
        return torch.where(t < 0, -far, 0.0), torch.where(t > 0, far, 0.0)


class LogisticMixtureCDF(MixtureCDF):
    """The distribution function of a mixture of K logistic densities."""

    def log_cdf(self, y: torch.Tensor) -> torch.Tensor:
        return F.logsigmoid(y)

    def log_density(self, y: torch.Tensor) -> torch.Tensor:
        return logistic_log_prob(y)

    def log_hazard(self, y: torch.Tensor, log_cdf: torch.Tensor) -> torch.Tensor:
        return F.logsigmoid(-y)

    def reach(self, t: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return t, t


class MixtureLogit(Transform):
    """z = exp(s) logit(u) + t with u a mixture's distribution function of x (Flow++, Ho et al. 2019).

    theta: the two parameters of Affine, and those of the mixture. At theta = 0 a mixture of logistic densities gives
    the identity.
    """

    def __init__(self, mixture: MixtureCDF) -> None:
        self.mixture, self.affine, self.size = mixture, Affine(), 2 + mixture.size

    def forward(self, x: torch.Tensor, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        y, log_slope = self.mixture.logit(upcast(x), self.mixture.parts(theta[..., 2:]))
        z, log_scale = self.affine.forward(y, theta[..., :2])
        return z, log_slope + log_scale

    def inverse(self, z: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        return self.mixture.root(self.affine.inverse(z, theta[..., :2]), theta[..., 2:])
