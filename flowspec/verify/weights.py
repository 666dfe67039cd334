"""Generic weights: every parameter is perturbed, so that no zero at initialization hides a dependency (semantics E)."""

from __future__ import annotations

import torch
from torch import nn

from flowspec.verify.noise import generator, seeded

GENERIC, POSITIVE, MILD = "generic", "positive", "mild"


def build(cls: type[nn.Module], seed: int, kind: str = GENERIC) -> nn.Module:
    """A float64 model in eval mode with random weights.

    `generic` adds Gaussian noise of half the usual size to fresh weights; `mild` a fifth of that, for densities that a
    grid can integrate; `positive` makes every weight positive, which keeps paths through monotone activations from
    cancelling and units from dying. Masks are functions of the layers, so none of this touches them.
    """
    with seeded(seed):
        model = cls().double().eval()
    source = generator(seed, 1)
    with torch.no_grad():
        for parameter in model.parameters():
            parameter.copy_(_drawn(parameter, kind, source))
    return model


def _drawn(p: torch.Tensor, kind: str, source: torch.Generator) -> torch.Tensor:
    fan_in = max(p[0].numel(), 1) if p.dim() > 1 else 1
    if kind == POSITIVE:
        u = torch.rand(p.shape, generator=source, dtype=p.dtype)
        return (1 + u) / fan_in if p.dim() > 1 else 0.1 * u
    scale = 0.5 * fan_in**-0.5 * (0.2 if kind == MILD else 1)
    return p + torch.randn(p.shape, generator=source, dtype=p.dtype).mul_(scale)
