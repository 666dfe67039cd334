"""Splines: ends, the identity, slopes by autograd, and hard parameters in float32."""

from __future__ import annotations

from typing import Any

import pytest
import torch

from flowspec.runtime import LinearSpline, QuadraticSpline, RationalQuadraticSpline

KINDS = pytest.mark.parametrize("kind", [LinearSpline, QuadraticSpline, RationalQuadraticSpline])
TAILS = pytest.mark.parametrize("tails", [True, False])


def theta(spline: Any, rows: int, size: float, dtype: torch.dtype = torch.float64) -> torch.Tensor:
    torch.manual_seed(1)
    return (size * torch.randn(rows, 1, spline.size, dtype=dtype)).expand(rows, 401, -1)


@KINDS
@TAILS
def test_no_parameters_are_the_identity(kind: Any, tails: bool) -> None:
    spline = kind(6, -1.0, 3.0, tails)
    x = torch.linspace(-1, 3, 401, dtype=torch.float64).expand(2, 401)
    z, log_slope = spline.forward(x, theta(spline, 2, 0.0))
    assert torch.allclose(z, x)
    assert log_slope.abs().max() < 1e-12


@KINDS
@TAILS
def test_the_box_goes_onto_itself(kind: Any, tails: bool) -> None:
    spline = kind(5, -1.0, 3.0, tails)
    x = torch.linspace(-1, 3, 401, dtype=torch.float64).expand(8, 401).clone().requires_grad_()
    z, log_slope = spline.forward(x, theta(spline, 8, 1.5))
    assert (z[:, 0] == -1).all()
    assert torch.allclose(z[:, -1], torch.tensor(3.0, dtype=z.dtype), atol=1e-12)
    assert (z.diff(dim=1) > 0).all()
    (slope,) = torch.autograd.grad(z.sum(), x)
    inside = slice(1, -1)  # at the ends the derivative is one-sided
    assert torch.allclose(slope[:, inside].log(), log_slope[:, inside], atol=1e-9)


@KINDS
def test_tails_are_the_identity(kind: Any) -> None:
    spline = kind(5, -1.0, 3.0)
    x = torch.cat([torch.linspace(-9, -1.01, 200), torch.linspace(3.01, 1e6, 201)]).double().expand(4, 401)
    z, log_slope = spline.forward(x, theta(spline, 4, 2.0))
    assert torch.equal(z, x)
    assert torch.equal(log_slope, torch.zeros_like(x))
    assert torch.equal(spline.inverse(x, theta(spline, 4, 2.0)), x)


def test_a_rational_quadratic_spline_is_smooth_at_its_ends() -> None:
    spline = RationalQuadraticSpline(5, -1.0, 3.0)
    ends = torch.tensor([-1.0, -1.0 + 1e-9, 3.0 - 1e-9, 3.0], dtype=torch.float64).expand(6, 4)
    assert spline.forward(ends, theta(spline, 6, 2.0)[:, :4])[1].abs().max() < 1e-4


@KINDS
@TAILS
@pytest.mark.parametrize("size", [3.0, 30.0])
def test_hard_parameters_in_float32(kind: Any, tails: bool, size: float) -> None:
    """Saturated logits leave bins of the least width and height: everything stays finite, and the way back is short."""
    spline = kind(8, -3.0, 3.0, tails)
    x = torch.linspace(-3, 3, 401).expand(64, 401).clone().requires_grad_()
    free = theta(spline, 64, size, torch.float32).clone().requires_grad_()
    z, log_slope = spline.forward(x, free)
    back = spline.inverse(z.detach(), free)
    for value in (z, log_slope, back, *torch.autograd.grad((z + log_slope + back).sum(), [x, free])):
        assert value.isfinite().all()
    assert (z.diff(dim=1) >= 0).all()
    steepest = log_slope.neg().exp().amax(1, keepdim=True)  # how much the inverse stretches an error of rounding
    assert ((back - x).abs() <= 2e-5 * (1 + steepest)).all()


@KINDS
def test_bfloat16_parameters_are_taken_up(kind: Any) -> None:
    spline = kind(4, 0.0, 1.0, False)
    x = torch.rand(2, 401).bfloat16()
    z, log_slope = spline.forward(x, theta(spline, 2, 1.0, torch.float32).bfloat16())
    assert z.dtype == log_slope.dtype == torch.float32
