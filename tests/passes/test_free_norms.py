"""Norms of nets without an order: what a norm over few units is said to lose, and what the module loses."""

from __future__ import annotations

import pytest
import torch

from flowspec.compiler import analyse
from flowspec.emit.load import load_class
from tests.passes.judge import codes, passed

HEAD = "x: {shape: [4], values: real}\ngiven: {c: {shape: [3], values: real}}\n"


def body(net: str) -> str:
    return f"{HEAD}flow: [{{coupling: {{keep: half, net: {net}}}, given: c, times: 2}}]\nbase: normal\n"


def influence(net: str) -> float:
    """The largest derivative of z by the context, in float64."""
    report = analyse("s.yaml", f"flowspec: 1\nname: model\n{body(net)}")
    torch.manual_seed(0)
    model = load_class(report.source())().double()
    for parameter in model.parameters():
        torch.nn.init.normal_(parameter)
    x, c = torch.randn(5, 4, dtype=torch.float64), torch.randn(5, 3, dtype=torch.float64, requires_grad=True)
    z, _ = model.encode(x, c=c)
    (slope,) = torch.autograd.grad(z.sum(), c)
    return float(slope.abs().max())


@pytest.mark.parametrize(
    ("net", "units"),
    [
        ("{a: {linear: 1, in: x, given: c}, b: {norm: layer, in: a}, d: {linear: 8, in: b}}", 1),
        ("{a: {linear: 2, in: x, given: c}, b: {norm: layer, in: a}, d: {linear: 8, in: b}}", 2),
        ("{a: {linear: 3, in: x, given: c}, b: {norm: layer, in: a}, d: {linear: 8, in: b}}", 3),
        ("{a: {linear: 1, in: x, given: c}, e: {concat: [a, a, a]}, b: {norm: layer, in: e}, d: {linear: 8, in: b}}", 1),
        ("{a: {linear: 1, in: x, given: c}, e: {tanh: {}, in: a}, f: {concat: [a, e, a]}, b: {norm: layer, in: f}}", 2),
        ("{a: {linear: 2, in: x, given: c}, e: {tanh: {}, in: a}, f: {concat: [a, e]}, b: {norm: layer, in: f}}", 3),
    ],
)  # fmt: skip
def test_a_norm_over_few_units_is_said_to_lose_what_it_reads(net: str, units: int) -> None:
    assert ("FS409" in codes(passed(body(net)))) == (units < 3)
    assert (influence(net) < 1e-9) == (units == 1)


def test_what_reads_neither_x_nor_a_context_loses_nothing() -> None:
    net = "{p: {position: 2}, n: {norm: layer, in: p}, a: {conv: 6, kernel: 3, in: x}, b: {concat: [a, n]}}"
    text = f"x: {{shape: [2, 4, 4], values: real}}\nflow: [{{coupling: {{keep: channel, net: {net}}}, times: 2}}]\nbase: normal"
    assert "FS409" not in codes(passed(text))


def test_a_density_given_a_context_is_told_too() -> None:
    text = "given: {c: {shape: [3], values: real}}\nx: {shape: [4], values: binary}\n"
    assert "FS409" in codes(
        passed(f"{text}net: [{{linear: 2, in: c}}, {{norm: layer}}, {{linear: 9}}]\nhead: bernoulli")
    )
