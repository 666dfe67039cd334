"""Transforms of couplings and autoregressive steps: monotone maps of one number, with parameters from a net."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowspec.ops.base import PER_AXIS, Op, arg
from flowspec.ops.lowering import Construct, construct


class Transform(Op):
    """z = T(x; theta), increasing in x, from the real line onto the real line."""

    family = "transform"
    size: ClassVar[int]
    log_det: ClassVar[str]

    def lower(self) -> Construct:
        """The runtime's class."""
        raise NotImplementedError


@dataclass(frozen=True)
class Additive(Transform):
    """z = x + t: volume preserving (Dinh et al. 2015)."""

    name = "additive"
    size = 1
    log_det = "zero"
    kernel: int | tuple[int, ...] = arg(PER_AXIS, "kernel of the last projection where there are sites", 1)

    def lower(self) -> Construct:
        return construct("Additive")


@dataclass(frozen=True)
class Affine(Transform):
    """z = x exp(s) + t, with s bounded smoothly (Dinh et al. 2017)."""

    name = "affine"
    size = 2
    log_det = "triangular"
    kernel: int | tuple[int, ...] = arg(PER_AXIS, "kernel of the last projection where there are sites", 1)

    def lower(self) -> Construct:
        return construct("Affine")
