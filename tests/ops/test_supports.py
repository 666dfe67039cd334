"""Where a step says that values go, and come from, judged by the module that runs."""

from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn

from flowspec import runtime
from flowspec.graph.layout import Layout
from flowspec.graph.support import POSITIVE, REAL, UNIT_CLOSED, Support, interval
from flowspec.ops.cdf import CdfStep, Invert
from flowspec.ops.densities import GaussianMixture, Logistic, LogisticMixture, Normal
from flowspec.ops.flow_base import FlowOp, FlowSite
from flowspec.ops.flow_elementwise import (
    ElementwiseAffine,
    FlowExp,
    FlowLeakyRelu,
    FlowLog,
    FlowSigmoid,
    FlowTanh,
    Logit,
    Scale,
    Shift,
)
from flowspec.ops.lowering import Construct
from flowspec.ops.splines import Spline

KINDS = ("linear", "quadratic", "rational_quadratic")
OPS: tuple[FlowOp, ...] = (
    FlowLog(), FlowExp(), FlowSigmoid(), FlowTanh(), FlowLeakyRelu(0.2), Logit(0.1), Scale(), Shift(), ElementwiseAffine(),
    CdfStep(Normal()), CdfStep(Logistic()), CdfStep(GaussianMixture(2)), CdfStep(LogisticMixture(3)), Invert((CdfStep(Normal()),)),
    Invert((FlowTanh(),)), Invert((FlowExp(), FlowLog(), FlowLeakyRelu(0.2))), Invert((FlowSigmoid(), Logit(0), Scale())),
    *(Spline(kind=k, bins=4, box=2.0) for k in KINDS), *(Spline(kind=k, bins=4, box=(0, 1), tails="none") for k in KINDS),
)  # fmt: skip
VALUES = (
    REAL, POSITIVE, UNIT_CLOSED, interval(0.25, 0.5), interval(-1, 0.5), interval(-5, -3), interval(1, 7), Support(lo=-4.0, hi=2.0),
)  # fmt: skip
LAYOUT = Layout(1, (4,), vector=True)


def module(value: Any) -> Any:
    """What the runtime makes of a constructor."""
    if not isinstance(value, Construct):
        return value
    made = getattr(runtime, value.name)(*map(module, value.args), **{k: module(v) for k, v in value.kwargs})
    if isinstance(made, nn.Module):
        made.double()
        for p in made.parameters():
            nn.init.normal_(p)
    return made


def points(values: Support) -> torch.Tensor:
    """(401, 4) numbers all over a set, close to its ends."""
    lo, hi = max(values.lo, -6.0), min(values.hi, 6.0)
    inside = torch.linspace(1e-9, 1 - 1e-9, 401, dtype=torch.float64)
    return (lo + (hi - lo) * inside)[:, None].expand(401, 4)


def holds(support: Support, x: torch.Tensor) -> bool:
    return bool(((x >= support.lo - 1e-9) & (x <= support.hi + 1e-9)).all())


@pytest.mark.parametrize("values", VALUES, ids=str)
@pytest.mark.parametrize("op", OPS, ids=lambda op: f"{op.name} {getattr(op, 'kind', '')} {getattr(op, 'tails', '')}")
def test_values_go_and_come_where_the_step_says(op: FlowOp, values: Support) -> None:
    torch.manual_seed(0)
    step = module(op.lower(FlowSite(LAYOUT, (LAYOUT,), values)))
    with torch.no_grad():
        if values.within(op.domain):
            x = points(values)
            assert holds(op.image(values), step(x)[0])
            assert op.image(values).within(op.range)
        if values.within(op.range):
            assert holds(op.preimage(values), step.inverse(points(values)))
            assert op.preimage(values).within(op.domain)


@pytest.mark.parametrize("op", OPS[:6], ids=lambda op: op.name)
def test_images_of_steps_without_parameters_are_exact(op: FlowOp) -> None:
    for values in VALUES:
        if values.within(op.domain):
            back = op.preimage(op.image(values))
            assert math.isclose(back.lo, values.lo, abs_tol=1e-9)
            assert math.isclose(back.hi, values.hi, abs_tol=1e-9)


def test_a_coupling_keeps_one_half_where_it_is() -> None:
    assert interval(0, 1).hull(interval(2, 3)).equals(interval(0, 3))
    mixed = interval(0, 1).hull(Support(0.0, 1.0))
    assert not mixed.lo_open
    assert interval(0, 1).hull(Support(unknown=True)).unknown
