"""From a model and a batch to the report of its precision."""

from __future__ import annotations

import copy
from collections.abc import Callable
from time import perf_counter
from typing import Any

import torch
from torch import Tensor

from flowspec.verify.conditioning.chain import Chain, Link, chain_of, links, obstacle, smooth
from flowspec.verify.conditioning.report import Conditioning, Errors, FlowConditioning, Singular, StepConditioning
from flowspec.verify.conditioning.singular import Map, exact_values, largest_value
from flowspec.verify.conditioning.walk import Losses, losses
from flowspec.verify.inputs import Given
from flowspec.verify.measure import worst
from flowspec.verify.noise import fixed_noise, seeded
from flowspec.verify.subject import Subject
from flowspec.verify.units import units

EXACT = 256  # variables up to which a Jacobian is written out
FEW = 2  # samples of a larger one, whose steps take turns on all of it
ROUNDS, STEP_ROUNDS = 10, 4  # of bidiagonalization, for a flow and for one of its steps
SAMPLES = 16

Progress = Callable[[int, int, str], object]  # how many pieces of work are done, of how many, and which comes next


def analyse_conditioning(
    subject: Subject,
    model: Any,
    x: Tensor,
    given: Given,
    *,
    weights: str,
    inputs: str,
    walk: bool = True,
    progress: Progress | None = None,
) -> Conditioning:
    """The precision of every flow in a model at a batch.

    Args:
        subject: the spec of the model, which names its steps.
        model: the module, in float32 or float64, with the weights to judge.
        x, given: the batch; integers, or floating point numbers of any precision.
        weights, inputs: where they come from, in words.
        walk: measure the steps one by one. It takes two round trips a step, and their Jacobians.
        progress: told what is being done.
    """
    start = perf_counter()
    wide = copy.deepcopy(model).float().double().eval()
    x, given = _wide(x), {name: _wide(value) for name, value in given.items()}
    with seeded(subject.seed):
        found = [unit for unit in units(subject, wide, len(x), at=(x, given)) if hasattr(unit.module, "encode")]
    measured, left_out = [], []
    for unit in found:
        reason = obstacle(unit)
        if reason:
            left_out.append(f"{unit.name or 'the model'}: {reason}")
            continue
        work = Work(chain_of(subject, unit), progress or (lambda *_: None))
        measured.append(work.measured(walk))
    return Conditioning(
        subject.report.path, weights, inputs, len(x), tuple(measured), tuple(left_out), perf_counter() - start
    )


