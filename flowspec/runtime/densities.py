"""Densities: what gives every sample one log-probability, and can be drawn from."""

from __future__ import annotations

import torch
from torch import nn

from flowspec.runtime.families.base import Family
from flowspec.runtime.masks import home, rebuild
from flowspec.runtime.observed import observation


class Density(nn.Module):
    """A normalized density of x, (B, *shape), given a context: log_prob in nats, and sample."""

    like: torch.Tensor

    def __init__(self, shape: tuple[int, ...]) -> None:
        super().__init__()
        self.shape = tuple(shape)
        self.register_buffer("like", torch.zeros(()), persistent=False)  # the type and device that samples have
        self.register_load_state_dict_post_hook(rebuild)

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        return self.log_prob(x, **given)

    def log_prob(self, x: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        """(B, *shape) -> (B,), in nats."""
        raise NotImplementedError

    def possible(self, x: torch.Tensor, log_p: torch.Tensor) -> torch.Tensor:
        """The log-probabilities of samples, (B,), or of their variables, (B, D), once more: the outermost density knows
        which values x cannot have (see Model)."""
        return log_p

    def sample(
        self, n: int, *, generator: torch.Generator | None = None, temperature: float = 1.0, **given: torch.Tensor
    ) -> torch.Tensor:
        """(n, *shape), at a temperature above 0 (see Family.tempered)."""
        raise NotImplementedError

    def middle(self, n: int, **given: torch.Tensor) -> torch.Tensor:
        """A typical x of each of n samples, (n, *shape): a draw, unless there is something better."""
        return self.sample(n, generator=None, temperature=1.0, **given)

    def rsample(self, n: int, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """n draws, (n, *shape), that gradients pass through, and their log-densities, (n,)."""
        raise NotImplementedError

    def admit(self, x: torch.Tensor, given: dict[str, torch.Tensor]) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
        """What comes in from outside, checked; parts trust the model that holds them."""
        return x, given

    def admit_given(self, n: int, given: dict[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """The context of n samples, checked likewise."""
        return given

    def uniform(self, n: int, per: int, generator: torch.Generator | None) -> torch.Tensor:
        """The noise of n samples, `per` uniform numbers for each variable: (n, *shape, per)."""
        dtype = torch.promote_types(self.like.dtype, torch.float32)
        shape, device = (n, *self.shape, per), self.like.device
        if generator is None:  # a compiled graph with batches of any size takes no word of a generator
            return torch.rand(shape, dtype=dtype, device=device)
        return torch.rand(shape, generator=generator, dtype=dtype, device=device)

    def reset_buffers(self, device: torch.device | None = None) -> None:
        """Rebuild what a state_dict does not carry."""
        self.like = torch.zeros((), dtype=self.like.dtype, device=device or home(self))


class Factored(Density):
    """Variables (or sites) independent of each other given the context.

    A subclass says theta(n, **given), (n, *shape, size), or with one row a site whose channels are modelled together.
    """

    def __init__(self, family: Family, shape: tuple[int, ...]) -> None:
        super().__init__(shape)
        self.family = family

    def theta(self, n: int, **given: torch.Tensor) -> torch.Tensor:
        """The parameters of n samples, (n, *shape, size) or (n, 1, *sites, size)."""
        raise NotImplementedError

    def terms(self, x: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        """The log-probability of each variable, (B, D)."""
        x, given = self.admit(x, given)
        return self.possible(x, self.family.log_prob(x, self.theta(x.shape[0], **given)).flatten(1))

    def conditionals(self, x: torch.Tensor, **given: torch.Tensor) -> dict[str, torch.Tensor]:
        """The parameters of each variable, or of each site that is modelled as a whole, by name, (B, D, ...)."""
        x, given = self.admit(x, given)
        named = self.family.named(self.theta(x.shape[0], **given))
        return {name: value.flatten(1, len(self.shape)) for name, value in named.items()}

    def log_prob(self, x: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        return self.terms(x, **given).sum(1)

    def middle(self, n: int, **given: torch.Tensor) -> torch.Tensor:
        """The draw from noise 1/2: the median of a normal, the likelier value of a bit."""
        noise = self.like.new_full((n, *self.shape, self.family.noise), 0.5)
        return self.family.sample(noise, self.theta(n, **given))

    def rsample(self, n: int, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        theta = self.theta(n, **given)
        x = self.family.sample(self.uniform(n, self.family.noise, None), theta)
        return x, self.family.log_prob(x, theta).flatten(1).sum(1)

    @torch.no_grad()
    def sample(
        self,
        n: int,
        *,
        generator: torch.Generator | None = None,
        temperature: float = 1.0,
        observed: torch.Tensor | None = None,
        mask: torch.Tensor | None = None,
        **given: torch.Tensor,
    ) -> torch.Tensor:
        """(n, *shape), at a temperature above 0 (see Family.tempered).

        Where a boolean `mask` is True x is as `observed`, which says nothing of the other variables.
        """
        context = self.admit_given(n, given)
        noise = self.uniform(n, self.family.noise, generator)
        x = self.family.drawn(noise, self.theta(n, **context), temperature)
        if observed is None and mask is None:
            return x
        name, size = getattr(self, "NAME", type(self).__name__), (n, *self.shape)
        start, fixed = observation(name, self.like, size, self.family.channels, observed, mask)
        return torch.where(fixed, self.admit(start, given)[0], x)


class Independent(Factored):
    """Every variable has the same distribution, one without parameters."""

    def theta(self, n: int, **given: torch.Tensor) -> torch.Tensor:
        return self.like.new_empty(n, *self.shape, 0)


class Free(Factored):
    """Learned parameters for every variable (or site), the same for each sample: a histogram, for categories."""

    def __init__(self, family: Family, shape: tuple[int, ...]) -> None:
        super().__init__(family, shape)
        self.free = nn.Parameter(torch.empty(shape[0] // family.channels, *shape[1:], family.size))
        self.reset_parameters()

    def reset_parameters(self) -> None:
        """Small random parameters: equal components of a mixture would never part."""
        nn.init.normal_(self.free, std=0.1)

    def theta(self, n: int, **given: torch.Tensor) -> torch.Tensor:
        return self.free.expand(n, *self.free.shape)


class Conditional(Factored):
    """The parameters of every variable come from a net of the context: net(**given) is (B, *shape, size)."""

    def __init__(self, net: nn.Module, family: Family, shape: tuple[int, ...]) -> None:
        super().__init__(family, shape)
        self.net = net

    def theta(self, n: int, **given: torch.Tensor) -> torch.Tensor:
        theta: torch.Tensor = self.net(**given)
        if theta.shape[0] != n:
            raise ValueError(f"the context is of {theta.shape[0]} samples, expected {n}")
        return theta
