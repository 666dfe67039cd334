"""Families of distributions: they sum to 1, their samples follow them, their parameters learn."""

from __future__ import annotations

import pytest
import torch

from flowspec.runtime import (
    Bernoulli,
    Beta,
    Categorical,
    DiscretizedLogisticMixture,
    Family,
    GaussianMixture,
    Logistic,
    LogisticMixture,
    Normal,
    StandardLogistic,
    StandardNormal,
    Uniform,
)

DISCRETE: dict[str, tuple[Family, int]] = {
    "bernoulli": (Bernoulli(), 2),
    "categorical": (Categorical(5), 5),
    "discretized_logistic_mixture": (DiscretizedLogisticMixture(5, 3), 5),
}
CONTINUOUS: dict[str, Family] = {
    "normal": Normal(),
    "logistic": Logistic(),
    "uniform": Uniform(),
    "beta": Beta(2, 3.5),
    "gaussian_mixture": GaussianMixture(3),
    "logistic_mixture": LogisticMixture(2),
    "standard_normal": StandardNormal(),
    "standard_logistic": StandardLogistic(),
}
FAMILIES: dict[str, Family] = CONTINUOUS | {name: family for name, (family, _) in DISCRETE.items()}


def parameters(family: Family, *shape: int) -> torch.Tensor:
    torch.manual_seed(1)
    return torch.randn(family.size).double().expand(*shape, family.size)


@pytest.mark.parametrize("name", DISCRETE)
def test_probabilities_sum_to_one_and_samples_follow(name: str) -> None:
    family, n = DISCRETE[name]
    states = torch.arange(n).double()
    p = family.log_prob(states, parameters(family, n)).exp()
    assert p.sum() == pytest.approx(1, abs=1e-12)
    draws = family.sample(torch.rand(100_000, family.noise).double(), parameters(family, 100_000))
    assert (torch.bincount(draws.long(), minlength=n) / 100_000 - p).abs().max() < 6e-3


@pytest.mark.parametrize("name", DISCRETE)
def test_no_mass_off_the_values(name: str) -> None:
    family, n = DISCRETE[name]
    assert (family.log_prob(torch.tensor([-1.0, 0.5, n]), parameters(family, 3)) == -torch.inf).all()


@pytest.mark.parametrize(("a", "b"), [(0.02, 0.03), (0.5, 0.5), (1, 1), (1, 4), (30, 2), (2000, 3000)])
def test_beta_by_its_moments(a: float, b: float) -> None:
    family, n = Beta(a, b), 200_000
    torch.manual_seed(2)
    for dtype in (torch.float32, torch.float64):
        x = family.sample(torch.rand(n, 2, dtype=dtype)).double()
        variance = a * b / ((a + b) ** 2 * (a + b + 1))
        assert x.mean().item() == pytest.approx(a / (a + b), abs=5 * (variance / n) ** 0.5)
        assert x.var().item() == pytest.approx(variance, rel=0.03)
    y = torch.rand(100, dtype=torch.float64)
    meant = torch.distributions.Beta(*torch.tensor([a, b], dtype=torch.float64))
    assert torch.allclose(family.log_prob(y), meant.log_prob(y), rtol=1e-9)


def test_beta_draws_far_below_the_rounding_of_one() -> None:
    """Of Beta(1/10, 1) P(x < t) = t^(1/10): a fifth of its mass lies below 6e-8, where float32 still has numbers."""
    x = Beta(0.1, 1.0).sample(torch.rand(20_000, 2, generator=torch.Generator().manual_seed(0)))
    for t in (1e-7, 1e-10, 1e-20, 1e-30):
        assert abs(float((x < t).float().mean()) - t**0.1) < 0.015


def test_every_variable_has_its_own_count() -> None:
    family = Categorical([2, 5, 3])
    theta = torch.randn(5, 3, 5).double()
    p = family.log_prob(torch.arange(5)[:, None].expand(5, 3), theta[:1].expand(5, 3, 5)).exp()
    assert torch.allclose(p.sum(0), torch.ones(3).double())
    assert (p[[2, 3], [0, 2]] == 0).all()
    draws = family.sample(torch.rand(2000, 3, 1).double(), theta[:1].expand(2000, 3, 5))
    assert draws.amax(0).tolist() == [1, 4, 2]


@pytest.mark.parametrize("name", CONTINUOUS)
def test_densities_integrate_to_one_and_samples_follow(name: str) -> None:
    family = CONTINUOUS[name]
    x = torch.linspace(-150, 150, 600_001, dtype=torch.float64) + 2.5e-4  # midpoints of intervals that end on 0 and 1
    p = family.log_prob(x, parameters(family, *x.shape)).exp() * 5e-4
    assert p.sum() == pytest.approx(1, abs=1e-6)
    draws = family.sample(torch.rand(50_000, family.noise).double(), parameters(family, 50_000)).sort()[0]
    cdf = p.cumsum(0)[torch.searchsorted(x, draws)]
    assert (cdf - torch.linspace(0, 1, 50_000).double()).abs().max() < 0.01  # Kolmogorov-Smirnov


@pytest.mark.parametrize("name", FAMILIES)
def test_noise_at_its_ends_gives_finite_samples(name: str) -> None:
    family = FAMILIES[name]
    for dtype in (torch.float32, torch.float64):
        for end in (0.0, 1.0):
            noise = torch.full((4, family.noise), end, dtype=dtype)
            x = family.sample(noise, parameters(family, 4).to(dtype))
            assert x.dtype == dtype
            assert family.log_prob(x, parameters(family, 4).to(dtype)).isfinite().all()


@pytest.mark.parametrize("name", FAMILIES)
def test_half_precision_parameters_are_read_in_float32(name: str) -> None:
    family = FAMILIES[name]
    theta = parameters(family, 6).to(torch.bfloat16)
    x = family.sample(torch.rand(6, family.noise), theta)
    assert x.dtype == family.log_prob(x, theta).dtype == torch.float32


@pytest.mark.parametrize("name", [name for name, family in FAMILIES.items() if family.size])
def test_every_parameter_learns_and_has_a_name(name: str) -> None:
    family = FAMILIES[name]
    theta = parameters(family, 7).clone().requires_grad_()
    x = family.sample(torch.rand(7, family.noise).double(), theta).detach()
    (gradient,) = torch.autograd.grad(family.log_prob(x, theta).sum(), theta)
    assert (gradient.abs().sum(0) > 0).all()
    named = family.named(theta)
    assert sum(value.shape[1:].numel() for value in named.values()) == family.size


@pytest.mark.parametrize("name", FAMILIES)
def test_extreme_parameters_keep_log_prob_finite(name: str) -> None:
    family = FAMILIES[name]
    for scale in (-40.0, 40.0):
        theta = torch.full((2, family.size), scale).double()
        x = family.sample(torch.rand(2, family.noise).double(), theta)
        assert family.log_prob(x, theta).isfinite().all()
