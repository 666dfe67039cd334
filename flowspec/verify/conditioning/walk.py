"""Which step loses precision: each runs alone in float32, and its error is followed to the end of the way back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch import Tensor

from flowspec.verify.conditioning.chain import Chain, Link, Passed, in_float32, recorded, smooth

Told = Callable[[str], object]
Way = dict[int, Passed]


@dataclass(frozen=True, eq=False, slots=True)
class Losses:
    """What K steps lose on one round trip, each alone in float32, for B samples.

    Attributes:
        own: (K, B) error of the step where it is undone, in units of its input.
        cost: (K, B) error at the end.
        share: (K,) the part of all costs that would go without the step, at the sample with the largest.
    """

    own: Tensor
    cost: Tensor
    share: Tensor


def losses(chain: Chain, steps: list[Link], start: Tensor, latent: bool, tell: Told) -> Losses:
    """The losses on start -> there -> back: x -> z -> x, or with `latent` z -> x -> z."""
    own, cost, gains = [], [], []
    with torch.no_grad(), smooth(chain.module, chain.noise):
        end, reference = _trip(chain, steps, start, latent)
        for step in steps:
            tell(step.label)
            with in_float32(step.module):
                found, way = _trip(chain, steps, start, latent)
            k = steps.index(step)
            own.append(_largest(way[k].gave - reference[k].gave))
            cost.append(_largest(found - end))
            gains.append(torch.stack([_gain(way[j], reference[j]) for j in range(len(steps))]))
    costs = torch.stack(cost)
    return Losses(torch.stack(own), costs, _shares(costs, torch.stack(gains, 1), latent))


def _trip(chain: Chain, steps: list[Link], start: Tensor, latent: bool) -> tuple[Tensor, Way]:
    """The end of the way, and what every step was given and gave on the second half of it."""
    there, back = (chain.decode, chain.encode) if latent else (chain.encode, chain.decode)
    middle = there(start)
    with recorded([step.module for step in steps]) as way:
        end = back(middle)
    return end, way


def _gain(found: Passed, reference: Passed) -> Tensor:
    """(B,) by how much the step multiplies the relative error that comes in; 1 where none does."""
    entering = _length(found.given - reference.given) * _length(reference.gave)
    leaving = _length(found.gave - reference.gave) * _length(reference.given)
    return torch.where(entering > 0, leaving / entering, 1.0).nan_to_num(torch.inf, torch.inf)


def _length(h: Tensor) -> Tensor:
    length: Tensor = h.flatten(1).norm(dim=1)
    return length


def _largest(error: Tensor) -> Tensor:
    """(B,)"""
    return error.abs().nan_to_num(torch.inf, torch.inf).flatten(1).amax(1)


def _shares(cost: Tensor, gain: Tensor, latent: bool) -> Tensor:
    """The share of each step, (K,), from costs (K, B) and gains (step, origin, B): see the package.

    An error is born in step i and meets the steps before it on its way to x, and those after it on its way to z.
    """
    worst = int(cost.sum(0).argmax())
    c, g = cost[:, worst], gain[:, :, worst]
    total = c.sum()
    if not bool(total.isfinite()):
        return (~c.isfinite()).to(c) / (~c.isfinite()).sum()
    if total == 0:
        return torch.zeros_like(c)
    i = torch.arange(len(c))
    meets = i[:, None] > i[None, :] if latent else i[:, None] < i[None, :]
    amplified = torch.where(meets, c[None, :] * (1 - 1 / g.clamp(min=1)), 0.0).sum(1)
    return (c + amplified) / total
