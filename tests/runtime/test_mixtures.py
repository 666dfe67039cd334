"""Mixture distribution functions: tails, slopes, the tolerance of the root search, and its gradients."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from flowspec.runtime import GaussianMixtureCDF, Inverse, LogisticMixtureCDF, MixtureLogit, NormalCDF, Sigmoid
from flowspec.runtime.families.normal import log_ndtr

KINDS = pytest.mark.parametrize("kind", [GaussianMixtureCDF, LogisticMixtureCDF])
TYPES = pytest.mark.parametrize("dtype", [torch.float64, torch.float32])


def theta(transform: Any, rows: int, size: float, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    torch.manual_seed(1)
    return size * torch.randn(rows, transform.size, dtype=dtype)


@KINDS
def test_a_distribution_function_is_the_integral_of_its_density(kind: Any) -> None:
    cdf = kind(3)
    x = torch.linspace(-12, 12, 4001, dtype=torch.float64).expand(8, -1).clone().requires_grad_()
    free = theta(cdf, 8, 0.8)[:, None].expand(8, 4001, -1)
    u, log_slope = cdf.forward(x, free)
    assert ((u > 0) & (u <= 1)).all()
    (slope,) = torch.autograd.grad(u.sum(), x)
    assert torch.allclose(slope, log_slope.exp(), atol=1e-12)
    parts = cdf.parts(free)
    y, log_slope = cdf.logit(x, parts)
    (slope,) = torch.autograd.grad(y.sum(), x)
    assert torch.allclose(slope.log(), log_slope, atol=1e-9)


@TYPES
def test_the_log_of_the_normal_distribution_function_has_the_derivative_of_its_hazard(dtype: torch.dtype) -> None:
    """d log Phi / dy = sqrt(2 / pi) / erfcx(-y / sqrt 2), near and far, where torch's own derivative goes astray."""
    sizes = torch.logspace(-3, 12, 3001, dtype=torch.float64)
    y = torch.cat([-sizes, sizes]).to(dtype).requires_grad_()
    value = log_ndtr(y)
    (slope,) = torch.autograd.grad(value.sum(), y)
    exact = y.detach().double()
    wanted = (2 / torch.pi) ** 0.5 / torch.special.erfcx(-exact / 2**0.5)
    rounding = 3e-4 if dtype == torch.float32 else 1e-12
    assert ((slope.double() - wanted).abs() <= rounding * wanted + 1e-30).all()
    around = torch.tensor([-50.0001, -49.9999], dtype=torch.float64)
    assert torch.allclose(log_ndtr(around), torch.special.log_ndtr(around), rtol=1e-14)


@KINDS
@TYPES
def test_far_tails_are_finite(kind: Any, dtype: torch.dtype) -> None:
    """A thousand scales away both the map and its gradient are finite, on either side."""
    transform = MixtureLogit(kind(4))
    x = torch.tensor([-1e3, -40.0, 0.0, 40.0, 1e3], dtype=dtype).requires_grad_()
    free = theta(transform, 5, 1.0, dtype).requires_grad_()
    z, log_slope = transform.forward(x, free)
    grads = torch.autograd.grad((z + log_slope).sum(), [x, free])
    for value in (z, log_slope, *grads):
        assert value.isfinite().all()


@KINDS
@TYPES
@pytest.mark.parametrize("size", [0.5, 2.0, 6.0])
def test_the_root_lies_within_the_stated_tolerance(kind: Any, dtype: torch.dtype, size: float) -> None:
    """logit(u) crosses its value between x - tolerance and x + tolerance, also in gaps between modes."""
    cdf = kind(5)
    t = torch.cat([torch.linspace(-40, 40, 801), torch.linspace(-3, 3, 200)]).to(dtype)
    free = theta(cdf, len(t), size, dtype)
    x = cdf.root(t, free)
    reach = (cdf.tolerance(dtype) * (1 + x.abs())).double()
    parts = cdf.parts(free.double())
    assert (cdf.logit(x.double() - reach, parts)[0] <= t + 1e-5 * (dtype == torch.float32) * (1 + t.abs())).all()
    assert (cdf.logit(x.double() + reach, parts)[0] >= t - 1e-5 * (dtype == torch.float32) * (1 + t.abs())).all()


