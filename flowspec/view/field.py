"""The field of one variable as data: what is drawn of it, and what is said beside it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flowspec.diagnostics import Span
from flowspec.order import Grid
from flowspec.passes.knowledge.reach import Reach

Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Encoded:
    """What a field is about where variables and entries of a latent z stand apart: one of these is chosen, and those are
    drawn.

    Attributes:
        role: `drawn`, what an entry of z is drawn given; `latent`, what it becomes behind later steps; `read`, what of z
            the decoder uses.
        name: of the chosen one, `grid` what it is one of, and `shape` that of their tensor.
        law: how z is drawn, or x is: the name of a family, `flow` or `autoregressive`.
        pairs: how many pairs there are of a variable and an entry that depends on it, of `possible`.
        direct: whether it is x itself that the encoder reads, and not what earlier steps made of several variables.
        encoder: the name of the step that draws this z.
        idle: how many steps behind the encoder there are that add nothing to it.
    """

    role: str
    name: str
    grid: Grid
    shape: tuple[int, ...]
    law: str = ""
    pairs: int = 0
    possible: int = 0
    direct: bool = True
    encoder: str = ""
    idle: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class Field:
    """The field of one variable, in one density or flow step.

    Attributes:
        names: of the densities and steps with this very field.
        span: where the first of them stands in the spec.
        grid: the variables, `shape` that of their tensor; `labels` are their names, where they have some.
        of: what their values are called: `x`, or the name of the step or density that models them.
        variable: the number of the variable.
        seen: (D,) what its parameters (of a latent: its value) can use; None where that cannot be followed.
        allowed: (D,) what the order allows; None for a latent, for which there is no such limit.
        order: the name of the order; empty for a latent.
        level: at which level of sampling the variable is drawn, from 1, and `levels` how many there are.
        reach: the same counts for all variables together.
        member: which order of an ensemble this is, of `members`.
        other: a variable that misses something, where this one misses nothing.
        back: whether `seen` and `allowed` are about those that see this variable, and not about what it sees.
        encoded: of a field behind an encoder what is chosen: `variable` is its number, and `grid` that of what it sees.
    """

    names: tuple[str, ...]
    span: Span
    grid: Grid
    shape: tuple[int, ...]
    of: str
    variable: int
    seen: Bools | None
    allowed: Bools | None = None
    order: str = ""
    level: int = 0
    levels: int = 0
    reach: Reach | None = None
    member: int = 0
    members: int = 1
    labels: tuple[str, ...] = ()
    other: int | None = None
    back: bool = False
    encoded: Encoded | None = None

    @property
    def missing(self) -> Bools | None:
        """(D,) what the order allows and no path brings."""
        return None if self.allowed is None or self.seen is None else self.allowed & ~self.seen
