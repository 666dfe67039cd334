"""The precision of flows: what is known is found, and a step that was made to lose digits is the one that is named."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("torch")

import torch

from flowspec.emit.load import load_class
from flowspec.verify.checks.conditioning import CHECKS
from flowspec.verify.conditioning import Conditioning, FlowConditioning, analyse_conditioning
from flowspec.verify.conditioning.measure import singular
from flowspec.verify.conditioning.singular import exact_values, largest_value
from flowspec.verify.conditioning.table import conditioning_document, render_conditioning
from flowspec.verify.subject import Subject

from .specs import ENCODER, GLOW, PARTS, SPECS, TOY, checked, planted

CHAIN = """x: {shape: [6], values: real}
flow:
- {coupling: {keep: half, net: {mlp: [16]}}, times: 2}
- actnorm
- {coupling: {keep: even_odd, net: {mlp: [16]}}}
- tanh
- {invert: [tanh]}
- affine
- {coupling: {keep: half, net: {mlp: [16]}}, times: 2}
base: normal
"""


def measured(body: str, plant: Callable[[Any], object] | None = None, n: int = 16, walk: bool = True) -> Conditioning:
    """The report of a spec on random data, after something was done to the model."""
    report = checked(body)
    subject = Subject(report, load_class(report.source(), "subject"))
    model = subject.model(0, "mild")
    x, given = subject.data(n)
    model.initialize(x, **given)
    if plant:
        with torch.no_grad():
            plant(model)
    return analyse_conditioning(subject, model, x, given, weights="mild", inputs="random", walk=walk)


def only(report: Conditioning) -> FlowConditioning:
    (flow,) = report.flows
    return flow


# --- singular values -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["dense", "lu", "qr", "householder"])
def test_the_singular_values_of_a_linear_flow_are_those_of_its_matrix(kind: str) -> None:
    body = f"x: {{shape: [5], values: real}}\nflow: [{{linear: {kind}}}, shift, scale]\nbase: normal\n"
    kept: list[Any] = []
    flow = only(measured(body, kept.append))
    model = kept[0].float().double()
    x = torch.eye(5, dtype=torch.float64)
    W = (model.encode(x)[0] - model.encode(torch.zeros(5, 5).double())[0]).T.detach()
    values = torch.linalg.svdvals(W)
    assert flow.singular.exact
    assert flow.singular.largest == pytest.approx(float(values[0]), rel=1e-10)
    assert flow.singular.smallest == pytest.approx(float(values[-1]), rel=1e-10)
    assert flow.singular.condition == pytest.approx(float(values[0] / values[-1]), rel=1e-9)
    if kind == "householder":
        assert flow.steps[0].singular.condition == pytest.approx(1, rel=1e-9)


def test_bounds_from_both_directions_enclose_the_exact_values() -> None:
    torch.manual_seed(0)
    A = torch.randn(40, 40).double()

    def there(x: torch.Tensor) -> torch.Tensor:
        return torch.sinh(torch.tanh(x) @ A.T)

    x = torch.randn(3, 40).double()
    exact = exact_values(there, x)[:, 0]
    few = largest_value(there, x, 4, torch.Generator().manual_seed(1))
    many = largest_value(there, x, 20, torch.Generator().manual_seed(1))
    whole = largest_value(there, x, 40, torch.Generator().manual_seed(1))
    assert (few <= exact * (1 + 1e-12)).all()
    assert (few >= 0.5 * exact).all()
    assert (many >= few * (1 - 1e-12)).all()
    assert torch.allclose(many, exact, rtol=1e-3)
    assert torch.allclose(whole, exact, rtol=1e-9)


def test_large_flows_are_bounded_on_the_safe_side(monkeypatch: pytest.MonkeyPatch) -> None:
    report = checked(TOY.replace("[2]", "[12]"))
    model = Subject(report, load_class(report.source(), "subject")).model()
    x = torch.randn(2, 12, dtype=torch.float64)
    z = model.encode(x)[0].detach()

    def there(v: torch.Tensor) -> torch.Tensor:
        z: torch.Tensor = model.encode(v)[0]
        return z

    exact = singular(there, model.decode, x, z, 6, torch.Generator().manual_seed(0))
    monkeypatch.setattr("flowspec.verify.conditioning.measure.EXACT", 0)
    found = singular(there, model.decode, x, z, 6, torch.Generator().manual_seed(0))
    assert (exact.exact, found.exact) == (True, False)
    assert 0.9 * exact.largest <= found.largest <= exact.largest * (1 + 1e-9)
    assert exact.smallest * (1 - 1e-9) <= found.smallest <= 1.1 * exact.smallest
    assert found.condition <= exact.condition * (1 + 1e-9)


# --- round trips -----------------------------------------------------------------------------------------------------


def test_round_trips_are_those_of_the_module_in_both_precisions() -> None:
    kept: list[Any] = []
    flow = only(measured(CHAIN, kept.append))
    report = checked(CHAIN)
    x = Subject(report, type(kept[0])).data(16)[0].float()
    single = kept[0].float()
    error = (single.decode(single.encode(x)[0]) - x).detach().abs().flatten(1).amax(1)
    assert flow.data["float32"].largest == float(error.max()) > 0
    assert flow.data["float32"].median == float(error.median())
    assert flow.data["float64"].largest < 1e-12
    assert flow.latent["float64"].largest < 1e-12 < flow.latent["float32"].largest < 1e-4
    assert 0 < flow.log_prob < 1e-3
    assert flow.ok
    assert flow.digits > 5
    assert set(flow.seconds) == {"encode", "decode"}
    assert min(flow.seconds.values()) > 0


def test_integers_are_taken_with_their_noise() -> None:
    flow = only(measured(GLOW, n=4))
    assert 0 < flow.data["float32"].largest < 1e-3
    assert flow.steps[0].label == "dequantize.1 (line 7)"
    assert flow.steps[0].singular.largest == pytest.approx(1 / 4)
    assert flow.steps[0].share < 0.5  # dividing all by one number is no loss
    assert len({step.label for step in flow.steps}) == len(flow.steps) == 15


def test_flows_inside_a_model_are_measured_and_encoders_left_out() -> None:
    names = {flow.name for flow in measured(PARTS).flows}
    assert names == {"", "b"}
    report = measured(ENCODER)
    assert report.left_out == ("the model: an encoder draws z, and no decoder gives x back",)
    assert [flow.name.rpartition(".")[2] for flow in report.flows] == ["posterior"]
    assert measured("x: {shape: [3], values: 16}\nflow: [{split: {bits: 2}}]\nbase: {head: categorical}\n").flows == ()


# --- the step at fault -----------------------------------------------------------------------------------------------

FAR = """x: {shape: [6], values: real}
flow:
- {coupling: {keep: half, net: {mlp: [16]}}, times: 2}
- actnorm
- scale
- {coupling: {keep: half, net: {mlp: [16]}}}
- reverse
base: normal
"""


def _shrunk_in_one_variable(model: Any) -> None:
    model.affine.log_scale[2] = -14.0


def _far_away(model: Any) -> None:
    model.actnorm.shift.fill_(1e6)


def _saturated(model: Any) -> None:
    model.actnorm.log_scale.fill_(2.0)


def _thrown_far(model: Any) -> None:
    model.coupling.net.head.bias.view(-1, 2)[:, 0] = 1e5


PLANTED: dict[str, tuple[str, Callable[[Any], None], str]] = {
    "a scale of 1e-6 in one variable": (CHAIN, _shrunk_in_one_variable, "affine.1 (line 10)"),
    "a tanh in its tail": (CHAIN, _saturated, "tanh.1 (line 8)"),
    "an actnorm that starts at 1e6": (FAR, _far_away, "actnorm.1 (line 6)"),
    "a coupling that adds 1e5": (FAR, _thrown_far, "coupling.3 (line 8)"),
}


@pytest.mark.parametrize("name", PLANTED)
def test_the_step_that_loses_is_named(name: str) -> None:
    body, plant, label = PLANTED[name]
    report = measured(body, plant)
    flow, healthy = only(report), only(measured(body, walk=False))
    step = flow.loser()
    assert step is not None
    assert step.label == label
    assert step.share > 0.7
    assert flow.data["float32"].largest > 100 * healthy.data["float32"].largest
    assert f"`{label}` loses most" in render_conditioning(report)


def test_what_is_lost_in_between_is_told_from_what_stretches() -> None:
    """All variables divided by a million lose nothing in floating point, until a coupling adds numbers of size 1."""
    body = """x: {shape: [6], values: real}
