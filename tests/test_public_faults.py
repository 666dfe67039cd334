"""Faults of flows in public code, class by class: rejected at their line, or impossible, which a test of the module shows."""

from __future__ import annotations

from pathlib import Path

import pytest
import torch

from flowspec.compiler import Report, analyse
from flowspec.emit.load import load_class
from flowspec.passes.statement import statement

BAD = Path(__file__).parent / "bad"
REJECTED = {
    "context unseen": [("context_unseen", "FS424", 4), ("norm_of_one_unit", "FS409", 6)],
    "wrong head": [("bernoulli_of_real_numbers", "FS231", 6), ("normal_over_pixels", "FS231", 6)],
    "not a density": [("ensemble_of_flows", "FS402", 5), ("no_dequantize", "FS310", 5)],
    "conditioner too narrow": [("net_narrower_than_the_moved_half", "FS222", 4)],
    "not a bijection": [
        ("not_a_permutation", "FS320", 6),
        ("permutation_misses_an_index", "FS320", 6),
        ("keep_lists_an_index_twice", "FS330", 5),
        ("keep_outside_the_value", "FS330", 5),
        ("keep_of_half_an_entry", "FS203", 5),
        ("relu_in_a_flow", "FS212", 5),
        ("flat_leaky_relu", "FS203", 5),
    ],
    "vacuous coupling": [
        ("vacuous_coupling", "FS331", 5),
        ("coupling_that_moves_nothing", "FS331", 5),
        ("coupling_that_moves_nothing", "FS203", 6),
        ("same_half_kept", "FS340", 5),
        ("one_half_twice", "FS340", 6),
        ("prior_that_leaves_a_half", "FS340", 8),
        ("squares_that_never_mix", "FS341", 4),
        ("posterior_of_two_pairs", "FS341", 8),
    ],
    "not onto": [
        ("tanh_into_normal", "FS312", 6),
        ("sigmoid_into_normal", "FS312", 6),
        ("spline_box_into_normal", "FS312", 6),
        ("affine_into_uniform", "FS313", 6),
        ("bare_logit", "FS314", 6),
    ],
    "lost variables": [
        ("split_that_does_not_add_up", "FS322", 6),
        ("lost_split", "FS303", 7),
        ("used_twice", "FS301", 7),
    ],
}


def given(body: str) -> Report:
    report = analyse("s.yaml", f"flowspec: 1\nname: model\n{body}\n")
    assert report.ok, [f.message for f in report.diagnostics]
    return report


def made(report: Report, seed: int = 0) -> torch.nn.Module:
    """The module in float64, with weights other than those that it starts with."""
    torch.manual_seed(seed)
    model: torch.nn.Module = load_class(report.source())().double()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter, std=0.5)
    return model


def off(model: torch.nn.Module, x: torch.Tensor) -> tuple[float, float]:
    """How far decoding misses x, and log_det, one number a sample, the log-determinant of the Jacobian."""
    z, log_det = model.encode(x)  # type: ignore[operator]
    assert log_det.shape == (len(x),)
    rows = torch.autograd.functional.jacobian(lambda v: model.encode(v)[0].sum(0), x)  # type: ignore[operator]
    exact = rows.movedim(1, 0).flatten(2).slogdet().logabsdet
    return float((model.decode(z) - x).abs().max()), float((log_det - exact).abs().max())  # type: ignore[operator]


@pytest.mark.parametrize(("name", "code", "line"), [row for rows in REJECTED.values() for row in rows], ids=str)
def test_a_fault_is_reported_where_it_stands(name: str, code: str, line: int) -> None:
    found = {(f.code, f.span.start.line) for f in analyse(BAD / f"{name}.yaml", root=BAD).diagnostics if f.span}
    assert (code, line) in found, found


@pytest.mark.parametrize("transform", ["additive", "affine", "{spline: {kind: rational_quadratic, bins: 4, box: 3}}"])
def test_a_net_of_one_unit_gives_every_variable_parameters_of_its_own(transform: str) -> None:
    """A conditioner too narrow: one output broadcast over four dimensions is a log-determinant four times off."""
    body = f"x: {{shape: [8], values: real}}\nflow: [{{coupling: {{keep: half, net: [{{linear: 1}}, tanh], transform: {transform}}}, times: 2}}]"
    model = made(given(f"{body}\nbase: normal"))
    assert max(off(model, torch.randn(3, 8, dtype=torch.float64))) < 1e-9


