"""What emitted models do: they are densities that sample, travel, and run in every precision."""

from __future__ import annotations

import copy
import io
import math
from typing import Any

import pytest
import torch

from flowspec.compiler import analyse
from flowspec.emit.load import load_class
from tests.emit.cases import CASES
from tests.emit.models import built, double, inputs, log_prob, report

FLOWS = [name for name in CASES if "\nflow:" in CASES[name]]
OTHERS = [name for name in CASES if name not in FLOWS]


@pytest.mark.parametrize("name", CASES)
def test_copied_and_linked_modules_are_equal_to_the_bit(name: str) -> None:
    alone, linked = built(name), built(name, link=True)
    one, other = alone.state_dict(), linked.state_dict()
    assert list(one) == list(other)
    assert all(torch.equal(one[key], other[key]) for key in one)
    x, given = inputs(alone)
    expected = log_prob(alone, x, given)
    assert expected.shape == (3,)
    assert expected.isfinite().all()
    assert torch.equal(log_prob(linked, x, given), expected)
    draws = [m.sample(3, generator=torch.Generator().manual_seed(2), **given) for m in (alone, linked)]
    assert draws[0].shape == (3, *alone.SHAPE)
    assert torch.equal(*draws)


@pytest.mark.parametrize("name", CASES)
def test_the_report_counts_the_parameters_that_there_are(name: str) -> None:
    assert sum(p.numel() for p in built(name).parameters()) == report(name).facts.parameters


@pytest.mark.parametrize("name", CASES)
def test_models_travel(name: str) -> None:
    model = built(name)
    x, given = inputs(model)
    expected = log_prob(model, x, given)
    assert torch.equal(log_prob(copy.deepcopy(model), x, given), expected)
    stored = io.BytesIO()
    torch.save(model.state_dict(), stored)
    stored.seek(0)
    with torch.device("meta"):
        other = type(model)().eval()
    other.to_empty(device="cpu").load_state_dict(torch.load(stored))
    other.reset_buffers()
    assert torch.equal(log_prob(other, x, given), expected)


@pytest.mark.parametrize("name", CASES)
def test_precision(name: str) -> None:
    model = built(name)
    x, given = inputs(model)
    expected = log_prob(model, x, given)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = log_prob(model, x, given)
    assert half.dtype == torch.float32
    assert torch.allclose(half, expected, rtol=0.05, atol=0.5)
    if model.LIKELIHOOD == "exact":
        exact = log_prob(model.double(), *double(x, given))
        assert exact.dtype == torch.float64
        assert torch.allclose(exact.float(), expected, rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("name", ["made_ensemble", "gated", "unet", "glow", "coarse", "hostile", "iaf", "classifier"])
def test_the_whole_graph_compiles(name: str) -> None:
    model = built(name)
    x, given = inputs(model)
    torch._dynamo.reset()
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    found = log_prob(compiled, x, given)
    if model.LIKELIHOOD == "exact":
        assert torch.allclose(found, log_prob(model, x, given), atol=1e-5)
    if model.KIND == "flow":
        torch.compile(model.encode, fullgraph=True, backend="eager")(x, **given)


@pytest.mark.parametrize("name", FLOWS)
def test_flows_go_back_and_count_their_volume(name: str) -> None:
    model = built(name).double().requires_grad_(False)
    x, given = double(*inputs(model, 2))
    torch.manual_seed(7)
    z, log_det = model.encode(x, **given)
    assert z.shape == (2, x[0].numel())
    assert (model.decode(z, **given) - x).abs().max() < 1e-6
    if model.LIKELIHOOD == "exact" and x[0].numel() <= 20:
        one = {key: value[:1] for key, value in given.items()}
        jacobian = torch.autograd.functional.jacobian(
            lambda v: model.encode(v.view(x[:1].shape), **one)[0][0], x[0].flatten()
        )
        assert torch.linalg.slogdet(jacobian)[1] == pytest.approx(log_det[0].item(), abs=1e-8)


@pytest.mark.parametrize("name", OTHERS)
def test_terms_add_up(name: str) -> None:
    model = built(name)
    x, given = inputs(model)
    order: dict[str, Any] = {"order": 1} if model.ORDERS > 1 else {}
    terms = model.terms(x, **given, **order)
    assert terms.shape == (3, x[0].numel())
    assert torch.allclose(terms.sum(1), model.log_prob(x, **given, **order))
    named = model.conditionals(x, **given, **order)
    rows = (3, x[0].numel() // model.family.channels)
    assert all(value.shape[:2] == rows for value in named.values())


def test_bits_of_whole_sites_are_counted_per_variable() -> None:
    """Equal probabilities of all values of a site, 1 / 2^3, are one bit for each of its three variables."""
    text = "x: {shape: [3, 1, 2], values: binary}\norder: {raster: {}, channels: joint}\nnet: [{conv: 4, kernel: 3}]\n"
    found = analyse("bits.yaml", f"flowspec: 1\nname: bits\n{text}head: {{discretized_logistic_mixture: 1}}")
    cls: Any = load_class(found.source())
    model = cls().requires_grad_(False)
    for p in model.parameters():
        p.zero_()
    x = torch.randint(2, (4, 3, 1, 2))
    assert torch.allclose(model.bits_per_dim(x), torch.ones(4))
    assert torch.allclose(model.terms(x).view(4, 3, 2)[:, 2], torch.full((4, 2), -3 * math.log(2)))


@pytest.mark.parametrize("name", [n for n in OTHERS if "order" in CASES[n] and "order: none" not in CASES[n]])
def test_parameters_depend_on_lower_levels_alone(name: str) -> None:
    model = built(name).double().requires_grad_(False)
    x, given = double(*inputs(model, 1))
    order: dict[str, Any] = {"order": 1} if model.ORDERS > 1 else {}
    level = model.level_of[order.get("order", 0)].flatten()
    base = model.theta(x, **given, **order).flatten(1, -2)
    for j in range(0, x.numel(), 1 + x.numel() // 12):
        moved = x.clone().flatten(1)
        moved[:, j] = torch.where(moved[:, j] > 0, moved[:, j] - 1, moved[:, j] + 1)  # integers stay integers
        other = model.theta(moved.view(x.shape), **given, **order).flatten(1, -2)
        touched = (other != base).any(-1)[0].repeat(model.family.channels)
        assert (level[touched] > level[j]).all()
