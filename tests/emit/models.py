"""Emitted models and inputs for them, made once."""

from __future__ import annotations

from functools import cache
from typing import Any

import torch

from flowspec.compiler import Report, analyse
from flowspec.emit import load_class
from tests.emit.cases import CASES


@cache
def report(name: str) -> Report:
    """The checked spec of a case."""
    found = analyse(f"{name}.yaml", CASES[name].lstrip())
    assert found.ok, [f.message for f in found.diagnostics]
    return found


@cache
def text(name: str, link: bool = False) -> str:
    """The emitted module of a case."""
    return report(name).source(link=link)


def built(name: str, link: bool = False) -> Any:
    """A model with fixed weights, in eval mode."""
    torch.manual_seed(0)
    return load_class(text(name, link), name)().eval()


def data(values: Any, shape: tuple[int, ...], n: int) -> torch.Tensor:
    """Random data of declared values."""
    if isinstance(values, list):
        return torch.stack([torch.randint(count, (n,)) for count in values], 1).float()
    if values == "binary" or isinstance(values, int):
        return torch.randint(2 if values == "binary" else values, (n, *shape)).float()
    return torch.randn(n, *shape) if values == "real" else torch.rand(n, *shape)


def inputs(model: Any, n: int = 3) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """A batch of x and of every context."""
    torch.manual_seed(1)
    x = data(model.VALUES, model.SHAPE, n)
    given = {
        name: torch.randint(kind["classes"], (n,)) if "classes" in kind else data(kind["values"], kind["shape"], n)
        for name, kind in model.GIVEN.items()
    }
    return x, given


def log_prob(model: Any, x: torch.Tensor, given: dict[str, torch.Tensor]) -> torch.Tensor:
    """log p(x) with the same noise at every call."""
    torch.manual_seed(7)
    found: torch.Tensor = model(x, **given)
    return found


def double(x: torch.Tensor, given: dict[str, torch.Tensor]) -> tuple[torch.Tensor, dict[str, torch.Tensor]]:
    """The same inputs in float64."""
    return x.double(), {name: v.double() if v.is_floating_point() else v for name, v in given.items()}
