"""Checks of estimates: log-determinants whose trace is taken along random directions."""

from __future__ import annotations

import torch
from torch import Tensor

from flowspec.verify.checks.base import Check, at_most, is_small
from flowspec.verify.measure import worst
from flowspec.verify.moves import jacobian
from flowspec.verify.noise import fixed_noise, seeded
from flowspec.verify.result import Result
from flowspec.verify.subject import Subject
from flowspec.verify.units import Unit, flows
from flowspec.verify.weights import MILD

BATCH = 2
DRAWS = 1024  # of the directions of each sample


def is_estimate(subject: Subject) -> bool:
    """Whether the log-determinant of a flow is an estimate, and z a function of x and noise that knows nothing of it."""
    return subject.is_flow and subject.estimates and not subject.draws


def unbiased(subject: Subject) -> Result:
    """The mean of log_det over many directions is log|det| of the autograd Jacobian.

    The tolerance is six standard errors of the mean, and the accuracy of the solver.
    """
    gap = 0.0
    for unit in flows(subject, subject.model(0, MILD), BATCH):
        _, J = jacobian(lambda x, unit=unit: _encode(subject, unit, x)[0], unit.x)
        mean, error = _mean(subject, unit)
        off = (mean - torch.linalg.slogdet(J)[1]).abs()
        limit = subject.accuracy * (1 + mean.abs()) + 6 * error
        gap = max(gap, worst(off / limit))
        if not gap <= 1:
            return at_most(gap, 1.0, fault="the mean of log_det is not that of the Jacobian", node=unit.name or "flow")
    return at_most(gap, 1.0, f"mean of {DRAWS:,} draws against slogdet, in units of six standard errors")


def _encode(subject: Subject, unit: Unit, x: Tensor) -> tuple[Tensor, Tensor]:
    with seeded(subject.seed), fixed_noise(subject.seed):
        found: tuple[Tensor, Tensor] = unit.module.encode(x, **unit.given)
    return found


def _mean(subject: Subject, unit: Unit) -> tuple[Tensor, Tensor]:
    """The mean of log_det over directions, (B,), and its standard error."""
    given = {name: value.repeat_interleave(DRAWS, 0) for name, value in unit.given.items()}
    with torch.no_grad(), seeded(subject.seed):
        found = unit.module.encode(unit.x.repeat_interleave(DRAWS, 0), **given)[1].view(BATCH, DRAWS)
    return found.mean(1), found.std(1) / DRAWS**0.5


CHECKS = (Check("mean of estimates", unbiased, is_estimate, is_small),)
