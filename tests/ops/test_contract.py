"""Every row of the table, judged by the module that is built from it."""

from __future__ import annotations

import copy
import math
from functools import lru_cache
from typing import Any

import numpy as np
import pytest
import torch

from flowspec.compiler import Report, analyse
from flowspec.emit.load import load_class
from flowspec.graph.model import Autoregressive, Flow
from flowspec.ops.registry import every_op
from tests.ops.cases import CASES, Case
from tests.ops.contract import (
    all_states,
    inputs,
    instance,
    judge_dependency,
    judge_estimated_log_det,
    judge_log_det,
    judge_round_trip,
    numbers,
)

EACH = pytest.mark.parametrize("case", CASES, ids=lambda case: case.id)


@lru_cache(maxsize=8)
def report_of(case: Case) -> Report:
    report = analyse("case.yaml", case.spec)
    assert report.ok, [f"{f.code} {f.message}" for f in report.diagnostics if f.severity == "error"]
    return report


@lru_cache(maxsize=8)
def class_of(case: Case) -> type[Any]:
    return load_class(report_of(case).source())


def test_every_op_stands_in_the_table() -> None:
    covered = {pair for case in CASES for pair in case.covers}
    known = {(place, op.name) for place, op in every_op()}
    assert known - covered == set(), "ops without a row in tests/ops/cases.py"
    assert covered - known == set(), "rows for ops that are not there"


def test_rows_have_names_of_their_own() -> None:
    assert len({case.id for case in CASES}) == len(CASES)


@EACH
def test_batches_may_be_empty(case: Case) -> None:
    model = instance(class_of(case), 0)
    x, given = inputs(model, 0)
    value = model.log_prob(x, **given)
    assert value.shape == (0,)
    assert value.requires_grad == any(p.requires_grad for p in model.parameters())
    assert model.sample(0, **given).shape == x.shape
    if model.KIND == "flow":
        z, log_det = model.encode(x, **given)
        assert (len(z), log_det.shape, model.decode(z, **given).shape) == (0, (0,), x.shape)


@EACH
def test_what_is_no_integer_of_the_values_cannot_occur(case: Case) -> None:
    model = instance(class_of(case), 0)
    if isinstance(model.VALUES, str | tuple) and model.VALUES != "binary":
        return
    x, given = inputs(model, 3)
    x = x.double()
    x.view(3, -1)[:, 0] = torch.tensor([-1.0, 0.5, 1e4])
    order = {"order": 0} if getattr(model, "ORDERS", 1) > 1 else {}
    assert (model.log_prob(x, **given) == -torch.inf).all()
    if hasattr(model, "terms"):
        terms = model.terms(x, **order, **given)
        assert (terms[:, 0] == -torch.inf).all()
        assert not terms.isnan().any()


@EACH
def test_shapes_parameters_and_state(case: Case) -> None:
    report, cls = report_of(case), class_of(case)
    model = instance(cls, 0)
    assert sum(p.numel() for p in model.parameters()) == report.facts.parameters
    assert report.likelihood_is(cls) if hasattr(report, "likelihood_is") else report.facts.likelihood == cls.LIKELIHOOD
    x, given = inputs(model, 3)
    torch.manual_seed(1)
    value = model(x, **given)
    assert value.shape == (3,)
    assert torch.isfinite(value).all()
    _judge_state(model, cls, x, given, value)
    if cls.KIND == "autoregressive":
        first = {"order": 0} if model.ORDERS > 1 else {}
        assert model.terms(x, **given, **first).shape == (3, math.prod(model.SHAPE))
        assert model.LIKELIHOOD == "exact"


def _judge_state(
    model: Any, cls: type[Any], x: torch.Tensor, given: dict[str, torch.Tensor], value: torch.Tensor
) -> None:
    """state_dict and deepcopy carry everything; data-dependent initialization is not repeated."""
    model.initialize(x, **given)
    other = instance(cls, 7)
    other.load_state_dict(model.state_dict())
    other.initialize(x + 1 if x.is_floating_point() and model.VALUES == "real" else x, **given)
    torch.manual_seed(1)
    want = model(x, **given)
    for twin in (other, copy.deepcopy(model)):
        torch.manual_seed(1)
        assert torch.equal(twin(x, **given), want)


@EACH
def test_dependency_is_sound_and_tight(case: Case) -> None:
    report, cls = report_of(case), class_of(case)
    if cls.KIND == "flow" and cls.VALUES not in ("real",) and not isinstance(cls.VALUES, tuple):
        _judge_discrete_flow(report, cls)
        return
    if not isinstance(report.program.model if report.program else None, Autoregressive | Flow):
        assert not report.dependency().any()
        return
    lookups = any(
        word in case.text for word in ("one_hot", "embedding", "net: table", "table: {}", "[table]", "t: table")
    )
    for order in range(cls.ORDERS):
        judge_dependency(cls, report.dependency(order=order), order, lookups=lookups)


