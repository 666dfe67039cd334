"""Checks of models with steps that draw from a density of their own: posteriors, and variational dequantization."""

from __future__ import annotations

import math

import torch

from flowspec.verify.checks.base import Check, at_most
from flowspec.verify.checks.traces import is_estimate, is_estimated
from flowspec.verify.measure import relative, worst
from flowspec.verify.noise import fixed_noise, seeded
from flowspec.verify.result import Result
from flowspec.verify.steps import log_det_error, steps
from flowspec.verify.subject import Subject, repeated
from flowspec.verify.trace import Call, density_calls, is_step, layer_calls
from flowspec.verify.trace import draws as draws_itself
from flowspec.verify.units import flows
from flowspec.verify.weights import MILD

EXACT = 1e-7
SINGULAR = 1e-8
MOST_STATES = 256
ROWS = 20_000  # in all, so many draws for each state


def is_drawing(subject: Subject) -> bool:
    """Whether some step draws from a density of its own."""
    return subject.is_flow and subject.draws


def is_noisy(subject: Subject) -> bool:
    """Whether some step draws, or estimates: then the log-determinants are judged step by step."""
    return is_drawing(subject) or is_estimate(subject)


def log_densities(subject: Subject) -> Result:
    """What a draw says of its log-density is what the density says of it."""
    model = subject.model(0, MILD)
    x, given = subject.data(4)
    with torch.no_grad(), fixed_noise(subject.seed), density_calls(model, "rsample") as calls:
        model.log_prob(x, **given)
    gap, limit = 0.0, max(EXACT, subject.accuracy)
    for call in calls:
        drawn, log_q = call.output
        with torch.no_grad():
            error = worst(relative(call.module.log_prob(drawn, **call.kwargs), log_q))
        gap = max(gap, error)
        if not error <= limit:
            return at_most(error, limit, fault="a draw and log_prob disagree about log q", node=call.name)
    return at_most(gap, limit, f"log q of {len(calls)} draws against log_prob")


def taken_off(subject: Subject) -> Result:
    """Each step that draws takes log q off, and D ln N where it divides integers by N."""
    model, found = subject.model(0, MILD), list[Call]()
    x, given = subject.data(4)
    with torch.no_grad(), fixed_noise(subject.seed), density_calls(model, "rsample") as calls:
        found = layer_calls(model, lambda: model.log_prob(x, **given), _is_drawing_step)
    gap, limit = 0.0, max(EXACT, subject.accuracy)
    for step, call in zip(found, (call for call in calls if call.depth == 0), strict=True):
        scale = step.args[0][0].numel() * math.log(getattr(step.module, "n", 1))
        error = worst(relative(step.output[-1], -call.output[1] - scale))
        gap = max(gap, error)
        if not error <= limit:
            return at_most(error, limit, fault="log q is not taken off log p(x)", node=step.name)
    return at_most(gap, limit, f"log q of {len(found)} steps")


def _is_drawing_step(module: torch.nn.Module) -> bool:
    return is_step(module) and draws_itself(module)


def other_log_dets(subject: Subject) -> Result:
    """The steps that draw and estimate nothing: log|det| against autograd."""
    gap, count, limit = 0.0, 0, max(SINGULAR, subject.accuracy)
    for unit in flows(subject, subject.model(), 4):
        for step in steps(subject, unit):
            if not draws_itself(step.module) and not is_estimated(step):
                error, count = log_det_error(step, subject.seed), count + 1
                gap = max(gap, error)
                if not error <= limit:
                    return at_most(error, limit, fault="log_det is not that of the Jacobian", node=step.label)
    return at_most(gap, limit, f"{count} steps without noise of their own, against slogdet")


def has_few_states(subject: Subject) -> bool:
    """Whether all values of x can be listed, many times over."""
    return subject.values.discrete and subject.values.count_states(subject.shape) <= MOST_STATES


def is_drawing_integers(subject: Subject) -> bool:
    """Whether the bounds can be averaged over all x."""
    return is_drawing(subject) and subject.values.discrete


def averaged(subject: Subject) -> Result:
    """exp(log_prob) has P(x) as its mean over draws: over all x the means add up to no more than 1.

    The tolerance is six standard errors of the sum.
    """
    model = subject.model(0, MILD)
    x = subject.values.states(subject.shape)
    draws = ROWS // len(x)
    given = repeated(subject.data(1)[1], len(x) * draws)
    with torch.no_grad(), seeded(subject.seed):
        weights = model.log_prob(x.repeat_interleave(draws, 0), **given).exp().view(len(x), draws)
    total, error = float(weights.mean(1).sum()), float((weights.var(1) / draws).sum().sqrt())
    detail = f"{len(x):,} states, {draws} draws each: their means add up to {total:.4f} +- {error:.4f}"
    return at_most(total - 1, 6 * error + 1e-9, detail, detail, "log_prob")


CHECKS = (
    Check("log-densities of draws", log_densities, is_drawing),
    Check("log-densities taken off", taken_off, is_drawing),
    Check("log-determinants of steps", other_log_dets, is_noisy, lambda subject: subject.size <= 256),
    Check("means of exp(log_prob)", averaged, is_drawing_integers, has_few_states),
)