@pytest.mark.parametrize(
    "step", ["actnorm", "{conv1x1: dense}", "{conv1x1: lu}", "scale", "affine", "{leaky_relu: 0.3}"]
)
def test_shared_parameters_count_once_for_every_site(step: str) -> None:
    """Log-det shape and multiplicity: one scale of a channel acts on all of its sites, and log_det is (B,)."""
    model = made(
        given(f"x: {{shape: [2, 2, 3], values: real}}\nflow: [{step}, {{squeeze: [1, 3]}}, {step}]\nbase: normal")
    )
    x = torch.randn(4, 2, 2, 3, dtype=torch.float64)
    model.encode(x)  # type: ignore[operator]
    assert max(off(model, x)) < 1e-9


@pytest.mark.parametrize("step", ["{linear: dense}", "{linear: lu}", "{linear: qr}", "{linear: householder}"])
def test_no_inverse_outlives_the_weights_that_it_belongs_to(step: str) -> None:
    """Stale caches: the inverse follows load_state_dict, an optimizer's step and an assignment."""
    report = given(f"x: {{shape: [4], values: real}}\nflow: [{step}, affine, {step}]\nbase: normal")
    model, other, x = made(report), made(report, 1), torch.randn(3, 4, dtype=torch.float64)
    for train in (True, False):
        model.train(train)
        assert max(off(model, x)) < 1e-9
        model.load_state_dict(other.state_dict())
        assert max(off(model, x)) < 1e-9
        with torch.no_grad():
            for parameter in model.parameters():
                parameter.add_(0.1)
        assert max(off(model, x)) < 1e-9


def test_what_is_saved_is_the_whole_model(tmp_path: Path) -> None:
    """Save and load: initialization from data is done once, permutations come back, and a new process has the same model."""
    report = given(
        "x: {shape: [6], values: real}\nbase: normal\n"
        "flow: [actnorm, {permute: {random: 1, seed: 3}}, {coupling: {keep: {random: 1, seed: 4}, net: {mlp: [6]}}, times: 2}]"
    )
    model, x = made(report), 3 + 2 * torch.randn(64, 6, dtype=torch.float64)
    model.train()
    first = model.log_prob(x)  # type: ignore[operator]
    torch.save(model.state_dict(), tmp_path / "model.pt")
    again = made(report, 5)
    again.load_state_dict(torch.load(tmp_path / "model.pt"))
    again.train()
    moved = again.log_prob(10 * x)  # type: ignore[operator]
    assert torch.equal(again.log_prob(x), first)  # type: ignore[operator]
    assert not torch.equal(moved, first)


def test_stacked_graphs_are_said_to_be_denser_than_the_graph() -> None:
    graph = "{autoregressive: {order: {graph: {1: [0], 2: [1]}}, net: [{linear: 16}, relu]}}"
    report = given(f"x: {{shape: [3], values: real}}\nflow: [{graph}, {graph}]\nbase: normal")
    assert report.all_facts is not None
    assert "1 beyond them" in "\n".join(statement("s.yaml", report.all_facts, 0))


def test_members_of_an_ensemble_are_mixed_in_probability() -> None:
    """Not a density: the exponentials of log p(x) over all x add up to 1, which averages of logits do not."""
    model = made(
        given("x: {shape: [4], values: binary}\norder: {random: 3, seed: 1}\nnet: [{linear: 9}, tanh]\nhead: bernoulli")
    )
    states = torch.tensor([[k >> i & 1 for i in range(4)] for k in range(16)])
    assert abs(float(model.log_prob(states).exp().sum()) - 1) < 1e-9  # type: ignore[operator]


@pytest.mark.parametrize("values", ["8", "256"])
def test_bits_per_dim_are_counted_in_the_units_of_the_data(values: str) -> None:
    """Wrong denominator: a uniform base on what was dequantized has log2 N bits for each number, whatever N is."""
    model = made(given(f"x: {{shape: [5], values: {values}}}\nflow: [dequantize]\nbase: uniform"))
    x = torch.randint(0, int(values), (7, 5))
    bits = model.bits_per_dim(x)  # type: ignore[operator]
    assert torch.allclose(bits, torch.full_like(bits, float(torch.tensor(float(values)).log2())), atol=1e-6)
