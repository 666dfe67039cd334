"""Checks of flows: both directions undo each other, the log-determinant is that of the Jacobian, and densities add up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from itertools import product

import numpy as np
import torch
from torch import Tensor

from flowspec.verify.checks import traces
from flowspec.verify.checks.base import Check, at_most, is_flow, is_small, no, yes
from flowspec.verify.measure import relative, worst
from flowspec.verify.moves import jacobian
from flowspec.verify.noise import fixed_noise, seeded
from flowspec.verify.result import Result
from flowspec.verify.steps import Step, composites, inverse_errors, log_det_error, shuffled, steps
from flowspec.verify.subject import Subject
from flowspec.verify.trace import density_calls
from flowspec.verify.units import Unit, flows
from flowspec.verify.weights import GENERIC, MILD, POSITIVE

EXACT = 1e-7  # float64, through all steps
SINGULAR = 1e-8
STILL = 1e-10
BATCH = 4
DRAWS = 9
DEGENERATE = "FS409"


def encode(subject: Subject, unit: Unit, x: Tensor) -> tuple[Tensor, Tensor]:
    """z and log_det under noise that is the same at every call."""
    with seeded(subject.seed), fixed_noise(subject.seed):
        found: tuple[Tensor, Tensor] = unit.module.encode(x, **unit.given)
    return found


def first_at_fault(subject: Subject, unit: Unit, error: Callable[[Step], float], tolerance: float) -> str:
    """The first step whose error is too large, and how many there are; else a block of steps, else the flow itself."""
    for candidates in (steps(subject, unit), composites(subject, unit)):
        bad = [step.label for step in candidates if not error(step) <= tolerance]
        if bad:
            return bad[0] + (f" and {len(bad) - 1} more" if len(bad) > 1 else "")
    return unit.name


# --- inverses --------------------------------------------------------------------------------------------------------


def round_trip(subject: Subject) -> Result:
    """decode(encode(x)) is x, where no encoder stands between."""
    limit = max(EXACT, subject.accuracy)
    model, gap = subject.model(0, MILD), 0.0
    for unit in flows(subject, model, BATCH):
        if unit.module.decoders:
            continue
        with torch.no_grad():
            z, _ = encode(subject, unit, unit.x)
            error = worst(relative(unit.module.decode(z, **unit.given), unit.x))
        gap = max(gap, error)
        if not error <= limit:
            node = first_at_fault(subject, unit, lambda step: inverse_errors(step)[0], limit)
            return at_most(error, limit, fault="decode(encode(x)) is not x", node=node or "decode")
    return at_most(gap, limit, "decode(encode(x)) - x")


def inverse_round_trip(subject: Subject) -> Result:
    """encode(decode(z)) is z, for z that no x was encoded to."""
    limit = max(EXACT, subject.accuracy)
    model, gap = subject.model(0, MILD), 0.0
    for unit in flows(subject, model, BATCH):
        with torch.no_grad():
            z = shuffled(encode(subject, unit, unit.x)[0])
            x = unit.module.decode(z, **unit.given)
            error = worst(relative(encode(subject, unit, x)[0], z))
        gap = max(gap, error)
        if not error <= limit:
            node = first_at_fault(subject, unit, lambda step: inverse_errors(step)[1], limit)
            return at_most(error, limit, fault="encode(decode(z)) is not z", node=node or "decode")
    return at_most(gap, limit, "encode(decode(z)) - z")


def is_function(subject: Subject) -> bool:
    """Whether z is a function of x and of noise that knows nothing of x, and its log-determinant no estimate."""
    return subject.is_flow and not subject.draws and not subject.estimates


def is_exact_flow(subject: Subject) -> bool:
    """Whether z has no noise, so that the flow is a bijection; that of a trace is in the log-determinant alone."""
    return subject.is_flow and (subject.is_exact or subject.cls.LIKELIHOOD == "estimate") and not subject.is_bound


def step_round_trips(subject: Subject) -> Result:
    """Every step undoes itself, both ways."""
    limit = max(EXACT, subject.accuracy)
    model, gap, count = subject.model(2), 0.0, 0
    for unit in flows(subject, model, BATCH, 2):
        for step in (*steps(subject, unit), *composites(subject, unit)):
            error = max(inverse_errors(step))
            gap, count = max(gap, error), count + 1
            if not error <= limit:
                return at_most(error, limit, fault="a step and its inverse disagree", node=step.label)
    return at_most(gap, limit, f"{count} steps, both ways")


# --- log-determinants ------------------------------------------------------------------------------------------------


def log_det(subject: Subject) -> Result:
    """log_det is log|det| of the autograd Jacobian."""
    gap, limit = 0.0, max(SINGULAR, subject.accuracy)
    for draw in range(2):
        for unit in flows(subject, subject.model(draw), BATCH, draw):
            z, found = encode(subject, unit, unit.x)
            _, J = jacobian(lambda x, unit=unit: encode(subject, unit, x)[0], unit.x)
            J = _moving(z, J)
            error = worst(relative(found, torch.linalg.slogdet(J)[1]))
            gap = max(gap, error)
            if not error <= limit:
                return _wrong_log_det(subject, unit, error, found)
    return at_most(gap, limit, f"against slogdet of {J.shape[1]}x{J.shape[1]} Jacobians")


def _moving(z: Tensor, J: Tensor) -> Tensor:
    """The rows of a Jacobian that volumes hang on, where z has more entries than x: integers have none. (B, 0, 0) if z
    holds integers alone, and the log of that determinant is 0."""
    if J.shape[1] == J.shape[2]:
        return J
    real = (z != z.floor()).any(0)
    return J[:, real] if real.any() else J[:, :0, :0]


def _wrong_log_det(subject: Subject, unit: Unit, error: float, found: Tensor) -> Result:
    """Names the step whose log-det is wrong; or, where all are right, the one that is missing from the sum."""
    limit = max(SINGULAR, subject.accuracy)
    node = first_at_fault(subject, unit, lambda step: log_det_error(step, subject.seed), limit)
    if node != unit.name:
        return at_most(error, limit, fault="log_det is not that of the Jacobian", node=node)
    every = steps(subject, unit)
    rest = sum((step.log_det for step in every), torch.zeros_like(found)) - found
    lost = [s.label for s in every if worst(relative(s.log_det, rest)) <= limit and worst(rest.abs()) > limit]
    fault = "log_det leaves a step out" if lost else "log_det is not the sum of those of the steps"
    return at_most(error, limit, fault=fault, node=lost[0] if lost else unit.name or "flow")


# --- dependency ------------------------------------------------------------------------------------------------------


def dependency(subject: Subject) -> Tensor:
    """(D, D) what each entry of z was proved to depend on."""
    return torch.from_numpy(np.asarray(subject.report.dependency()))


def pattern(subject: Subject, draw: int, training: bool) -> Tensor:
    """(D, D) the largest entries of the Jacobian over a few samples, relative to the largest of all."""
    kind = MILD if subject.draws else POSITIVE if draw % 3 == 0 else GENERIC  # scales that are drawn with grow fast
    model = subject.model(draw, kind).train(training)
    x, given = subject.data(BATCH, draw)
    unit = Unit("", model, x, given, subject.values)
    _, J = jacobian(lambda v: encode(subject, unit, v)[0], x)
    size = J.abs().amax((1, 2), keepdim=True)
    found: Tensor = (J.abs() / (size + (size == 0))).amax(0)
    return torch.maximum(found, _flips(subject, unit, draw)) if subject.values.discrete and not training else found


def _flips(subject: Subject, unit: Unit, draw: int) -> Tensor:
    """(len z, D) how far entries of z go when one integer is changed, all else equal: rounding has no derivative."""
    moved = subject.values.moved(unit.x, subject.source(11, draw)).flatten(1)
    change = torch.zeros(())
    for k, here in enumerate(unit.x.flatten(1)):
        rows = torch.where(torch.eye(len(here), dtype=torch.bool), moved[k], here)
        every = torch.cat([here[None], rows]).view(-1, *unit.x.shape[1:])
        alone = replace(unit, given={name: value[k : k + 1] for name, value in unit.given.items()})
        with torch.no_grad():  # one at a time: rows of a batch meet different noise
            z = torch.cat([encode(subject, alone, row[None])[0] for row in every])
        change = torch.maximum(change, (z[1:] - z[:1]).abs().T)
    return change / change.amax().clamp(min=1)


def sound(subject: Subject) -> Result:
    """The Jacobian is zero wherever no dependency was proved."""
    claim, largest = dependency(subject), 0.0
    for draw, training in product(range(3), (False, True)):
        outside = pattern(subject, draw, training) * ~claim
        largest = max(largest, worst(outside))
        if not largest <= STILL:
            i, j = divmod(int(outside.nan_to_num(torch.inf).argmax()), subject.size)
            return at_most(largest, STILL, fault=f"z[{i}] depends on x[{j}], which was ruled out", node="flow")
    return at_most(largest, STILL, f"{int((~claim).sum()):,} entries of the Jacobian are zero, in both modes")


def tight(subject: Subject) -> Result:
    """Every proved dependency is a nonzero entry of the Jacobian, for some weights and some x, in one of the modes."""
    if subject.draws:
        return yes("not claimed: noise that a step draws given x is taken to depend on all of it")
    if any(finding.code == DEGENERATE for finding in subject.report.diagnostics):
        return yes("not claimed: a norm over one or two units may hide context")
    claim = dependency(subject)
    missing = claim.clone()
    for draw, training in product(range(DRAWS), (False, True)):
        missing &= pattern(subject, draw, training) == 0
        if not missing.any():
            break
    lost = int(missing.sum())
    if not lost:
        return at_most(0, 0, f"all {int(claim.sum()):,} proved pairs are nonzero")
    i, j = (int(v) for v in missing.nonzero()[0])
    return at_most(lost, 0, fault=f"{lost} proved pairs are always zero: z[{i}] by x[{j}] first", node="flow")


# --- densities of parts ----------------------------------------------------------------------------------------------


def adds_up(subject: Subject) -> Result:
    """log_prob is log_det plus the log-densities of the parts, and the parts hold every entry of z once."""
    model, gap = subject.model(), 0.0
    for unit in flows(subject, model, BATCH):
        with torch.no_grad(), fixed_noise(subject.seed), density_calls(unit.module, "log_prob") as calls:
            total = unit.module.log_prob(unit.x, **unit.given)
        with torch.no_grad():
            z, log_det = encode(subject, unit, unit.x)
        direct = [call for call in calls if call.depth == 0]
        parts = torch.cat([call.args[0].flatten(1) for call in direct], 1)
        if not unit.module.decoders and not _same_entries(parts, z):
            return no("the parts that reach densities are not the entries of z", unit.name or "base")
        expected = log_det + torch.stack([call.output for call in direct]).sum(0)
        error = worst(relative(total, expected))
        gap = max(gap, error)
        if not error <= 1e-10:
            return at_most(error, 1e-10, fault="log_prob is not log_det + base", node=unit.name or "log_prob")
    return at_most(gap, 1e-10, f"log_det + {len(direct)} densities of parts")


def _same_entries(a: Tensor, b: Tensor) -> bool:
    return a.shape == b.shape and worst(relative(a.sort(1).values, b.sort(1).values)) <= 1e-12


CHECKS = (
    Check("round trip of x", round_trip, is_flow),
    Check("round trip of z", inverse_round_trip, is_exact_flow),
    Check("round trip of each step", step_round_trips, is_flow),
    Check("log-determinant", log_det, is_function, is_small),
    *traces.CHECKS,
    Check("no dependency beyond the proved", sound, is_flow, is_small),
    Check("no proved dependency lost", tight, is_flow, is_small),
    Check("sum of log-densities", adds_up, is_flow),
)
