"""Autoregressive densities: one distribution for each variable, given the variables before it."""

from __future__ import annotations

import math

import torch

from flowspec.runtime.densities import Density
from flowspec.runtime.families.base import Family
from flowspec.runtime.masks import home, label_rows
from flowspec.runtime.observed import Predecessors, observation


class Autoregressive(Density):
    """log p(x) = sum_i log p(x_i; theta_i), where theta_i depends on variables of lower levels only.

    A subclass says theta(x, **given), (B, *shape, size), or with one row a site, (B, 1, *sites, size), where the family
    models its channels together: log p of a site is then the term of its last channel. `levels` has one integer per
    variable, row-major: variables of a level are drawn together. For an ensemble of K orders `levels` is a list of K
    such lists, theta takes `order`, and the density is the mean of the members' densities, in train and eval mode.

    `ranks` is where each variable stands in the order, in the form of `levels`, by which it is when they are left out;
    `knows` lists what each variable depends on, for a graph. Both serve to tell what may be observed in `sample`.
    `reach` holds for each spatial axis the least and greatest displacement at which theta reads x, for nets that are
    the same at every site: sampling then runs them on the part of x that a level needs.
    """

    level_of: torch.Tensor

    def __init__(
        self,
        family: Family,
        shape: tuple[int, ...],
        levels: list[int] | range | list[list[int]],
        ranks: list[int] | range | list[list[int]] | None = None,
        knows: dict[int, list[int]] | None = None,
        reach: list[list[int]] | None = None,
    ) -> None:
        super().__init__(shape)
        self.family = family
        self.levels = label_rows(levels)
        self.orders = len(self.levels)
        rows = self.levels if ranks is None else label_rows(ranks)
        self.reach = reach
        self.before = [Predecessors(row, own, knows) for row, own in zip(rows, self.levels, strict=True)]
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
        return self.possible(x, self.family.log_prob(x, self.of_order(x, order, given)).flatten(1))

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
        self,
        n: int,
        *,
        generator: torch.Generator | None = None,
        temperature: float = 1.0,
        order: int | None = None,
        observed: torch.Tensor | None = None,
        mask: torch.Tensor | None = None,
        **given: torch.Tensor,
    ) -> torch.Tensor:
        """(n, *shape); the noise is drawn first, in variable order, and then each sample's member of an ensemble. At a
        `temperature` above 0 other than 1 each conditional is drawn from as Family.tempered says.

        With `observed`, (*shape) or (n, *shape), and a boolean `mask` of either shape that is True where x is observed:
        the other variables given these, exactly. That takes an order in which no observed variable depends on another
        one; ValueError otherwise (also where the order alone would allow it, except on graphs). A member of an ensemble
        is then drawn in proportion to the probability that it gives to what is observed.
        """
        if order is not None and not 0 <= order < self.orders:
            raise ValueError(f"order={order}: this is an ensemble of orders, say one of 0..{self.orders - 1}")
        context = self.admit_given(n, given)
        noise = self.uniform(n, self.family.noise, generator)
        if observed is None and mask is None:
            start, fixed = noise.new_zeros(n, *self.shape), torch.zeros_like(noise[:1, ..., 0], dtype=torch.bool)
        else:
            start, fixed = self.admit_observed(n, observed, mask, order, given)
        if self.orders == 1 or order is not None:
            return self.draw(noise, order, context, start, fixed, temperature)
        if mask is None:
            member = torch.randint(self.orders, (n,), generator=generator, device=noise.device)
        else:
            evidence = torch.stack([self.evidence(start, fixed, k, given) for k in range(self.orders)], 1)
            member = torch.multinomial(evidence.softmax(1), 1, generator=generator)[:, 0]
        x, fixed = start, fixed.expand(n, *self.shape)
        for k in member.unique().tolist():
            own = member == k
            some = {name: value[own] for name, value in context.items()}
            x[own] = self.draw(noise[own], k, some, start[own], fixed[own], temperature)
        return x

    def draw(
        self,
        noise: torch.Tensor,
        order: int | None,
        given: dict[str, torch.Tensor],
        start: torch.Tensor,
        fixed: torch.Tensor,
        temperature: float = 1.0,
    ) -> torch.Tensor:
        """One pass for each level: its variables are drawn from what the levels before it have become.

        x begins as `start`, and stays so where `fixed`, (n or 1, *shape) booleans, is True.
        """
        x, member, some = start.clone(), order or 0, bool(fixed.any())
        for level, (own, seen, within) in zip(sorted(set(self.levels[member])), self.boxes(member), strict=True):
            wanted = ((self.level_of[member] == level) & ~fixed)[own]
            if some and not wanted.any():
                continue
            theta = self.of_order(x[seen], order, given)[within]
            x[own] = torch.where(wanted, self.family.drawn(noise[own], theta, temperature), x[own])
        return x

    def boxes(self, member: int) -> list[tuple[tuple[slice, ...], tuple[slice, ...], tuple[slice, ...]]]:
        """For each level the box of the sites that are drawn, the box of x that they depend on, and the first within
        the second; everything where `reach` does not say how far nets look."""
        everything = (slice(None),)
        levels = sorted(set(self.levels[member]))
        if self.reach is None:
            return [(everything, everything, everything)] * len(levels)
        sizes = self.shape[-len(self.reach) :]
        level_of = torch.tensor(self.levels[member]).view(self.shape)
        found = []
        for level in levels:
            sites = (level_of == level).nonzero()[:, -len(sizes) :]
            first, last = sites.amin(0).tolist(), sites.amax(0).tolist()
            edges = [
                (a, b + 1, max(0, a + lo), min(n, b + hi + 1))
                for a, b, n, (lo, hi) in zip(first, last, sizes, self.reach, strict=True)
            ]
            lead = (slice(None),) * (1 + len(self.shape) - len(sizes))
            own = (*lead, *(slice(a, b) for a, b, _, _ in edges))
            seen = (*lead, *(slice(min(a, c), max(b, d)) for a, b, c, d in edges))
            within = (*lead, *(slice(a - min(a, c), b - min(a, c)) for a, b, c, _ in edges))
            found.append((own, seen, within))
        return found

    def evidence(
        self, x: torch.Tensor, fixed: torch.Tensor, order: int | None, given: dict[str, torch.Tensor]
    ) -> torch.Tensor:
        """The log-probability of what is fixed, (n,), which no other variable moves."""
        return torch.where(fixed.flatten(1), self.terms(x, order, **given), 0.0).sum(1)

    def admit_observed(
        self,
        n: int,
        observed: torch.Tensor | None,
        mask: torch.Tensor | None,
        order: int | None,
        given: dict[str, torch.Tensor],
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """The observed values of n samples with zeros for the rest, and where they are, (n or 1, *shape)."""
        name = getattr(self, "NAME", type(self).__name__)
        x, fixed = observation(name, self.like, (n, *self.shape), self.family.channels, observed, mask)
        self.check_observed(name, fixed, order)
        x, _ = self.admit(x, given)
        members = range(self.orders) if order is None else [order]
        possible = torch.stack([self.evidence(x, fixed, k, given) for k in members]).amax(0) > -torch.inf
        if not possible.all():
            raise ValueError(f"{name}: what is observed in sample {int((~possible).nonzero()[0])} has probability 0")
        return x, fixed

    def check_observed(self, name: str, fixed: torch.Tensor, order: int | None) -> None:
        """Raise ValueError unless the chain rule gives the rest exactly, under one member or under all of them."""
        members = range(self.orders) if order is None else [order]
        flat = fixed.flatten(1)
        blocked = {k: found for k in members if (found := self.before[k].blocked(flat)).any()}
        if not blocked:
            return
        k, found = next(iter(blocked.items()))
        row = int(found.any(1).nonzero()[0])
        i = int(found[row].nonzero()[0])
        j = next(j for j in self.before[k].of(i) if not flat[row, j])
        depend = "depend" if self.before[k].knows is not None else "may depend"
        rest = [k for k in members if k not in blocked]
        ways = f"; of this ensemble, order={', '.join(map(str, rest[:8]))} can do it" if rest else ""
        raise ValueError(
            f"{name}: {int(found[row].sum())} of {int(flat[row].sum())} observed variables {depend} on unobserved "
            f"ones, the first of them x[{self.index(i)}] on x[{self.index(j)}]: keeping them would not draw from the "
            f"conditional{ways}. It takes an order in which what is observed comes first: another order in the spec, "
            "or an ensemble (`order: {random: K}`) with a member that has it"
        )

    def index(self, i: int) -> str:
        """Variable i by its place in x."""
        return ", ".join(str(int(k)) for k in torch.unravel_index(torch.tensor(i), self.shape))
