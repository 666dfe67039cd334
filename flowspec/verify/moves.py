"""Who moves whom: each variable of x is changed in turn, and the parameters of every conditional are watched."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from flowspec.verify.measure import relative
from flowspec.verify.noise import fixed_noise, generator, seeded
from flowspec.verify.subject import named_order, repeated
from flowspec.verify.units import Unit

CHUNK = 2**22  # numbers in one batch of parameters


def theta(unit: Unit, x: Tensor, order: int | None) -> Tensor:
    """All parameters of every conditional, (B, D, P), in the context of the unit's first sample.

    The channels of a site that is modelled as a whole have the same ones.
    """
    given = repeated(unit.given, len(x))
    named = unit.module.conditionals(x, **named_order(order), **given)
    rows = torch.cat([value.reshape(*value.shape[:2], -1) for value in named.values()], 2)
    return rows.repeat(1, unit.size // rows.shape[1], 1)


def pairs_moved(unit: Unit, order: int | None, seed: int) -> Tensor:
    """(D, D) how far the parameters of conditional i move, relative to their size, when x_j changes to another value.

    Noise (dropout, say) is the same before and after.
    """
    with torch.no_grad(), seeded(seed), fixed_noise(seed):
        width = theta(unit, unit.x[:1], order)[0].numel()
    rows = max(1, CHUNK // max(width, 1))
    found = [_moved(unit, order, seed, torch.arange(unit.size)[k : k + rows]) for k in range(0, unit.size, rows)]
    return torch.cat(found).T


def _moved(unit: Unit, order: int | None, seed: int, variables: Tensor) -> Tensor:
    """(len(variables), D): row k is what changing variable k of the list does."""
    base = unit.x[:1].expand(len(variables), *unit.x.shape[1:])
    other = one_moved(unit, variables, seed)
    before, after = (_under_noise(unit, x, order, seed) for x in (base, other))
    return relative(after, before).amax(2)


def one_moved(unit: Unit, variables: Tensor, seed: int) -> Tensor:
    """The unit's first sample once for each listed variable, with that variable at another legal value."""
    base = unit.x[:1].expand(len(variables), *unit.x.shape[1:])
    values = unit.values.moved(base, generator(seed, 11)).to(base.dtype)
    row = torch.arange(len(variables))
    found = base.flatten(1).clone()
    found[row, variables] = values.flatten(1)[row, variables]
    return found.view(base.shape)


def _under_noise(unit: Unit, x: Tensor, order: int | None, seed: int) -> Tensor:
    with torch.no_grad(), seeded(seed), fixed_noise(seed):
        return theta(unit, x, order)


def jacobian(f: Any, x: Tensor) -> tuple[Tensor, Tensor]:
    """f(x) as (B, D), and its Jacobian sample by sample, (B, D, D); samples must not depend on each other."""
    x = x.detach().to(torch.float64).requires_grad_(True)
    y: Tensor = f(x)
    y = y.flatten(1)
    rows, total = torch.eye(y.shape[1], dtype=y.dtype), y.sum(0)
    options: dict[str, Any] = {"allow_unused": True, "materialize_grads": True, "retain_graph": True}
    try:
        J = torch.autograd.grad(total, x, rows, is_grads_batched=True, **options)[0]  # one backward pass for all rows
    except RuntimeError:  # the adjoint of an ODE takes them one by one
        J = torch.stack([torch.autograd.grad(total, x, row, **options)[0] for row in rows])
    return y.detach(), J.flatten(2).transpose(0, 1)
