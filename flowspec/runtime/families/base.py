"""What every family of distributions offers."""

from __future__ import annotations

import torch


class Family:
    """A distribution of one variable, a function of its parameters; stateless, computed in float32 at least.

    `size` parameters stand on the last axis of theta, (*x.shape, size); `noise` uniform numbers on that of the noise,
    (*x.shape, noise). A draw at noise 0 or 1 is finite. Where the `channels` of a site are modelled together theta has
    one row a site, (B, 1, *sites, size).
    """

    size: int = 0
    noise: int = 1
    channels: int = 1
    spherical: bool = False  # whether independent variables have one density at all points of a sphere about 0

    def log_prob(self, x: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        """The log-density of each entry of x in nats, of the shape of x; -inf outside the support."""
        raise NotImplementedError

    def sample(self, noise: torch.Tensor, theta: torch.Tensor) -> torch.Tensor:
        """A draw by inverse distribution functions, floating, of the shape noise.shape[:-1]."""
        raise NotImplementedError

    def tempered(self, noise: torch.Tensor, theta: torch.Tensor, temperature: float) -> torch.Tensor:
        """A draw with scales `temperature` times as large (Glow, Kingma and Dhariwal 2018) and logits divided by it.

        Raises ValueError where there is neither.
        """
        missing = "it has neither a scale to multiply nor logits to divide"
        raise ValueError(f"the density {type(self).__name__} has no temperature: {missing}")

    def drawn(self, noise: torch.Tensor, theta: torch.Tensor, temperature: float = 1.0) -> torch.Tensor:
        """`sample` at temperature 1, else `tempered`. Raises ValueError for a temperature that is not above 0."""
        if temperature == 1:
            return self.sample(noise, theta)
        if not 0 < temperature < float("inf"):
            raise ValueError(f"the temperature is {temperature}, expected a number above 0")
        return self.tempered(noise, theta, temperature)

    def named(self, theta: torch.Tensor) -> dict[str, torch.Tensor]:
        """The parameters by name."""
        raise NotImplementedError
