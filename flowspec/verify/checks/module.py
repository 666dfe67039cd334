"""Checks of the module as a torch module: what it says of itself, its parameters, masks, shapes and refusals."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import torch

from flowspec.verify.checks.base import Check, at_most, no, yes
from flowspec.verify.measure import relative, worst
from flowspec.verify.noise import fixed_noise
from flowspec.verify.result import Result
from flowspec.verify.subject import Subject


def attributes(subject: Subject) -> Result:
    """The class attributes are those that the check proved."""
    program, facts = subject.report.program, subject.report.facts
    assert program is not None
    claimed = {
        "NAME": program.name,
        "SPEC_SHA256": subject.report.sha256,
        "LIKELIHOOD": facts.likelihood,
        "SHAPE": tuple(program.x.layout.shape),
    }
    said = {name: getattr(subject.cls, name) for name in claimed}
    wrong = [name for name in claimed if said[name] != claimed[name]]
    if wrong:
        return no("; ".join(f"{name} is {said[name]!r}, proved was {claimed[name]!r}" for name in wrong))
    kind = "encode" if subject.is_flow else "terms"
    return yes(f"{subject.cls.KIND}, {facts.likelihood}") if hasattr(subject.cls, kind) else no(f"there is no {kind}")


def parameters(subject: Subject) -> Result:
    """As many learned numbers as the facts say."""
    count = sum(p.numel() for p in subject.model().parameters())
    claimed = subject.report.facts.parameters or 0
    return at_most(abs(count - claimed), 0, f"{count:,} parameters", f"{count:,} parameters, claimed were {claimed:,}")


def masks(subject: Subject) -> Result:
    """Every mask is compared with its digest: a layer that is told another digest refuses to build its mask."""
    model = subject.model()
    layers = [(name, m) for name, m in model.named_modules() if hasattr(m, "digest")]
    for name, layer in layers:
        if not isinstance(layer.digest, str):
            return no("its mask is compared with nothing", name)
        layer.digest = "0" * len(layer.digest)
        try:
            layer.reset_buffers()
        except RuntimeError:
            continue
        return no("it took a mask with another digest", name)
    return yes(f"{len(layers)} masks compared with what was proved")


def has_masks(subject: Subject) -> bool:
    """Whether a layer of the module carries a digest."""
    return any(hasattr(m, "digest") for m in subject.model().modules())


def shapes(subject: Subject) -> Result:
    """(B,) from log_prob, (n, *shape) from sample, and so on, in float64, for batches of one and of several."""
    model = subject.model()
    wrong: list[str] = []
    for n in (1, 3):
        x, given = subject.data(n)
        expected: dict[str, tuple[Any, tuple[int, ...]]] = {
            "forward": (model(x, **given), (n,)),
            "log_prob": (model.log_prob(x, **given), (n,)),
            "bits_per_dim": (model.bits_per_dim(x, **given), (n,)),
            "sample": (model.sample(n, generator=subject.source(3), **given), (n, *subject.shape)),
        }
        if subject.is_flow:
            z, log_det = model.encode(x, **given)
            width = sum(math.prod(model.part_shapes[k]) for k in model.latent)  # a view and bits make it more than D
            expected |= {
                "z": (z, (n, width)),
                "log_det": (log_det, (n,)),
                "decode": (model.decode(z, **given), x.shape),
            }
        wrong += [_seen(name, value) for name, (value, shape) in expected.items() if not _is(value, shape)]
    return no(", ".join(dict.fromkeys(wrong))) if wrong else yes("batches of 1 and 3, float64")


def _is(value: torch.Tensor, shape: tuple[int, ...]) -> bool:
    return tuple(value.shape) == tuple(shape) and value.dtype == torch.float64


def _seen(name: str, value: torch.Tensor) -> str:
    return f"{name} is {tuple(value.shape)} {str(value.dtype).removeprefix('torch.')}"


def refusals(subject: Subject) -> Result:
    """Inputs of a wrong shape or type are refused with a message that names the spec."""
    model = subject.model()
    x, given = subject.data(2)
    cases: dict[str, Callable[[], Any]] = {
        "one variable too many": lambda: model(torch.cat([x, x[..., :1]], -1), **given),
        "no batch axis": lambda: model(x[0], **given),
        "complex numbers": lambda: model(x + 0j, **given),
        "a context that there is not": lambda: model(x, **given, nobody=x),
    }
    if given:
        cases["no context"] = lambda: model(x)
        cases["the context of another batch"] = lambda: model(x, **{k: torch.cat([v, v]) for k, v in given.items()})
    if not subject.values.discrete:
        cases["integers for real numbers"] = lambda: model(x.long(), **given)
    for what, call in cases.items():
        said = _refusal(call)
        if said is None or subject.cls.NAME not in said:
            return no(f"{what}: " + ("it is not refused" if said is None else f"the message is `{said[:80]}`"))
    return yes(f"{len(cases)} wrong inputs refused by name")


def _refusal(call: Callable[[], object]) -> str | None:
    try:
        call()
    except (TypeError, ValueError) as error:
        return str(error)
    return None


def bits(subject: Subject) -> Result:
    """bits_per_dim is -log_prob / (D ln 2), in the units of x."""
    model = subject.model()
    x, given = subject.data(4)
    expected = -subject.log_prob(model, x, given) / (subject.size * math.log(2))
    with fixed_noise(subject.seed):
        found = model.bits_per_dim(x, **given)
    return at_most(worst(relative(found, expected)), 1e-12, "bits_per_dim against log_prob")


CHECKS = (
    Check("attributes", attributes),
    Check("parameters", parameters),
    Check("mask digests", masks, has_masks),
    Check("shapes and types", shapes),
    Check("refused inputs", refusals),
    Check("bits per dim", bits),
)
