"""Every transform with every base integrates to 1 on a grid of one and of two variables."""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import pytest
import torch

from flowspec.compiler import analyse
from flowspec.emit.load import load_class
from flowspec.ops.registry import vocabulary
from tests.ops.contract import instance

Edges = torch.Tensor

# Transforms of the real line onto itself, and of [0, 1] onto itself, each under the name of its op.
REAL = {
    "additive": ("additive",),
    "affine": ("affine",),
    "spline": tuple(
        f"{{spline: {{kind: {k}, bins: 5, box: 2}}}}" for k in ("linear", "quadratic", "rational_quadratic")
    ),
    "logistic_mixture": ("{logistic_mixture: 3}",),
    "gaussian_mixture": ("{gaussian_mixture: 2}",),
}
UNIT = {
    "spline": tuple(
        f"{{spline: {{kind: {k}, bins: 5, box: [0, 1], tails: none}}}}"
        for k in ("linear", "quadratic", "rational_quadratic")
    ),
}
# Transforms of the real line onto (0, 1), which stand in autoregressive steps only.
SQUASH = {"cdf": ("{cdf: {logistic_mixture: 2}}", "{cdf: {gaussian_mixture: 3}}")}
# Densities on the real line and on [0, 1].
ON_REAL = {
    "normal": ("normal", "{head: normal}"),
    "logistic": ("logistic", "{head: logistic}"),
    "gaussian_mixture": ("{head: {gaussian_mixture: 3}}",),
    "logistic_mixture": ("{head: {logistic_mixture: 2}}",),
}
ON_UNIT = {"uniform": ("uniform",), "beta": ("{beta: [2, 3]}",)}
ELSEWHERE = {"bernoulli", "categorical", "discretized_logistic_mixture"}  # integers: their states are added up instead


def _listed(table: dict[str, tuple[str, ...]]) -> list[str]:
    return [text for texts in table.values() for text in texts]


TABLE = [
    *(("real", t, "", b) for t in _listed(REAL) for b in _listed(ON_REAL)),
    *(("real", t, ", sigmoid", b) for t in _listed(REAL) for b in _listed(ON_UNIT)),
    *(("[0, 1]", t, "", b) for t in _listed(UNIT) for b in _listed(ON_UNIT)),
    *(("[0, 1]", t, ", logit", b) for t in _listed(UNIT) for b in _listed(ON_REAL)),
    *(("real", t, "", b) for t in _listed(SQUASH) for b in _listed(ON_UNIT)),
    *(("real", t, ", logit", b) for t in _listed(SQUASH) for b in _listed(ON_REAL)),
]
STEPS = [
    ("real", "spline, scale, {spline: linear}, shift"), ("real", "{leaky_relu: 0.3}, affine, {spline: quadratic}"),
    ("real", "actnorm, {linear: dense}, {spline: {bins: 4}}, {linear: qr}"), ("positive", "scale, log, spline, {linear: lu}"),
    ("real", "{linear: householder}, exp, scale, log, {spline: {box: [-1, 2]}}"), ("[0, 1]", "{logit: 0}, {linear: lu}"),
    ("real", "{cdf: {gaussian_mixture: 2}}, logit, affine"), ("real", "affine, {cdf: logistic}, {invert: [scale, {cdf: normal}]}"),
    ("real", "{cdf: {logistic_mixture: 3}}, {invert: [{cdf: normal}]}"), ("real", "{cdf: normal}, logit"),
    ("[0, 1]", "{spline: {kind: quadratic, box: [0, 1], tails: none}}, logit, affine"), ("real", "sigmoid, {spline: {box: [0, 1], tails: none}}, logit"),
]  # fmt: skip


@lru_cache(maxsize=4)
def _class(size: int, values: str, steps: str, base: str) -> type[Any]:
    report = analyse(
        "case.yaml",
        f"flowspec: 1\nname: model\nx: {{shape: [{size}], values: {values}}}\nflow: [{steps}]\nbase: {base}\n",
    )
    assert report.ok, [f"{f.code} {f.message}" for f in report.diagnostics if f.severity == "error"]
    return load_class(report.source())


def _axis(values: str, cells: int) -> Edges:
    """Edges that follow the support: dense in the middle, and out to where no mass is left."""
    match values:
        case "real":
            return torch.linspace(-6.5, 6.5, cells + 1, dtype=torch.float64).sinh()
        case "positive":
            return torch.linspace(-20, 20, cells + 1, dtype=torch.float64).exp()
    even = torch.linspace(0, 1, cells + 1, dtype=torch.float64)
    ends = torch.linspace(-14, 14, cells // 4, dtype=torch.float64).sigmoid()
    return torch.cat([even, ends]).sort().values


def integral(model: Any, values: str, size: int) -> float:
    """Two random points in each cell, opposite each other: what is linear cancels, and jumps add no bias."""
    edges = _axis(values, 20_000 if size == 1 else 420)
    torch.manual_seed(0)
    low, width = (torch.cartesian_prod(*[e] * size).view(-1, size) for e in (edges[:-1], edges.diff()))
    u, mass = torch.rand_like(low), 0.0
    with torch.no_grad():
        for at, side, v in zip(low.split(2**15), width.split(2**15), u.split(2**15), strict=True):
            p = model(at + side * v).exp() + model(at + side * (1 - v)).exp()
            mass += float((p * side.prod(1)).sum()) / 2
    return mass


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize(("values", "transform", "end", "base"), TABLE)
def test_a_transform_and_a_base(values: str, transform: str, end: str, base: str, size: int) -> None:
    step = f"{{autoregressive: {{order: raster, net: [{{linear: 5}}, tanh], transform: {transform}}}}}"
    if size == 2 and transform not in _listed(SQUASH):
        step = f"{{coupling: {{keep: half, net: [{{linear: 5}}, tanh], transform: {transform}}}}}, {step}"
    model = instance(_class(size, values, step + end, base), 1)
    assert abs(integral(model, values, size) - 1) < 1e-3


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize(("values", "steps"), STEPS)
def test_steps_without_a_net(values: str, steps: str, size: int) -> None:
    model = instance(_class(size, values, steps, "normal"), 2)
    assert abs(integral(model, values, size) - 1) < 1e-3


@pytest.mark.parametrize("size", [1, 2])
@pytest.mark.parametrize("solver", ["solver: rk4, steps: 10", "solver: dopri5, rtol: 1e-4, atol: 1e-4"])
def test_solutions_of_odes(solver: str, size: int) -> None:
    model = instance(_class(size, "real", f"{{ode: {{net: [{{linear: 5}}, tanh], {solver}}}}}, affine", "normal"), 2)
    assert abs(integral(model, "real", size) - 1) < 1e-3


def test_every_transform_and_every_density_stands_in_the_table() -> None:
    assert set(vocabulary("transform")) == set(REAL) | set(UNIT) | set(SQUASH)
    assert set(vocabulary("density")) == set(ON_REAL) | set(ON_UNIT) | ELSEWHERE
