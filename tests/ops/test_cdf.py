"""Distribution functions in whole models: what the check says, the density that results, and gradients of samples."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import distributions

from flowspec.compiler import Report, analyse
from flowspec.emit.load import load_class

MIXTURES = ("gaussian_mixture", "logistic_mixture")


def report(steps: str, size: int = 2, base: str = "normal") -> Report:
    found = analyse(
        "case.yaml",
        f"flowspec: 1\nname: model\nx: {{shape: [{size}], values: real}}\nflow: [{steps}]\nbase: {base}\n",
    )
    assert found.ok
    return found


def model(*args: Any, **kwargs: Any) -> Any:
    torch.manual_seed(0)
    return load_class(report(*args, **kwargs).source())().double()


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        ("{cdf: {gaussian_mixture: 2}}, {invert: [{cdf: normal}]}", "1 exact inverse, 1 by root search to 1e-9; log-det"),
        ("{invert: [{invert: {cdf: {logistic_mixture: 2}}}]}, logit", "1 exact inverse, 1 by root search to 1e-9; log-det"),
        ("{cdf: normal}, logit", "2 exact inverses; log-det"),
        ("{coupling: {keep: half, net: [{linear: 4}], transform: {logistic_mixture: 2}}, times: 2}", "2 by root search to 1e-9"),
    ],
)  # fmt: skip
def test_the_check_says_which_inverses_are_searched_for(steps: str, said: str) -> None:
    assert any(said in line for line in report(steps).summary_lines())


def test_a_cdf_onto_the_uniform_is_the_mixture_itself() -> None:
    one = model("{cdf: {gaussian_mixture: 3}}", size=1, base="uniform")
    logits, means, a = one.cdf.theta.detach()[0].chunk(3)
    wanted = distributions.MixtureSameFamily(
        distributions.Categorical(logits=logits), distributions.Normal(means, (7 * torch.tanh(a / 7)).exp())
    )
    x = torch.linspace(-6, 6, 101, dtype=torch.float64)
    assert torch.allclose(one(x[:, None]), wanted.log_prob(x))


@pytest.mark.parametrize("base", ["normal", "logistic"])
def test_a_cdf_and_its_own_inverse_are_the_identity(base: str) -> None:
    one = model(f"{{cdf: {base}}}, {{invert: [{{cdf: {base}}}]}}", base=base)
    x = torch.linspace(-4, 4, 40, dtype=torch.float64).view(20, 2)
    z, log_det = one.encode(x)
    assert torch.allclose(z, x, atol=1e-9)
    assert log_det.abs().max() < 1e-9


@pytest.mark.parametrize("kind", MIXTURES)
def test_gradients_pass_through_decoding(kind: str) -> None:
    one = model(f"{{coupling: {{keep: half, net: [{{linear: 5}}, tanh], transform: {{{kind}: 2}}}}, times: 2}}")
    z = torch.randn(3, 2, dtype=torch.float64, requires_grad=True)
    assert torch.autograd.gradcheck(one.decode, (z,))
    one.decode(z).sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in one.parameters())
