"""Checks of densities: they are normalized, and mean what they say."""

from __future__ import annotations

import math

import torch
from torch import Tensor

from flowspec.verify.checks.base import Check, at_least, at_most, no
from flowspec.verify.grid import total_mass
from flowspec.verify.inputs import moved_given
from flowspec.verify.measure import relative, worst
from flowspec.verify.noise import fixed_noise
from flowspec.verify.reference import terms as expected_terms
from flowspec.verify.result import Result
from flowspec.verify.subject import Subject, named_order, repeated
from flowspec.verify.units import Unit, factored
from flowspec.verify.weights import MILD

MOST_STATES = 2**14
OUTSIDE = "FS315"  # the check says that samples may lie outside the data's values
DEGENERATE = "FS409"  # or that a norm may hide it
UNSEEN = "FS424"  # the check says that no parameter sees some context


# --- likelihood ------------------------------------------------------------------------------------------------------


def likelihood(subject: Subject) -> Result:
    """log_prob is the same under any noise if no step draws or estimates, and only then."""
    model = subject.model()
    x, given = subject.data(16)
    with fixed_noise(subject.seed):
        one = model.log_prob(x, **given)
    with fixed_noise(subject.seed + 1):
        other = model.log_prob(x, **given)
    gap = worst((one - other).abs())
    if subject.is_exact:
        kind = subject.cls.LIKELIHOOD
        return at_most(gap, 0.0, f"{kind}: no noise in log_prob", "log_prob has no noise, and noise changes it")
    if subject.is_bound_by_views:
        return at_most(gap, 0.0, "a bound by a view: no noise in log_prob", "log_prob has noise, and views have none")
    return at_least(gap, 1e-12, f"{subject.cls.LIKELIHOOD}: noise changes log_prob", "no noise in what is not exact")


def context(subject: Subject) -> Result:
    """Every context changes log_prob."""
    seen: dict[str, int] = dict.fromkeys(subject.cls.GIVEN, 0)
    for draw in range(3):
        model = subject.model(draw)
        x, given = subject.data(8, draw)
        before = subject.log_prob(model, x, given)
        for name in seen:
            other = moved_given(subject.cls.GIVEN, name, given, subject.source(6, draw))
            seen[name] += int((subject.log_prob(model, x, other) != before).sum())
    blind = [name for name, count in seen.items() if not count]
    if blind and not any(f.code in (UNSEEN, DEGENERATE) for f in subject.report.diagnostics):
        return no(f"log_prob is the same whatever `{blind[0]}` is", blind[0])
    return at_least(min(seen.values()), 0 if blind else 1, "of 24 samples feel each context")


def has_context(subject: Subject) -> bool:
    """Whether the model is given something."""
    return bool(subject.cls.GIVEN)


# --- conditionals ----------------------------------------------------------------------------------------------------


def terms(subject: Subject) -> Result:
    """log_prob is the sum of the terms, and each term is what torch.distributions says of the conditionals."""
    model, gap, count = subject.model(), 0.0, 0
    for unit in factored(subject, model, 8):
        for order in getattr(unit, "orders", (None,)):
            error = _terms_error(unit, order)
            if not error <= 1e-9:
                fault = f"terms and conditionals disagree{f' under order {order}' if order is not None else ''}"
                return at_most(error, 1e-9, fault=fault, node=unit.name or "terms")
            gap, count = max(gap, error), count + 1
    return at_most(gap, 1e-9, f"{count} densities against torch.distributions")


@torch.no_grad()
def _terms_error(unit: Unit, order: int | None) -> float:
    module, member = unit.module, named_order(order)
    found = module.terms(unit.x, **member, **unit.given)
    total = relative(module.log_prob(unit.x, **member, **unit.given), found.sum(1))
    expected = _reference(unit, order)
    return max(worst(total), worst(relative(found, expected)) if expected is not None else 0.0)


def _reference(unit: Unit, order: int | None) -> Tensor | None:
    """The terms by torch.distributions; None for a family that has no second opinion."""
    named = unit.module.conditionals(unit.x, **named_order(order), **unit.given)
    return expected_terms(unit.module.family, named, unit.x.flatten(1).double())


def has_terms(subject: Subject) -> bool:
    """Whether the model, or a density in it, has a conditional for each variable."""
    return any(hasattr(m, "terms") for m in subject.model().modules())


# --- mass ------------------------------------------------------------------------------------------------------------


def is_countable(subject: Subject) -> bool:
    """Whether x is discrete, and log_prob has no noise and bounds nothing."""
    return subject.is_exact and subject.values.discrete


def is_bounded(subject: Subject) -> bool:
    """Whether x is discrete, and log_prob a lower bound without noise."""
    return subject.is_bound_by_views and subject.values.discrete


def bounded(subject: Subject) -> Result:
    """The bounds on the probabilities of all states add up to less than 1."""
    model = subject.model()
    x = subject.values.states(subject.shape)
    given = repeated(subject.data(1)[1], len(x))
    with torch.no_grad():
        total = float(model.log_prob(x, **given).exp().sum())
    detail = f"{len(x):,} states; the rest lies where the view is not that of x"
    return at_most(total, 1 + 1e-9, detail, f"{len(x):,} states add up to more than 1", "log_prob")


def has_few_states(subject: Subject) -> bool:
    """Whether all values of x can be listed."""
    return subject.values.count_states(subject.shape) <= MOST_STATES


def counted(subject: Subject) -> Result:
    """The probabilities of all states add up to 1, in every context and for every member of an ensemble."""
    model, gap, sums = subject.model(), 0.0, 0
    x = subject.values.states(subject.shape)
    for salt in range(2 if subject.cls.GIVEN else 1):
        given = repeated(subject.data(1, salt)[1], len(x))
        for order in dict.fromkeys((None, *subject.orders)):
            with torch.no_grad():
                total = model.log_prob(x, **named_order(order), **given).exp().sum()
            gap, sums = max(gap, worst((total - 1).abs())), sums + 1
    return at_most(gap, 1e-9, f"{len(x):,} states, {sums} sums", f"{len(x):,} states do not add up to 1", "log_prob")


def is_continuous(subject: Subject) -> bool:
    """Whether x is real, and log_prob has no noise."""
    return subject.is_exact and not subject.values.discrete


def is_flat(subject: Subject) -> bool:
    """Whether a grid can integrate the density."""
    return subject.size <= 2


def integrated(subject: Subject) -> Result:
    """The density integrates to 1 over a grid."""
    model = subject.model(0, MILD)
    _, given = subject.data(1)
    mass, points = total_mass(subject, model, given)
    fault = f"it integrates to {mass:.4f}"
    if any(
        f.code == OUTSIDE for f in subject.report.diagnostics
    ):  # then only a part of the mass lies on the data's values
        return at_most(
            mass, 1 + 1e-3, "mass on the values of x; the check says that some lies outside", fault, "log_prob"
        )
    return at_most(abs(mass - 1), _grid_error(subject), f"over {points:,} cells", fault, "log_prob")


def _grid_error(subject: Subject) -> float:
    """What a grid may miss: at the ends of an interval a density may have mass where float64 has no numbers."""
    return 1e-2 if math.isfinite(subject.values.hi) else 1e-3


CHECKS = (
    Check("likelihood", likelihood),
    Check("context is seen", context, has_context),
    Check("terms", terms, has_terms),
    Check("probabilities of all states", counted, is_countable, has_few_states),
    Check("bounds of all states", bounded, is_bounded, has_few_states),
    Check("integral", integrated, is_continuous, is_flat),
)
