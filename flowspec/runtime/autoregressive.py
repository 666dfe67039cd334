"""Autoregressive densities: one distribution for each variable, given the variables before it."""

from __future__ import annotations

import math

import torch

from flowspec.runtime.densities import Density
from flowspec.runtime.families.base import Family
from flowspec.runtime.masks import home, label_rows


class Autoregressive(Density):
    """log p(x) = sum_i log p(x_i; theta_i), where theta_i depends on variables of lower levels only.

    A subclass says theta(x, **given), (B, *shape, size), or with one row a site, (B, 1, *sites, size), where the family
    models its channels together: log p of a site is then the term of its last channel. `levels` has one integer per
    variable, row-major: variables of a level are drawn together. For an ensemble of K orders `levels` is a list of K such
    lists, theta takes `order`, and the density is the mean of the members' densities, in train mode as in eval mode.
    """

    level_of: torch.Tensor

    def __init__(self, family: Family, shape: tuple[int, ...], levels: list[int] | range | list[list[int]]) -> None:
        super().__init__(shape)
        self.family = family
        self.levels = label_rows(levels)
        self.orders = len(self.levels)
        self.reset_buffers()

    def reset_buffers(self, device: torch.device | None = None) -> None:
        """Rebuild what a state_dict does not carry."""
        super().reset_buffers(device)
        level_of = torch.tensor(self.levels, device="cpu").view(-1, *self.shape)  # (K, *shape)
        self.register_buffer("level_of", level_of.to(device or home(self)), persistent=False)

    def theta(self, x: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        """The parameters of every variable or site; those of variable i depend on earlier ones only."""
        raise NotImplementedError

    def of_order(self, x: torch.Tensor, order: int | None, given: dict[str, torch.Tensor]) -> torch.Tensor:
        """theta, of one member if there are several."""
        if self.orders == 1:
            return self.theta(x, **given)
        if order is None or not 0 <= order < self.orders:
            raise ValueError(f"order={order}: this is an ensemble of orders, say one of 0..{self.orders - 1}")
        return self.theta(x, order=order, **given)  # type: ignore[arg-type]

    def terms(self, x: torch.Tensor, order: int | None = None, **given: torch.Tensor) -> torch.Tensor:
        """The log-probability of each variable given those before it, (B, D)."""
        x, given = self.admit(x, given)
        return self.family.log_prob(x, self.of_order(x, order, given)).flatten(1)

    def conditionals(self, x: torch.Tensor, order: int | None = None, **given: torch.Tensor) -> dict[str, torch.Tensor]:
        """The parameters of each variable (or site) given those before it, by name, (B, D, ...)."""
        x, given = self.admit(x, given)
        named = self.family.named(self.of_order(x, order, given))
        return {name: value.flatten(1, len(self.shape)) for name, value in named.items()}

    def log_prob(  # type: ignore[override]
        self, x: torch.Tensor, order: int | None = None, **given: torch.Tensor
    ) -> torch.Tensor:
        """(B, *shape) -> (B,), in nats; of one member if `order` says so, else of the whole ensemble."""
        if self.orders == 1 or order is not None:
            return self.terms(x, order, **given).sum(1)
        joint = torch.stack([self.terms(x, k, **given).sum(1) for k in range(self.orders)])
        return joint.logsumexp(0) - math.log(self.orders)

    @torch.no_grad()
    def sample(  # type: ignore[override]
        self, n: int, *, generator: torch.Generator | None = None, order: int | None = None, **given: torch.Tensor
    ) -> torch.Tensor:
        """(n, *shape); the noise is drawn first, in variable order, and then each sample's member of an ensemble."""
        given = self.admit_given(n, given)
        noise = self.uniform(n, self.family.noise, generator)
        if self.orders == 1 or order is not None:
            return self.draw(noise, order, given)
        member = torch.randint(self.orders, (n,), generator=generator, device=noise.device)
        x = noise.new_empty(n, *self.shape)
        for k in member.unique().tolist():
            own = member == k
            x[own] = self.draw(noise[own], k, {name: value[own] for name, value in given.items()})
        return x

    def draw(self, noise: torch.Tensor, order: int | None, given: dict[str, torch.Tensor]) -> torch.Tensor:
        """One pass for each level: its variables are drawn from what the levels before it have become."""
        x = noise.new_zeros(noise.shape[:-1])
        member = order or 0
        for level in sorted(set(self.levels[member])):
            theta = self.of_order(x, order, given)
            x = torch.where(self.level_of[member] == level, self.family.sample(noise, theta), x)
        return x
