"""Judging a built module by autograd: Jacobians, patterns of dependency, inverses. Nothing of the compiler is used."""

from __future__ import annotations

import itertools
import math
from typing import Any

import numpy as np
import torch

TINY = 1e-11


def instance(cls: type[Any], seed: int, *, positive: bool = False) -> Any:
    """A model in float64 and eval mode with weights of usual size, all positive if asked for."""
    torch.manual_seed(seed)
    model = cls().double().eval()
    with torch.no_grad():
        for p in model.parameters():
            fan = max(1, p[0].numel()) if p.dim() > 1 else 4
            p.uniform_(0.3, 1).div_(fan**0.5)
            if not positive:
                p.mul_(torch.randint(0, 2, p.shape) * 2 - 1)
    return model


def numbers(n: int, shape: tuple[int, ...], values: Any) -> torch.Tensor:
    """(n, *shape) random values of the declared kind."""
    if values == "real":
        return torch.randn(n, *shape, dtype=torch.float64)
    if values == "positive":
        return torch.rand(n, *shape, dtype=torch.float64) + 0.1
    if isinstance(values, tuple):
        return values[0] + (values[1] - values[0]) * (0.05 + 0.9 * torch.rand(n, *shape, dtype=torch.float64))
    counts = torch.tensor(2 if values == "binary" else values).expand(shape)
    return (torch.rand(n, *shape) * counts).long()


def contexts(model: Any, n: int) -> dict[str, torch.Tensor]:
    """Random contexts, the same for all n samples."""
    found = {}
    for name, kind in model.GIVEN.items():
        one = torch.randint(kind["classes"], (1,)) if "classes" in kind else numbers(1, kind["shape"], kind["values"])
        found[name] = one.expand(n, *one.shape[1:])
    return found


def inputs(model: Any, n: int) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    return numbers(n, model.SHAPE, model.VALUES), contexts(model, n)