flow: [scale, {coupling: {keep: half, net: {mlp: [16]}}, times: 2}]
base: normal
"""

    def shrunk(model: Any) -> None:
        model.scale.log_scale.fill_(-14.0)
        for step in model.coupling_steps:
            step.net.head.bias.fill_(1.0)

    report = measured(body, shrunk)
    step = only(report).loser()
    assert step is not None
    assert step.label == "coupling.1 (line 4)"
    assert "undoing `scale.1 (line 4)` stretches some error by 1.2e+06" in render_conditioning(report)
    assert not report.ok


def test_the_document_has_every_step_and_no_infinity() -> None:
    def saturated(model: Any) -> None:
        model.actnorm.log_scale.fill_(4.0)

    document = conditioning_document(measured(CHAIN, saturated))
    json.dumps(document, allow_nan=False)
    (flow,) = document["flows"]
    assert not flow["ok"]
    assert flow["loses_most"] == "tanh.1 (line 8)"
    assert [step["label"].partition(" ")[0] for step in flow["steps"]] == [
        "coupling.1", "coupling.2", "actnorm.1", "coupling.3", "tanh.1", "invert.1", "affine.1", "coupling.4", "coupling.5"
    ]  # fmt: skip
    assert flow["steps"][4]["singular"]["smallest"] == 0
    assert flow["steps"][4]["singular"]["condition"] is None


# --- the check -------------------------------------------------------------------------------------------------------


def test_the_check_fails_for_a_flow_that_float32_cannot_undo_and_names_the_step() -> None:
    far = (
        ("return (upcast(x) + t) * s.exp(), log_det", "return (upcast(x) + t + 1e7) * s.exp(), log_det"),
        (
            "- self.along(z, self.shift)",
            "- self.along(z, self.shift) - 1e7",
        ),
    )
    healthy = planted(SPECS["maf"], only="conditioning")
    assert healthy.ok
    assert healthy.results[1].name == "conditioning"
    assert "condition number" in healthy.results[1].detail
    body = "x: {shape: [3], values: real}\nflow: [affine, actnorm, reverse]\nbase: normal\n"
    (failed,) = planted(body, *far, only="conditioning").failures
    assert failed.node == "actnorm.1 (line 4)"
    assert failed.measured is not None
    assert failed.measured > 0.1


def test_models_without_an_inverse_are_not_checked() -> None:
    assert [check.name for check in CHECKS] == ["conditioning"]
    for name in ("made", "encoder"):
        assert len(planted(SPECS[name], only="conditioning").results) == 1  # the build alone


def test_the_tolerance_of_a_solver_is_not_blamed_on_rounding() -> None:
    body = """x: {shape: [2], values: real}
flow: [{ode: {net: [{linear: 16}, tanh], solver: rk4, steps: 1}}]
base: normal
"""
    report = measured(body, lambda model: [p.mul_(3.0) for p in model.parameters()])
    assert only(report).solved
    assert "the tolerance of a numerical inverse limits the round trip, not rounding" in render_conditioning(report)
    assert not only(measured(CHAIN)).solved