def _judge_discrete_flow(report: Report, cls: type[Any]) -> None:
    """Integers cannot be followed by gradients: z is x itself, dequantized or not, up to what later steps join."""
    model, rows = instance(cls, 0), report.dependency()
    seen = np.zeros_like(rows)
    for draw in range(100):
        torch.manual_seed(100 + draw)
        x, given = inputs(model, 1)
        for j in range(x[0].numel()):
            moved = x.clone().reshape(1, -1)
            count = cls.VALUES if isinstance(cls.VALUES, int) else 2
            moved[0, j] = (moved[0, j] + 1 + draw % (count - 1)) % count
            torch.manual_seed(3)
            one = model.encode(x, **given)[0]
            torch.manual_seed(3)
            two = model.encode(moved.reshape(x.shape), **given)[0]
            seen[:, j] |= (one != two)[0].numpy()
        assert not (seen & ~rows).any()
        if (seen == rows).all():
            return
    raise AssertionError(f"claimed and never seen: {np.argwhere(rows & ~seen)[:4].tolist()}")


@EACH
def test_inverse_and_log_det(case: Case) -> None:
    cls = class_of(case)
    if cls.KIND != "flow":
        assert not hasattr(cls, "encode")
        return
    for seed in (0, 1):
        model = instance(cls, seed, positive=bool(seed))
        if not model.decoders:
            judge_round_trip(model)
        if "trace: hutchinson" in case.text:
            judge_estimated_log_det(model)
        elif cls.VALUES == "real" or isinstance(cls.VALUES, tuple):
            judge_log_det(model)
        elif "dequantize" in case.text and not any(word in case.text for word in ("logit", "bits", "variational")):
            _, log_det = model.encode(*inputs(model, 2)[:1])
            assert torch.allclose(
                log_det, torch.full((2,), -math.prod(cls.SHAPE) * math.log(cls.VALUES), dtype=log_det.dtype)
            )


@EACH
def test_probabilities_add_up_and_samples_fit(case: Case) -> None:
    cls = class_of(case)
    model = instance(cls, 0)
    states = all_states(model)
    if states is not None and cls.LIKELIHOOD == "exact":
        given = {name: value[:1].expand(len(states), *value.shape[1:]) for name, value in inputs(model, 1)[1].items()}
        assert abs(float(model(states, **given).exp().sum()) - 1) < 1e-9
    _, given = inputs(model, 5)
    x = model.sample(5, generator=torch.Generator().manual_seed(0), **given)
    assert x.shape == (5, *cls.SHAPE)
    assert torch.isfinite(model(x, **given)).all()
    again = model.sample(5, generator=torch.Generator().manual_seed(0), **given)
    assert torch.equal(x, again)


CONTINUOUS = ["normal", "logistic", "{gaussian_mixture: 1}", "{gaussian_mixture: 3}", "{logistic_mixture: 2}"]


@pytest.mark.parametrize("head", CONTINUOUS)
def test_continuous_heads_integrate_to_one(head: str) -> None:
    case = Case(head, (), f"x: {{shape: [1], values: real}}\norder: raster\nnet: [{{linear: 2}}]\nhead: {head}")
    x = torch.linspace(-300, 300, 300_001, dtype=torch.float64)
    density = instance(class_of(case), 2)(x[:, None]).exp()
    assert abs(float(torch.trapezoid(density, x)) - 1) < 1e-6


@pytest.mark.parametrize("base", ["normal", "logistic"])
def test_standard_bases_are_standard(base: str) -> None:
    case = Case(base, (), f"x: {{shape: [1], values: real}}\nflow: [reverse]\nbase: {base}")
    x = torch.linspace(-200, 200, 200_001, dtype=torch.float64)
    density = instance(class_of(case), 2)(x[:, None]).exp()
    assert abs(float(torch.trapezoid(density, x)) - 1) < 1e-9
    assert abs(float(torch.trapezoid(x * density, x))) < 1e-9
    variance = {"normal": 1.0, "logistic": math.pi**2 / 3}[base]
    assert abs(float(torch.trapezoid(x * x * density, x)) - variance) < 1e-6


def test_values_outside_the_declaration_are_not_drawn() -> None:
    for values in ("binary", 5, [2, 3], (0.0, 1.0), "positive"):
        x = numbers(50, (2,), values)
        assert (x >= 0).all()
