"""What is verified: the report of a spec, the class built from it, and fresh weights, data and noise on demand."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor, nn

from flowspec.compiler import Report
from flowspec.graph.model import Density, steps_of
from flowspec.verify.inputs import Given, Values, draw_given
from flowspec.verify.noise import fixed_noise, generator, mixed
from flowspec.verify.weights import GENERIC, build


@dataclass(frozen=True, eq=False)
class Subject:
    """A spec and its module. The module says what it is by its class attributes; the report holds the claims."""

    report: Report
    cls: Any  # type[nn.Module] with the attributes of design section 5
    seed: int = 0

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(self.cls.SHAPE)

    @property
    def size(self) -> int:
        """D, the number of variables."""
        return math.prod(self.shape)

    @property
    def values(self) -> Values:
        return Values.of(self.cls.VALUES)

    @property
    def is_flow(self) -> bool:
        return bool(self.cls.KIND == "flow")

    @property
    def is_exact(self) -> bool:
        """Whether log_prob is log p(x), without noise; solvers of ODEs may leave an error (`accuracy`)."""
        if self.cls.LIKELIHOOD == "estimate":
            return not (self.estimates or self.is_bound)
        return bool(self.cls.LIKELIHOOD == "exact")

    @property
    def draws(self) -> bool:
        """Whether some step draws from a density of its own, so that z is not a function of x alone."""
        program = self.report.program
        return program is not None and any(getattr(op, "drawn", None) is not None for op in _bounding(program.model))

    @property
    def estimates(self) -> bool:
        """Whether some step gives an unbiased estimate of its log-determinant."""
        program = self.report.program
        return program is not None and any(node.op.noisy for node in steps_of(program.model))

    @property
    def accuracy(self) -> float:
        """How far round trips and log-determinants may be off because ODEs are solved; 0 where there are none."""
        program = self.report.program
        return sum(node.op.accuracy for node in steps_of(program.model)) if program is not None else 0.0

    @property
    def is_bound(self) -> bool:
        """Whether some step makes log p(x) a lower bound."""
        program = self.report.program
        return program is not None and any(True for _ in _bounding(program.model))

    @property
    def is_bound_by_views(self) -> bool:
        """Whether log_prob is a lower bound because of views alone, and so has no noise."""
        program = self.report.program
        if self.cls.LIKELIHOOD != "bound" or program is None:
            return False
        return all(getattr(op, "auxiliary", False) for op in _bounding(program.model))

    @property
    def orders(self) -> tuple[int | None, ...]:
        """The members of an ensemble; (None,) where there is one order."""
        count = getattr(self.cls, "ORDERS", 1)
        return tuple(range(count)) if count > 1 else (None,)

    def model(self, draw: int = 0, kind: str = GENERIC) -> Any:
        """A float64 model in eval mode with weights of its own for each draw."""
        return build(self.cls, mixed(self.seed, draw), kind)

    def source(self, *parts: int) -> torch.Generator:
        """A generator that depends on the seed and on what it is for."""
        return generator(self.seed, *parts)

    def data(self, n: int, salt: int = 0) -> tuple[Tensor, Given]:
        """n samples of generic x, and a context for each."""
        source = self.source(2, salt)
        return self.values.draw(n, self.shape, source), draw_given(self.cls.GIVEN, n, source)

    def log_prob(self, model: nn.Module, x: Tensor, given: Given) -> Tensor:
        """log p(x) under noise that is the same at every call."""
        with fixed_noise(self.seed):
            found: Tensor = model.log_prob(x, **given)  # type: ignore[operator]
        return found


def _bounding(density: Density) -> Iterator[Any]:
    """The steps that make log p(x) a lower bound."""
    yield from (node.op for node in steps_of(density) if node.op.stochastic)


def named_order(order: int | None) -> dict[str, int]:
    """The keyword that picks a member of an ensemble."""
    return {} if order is None else {"order": order}


def repeated(given: Given, n: int) -> Given:
    """The context of the first sample, n times."""
    return {name: value[:1].expand(n, *value.shape[1:]) for name, value in given.items()}