@KINDS
def test_round_trips(kind: Any) -> None:
    torch.manual_seed(0)
    x = torch.randn(500, dtype=torch.float64)
    for transform in (MixtureLogit(kind(4)), kind(1)):
        free = theta(transform, 500, 0.5)
        z, log_slope = transform.forward(x, free)
        clear = log_slope > -8  # beyond, numbers near 1 round to neighbours that lie further apart than the tolerance
        assert (transform.inverse(z, free) - x)[clear].abs().max() < 1e-9


@KINDS
def test_gradients_through_the_inverse(kind: Any) -> None:
    cdf = kind(3)
    free = theta(cdf, 6, 0.7).requires_grad_()
    u = torch.rand(6, dtype=torch.float64).mul(0.9).add(0.05).requires_grad_()
    assert torch.autograd.gradcheck(cdf.inverse, (u, free))
    transform = MixtureLogit(kind(2))
    free = theta(transform, 6, 0.7).requires_grad_()
    assert torch.autograd.gradcheck(transform.inverse, (torch.randn(6, dtype=torch.float64, requires_grad=True), free))


def test_logistic_components_without_parameters_are_the_identity() -> None:
    transform = MixtureLogit(LogisticMixtureCDF(3))
    x = torch.linspace(-30, 30, 61, dtype=torch.float64)
    z, log_slope = transform.forward(x, torch.zeros(61, transform.size, dtype=x.dtype))
    assert torch.allclose(z, x)
    assert log_slope.abs().max() < 1e-12


@KINDS
def test_the_search_is_one_graph(kind: Any) -> None:
    transform = MixtureLogit(kind(2))
    free, z = theta(transform, 4, 0.5), torch.randn(4, dtype=torch.float64)
    compiled = torch.compile(transform.inverse, fullgraph=True, backend="eager")
    assert torch.allclose(compiled(z, free), transform.inverse(z, free))


def test_bfloat16_is_taken_up() -> None:
    transform = MixtureLogit(GaussianMixtureCDF(2))
    x = torch.randn(4).bfloat16()
    z, log_slope = transform.forward(x, theta(transform, 4, 0.5).bfloat16())
    assert z.dtype == log_slope.dtype == torch.float32


@pytest.mark.parametrize("step", [NormalCDF(), Sigmoid()])
def test_an_inverse_undoes_its_steps(step: Any) -> None:
    x = torch.randn(7, 3, dtype=torch.float64)
    u, log_det = step(x)
    back, log_det_back = Inverse(step)(u)
    assert torch.allclose(back, x)
    assert torch.allclose(log_det + log_det_back, torch.zeros(7, dtype=x.dtype), atol=1e-9)
    assert torch.allclose(Inverse(step).inverse(x), u)


@pytest.mark.parametrize(("dtype", "least"), [(torch.float32, -12.9), (torch.float64, -37.0)])
def test_the_lower_tail_of_the_normal_keeps_its_precision(dtype: torch.dtype, least: float) -> None:
    """1 + erf rounds to 0 there, and the step before then met the end of (0, 1)."""
    x = torch.linspace(least, 0, 60, dtype=dtype)[:, None].requires_grad_()
    u, log_det = NormalCDF()(x)
    assert torch.allclose(NormalCDF().inverse(u), x, rtol=1e-5 if dtype == torch.float32 else 1e-12, atol=1e-6)
    (slope,) = torch.autograd.grad(u.sum(), x)
    assert torch.allclose(slope[1:, 0].log(), log_det[1:], rtol=1e-3)


def test_a_distribution_function_and_its_inverse_meet_in_the_lower_tail() -> None:
    mixture, normal = GaussianMixtureCDF(2), Inverse(NormalCDF())
    parameters = theta(mixture, 1, 0.5).float()
    z = torch.linspace(-6, 3, 19)[:, None]
    in_full = mixture.inverse(normal.inverse(z.double()), parameters.double())
    assert torch.allclose(mixture.inverse(normal.inverse(z), parameters), in_full.float(), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("mixture", [GaussianMixtureCDF(3), LogisticMixtureCDF(3)])
@pytest.mark.parametrize("far", [1e2, 1e5, 1e8])
def test_the_slope_keeps_its_precision_far_out(mixture: Any, far: float) -> None:
    """There log u is near -far^2 / 2, of which the slope is the small rest."""
    x = far * torch.tensor([-2.5, -1, 1, 2.5], dtype=torch.float64).requires_grad_()
    logit, log_slope = mixture.logit(x, mixture.parts(theta(mixture, 4, 1.0)))
    (slope,) = torch.autograd.grad(logit.sum(), x)
    assert torch.allclose(log_slope, slope.log(), rtol=0, atol=1e-9)
