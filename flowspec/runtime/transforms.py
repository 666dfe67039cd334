"""Increasing maps of one number, with parameters from a net."""

from __future__ import annotations

import torch

from flowspec.runtime.precision import upcast


class Transform:
    """z = T(x; theta), entry by entry; stateless, computed in float32 at least.

    theta is (*x.shape, size). At theta = 0 the map is the identity, if it says nothing else.
    """

    size: int

    def start(self, shape: tuple[int, ...]) -> torch.Tensor:
        """The theta at which learning begins where it is free, (*shape, size)."""
        return torch.zeros(*shape, self.size)

    def forward(self, x: torch.Tensor, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """z and log|dz/dx|, both of the shape of x."""
        raise NotImplementedError

    def inverse(self, z: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        """x."""
        raise NotImplementedError


class Additive(Transform):
    """z = x + t (NICE, Dinh et al. 2015)."""

    size = 1

    def forward(self, x: torch.Tensor, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        z = upcast(x) + upcast(theta)[..., 0]
        return z, torch.zeros_like(z)

    def inverse(self, z: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        return upcast(z) - upcast(theta)[..., 0]


class Affine(Transform):
    """z = x exp(s) + t (RealNVP, Dinh et al. 2017), with theta = (t, a) and s = 3 tanh(a / 3).

    The bound keeps exp(s) between 1/20 and 20 and has slope 1 at 0; stacked steps can go further.
    """

    size = 2

    def forward(self, x: torch.Tensor, theta: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        t, a = upcast(theta).unbind(-1)
        s = 3 * torch.tanh(a / 3)
        return upcast(x) * s.exp() + t, s

    def inverse(self, z: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        t, a = upcast(theta).unbind(-1)
        return (upcast(z) - t) * (-3 * torch.tanh(a / 3)).exp()
