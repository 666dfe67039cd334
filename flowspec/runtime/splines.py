"""Monotone splines of a box onto itself, with closed-form inverses and slopes."""

from __future__ import annotations

import math

import torch
from torch.nn import functional as F

from flowspec.runtime.precision import upcast
from flowspec.runtime.transforms import Transform


def shares(a: torch.Tensor, least: float = 1e-2) -> torch.Tensor:
    """(..., K) -> (..., K) positive numbers that add up to 1, each at least `least` of their mean."""
    return least / a.shape[-1] + (1 - least) * a.softmax(-1)


def knots(widths: torch.Tensor) -> torch.Tensor:
    """(..., K) -> (..., K + 1) from 0 to 1, both of them exact."""
    inside = widths[..., :-1].cumsum(-1)
    return F.pad(F.pad(inside, (1, 0)), (0, 1), value=1.0)


def find(edges: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """(..., K + 1) knots and (...) numbers on [0, 1] -> (..., 1) the bin that each lies in."""
    return (x[..., None] >= edges[..., 1:-1]).sum(-1, keepdim=True)


def pick(values: torch.Tensor, at: torch.Tensor) -> torch.Tensor:
    """(..., K), (..., 1) -> (...)."""
    return values.gather(-1, at)[..., 0]


class Spline(Transform):
    """An increasing spline of [lo, hi] onto itself; outside, the identity with `tails`, and without them nothing.

    A subclass says the bins of one number on [0, 1] and the map inside one: `bend` and `unbend`.
    """

    start_near = 0.1

    def __init__(self, bins: int, lo: float, hi: float, tails: bool = True) -> None:
        self.bins, self.lo, self.hi, self.tails = bins, lo, hi, tails

    def bend(self, x: torch.Tensor, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """Numbers on [0, 1] to numbers on [0, 1], and the log of the slope."""
        raise NotImplementedError

    def unbend(self, z: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        """The inverse of `bend`."""
        raise NotImplementedError

    def forward(self, x: torch.Tensor, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        x, inside = self.boxed(upcast(x))
        z, log_slope = self.bend(self.unit(inside), upcast(theta))
        z = self.lo + (self.hi - self.lo) * z
        if not self.tails:
            return z, log_slope
        beyond = (x < self.lo) | (x > self.hi)
        return torch.where(beyond, x, z), torch.where(beyond, 0.0, log_slope)

    def inverse(self, z: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        z, inside = self.boxed(upcast(z))
        x = self.lo + (self.hi - self.lo) * self.unbend(self.unit(inside), upcast(theta))
        return torch.where((z < self.lo) | (z > self.hi), z, x) if self.tails else x

    def boxed(self, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """x, and x pulled into the box, where everything is finite."""
        return x, x.clamp(self.lo, self.hi)

    def unit(self, x: torch.Tensor) -> torch.Tensor:
        """The box as [0, 1]."""
        return ((x - self.lo) / (self.hi - self.lo)).clamp(0, 1)


class LinearSpline(Spline):
    """Piecewise linear: K bins of one width, theta the logits of their heights (Mueller et al. 2019)."""

    def __init__(self, bins: int, lo: float, hi: float, tails: bool = True) -> None:
        super().__init__(bins, lo, hi, tails)
        self.size = bins

    def bend(self, x: torch.Tensor, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        heights = shares(theta)
        at = (x * self.bins).long().clamp(max=self.bins - 1)[..., None]
        height = pick(heights, at)
        z = pick(knots(heights), at) + height * (x * self.bins - at[..., 0])
        return z.clamp(0, 1), (height * self.bins).log()

    def unbend(self, z: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        heights = shares(theta)
        edges = knots(heights)
        at = find(edges, z)
        return ((at[..., 0] + (z - pick(edges, at)) / pick(heights, at)) / self.bins).clamp(0, 1)


class QuadraticSpline(Spline):
    """Piecewise quadratic: the slope is linear between K + 1 knots (Mueller et al. 2019).

    theta: the logits of K widths, and K + 1 log-slopes, normalized so that the slopes have mean 1.
    """

    least = 1e-2  # the least slope

    def __init__(self, bins: int, lo: float, hi: float, tails: bool = True) -> None:
        super().__init__(bins, lo, hi, tails)
        self.size = 2 * bins + 1

    def pieces(self, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
        """Widths (K), slopes at the knots (K + 1), and the knots of x and of z (K + 1 each)."""
        widths = shares(theta[..., : self.bins])
        logs = theta[..., self.bins :]
        slopes = (logs - logs.amax(-1, keepdim=True)).exp()
        area = ((slopes[..., :-1] + slopes[..., 1:]) / 2 * widths).sum(-1, keepdim=True)
        slopes = self.least + (1 - self.least) * slopes / area
        return widths, slopes, knots(widths), knots((slopes[..., :-1] + slopes[..., 1:]) / 2 * widths)

    def bend(self, x: torch.Tensor, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        widths, slopes, at_x, at_z = self.pieces(theta)
        at = find(at_x, x)
        w, left, right = pick(widths, at), pick(slopes, at), pick(slopes, at + 1)
        t = ((x - pick(at_x, at)) / w).clamp(0, 1)
        z = pick(at_z, at) + w * t * (left + (right - left) * t / 2)
        return z.clamp(0, 1), (left + (right - left) * t).log()

    def unbend(self, z: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        widths, slopes, at_x, at_z = self.pieces(theta)
        at = find(at_z, z)
        w, left, right = pick(widths, at), pick(slopes, at), pick(slopes, at + 1)
        rise = (z - pick(at_z, at)) / w  # left t + (right - left) t^2 / 2
        root = (left * left + 2 * (right - left) * rise).clamp_min(self.least**2).sqrt()  # the slope there
        return (pick(at_x, at) + w * 2 * rise / (left + root)).clamp(0, 1)


class RationalQuadraticSpline(Spline):
    """Rational quadratic between K + 1 knots with a slope at each (neural spline flows, Durkan et al. 2019).

    theta: the logits of K widths and of K heights, and the slopes; with tails those of the two ends are 1.
    """

    least = 1e-3  # the least slope

    def __init__(self, bins: int, lo: float, hi: float, tails: bool = True) -> None:
        super().__init__(bins, lo, hi, tails)
        self.size = 3 * bins - 1 if tails else 3 * bins + 1

    def pieces(self, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Widths and heights (K), and the slopes at the knots (K + 1)."""
        widths, heights = shares(theta[..., : self.bins]), shares(theta[..., self.bins : 2 * self.bins])
        one = math.log(math.expm1(1 - self.least))  # what softplus takes to a slope of 1
        slopes = self.least + F.softplus(theta[..., 2 * self.bins :] + one)
        return widths, heights, F.pad(slopes, (1, 1), value=1.0) if self.tails else slopes

    def bend(self, x: torch.Tensor, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        widths, heights, slopes = self.pieces(theta)
        edges = knots(widths)
        at = find(edges, x)
        w, h, left, right = pick(widths, at), pick(heights, at), pick(slopes, at), pick(slopes, at + 1)
        t = ((x - pick(edges, at)) / w).clamp(0, 1)
        s, u = h / w, t * (1 - t)
        below = s + (left + right - 2 * s) * u
        z = pick(knots(heights), at) + h * (s * t * t + left * u) / below
        slope = right * t * t + 2 * s * u + left * (1 - t) * (1 - t)
        return z.clamp(0, 1), 2 * s.log() + slope.log() - 2 * below.log()

    def unbend(self, z: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        widths, heights, slopes = self.pieces(theta)
        edges = knots(heights)
        at = find(edges, z)
        w, h, left, right = pick(widths, at), pick(heights, at), pick(slopes, at), pick(slopes, at + 1)
        s, rise = h / w, z - pick(edges, at)
        bent = rise * (left + right - 2 * s)
        a, b, c = h * (s - left) + bent, h * left - bent, -s * rise  # a t^2 + b t + c = 0
        root = (b * b - 4 * a * c).clamp_min(torch.finfo(b.dtype).tiny).sqrt()
        over, below = torch.where(b < 0, root - b, -2 * c), torch.where(b < 0, 2 * a, b + root)  # nothing cancels
        t = (over / below).clamp(0, 1)
        return (pick(knots(widths), at) + w * t).clamp(0, 1)