class Work:
    """The measurements of one flow, one after the other."""

    def __init__(self, chain: Chain, progress: Progress) -> None:
        self.chain, self.progress = chain, progress
        self.single = copy.deepcopy(chain.module).float()
        self.done = self.total = 0

    def tell(self, what: str) -> None:
        """Say which piece of work comes next."""
        self.progress(self.done, max(self.total, self.done + 1), what)
        self.done += 1

    def measured(self, walk: bool) -> FlowConditioning:
        """Everything, the steps only if `walk`."""
        unit = self.chain.unit
        walked = self.chain if unit.x[0].numel() <= EXACT else self.chain.some(FEW)
        steps = links(walked) if walk else []
        self.total = 4 + 3 * len(steps)
        self.tell("round trips")
        with torch.no_grad():
            z, seconds = self.latent(), self.seconds()
            data = self.errors(unit.x, latent=False)
            latent = self.errors(z, latent=True)
            log_prob = self.log_prob_error()
        self.tell("singular values")
        singular = self.whole()
        rows = self.rows(walked, steps, z) if steps else ()
        self.progress(self.total, self.total, "")
        size = unit.x[0].numel()
        return FlowConditioning(
            unit.name, size, _spread(unit.x), _spread(z), data, latent, log_prob, singular, rows, seconds
        )

    def latent(self) -> Tensor:
        """z of samples of the flow, rounded to float32."""
        unit, n = self.chain.unit, len(self.chain.unit.x)
        with seeded(self.chain.subject.seed, 3):
            x = unit.module.sample(n, generator=self.chain.subject.source(6), **unit.given)
        return self.chain.encode(x).float().double()

    def seconds(self) -> dict[str, float]:
        """The time of one encoding and one decoding of the batch in float32, after one that warms up."""
        x = self.chain.unit.x.float()
        z = self.chain.encode(x, self.single)
        found = {}
        for name, call, value in (("encode", self.chain.encode, x), ("decode", self.chain.decode, z)):
            call(value, self.single)
            start = perf_counter()
            call(value, self.single)
            found[name] = perf_counter() - start
        return found

    def errors(self, start: Tensor, latent: bool) -> dict[str, Errors]:
        """How far the way there and back ends from its start, in both precisions."""
        there, back = (self.chain.decode, self.chain.encode) if latent else (self.chain.encode, self.chain.decode)
        found = {}
        for name, module, dtype in (("float32", self.single, torch.float32), ("float64", None, torch.float64)):
            end = back(there(start.to(dtype), module), module).double()
            error = (end.view(start.shape) - start).abs().nan_to_num(torch.inf, torch.inf).flatten(1).amax(1)
            found[name] = Errors(float(error.max()), float(error.median()))
        return found

    def log_prob_error(self) -> float:
        """The largest |log p(x) in float32 - log p(x)|."""
        unit, found = self.chain.unit, []
        for module, dtype in ((self.single, torch.float32), (unit.module, torch.float64)):
            given = {name: v.to(dtype) if v.is_floating_point() else v for name, v in unit.given.items()}
            with smooth(module, self.chain.noise), fixed_noise(self.chain.subject.seed):
                found.append(module.log_prob(unit.x.to(dtype), **given).double())
        return worst((found[0] - found[1]).abs())

    def whole(self) -> Singular:
        """Of dz/dx."""
        chain = self.chain if self.chain.unit.x[0].numel() <= EXACT else self.chain.some(FEW)
        with torch.no_grad():
            z = chain.encode(chain.unit.x)
        return singular(chain.encode, chain.decode, chain.unit.x, z, ROUNDS, chain.subject.source(7))

    def rows(self, chain: Chain, steps: list[Link], z: Tensor) -> tuple[StepConditioning, ...]:
        """The table of steps."""
        data = losses(chain, steps, chain.unit.x, False, self.tell)
        latent = losses(chain, steps, z[: len(chain.unit.x)], True, self.tell)
        values = self.step_values(chain, steps)
        return tuple(_row(k, step, values[k], data, latent) for k, step in enumerate(steps))

    def step_values(self, chain: Chain, steps: list[Link]) -> list[Singular]:
        """The singular values of every step at what the batch becomes there."""
        found: list[Singular] = []
        with smooth(chain.module, chain.noise):
            for k, step in enumerate(steps):
                self.tell(step.label)
                source = chain.subject.source(8, k)
                found.append(singular(step.forward, step.inverse, step.x, step.z, STEP_ROUNDS, source))
        return found


def singular(there: Map, back: Map, x: Tensor, z: Tensor, rounds: int, source: torch.Generator) -> Singular:
    """The worst singular values of a bijection's Jacobian: exact if it is small, else bounds from both directions."""
    if x[0].numel() <= EXACT:
        values = exact_values(there, x)
        high, low = values[:, 0], values[:, -1]
    else:
        high = largest_value(there, x, rounds, source)
        low = 1 / largest_value(back, z, rounds, source)
    condition = (high / low).nan_to_num(torch.inf, torch.inf)
    return Singular(
        float(high.nan_to_num(torch.inf, torch.inf).max()),
        float(low.nan_to_num(0.0).min()),
        float(condition.max()),
        x[0].numel() <= EXACT,
        len(x),
    )


def _row(k: int, step: Link, values: Singular, data: Losses, latent: Losses) -> StepConditioning:
    return StepConditioning(
        step.label,
        float(data.own[k].max()),
        values,
        float(data.cost[k].max()),
        float(data.share[k]),
        float(latent.cost[k].max()),
        float(latent.share[k]),
    )


def _spread(x: Tensor) -> float:
    """The deviation of all numbers of a batch from their means over it; of all numbers together for one sample."""
    flat = x.double().flatten(1)
    centred = flat - flat.mean(0) if len(flat) > 1 else flat - flat.mean()
    return float(centred.square().mean().sqrt())


def _wide(value: Tensor) -> Tensor:
    return value.float().double() if value.is_floating_point() else value
