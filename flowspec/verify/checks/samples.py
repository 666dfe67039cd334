"""Checks of samples: they lie in the support, and follow the density."""

from __future__ import annotations

from typing import Any

import torch
from torch import Tensor

from flowspec.verify import stats
from flowspec.verify.checks.base import Check, at_least, is_small, no, yes
from flowspec.verify.checks.density import OUTSIDE, has_few_states, has_terms, is_countable
from flowspec.verify.reference import distribution, quantile
from flowspec.verify.result import Result
from flowspec.verify.subject import Subject, named_order, repeated
from flowspec.verify.units import Unit, drawn, units
from flowspec.verify.weights import GENERIC, MILD

SAMPLES, CHUNK = 5000, 250
QUANTILES = 128
UNLIKELY = 1e-6


def support(subject: Subject) -> Result:
    """Samples are finite and inside the values of x."""
    n = 16 if is_small(subject) else 4
    model, kind = _in_range(subject, n)
    _, given = subject.data(n)
    x = model.sample(n, generator=subject.source(8), **given)
    if not x.isfinite().all():
        return no("a sample is not finite", "sample")
    if any(f.code == OUTSIDE for f in subject.report.diagnostics):
        return yes("finite; the check says that they may leave the values of x")
    inside = f"{n} samples, finite and inside{'' if kind == GENERIC else f', under {kind} weights'}"
    return yes(inside) if subject.values.inside(x) else no("a sample lies outside", "sample")


def _in_range(subject: Subject, n: int) -> tuple[Any, str]:
    """A model that is sampled from, and its kind of weights: generic ones, but mild ones where samples under those leave
    the range of float64. Stacked scales, and heads that read what they made, multiply up, which is no fault of a sampler;
    what is wrong in one gives infinite samples under any weights."""
    _, given = subject.data(n)
    model = subject.model()
    x = model.sample(n, generator=subject.source(8), **given)
    return (model, GENERIC) if x.isfinite().all() else (subject.model(0, MILD), MILD)


def frequencies(subject: Subject) -> Result:
    """How often each state is drawn fits its probability."""
    model = subject.model()
    x = subject.values.states(subject.shape)
    _, given = subject.data(1)
    with torch.no_grad():
        p = model.log_prob(x, **repeated(given, len(x))).exp()
    source = subject.source(8)
    found = torch.cat(
        [model.sample(CHUNK, generator=source, **repeated(given, CHUNK)) for _ in range(SAMPLES // CHUNK)]
    )
    counts = torch.bincount(_number(subject, found), minlength=len(x))
    p_value = stats.chi_squared(counts, p * SAMPLES)
    return at_least(p_value, UNLIKELY, f"p-value of {SAMPLES:,} samples", "samples do not follow log_prob", "sample")


def _number(subject: Subject, x: Tensor) -> Tensor:
    """The row of each sample among the states."""
    number = torch.zeros(len(x), dtype=torch.long)
    for column, n in zip(x.flatten(1).long().T, subject.values.sizes(subject.shape).flatten().tolist(), strict=True):
        number = number * n + column
    return number


def quantiles(subject: Subject) -> Result:
    """Samples, put through the distribution functions of their conditionals, are uniform (Rosenblatt 1952)."""
    (model, _), least, node, count = _in_range(subject, QUANTILES), 1.0, "", 0
    for unit, order in _sampled(subject, model):
        p = _p_values(subject, unit, order)
        count += len(p)
        if float(p.min()) < least:
            least, node = float(p.min()), unit.name or "sample"
    least = min(1.0, least * count)  # Bonferroni
    detail = f"p-value of {count} variables, {QUANTILES} samples"
    return at_least(least, UNLIKELY, detail, "samples do not follow the conditionals", node)


def _sampled(subject: Subject, model: Any) -> list[tuple[Unit, int | None]]:
    """Densities on samples: of the model itself, on the parts of its samples, or on what they drew on the way."""
    _, given = subject.data(QUANTILES)
    if not subject.is_flow:
        return [(_own(subject, model, order, given), order) for order in subject.orders]
    if not subject.is_exact:
        return [(u, None) for u in drawn(subject, model, QUANTILES, given) if hasattr(u.module, "conditionals")]
    x = model.sample(QUANTILES, generator=subject.source(8), **given)
    return [(u, None) for u in units(subject, model, QUANTILES, at=(x, given)) if hasattr(u.module, "conditionals")]


def _own(subject: Subject, model: Any, order: int | None, given: dict[str, Tensor]) -> Unit:
    x = model.sample(QUANTILES, generator=subject.source(8), **named_order(order), **given)
    return Unit("", model, x, given, subject.values)


@torch.no_grad()
def _p_values(subject: Subject, unit: Unit, order: int | None) -> Tensor:
    x = unit.x.flatten(1).double()
    named = unit.module.conditionals(unit.x, **named_order(order), **unit.given)
    meant = distribution(unit.module.family, named, x)
    if meant is None:
        return torch.ones(1)
    u = torch.rand(x.shape, generator=subject.source(10), dtype=x.dtype)
    return stats.uniform(quantile(meant, x, u))  # of each variable, and of all together


CHECKS = (
    Check("support of samples", support),
    Check("samples against all states", frequencies, is_countable, has_few_states),
    Check("quantiles of samples", quantiles, has_terms, is_small),
)
