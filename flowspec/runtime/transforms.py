"""Increasing maps of one number, with parameters from a net."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional as F

from flowspec.runtime.precision import upcast


class Transform:
    """z = T(x; theta), entry by entry; stateless, computed in float32 at least.

    theta is (*x.shape, size). At theta = 0 the map is the identity, if it says nothing else. The last layer of the net
    that gives theta is multiplied by `start_near` at first.
    """

    size: int
    start_near: float = 1.0

    def start(self, shape: tuple[int, ...]) -> torch.Tensor:
        """The theta at which learning begins where it is free, (*shape, size)."""
        return torch.zeros(*shape, self.size)

    def forward(self, x: torch.Tensor, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """z and log|dz/dx|, both of the shape of x."""
        raise NotImplementedError

    def inverse(self, z: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        """x."""
        raise NotImplementedError


@torch.no_grad()
def begin_near(net: nn.Module, transform: Transform) -> None:
    """Make the last layer of a net small, where its transform asks for that: a flow then begins near the identity.

    With larger numbers a scale far from the data, exp(s) of a random net, takes the rows there further out with every
    step (Glow, Kingma and Dhariwal 2018, begins at 0; from much less than a tenth learning takes a while to begin).
    """
    head = getattr(net, "head", None)
    if isinstance(head, nn.Module) and transform.start_near != 1:
        for parameter in head.parameters():
            parameter.mul_(transform.start_near)


class Additive(Transform):
    """z = x + t (NICE, Dinh et al. 2015)."""

    size = 1

    def forward(self, x: torch.Tensor, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        z = upcast(x) + upcast(theta)[..., 0]
        return z, torch.zeros_like(z)

    def inverse(self, z: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        return upcast(z) - upcast(theta)[..., 0]


class Affine(Transform):
    """z = x exp(s) + t (RealNVP, Dinh et al. 2017), with theta = (t, a) and s = 3 tanh(a / 3) + log(start).

    The bound keeps exp(s) within a factor of 20 of `start`, and has slope 1 at 0; stacked steps can go further.
    """

    size = 2
    start_near = 0.1

    def __init__(self, start: float = 1.0) -> None:
        self.first = start

    def log_scale(self, a: torch.Tensor) -> torch.Tensor:
        """s, log(start) at a = 0."""
        return 3 * torch.tanh(a / 3) + math.log(self.first)

    def forward(self, x: torch.Tensor, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        t, a = upcast(theta).unbind(-1)
        s = self.log_scale(a)
        return upcast(x) * s.exp() + t, s

    def inverse(self, z: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        t, a = upcast(theta).unbind(-1)
        return (upcast(z) - t) * (-self.log_scale(a)).exp()


class SoftplusAffine(Affine):
    """The same with exp(s) = softplus(a + c) + 0.001, c such that it is `start` at a = 0 (nflows, Durkan et al. 2020).

    It grows like a where exp(a) would explode: rows far from the others stay nearer. It has no upper bound.
    """

    def log_scale(self, a: torch.Tensor) -> torch.Tensor:
        return (F.softplus(a + math.log(math.expm1(self.first - 0.001))) + 0.001).log()
