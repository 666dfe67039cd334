"""Transforms of couplings and autoregressive steps: monotone maps of one number, with parameters from a net."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from flowspec.graph.support import REAL, Support
from flowspec.ops.base import PER_AXIS, Op, arg
from flowspec.ops.lowering import Construct, construct


class Transform(Op):
    """z = T(x; theta), increasing in x, from `domain` onto `range`, `size` numbers theta for each x."""

    family = "transform"
    log_det: ClassVar[str]
    tolerance: ClassVar[str] = ""  # what the root search of the inverse reaches; empty where there is a closed form
    kernel: int | tuple[int, ...]

    @property
    def size(self) -> int:
        """The parameters of one number."""
        raise NotImplementedError

    def accepts(self) -> None:
        """Raises OpError when the arguments do not fit each other."""

    @property
    def domain(self) -> Support:
        """Where the transform is defined."""
        return REAL

    @property
    def range(self) -> Support:
        """What the transform is onto."""
        return REAL

    @property
    def widening(self) -> str:
        """The argument that would make domain and range the real line; empty where there is none."""
        return ""

    @property
    def first_scale(self) -> float:
        """The slope at which learning begins."""
        return 1.0

    def image(self, values: Support) -> Support:
        """Where `values` go, whatever theta is: an outer bound."""
        return self.range

    def preimage(self, values: Support) -> Support:
        """Where `values` come from, whatever theta is: an outer bound."""
        return self.domain

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
    """z = x exp(s) + t (Dinh et al. 2017).

    By `scale: exp`, s is bounded smoothly: exp(s) lies within a factor of 20 of `start`. By `scale: softplus`, exp(s) grows
    like the net's own output and lies above 0.001: rows that lie far out are thrown less far (Durkan et al. 2020, nflows).

    `start` is exp(s) where the net gives 0, near which learning begins. In a table with rows far from the others 0.8 takes
    them in, before the steps have learned what to do with them; a deep flow of images would shrink to a point. Under
    `fast: sampling` a step takes latents to data by the transform: there 1.25 does what 0.8 does elsewhere.
    """

    name = "affine"
    size = 2
    log_det = "triangular"
    scale: str = arg({"enum": ["exp", "softplus"]}, "how the net's output becomes a positive scale", "exp")
    start: float = arg({"type": "number", "minimum": 0.01, "maximum": 10}, "the scale where the net gives 0", 1.0)
    kernel: int | tuple[int, ...] = arg(PER_AXIS, "kernel of the last projection where there are sites", 1)

    @property
    def first_scale(self) -> float:
        return float(self.start)

    def lower(self) -> Construct:
        start = float(self.start) if self.start != 1 else None
        return construct("SoftplusAffine" if self.scale == "softplus" else "Affine", start=start)
