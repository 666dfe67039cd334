"""Steps that draw from a density of their own: the bound is below log p(x), and its exponential has p(x) as its mean."""

from __future__ import annotations

import math
from functools import cache
from typing import Any

import pytest
import torch

from flowspec.compiler import analyse
from flowspec.emit.load import load_class
from tests.ops.contract import instance

VAE = """flowspec: 1
name: tiny
x: {shape: [3], values: binary}
flow:
- encode: [1]
  posterior: {net: {mlp: [8]}, head: normal}
  decoder: {net: {mlp: [8]}, head: bernoulli}
- affine
base: normal
"""
DEQUANTIZED = """flowspec: 1
name: tiny
x: {shape: [1], values: 3}
flow:
- dequantize: {variational: {flow: [logit], base: {net: {mlp: [8]}, head: normal}}}
- logit: 0.1
- affine
base: normal
"""
IAF = """flowspec: 1
name: tiny
x: {shape: [5], values: binary}
flow:
- encode: [4]
  posterior:
    given: {h: {mlp: [8], in: x}}
    flow: [{autoregressive: {order: raster, net: {mlp: [8]}, fast: FAST, times: 2}, given: h}]
    base: {head: {normal: {}, in: h}}
  decoder: {net: {mlp: [8]}, head: bernoulli}
base: normal
"""


@cache
def built(text: str) -> type[Any]:
    return load_class(analyse("tiny.yaml", text).source())


def weights(model: Any, x: torch.Tensor, draws: int) -> torch.Tensor:
    """log_prob of each x under many draws, (B, draws)."""
    torch.manual_seed(0)
    with torch.no_grad():
        return model.log_prob(x.repeat_interleave(draws, 0)).view(len(x), draws)


def judge_bound(bounds: torch.Tensor, log_p: torch.Tensor) -> None:
    """The mean of the bounds lies below log p(x), and the mean of their exponentials is p(x)."""
    ratio = (bounds - log_p[:, None]).exp()
    error = ratio.std(1) / math.sqrt(ratio.shape[1])
    assert ((ratio.mean(1) - 1).abs() < 6 * error + 1e-3).all()
    assert (bounds.mean(1) < log_p).all()


def test_the_bound_of_an_encoder_against_quadrature() -> None:
    model = instance(built(VAE), 0)
    x = torch.cartesian_prod(*[torch.arange(2)] * 3)
    z = torch.linspace(-12, 12, 4001, dtype=torch.float64)
    with torch.no_grad():
        latent, log_det = model.affine(z[:, None])
        log_prior = log_det + model.base_2.log_prob(latent)
        rows = [model.decoder.log_prob(one.double().expand(len(z), 3), z=z[:, None]) for one in x]
        log_p = torch.stack(rows).add(log_prior).logsumexp(1) + math.log(24 / 4000)
    assert abs(float(log_p.exp().sum()) - 1) < 1e-6
    judge_bound(weights(model, x, 4000), log_p)


def test_the_bound_of_a_dequantization_against_quadrature() -> None:
    model = instance(built(DEQUANTIZED), 1)
    x = torch.arange(3)[:, None]
    u = (torch.arange(2000, dtype=torch.float64) + 0.5) / 2000
    with torch.no_grad():
        values = ((x + u) / 3).reshape(-1, 1)
        z, one = model.logit(values)
        z, two = model.affine(z)
        log_p = (one + two + model.base.log_prob(z)).view(3, -1).logsumexp(1) - math.log(3 * 2000)
    judge_bound(weights(model, x, 4000), log_p)


def test_the_noise_of_a_dequantization_is_a_density_on_the_unit_interval() -> None:
    model = instance(built(DEQUANTIZED), 2)
    u = (torch.arange(20_000, dtype=torch.float64) + 0.5) / 20_000
    with torch.no_grad():
        log_q = model.dequantize.noise.log_prob(u[:, None], outer_x=torch.full((len(u), 1), 2.0, dtype=torch.float64))
    assert abs(float(log_q.exp().mean()) - 1) < 1e-3


@pytest.mark.parametrize("fast", ["sampling", "density"])
def test_a_draw_knows_its_log_density(fast: str) -> None:
    model = instance(built(IAF.replace("FAST", fast)), 0)
    x = torch.randint(0, 2, (6, 5)).double()
    with torch.no_grad():
        z, log_q = model.encode_.posterior.rsample(6, outer_x=x)
        assert torch.allclose(model.encode_.posterior.log_prob(z, outer_x=x), log_q)


@pytest.mark.parametrize("text", [VAE, DEQUANTIZED, IAF.replace("FAST", "sampling")], ids=["vae", "dequantize", "iaf"])
def test_gradients_pass_through_the_draw(text: str) -> None:
    model = instance(built(text), 0)
    x = torch.randint(0, 2, (4, *model.SHAPE))

    def value() -> torch.Tensor:
        torch.manual_seed(3)
        return model.log_prob(x).sum()

    for parameter in model.parameters():
        (slope,) = torch.autograd.grad(value(), parameter)
        k = int(slope.abs().argmax())
        with torch.no_grad():
            flat, step = parameter.view(-1), 1e-6
            flat[k] += step
            above = value()
            flat[k] -= 2 * step
            below = value()
            flat[k] += step
        assert float((above - below) / (2 * step)) == pytest.approx(float(slope.view(-1)[k]), rel=1e-4, abs=1e-6)


def test_decoding_gives_the_likelier_bits() -> None:
    model = instance(built(VAE), 0)
    z = torch.randn(7, 1, dtype=torch.float64)
    with torch.no_grad():
        inner = model.affine.inverse(z)
        logits = model.decoder.theta(7, z=inner)[..., 0]
        assert torch.equal(model.decode(z), (logits > 0).double())


@pytest.mark.parametrize("text", [VAE, DEQUANTIZED], ids=["vae", "dequantize"])
def test_it_compiles_whole(text: str) -> None:
    model = built(text)()
    x = torch.randint(0, 2, (4, *model.SHAPE))
    compiled = torch.compile(model, fullgraph=True, backend="eager")
    torch.manual_seed(0)
    plain = model(x)
    torch.manual_seed(0)
    assert torch.allclose(compiled(x), plain)
