"""Checks of estimates: log-determinants whose trace is taken along random directions."""

from __future__ import annotations

import torch
from torch import Tensor

from flowspec.verify.checks.base import Check, at_most, is_small
from flowspec.verify.measure import worst
from flowspec.verify.moves import jacobian
from flowspec.verify.noise import seeded
from flowspec.verify.result import Result
from flowspec.verify.steps import Step, steps
from flowspec.verify.subject import Subject
from flowspec.verify.units import flows
from flowspec.verify.weights import MILD

BATCH = 2
DRAWS = 1024  # of the directions of each sample


def is_estimate(subject: Subject) -> bool:
    """Whether some step gives an estimate of its log-determinant."""
    return subject.is_flow and subject.estimates


def is_estimated(step: Step) -> bool:
    """Whether a step gives an estimate."""
    return getattr(step.module, "trace", "exact") != "exact"


def unbiased(subject: Subject) -> Result:
    """The mean of a step's log_det over many directions is log|det| of its autograd Jacobian.

    The tolerance is six standard errors of the mean, and the accuracy of the solver.
    """
    gap, count = 0.0, 0
    for unit in flows(subject, subject.model(0, MILD), BATCH):
        for step in filter(is_estimated, steps(subject, unit)):
            mean, error = _mean(step, subject.seed)
            _, J = jacobian(lambda x, step=step: step.forward(x)[0], step.x)
            limit = subject.accuracy * (1 + mean.abs()) + 6 * error
            off = worst((mean - torch.linalg.slogdet(J)[1]).abs() / limit)
            gap, count = max(gap, off), count + 1
            if not off <= 1:
                return at_most(off, 1.0, fault="the mean of log_det is not that of the Jacobian", node=step.label)
    return at_most(
        gap, 1.0, f"{count} steps, means of {DRAWS:,} draws against slogdet, in units of six standard errors"
    )


def _mean(step: Step, seed: int) -> tuple[Tensor, Tensor]:
    """The mean of log_det over directions, (B,), and its standard error."""
    given = {name: value.repeat_interleave(DRAWS, 0) for name, value in step.kwargs.items()}
    with torch.no_grad(), seeded(seed):
        _, found = step.module(step.x.repeat_interleave(DRAWS, 0), **given)
    drawn = found.view(-1, DRAWS)
    return drawn.mean(1), drawn.std(1) / DRAWS**0.5


CHECKS = (Check("mean of estimates", unbiased, is_estimate, is_small),)
