"""Checks that a model survives what happens to models: saving, copying, starting from data, other precisions."""

from __future__ import annotations

import copy
import io

import torch
from torch import Tensor, nn

from flowspec.verify.checks.base import Check, at_most, no, yes
from flowspec.verify.inputs import Given
from flowspec.verify.measure import relative, worst
from flowspec.verify.result import Result
from flowspec.verify.subject import Subject
from flowspec.verify.weights import MILD


def state(subject: Subject) -> Result:
    """A fresh instance that loads the saved state gives the same log_prob, bit for bit, and starts from no other data."""
    model, other = subject.model(0), subject.model(1)
    x, given = subject.data(5)
    start, start_given = subject.data(32, 7)
    model.initialize(start, **start_given)
    expected = subject.log_prob(model, x, given)
    try:
        other.load_state_dict(_saved(model), strict=True)
    except RuntimeError as error:
        return no(f"its state cannot be loaded: {str(error).splitlines()[-1].strip()}")
    other.initialize(x, **given)
    gap = worst((subject.log_prob(other, x, given) - expected).abs())
    return at_most(
        gap, 0.0, f"{len(model.state_dict())} tensors saved, loaded and equal", "log_prob differs after loading"
    )


def _saved(model: nn.Module) -> dict[str, Tensor]:
    stored = io.BytesIO()
    torch.save(model.state_dict(), stored)
    stored.seek(0)
    found: dict[str, Tensor] = torch.load(stored, weights_only=True)
    return found


def copied(subject: Subject) -> Result:
    """A deep copy gives the same log_prob, and stays as it is when the original changes."""
    model = subject.model()
    x, given = subject.data(5)
    expected, twin = subject.log_prob(model, x, given), copy.deepcopy(model)
    for parameter in model.parameters():
        parameter.data.add_(0.1)
    return at_most(worst((subject.log_prob(twin, x, given) - expected).abs()), 0.0, "a deep copy is equal and apart")


def initialized(subject: Subject) -> Result:
    """initialize(x) leaves a finite density, and a second batch changes nothing."""
    model = subject.model()
    x, given = subject.data(32)
    model.initialize(x, **given)
    before = {name: value.clone() for name, value in model.state_dict().items()}
    again, other = subject.data(32, 1)
    model.initialize(again, **other)
    changed = [name for name, value in model.state_dict().items() if not torch.equal(value, before[name])]
    if changed:
        return no("a second batch changes it", changed[0].rpartition(".")[0])
    finite = bool(subject.log_prob(model, x, given).isfinite().all())
    return yes("once, from one batch") if finite else no("log_prob is not finite afterwards")


def precision(subject: Subject) -> Result:
    """log_prob in float32 against float64, relative to its size."""
    model = subject.model(0, MILD)
    x, given = subject.data(16)
    expected = subject.log_prob(model, x, given)
    single = copy.deepcopy(model).float()
    found = subject.log_prob(single, *_single(x, given))
    if found.dtype != torch.float32:
        return no(f"log_prob of a float32 model is {found.dtype}")
    return at_most(worst(relative(found.double(), expected)), 1e-3, "relative error of log_prob in float32")


def _single(x: Tensor, given: Given) -> tuple[Tensor, Given]:
    return _narrow(x), {name: _narrow(value) for name, value in given.items()}


def _narrow(x: Tensor) -> Tensor:
    return x.float() if x.is_floating_point() else x


def gradients(subject: Subject) -> Result:
    """Every parameter has a finite gradient of log_prob, in train mode."""
    model = subject.model().train()
    x, given = subject.data(8)
    torch.autograd.backward(subject.log_prob(model, x, given).sum())
    lost = [name for name, p in model.named_parameters() if p.grad is None]
    broken = [name for name, p in model.named_parameters() if p.grad is not None and not p.grad.isfinite().all()]
    if lost or broken:
        return no("log_prob does not use it" if lost else "its gradient is not finite", (lost or broken)[0])
    return yes(f"{sum(1 for _ in model.parameters())} tensors, all finite")


def has_parameters(subject: Subject) -> bool:
    """Whether there is anything to learn."""
    return any(True for _ in subject.model().parameters())


def batches(subject: Subject) -> Result:
    """The log_prob of a sample does not depend on the other samples of its batch."""
    model = subject.model()
    x, given = subject.data(6)
    expected = subject.log_prob(model, x, given)[:2]
    found = subject.log_prob(model, x[:2], {name: value[:2] for name, value in given.items()})
    limit = max(1e-10, subject.accuracy)  # a batch of ODEs is solved in common steps
    return at_most(worst(relative(found, expected)), limit, "log_prob in a batch of 6 and in one of 2")


CHECKS = (
    Check("saved and loaded", state),
    Check("copied", copied),
    Check("initialized once", initialized),
    Check("float32", precision),
    Check("gradients", gradients, has_parameters),
    Check("batch independence", batches),
)