def parameters_of(model: Any, x: torch.Tensor, given: dict[str, torch.Tensor], order: int) -> torch.Tensor:
    """(B, D, ...) the parameters of every conditional, side by side."""
    extra = {"order": order} if model.ORDERS > 1 else {}
    found = model.conditionals(x, **given, **extra)
    rows = torch.cat([value.reshape(*value.shape[:2], -1) for value in found.values()], dim=2)
    return rows.repeat(1, math.prod(model.SHAPE) // rows.shape[1], 1)  # the channels of a site may share a row


def outputs_of(model: Any, x: torch.Tensor, given: dict[str, torch.Tensor], order: int) -> torch.Tensor:
    """What dependency speaks of: the parameters of conditionals, or the entries of z, (B, D, K)."""
    if model.KIND == "flow":
        return model.encode(x, **given)[0].unsqueeze(2)
    return parameters_of(model, x, given, order)


def jacobian(outputs: torch.Tensor, x: torch.Tensor) -> torch.Tensor:
    """(outputs, variables of x) of one sample; zero where the output does not hang on x at all."""
    flat = outputs.reshape(-1)
    if not flat.requires_grad:
        return torch.zeros(len(flat), x.numel(), dtype=x.dtype)
    eye = torch.eye(len(flat), dtype=x.dtype)
    (rows,) = torch.autograd.grad(flat, x, eye, is_grads_batched=True, allow_unused=True)
    return torch.zeros(len(flat), x.numel(), dtype=x.dtype) if rows is None else rows.reshape(len(flat), -1)


def gradient_pattern(model: Any, order: int) -> np.ndarray:
    """(D, D) whether d outputs_i / d x_j is nonzero at a random x; integers are taken as numbers."""
    x, given = inputs(model, 3)  # others may share statistics with the one that is looked at
    x = x.double().requires_grad_()
    outputs = outputs_of(model, x, given, order)[:1]
    size = outputs.shape[1]
    rows = jacobian(outputs, x).reshape(size, -1, 3, size)[:, :, 0]
    return (rows.abs() > TINY).any(1).numpy()


def flip_pattern(model: Any, order: int) -> np.ndarray:
    """(D, D) whether outputs_i move when x_j does, at a random x; for what looks integers up."""
    size = math.prod(model.SHAPE)
    x, _ = inputs(model, 1)
    given = contexts(model, size + 1)
    many = x.expand(size + 1, *model.SHAPE).clone().reshape(size + 1, size)
    other = numbers(64, model.SHAPE, model.VALUES).reshape(64, size)
    for j in range(size):
        different = other[other[:, j] != many[0, j], j]
        many[j + 1, j] = different[0]
    outputs = outputs_of(model, many.reshape(size + 1, *model.SHAPE), given, order)
    differences = (outputs[1:] - outputs[:1]).nan_to_num(0)  # categories that a variable lacks are -inf on both sides
    moved = differences.abs().amax(2) > TINY
    return moved.T.detach().numpy()


def judge_dependency(cls: type[Any], claimed: np.ndarray, order: int, *, lookups: bool, tight: bool = True) -> None:
    """Sound in eval and train mode, for every draw; tight over a handful of draws."""
    pattern = flip_pattern if lookups else gradient_pattern
    found = np.zeros_like(claimed)
    for seed in range(12):
        model = instance(cls, seed, positive=seed % 2 == 0)
        for training in (False, True):
            if training and lookups:
                continue  # dropout makes two passes differ
            model.train(training)
            once = pattern(model, order)
            assert not (once & ~claimed).any(), (
                f"leaks {np.argwhere(once & ~claimed)[:4].tolist()}, train mode: {training}"
            )
            found |= once
        if (found == claimed).all():
            return
    assert not tight, f"claimed and never seen: {np.argwhere(claimed & ~found)[:4].tolist()}"


def judge_log_det(model: Any, random: bool = False) -> None:
    """log_det equals slogdet of the Jacobian of encode, one number a sample; `random` as in judge_round_trip."""
    x, given = inputs(model, 3)
    z, log_det = model.encode(x, **given)
    assert z.shape == (3, math.prod(model.SHAPE))
    assert log_det.shape == (3,)
    for k in range(3):
        rows = _rows(model, x, given, k)
        slack = amplified(rows)[0] if random else 0.0
        if math.isinf(slack):
            continue
        sign, log_abs = torch.linalg.slogdet(rows.detach())
        assert sign != 0
        assert abs(float(log_abs - log_det[k].detach())) < 1e-9 * max(1.0, abs(float(log_abs))) + slack


def judge_estimated_log_det(model: Any, draws: int = 600) -> None:
    """The mean of log_det over draws is slogdet of the Jacobian, within six standard errors."""
    x, given = inputs(model, 1)
    one = x.clone().requires_grad_()
    log_abs = torch.linalg.slogdet(jacobian(model.encode(one, **given)[0], one).detach())[1]
    many = {name: value.expand(draws, *value.shape[1:]) for name, value in given.items()}
    with torch.no_grad():
        found = model.encode(x.expand(draws, *x.shape[1:]), **many)[1]
    assert found.std() > 0
    assert abs(float(found.mean() - log_abs)) < 6 * float(found.std()) / draws**0.5


def judge_round_trip(model: Any, random: bool = False) -> None:
    """decode undoes encode, and encode decode.

    A `random` chain may press values to the ends of an interval, where a rounding of z is a large step of x: there the
    difference may be what the Jacobian makes of a rounding. Only rows without a finite Jacobian are not judged.
    """
    x, given = inputs(model, 4)
    z, _ = model.encode(x, **given)
    back = model.decode(z, **given)
    assert back.shape == x.shape
    there, again = (
        torch.tensor(s) for s in zip(*(_slack(model, x, z, given, k, random) for k in range(4)), strict=True)
    )
    assert bool((difference(back, x) < 1e-9 + there).all())
    if x.is_floating_point():
        assert bool((difference(model.encode(back, **given)[0], z) < 1e-9 + again).all())


def difference(a: torch.Tensor, b: torch.Tensor) -> torch.Tensor:
    """The largest difference of each row."""
    return (a - b).detach().abs().flatten(1).amax(1)


ROUNDINGS = 1e4 * torch.finfo(torch.float64).eps  # of a chain of steps, on values of some size


def amplified(rows: torch.Tensor) -> tuple[float, float]:
    """What a rounding may become, where the Jacobian of encode is `rows`: in log|det| and z, and in x that is decoded.

    Nothing that shows, but where the Jacobian is nearly singular.
    """
    rows = rows.detach()
    if not bool(rows.isfinite().all()):
        return math.inf, math.inf
    singular = torch.linalg.svdvals(rows)
    least = max(float(singular[-1]), 1e-300)
    if least >= 1e-5:
        return 0.0, 0.0
    return ROUNDINGS * float(singular[0]) / least, ROUNDINGS / least


def _slack(
    model: Any, x: torch.Tensor, z: torch.Tensor, given: dict[str, torch.Tensor], k: int, random: bool
) -> tuple[float, float]:
    """What may be missing of row k after encode and decode, and after decode and encode. Integers have no Jacobian: there
    a row counts as flat that lies at the ends of (0, 1)."""
    if not random:
        return 0.0, 0.0
    if not x.is_floating_point():
        ends = bool(((z[k] - 1).abs() < 1e-5).any() or (z[k].abs() < 1e-5).any())
        return (math.inf, math.inf) if ends else (0.0, 0.0)
    about, decoded = amplified(_rows(model, x, given, k))
    return decoded, about


def _rows(model: Any, x: torch.Tensor, given: dict[str, torch.Tensor], k: int) -> torch.Tensor:
    """The Jacobian of encode at row k."""
    one = x[k : k + 1].clone().requires_grad_()
    return jacobian(model.encode(one, **{name: value[k : k + 1] for name, value in given.items()})[0], one)


def all_states(model: Any) -> torch.Tensor | None:
    """Every value of x, where there are few."""
    size = math.prod(model.SHAPE)
    if model.VALUES in ("real", "positive") or isinstance(model.VALUES, tuple):
        return None
    counts = (
        [2] * size
        if model.VALUES == "binary"
        else model.VALUES
        if isinstance(model.VALUES, list)
        else [model.VALUES] * size
    )
    if math.prod(counts) > 4096:
        return None
    return torch.tensor(list(itertools.product(*map(range, counts)))).reshape(-1, *model.SHAPE)
