"""Checks of orders: nothing beyond them gets through, all that was proved does, and samples follow the schedule."""

from __future__ import annotations

import math
from typing import Any

import torch
from torch import Tensor

from flowspec.verify.blame import leaking_layer, silent_layer
from flowspec.verify.checks.base import Check, at_most, is_small, yes
from flowspec.verify.measure import relative, worst
from flowspec.verify.moves import pairs_moved
from flowspec.verify.noise import fixed_noise, generator, mixed
from flowspec.verify.result import Result
from flowspec.verify.subject import Subject, named_order
from flowspec.verify.units import Unit, claims, factored
from flowspec.verify.weights import GENERIC, POSITIVE

STILL = 1e-9  # a change of parameters below this is rounding
DRAWS = 12
DEGENERATE = "FS409"


def is_ordered(subject: Subject) -> bool:
    """Whether the model, or a density in it, has an order."""
    return any(hasattr(m, "of_order") for m in subject.model().modules())


def ordered(subject: Subject, model: Any, salt: int) -> list[Unit]:
    """The densities with an order, on data of their own for each salt."""
    return [unit for unit in factored(subject, model, 2, salt) if unit.is_ordered]


def sound(subject: Subject) -> Result:
    """No parameter of conditional i moves when a variable outside its dependency changes, in either mode."""
    largest, pairs = 0.0, 0
    for training in (False, True):
        for draw, kind in enumerate((GENERIC, POSITIVE, GENERIC)):
            model = subject.model(draw, kind).train(training)
            for unit in ordered(subject, model, draw):
                for order in unit.orders:
                    forbidden = ~_earlier(subject, unit, order)
                    moved = pairs_moved(unit, order, mixed(subject.seed, draw)) * forbidden
                    pairs += int(forbidden.sum())
                    if not worst(moved) <= STILL:
                        return _leak(subject, unit, order, moved, training)
                    largest = max(largest, worst(moved))
    return at_most(largest, STILL, f"{pairs:,} forbidden pairs flipped, in train and eval mode")


def _earlier(subject: Subject, unit: Unit, order: int | None) -> Tensor:
    """The pairs that were proved and lie before each other in the order."""
    claim = claims(subject, unit, order)
    place = torch.empty(unit.size, dtype=torch.long)
    place[list(claim.sequence)] = torch.arange(unit.size)
    return claim.relation & (place[None, :] < place[:, None])


def _leak(subject: Subject, unit: Unit, order: int | None, moved: Tensor, training: bool) -> Result:
    i, j = divmod(int(moved.nan_to_num(torch.inf).argmax()), unit.size)
    where = (f" under order {order}" if order is not None else "") + (" in train mode" if training else "")
    fault = f"the parameters of variable {i} move by {moved[i, j]:.2g} when variable {j} changes{where}"
    node = leaking_layer(subject, unit, order, training) or unit.name
    return at_most(worst(moved), STILL, fault=fault, node=node)


def tight(subject: Subject) -> Result:
    """Every pair that was proved moves for some weights and some x."""
    if any(finding.code == DEGENERATE for finding in subject.report.diagnostics):
        return yes("not claimed: a norm over one or two units may hide context")
    missing: dict[tuple[str, int | None], Tensor] = {}
    total = 0
    for draw in range(DRAWS):
        model = subject.model(draw, POSITIVE if draw % 3 == 0 else GENERIC)
        for unit in ordered(subject, model, draw):
            for order in unit.orders:
                key = (unit.name, order)
                claim = claims(subject, unit, order).relation
                total += int(claim.sum()) if key not in missing else 0
                still = missing.get(key, claim)
                if still.any():
                    still = still & (pairs_moved(unit, order, mixed(subject.seed, draw)) <= STILL)
                missing[key] = still
        if not any(still.any() for still in missing.values()):
            break
    return _tightness(subject, missing, total)


def _tightness(subject: Subject, missing: dict[tuple[str, int | None], Tensor], total: int) -> Result:
    lost = sum(int(still.sum()) for still in missing.values())
    if not lost:
        return at_most(0, 0, f"all {total:,} proved pairs move")
    name, order = next(key for key, still in missing.items() if still.any())
    i, j = (int(v) for v in missing[name, order].nonzero()[0])
    unit = next(u for u in ordered(subject, subject.model(0, POSITIVE), 0) if u.name == name)
    fault = f"{lost} of {total:,} proved pairs never move: variable {i} does not see variable {j}, nor do others"
    return at_most(lost, 0, fault=fault, node=silent_layer(subject, unit, order) or name)


def schedule(subject: Subject) -> Result:
    """The sampler's levels give the samples that drawing one variable at a time gives, from the same noise."""
    model, gap, count = subject.model(), 0.0, 0
    for unit in ordered(subject, model, 9):
        n = len(unit.x)
        for order in unit.orders:
            found = unit.module.sample(n, generator=generator(subject.seed, 13), **named_order(order), **unit.given)
            expected = _one_by_one(subject, unit, order)
            gap = max(gap, worst(relative(found, expected)))
            count += 1
    return at_most(gap, 1e-8, f"{count} samplers against one variable at a time")


def _one_by_one(subject: Subject, unit: Unit, order: int | None) -> Tensor:
    module, n = unit.module, len(unit.x)
    with torch.no_grad(), fixed_noise(subject.seed):
        given = module.admit_given(n, unit.given)
        noise = module.uniform(n, module.family.noise, generator(subject.seed, 13))
        x = torch.zeros(n, *module.shape, dtype=noise.dtype)
        for v in claims(subject, unit, order).sequence:
            drawn = module.family.sample(noise, module.of_order(x, order, given))
            x.flatten(1)[:, v] = drawn.flatten(1)[:, v]
    return x


def ensemble(subject: Subject) -> Result:
    """The density is the mean of the members' densities, in both modes; and the members differ."""
    model = subject.model()
    x, given = subject.data(16)
    gap = 0.0
    for training in (False, True):
        model.train(training)
        members = torch.stack([model.log_prob(x, order=k, **given) for k in subject.orders])
        expected = members.logsumexp(0) - math.log(len(members))
        gap = max(gap, worst(relative(model.log_prob(x, **given), expected)))
    return at_most(
        gap,
        1e-10,
        f"{len(members)} orders, mixed in probability",
        "it is not the mean of the members' densities",
        "log_prob",
    )


def is_ensemble(subject: Subject) -> bool:
    """Whether several orders are mixed."""
    return subject.orders != (None,)


CHECKS = (
    Check("no leak", sound, is_ordered, is_small),
    Check("no proved pair lost", tight, is_ordered, is_small),
    Check("ensemble of orders", ensemble, is_ensemble),
    Check("sampling levels", schedule, is_ordered, is_small),
)
