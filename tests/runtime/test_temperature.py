"""Temperature: draws follow the closed form of the tempered distribution, and at 1 nothing changes."""

from __future__ import annotations

import math

import pytest
import torch

from flowspec.compiler import analyse
from flowspec.emit.load import load_class
from flowspec.runtime import (
    Bernoulli,
    Beta,
    Categorical,
    DiscretizedLogisticMixture,
    Family,
    GaussianMixture,
    JointMixture,
    LinkedMixture,
    Logistic,
    LogisticMixture,
    Normal,
    StandardLogistic,
    StandardNormal,
    Uniform,
)

N = 100_000
SCALED: dict[str, tuple[Family, int]] = {  # how many of the last parameters are log-scales
    "normal": (Normal(), 1),
    "logistic": (Logistic(), 1),
    "gaussian_mixture": (GaussianMixture(3), 3),
    "logistic_mixture": (LogisticMixture(2), 2),
    "discretized_logistic_mixture": (DiscretizedLogisticMixture(9, 3), 3),
}


def noise(*shape: int) -> torch.Tensor:
    return torch.rand(*shape, generator=torch.Generator().manual_seed(3), dtype=torch.float64)


def theta(family: Family) -> torch.Tensor:
    return torch.randn(family.size, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("family", [Bernoulli(), Categorical(5), Categorical([5, 3])])
@pytest.mark.parametrize("temperature", [0.4, 2.5])
def test_logits_are_divided(family: Family, temperature: float) -> None:
    shape = (2,) if isinstance(getattr(family, "classes", 0), list) else ()
    own = torch.randn(1, *shape, family.size, generator=torch.Generator().manual_seed(1), dtype=torch.float64)
    x = family.drawn(noise(N, *shape, 1), own.expand(N, *shape, family.size), temperature)
    states = torch.arange(5).double().view(-1, *[1] * len(shape)).expand(5, *shape)
    p = family.log_prob(states, own.expand(5, *own.shape[1:])).exp()
    tempered = p ** (1 / temperature)
    found = torch.stack([(x == k).double().mean(0) for k in range(5)])
    assert (found - tempered / tempered.sum(0)).abs().max() < 6e-3


@pytest.mark.parametrize("name", SCALED)
@pytest.mark.parametrize("temperature", [0.5, 1.7])
def test_scales_are_multiplied(name: str, temperature: float) -> None:
    family, scales = SCALED[name]
    own = theta(family)
    meant = own.clone()
    meant[-scales:] += math.log(temperature)
    meant[:-scales][: scales if scales > 1 else 0] /= temperature  # the logits of a mixture
    u = noise(N, family.noise)
    drawn = family.drawn(u, own.expand(N, family.size), temperature)
    assert torch.allclose(drawn, family.sample(u, meant.expand(N, family.size)), atol=1e-12)


def test_the_spread_of_a_normal_and_a_logistic() -> None:
    u = noise(N, 1)
    normal = StandardNormal().drawn(u, torch.empty(N, 0), 0.7)
    assert normal.mean().item() == pytest.approx(0, abs=0.01)
    assert normal.std().item() == pytest.approx(0.7, rel=0.01)
    logistic = StandardLogistic().drawn(u, torch.empty(N, 0), 0.7)
    assert logistic.std().item() == pytest.approx(0.7 * math.pi / math.sqrt(3), rel=0.01)
    own = torch.tensor([2.0, -1.0]).expand(N, 2)
    assert Normal().drawn(u, own, 3.0).std().item() == pytest.approx(3 / math.e, rel=0.01)
    assert Normal().drawn(u, own, 3.0).mean().item() == pytest.approx(2.0, abs=0.02)


@pytest.mark.parametrize(
    "family", [JointMixture(GaussianMixture(2), 3), LinkedMixture(DiscretizedLogisticMixture(9, 2), 3)]
)
def test_sites_are_tempered_as_a_whole(family: JointMixture) -> None:
    own, u = theta(family), noise(500, 3, 4, 2)
    meant = own.clone()
    meant[:2] /= 0.5
    meant[8:14] += math.log(0.5)
    drawn = family.drawn(u, own.expand(500, 1, 4, family.size), 0.5)
    assert torch.allclose(drawn, family.sample(u, meant.expand(500, 1, 4, family.size)), atol=1e-12)


@pytest.mark.parametrize("family", [Uniform(), Beta(5, 5)])
def test_no_temperature_without_scale_or_logits(family: Family) -> None:
    u = noise(5, family.noise)
    assert torch.equal(family.drawn(u, u[:, :0]), family.sample(u, u[:, :0]))
    with pytest.raises(ValueError, match=f"{type(family).__name__} has no temperature"):
        family.drawn(u, u[:, :0], 0.5)


@pytest.mark.parametrize("temperature", [0.0, -1.0, math.inf, math.nan])
def test_a_temperature_is_above_zero(temperature: float) -> None:
    with pytest.raises(ValueError, match="expected a number above 0"):
        StandardNormal().drawn(noise(5, 1), torch.empty(5, 0), temperature)


SPECS = {
    "linear": "x: {shape: [3], values: real}\nflow: [{linear: dense}, affine]\nbase: normal\n",
    "prior": """x: {shape: [1, 4, 4], values: real}
flow: [{squeeze: 2}, {split: {sizes: [2, 2], names: [a, b]}}]
base:
  a: {given: b, net: [{conv: 4}, tanh], head: normal}
  b: logistic
""",
    "bits": "x: {shape: [5], values: binary}\norder: {random: 2, seed: 1}\nnet: [{linear: 12}, tanh]\nhead: bernoulli\n",
    "uniform": "x: {shape: [1], values: real}\nflow: [{cdf: {gaussian_mixture: 2}}]\nbase: uniform\n",
}


def model(name: str) -> torch.nn.Module:
    report = analyse("t.yaml", f"flowspec: 1\nname: t\n{SPECS[name]}")
    assert report.ok, report.diagnostics
    torch.manual_seed(4)
    made = load_class(report.source(), "t.yaml")().double().eval()
    with torch.no_grad():
        for parameter in made.parameters():
            parameter.add_(0.3 * torch.randn_like(parameter))
    return made


def drawn(made: torch.nn.Module, n: int, **how: float) -> torch.Tensor:
    x: torch.Tensor = made.sample(n, generator=torch.Generator().manual_seed(5), **how)  # type: ignore[operator]
    return x


@pytest.mark.parametrize("name", SPECS)
def test_temperature_one_is_as_if_nothing_was_said(name: str) -> None:
    made = model(name)
    assert torch.equal(drawn(made, 50), drawn(made, 50, temperature=1.0))


def test_the_covariance_of_a_linear_flow_scales_with_the_square() -> None:
    made = model("linear")
    one, cool = torch.cov(drawn(made, N).T), torch.cov(drawn(made, N, temperature=0.5).T)
    assert torch.allclose(cool, one / 4, rtol=1e-9)


def test_every_part_is_tempered_learned_priors_too() -> None:
    made = model("prior")
    z = made.encode(drawn(made, 20_000, temperature=0.5))[0]  # type: ignore[operator]
    hot = made.encode(drawn(made, 20_000))[0]  # type: ignore[operator]
    assert torch.allclose(z[:, 8:].std(0), 0.5 * hot[:, 8:].std(0), rtol=1e-6)
    a, b = z[:, :8].view(-1, 2, 2, 2), z[:, 8:].view(-1, 2, 2, 2)
    mean, log_scale = made.a.theta(len(a), b=b).unbind(-1)  # type: ignore[union-attr,operator]
    unit = (a - mean) * (-log_scale).exp()
    assert unit.std().item() == pytest.approx(0.5, rel=0.02)


def test_conditionals_of_an_order_are_tempered() -> None:
    made = model("bits")
    cold = drawn(made, 200, temperature=1e-6, order=0)
    assert len(cold.unique(dim=0)) == 1  # each bit is the likelier one
    assert len(drawn(made, 200, order=0).unique(dim=0)) > 8


def test_a_uniform_base_is_named() -> None:
    with pytest.raises(ValueError, match="the density Uniform has no temperature"):
        drawn(model("uniform"), 3, temperature=0.7)


def test_no_context_may_be_called_temperature() -> None:
    text = "flowspec: 1\nname: t\nx: {shape: [2], values: real}\ngiven: {temperature: {classes: 2}}\nhead: normal\n"
    assert not analyse("t.yaml", text).ok
