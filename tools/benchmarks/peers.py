"""The same architectures in other libraries, each an optional import: zuko, nflows, normflows, FrEIA, or plain torch.

A function here builds one architecture with one library and raises ImportError where that is not installed.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import torch
from torch import nn

LIBRARIES = ("zuko", "nflows", "normflows", "FrEIA")


@dataclass(frozen=True, slots=True)
class Rival:
    """A model: log_prob, (B, *shape) -> (B,) in nats, and sample, n -> (n, *shape), if it is timed."""

    module: nn.Module
    log_prob: Callable[[torch.Tensor], torch.Tensor]
    sample: Callable[[int], Any] | None = None

    def parameters(self) -> list[nn.Parameter]:
        """What is learned."""
        return [p for p in self.module.parameters() if p.requires_grad]

    def count(self) -> int:
        """The number of learned scalars."""
        return sum(p.numel() for p in self.parameters())


def zuko_rival(flow: Any) -> Rival:
    """A lazy flow of zuko builds its distribution anew in every call."""
    return Rival(flow, lambda x: flow().log_prob(x), lambda n: flow().sample((n,)))


def zuko_maf(features: int, steps: int, widths: tuple[int, ...]) -> Rival:
    """Orders alternate; masked affine steps."""
    import zuko

    return zuko_rival(zuko.flows.MAF(features, transforms=steps, hidden_features=widths))


def zuko_iaf(features: int, steps: int, widths: tuple[int, ...]) -> Rival:
    """The inverse of each step of a MAF."""
    import zuko

    maf = zuko.flows.MAF(features, transforms=steps, hidden_features=widths)
    inverses = [step.inv for step in reversed(maf.transform.transforms)]
    return zuko_rival(zuko.flows.Flow(inverses, maf.base))


def zuko_coupling(features: int, steps: int, widths: tuple[int, ...]) -> Rival:
    """Checkered masks that alternate; affine couplings."""
    import zuko

    return zuko_rival(zuko.flows.RealNVP(features, transforms=steps, hidden_features=widths))


def nflows_steps(features: int, steps: int, widths: tuple[int, ...]) -> Any:
    """Masked affine steps between reversals."""
    from nflows import transforms

    def step() -> Any:
        return transforms.MaskedAffineAutoregressiveTransform(
            features, widths[0], num_blocks=len(widths) - 1, use_residual_blocks=False
        )

    chain = [step()]
    for _ in range(steps - 1):
        chain += [transforms.ReversePermutation(features), step()]
    return transforms.CompositeTransform(chain)


def nflows_maf(features: int, steps: int, widths: tuple[int, ...], inverse: bool = False) -> Rival:
    """A MAF, or the IAF that is its inverse."""
    from nflows import distributions, flows, transforms

    chain = nflows_steps(features, steps, widths)
    base = distributions.StandardNormal([features])
    flow = flows.Flow(transforms.InverseTransform(chain) if inverse else chain, base)
    return Rival(flow, flow.log_prob, flow.sample)


def nflows_iaf(features: int, steps: int, widths: tuple[int, ...]) -> Rival:
    """The IAF."""
    return nflows_maf(features, steps, widths, inverse=True)


def nflows_splines(features: int, steps: int, widths: tuple[int, ...], bins: int) -> Rival:
    """Rational-quadratic couplings with linear tails; the other half is kept every other time."""
    from nflows import distributions, flows, transforms

    def step(k: int) -> Any:
        mask = [(j + k) % 2 for j in range(features)]
        return transforms.PiecewiseRationalQuadraticCouplingTransform(
            mask, lambda i, o: Conditioner(i, *widths, o), num_bins=bins, tails="linear", tail_bound=3.0
        )

    chain = transforms.CompositeTransform([step(k) for k in range(steps)])
    flow = flows.Flow(chain, distributions.StandardNormal([features]))
    return Rival(flow, flow.log_prob, flow.sample)


def nflows_coupling(features: int, steps: int, widths: tuple[int, ...]) -> Rival:
    """Affine couplings; even columns are kept first, then odd ones.

    A scale of nflows' couplings stays below 1.001, so a chain of them can only contract: here they have the scale of its
    masked steps, softplus(a) + 0.001.
    """
    from nflows import distributions, flows, transforms

    class Coupling(transforms.AffineCouplingTransform):  # type: ignore[misc]
        def _scale_and_shift(self, transform_params: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            shift, scale = transform_params.chunk(2, 1)
            return nn.functional.softplus(scale) + 1e-3, shift

    def step(k: int) -> Any:
        mask = [(j + k) % 2 for j in range(features)]
        return Coupling(mask, lambda i, o: Conditioner(i, *widths, o))

    chain = transforms.CompositeTransform([step(k) for k in range(steps)])
    flow = flows.Flow(chain, distributions.StandardNormal([features]))
    return Rival(flow, flow.log_prob, flow.sample)


def nflows_nsf(features: int, steps: int, widths: tuple[int, ...], bins: int) -> Rival:
    """Rational-quadratic couplings that keep the even columns, between permutations and matrices by LU."""
    from nflows import distributions, flows, transforms

    def mix() -> list[Any]:
        return [transforms.RandomPermutation(features), transforms.LULinear(features)]

    def bend() -> Any:
        return transforms.PiecewiseRationalQuadraticCouplingTransform(
            [j % 2 for j in range(features)],
            lambda i, o: Conditioner(i, *widths, o),
            num_bins=bins,
            tails="linear",
            tail_bound=3.0,
        )

    chain = [step for _ in range(steps) for step in (*mix(), bend())]
    flow = flows.Flow(transforms.CompositeTransform([*chain, *mix()]), distributions.StandardNormal([features]))
    return Rival(flow, flow.log_prob, flow.sample)


def zuko_splines(features: int, steps: int, widths: tuple[int, ...], bins: int) -> Rival:
    """Autoregressive steps of two passes, which are couplings; random permutations between them."""
    import zuko

    flow = zuko.flows.NSF(features, transforms=steps, bins=bins, passes=2, hidden_features=widths)
    return zuko_rival(flow)


def normflows_glow(shape: tuple[int, ...], steps: int, width: int) -> Rival:
    """Activation normalization, an invertible 1x1 convolution by LU and a coupling whose net has three layers."""
    import normflows as nf

    blocks = [nf.flows.GlowBlock(shape[0], width, split_mode="channel", scale=True) for _ in range(steps)]
    flow = nf.NormalizingFlow(nf.distributions.DiagGaussian(shape, trainable=False), blocks)
    return Rival(flow, flow.log_prob, lambda n: flow.sample(n)[0])


def normflows_coupling(features: int, steps: int, widths: tuple[int, ...]) -> Rival:
    """Affine couplings of halves that are swapped after each."""
    import normflows as nf

    half = features // 2
    chain: list[Any] = []
    for _ in range(steps):
        net = nf.nets.MLP([half, *widths, 2 * half])
        chain += [nf.flows.AffineCouplingBlock(net, scale_map="exp"), nf.flows.Permute(features, mode="swap")]
    flow = nf.NormalizingFlow(nf.distributions.DiagGaussian(features, trainable=False), chain)
    return Rival(flow, flow.log_prob, lambda n: flow.sample(n)[0])


def freia_coupling(features: int, steps: int, widths: tuple[int, ...]) -> Rival:
    """Affine couplings of halves, a fixed permutation after each; the base is ours, FrEIA has none."""
    from FrEIA.framework import SequenceINN
    from FrEIA.modules import AffineCouplingOneSided, PermuteRandom

    inn = SequenceINN(features)
    for k in range(steps):
        inn.append(AffineCouplingOneSided, subnet_constructor=lambda i, o: mlp(i, *widths, o))
        inn.append(PermuteRandom, seed=k)
    constant = features / 2 * math.log(2 * math.pi)

    def log_prob(x: torch.Tensor) -> Any:
        z, log_det = inn(x)
        return -0.5 * z.square().sum(1) - constant + log_det

    return Rival(inn, log_prob, lambda n: inn(torch.randn(n, features), rev=True, jac=False)[0])


class Conditioner(nn.Module):
    """An MLP as nflows calls it: with a context, which is not used."""

    def __init__(self, *widths: int) -> None:
        super().__init__()
        self.net = mlp(*widths)
        self.hidden_features = widths[-2]  # by the root of which nflows divides the logits of a spline's bins

    def forward(self, x: torch.Tensor, context: object = None) -> Any:
        return self.net(x)


def mlp(*widths: int) -> nn.Sequential:
    """Linear layers with ReLU between them."""
    layers: list[nn.Module] = [nn.Linear(widths[0], widths[1])]
    for n_in, n_out in pairwise(widths[1:]):
        layers += [nn.ReLU(), nn.Linear(n_in, n_out)]
    return nn.Sequential(*layers)


def bernoulli(net: nn.Module) -> Rival:
    """A net of logits as a density of binary vectors."""
    return Rival(net, lambda x: -nn.functional.binary_cross_entropy_with_logits(net(x), x, reduction="none").sum(1))


def nflows_made(features: int, width: int) -> Rival:
    """nflows' net with one hidden layer."""
    from nflows.transforms.made import MADE

    return bernoulli(MADE(features, width, num_blocks=0, use_residual_blocks=False))


class MaskedDense(nn.Linear):
    """The textbook masked layer: a float mask, multiplied with the weight in every pass."""

    mask: torch.Tensor

    def __init__(self, mask: torch.Tensor) -> None:
        super().__init__(mask.shape[1], mask.shape[0])
        self.register_buffer("mask", mask.float())

    def forward(self, input: torch.Tensor) -> torch.Tensor:
        return nn.functional.linear(input, self.mask * self.weight, self.bias)


def plain_made(features: int, width: int) -> Rival:
    """What one would write by hand."""
    place = torch.arange(features)
    degree = torch.arange(width) % (features - 1)
    hidden, out = degree[:, None] >= place, place[:, None] > degree
    return bernoulli(nn.Sequential(MaskedDense(hidden), nn.ReLU(), MaskedDense(out)))
