"""What a flow step is: shape, supports, log-det, inverse, the entries that it moves, and its lowering."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import reduce
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from flowspec.graph.layout import Layout
from flowspec.graph.model import Density
from flowspec.graph.support import REAL, UNKNOWN, Support
from flowspec.ops.base import Op, OpError
from flowspec.ops.lowering import Construct, Expr

Entries = npt.NDArray[np.int64]
Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class FlowSite:
    """Everything a flow step may know about one of its uses when it is lowered.

    `values` is where data lies in its input, `net` the constructor of its conditioner, `levels` the sampling level of
    each entry of an autoregressive step (0 first), `drawn` the constructor of the density that it draws from, and `reads`
    the word by which that is given the input (empty where it reads nothing of it); `time` the word by which the net is
    given the time (empty where it reads none).
    """

    layout: Layout
    outputs: tuple[Layout, ...]
    values: Support = REAL
    net: Construct | None = None
    levels: Expr | list[int] | None = None
    drawn: Construct | None = None
    reads: str = ""
    time: str = ""


class FlowOp(Op):
    """One step from data to latent."""

    family = "flow"
    log_det: ClassVar[str] = "zero"  # zero | constant | elementwise | triangular | dense
    stochastic: ClassVar[bool] = False  # then log p(x) is a lower bound
    pointwise: ClassVar[bool] = False  # acts on each number by itself, so that it may stand inside `invert`
    normalizes: ClassVar[bool] = False  # the first batch decides its scale, whatever came before
    draws: ClassVar[str] = ""  # the argument that holds a density of what the step draws, given its input

    @property
    def drawn(self) -> Density | None:
        """The density of the variables that the step creates; None where it creates none."""
        found: Density | None = getattr(self, self.draws) if self.draws else None
        return found

    @property
    def drawn_values(self) -> Support:
        """Where what is drawn has to lie."""
        return REAL

    def drawn_layout(self, layout: Layout) -> Layout:
        """The layout of what is drawn."""
        return layout

    @property
    def tolerance(self) -> str:
        """What the root search of its inverse reaches; empty where the inverse has a closed form."""
        return ""

    @property
    def likelihood(self) -> str:
        """What the step makes of log p(x): `exact`, a lower `bound`, or an `estimate`: right in the mean (`noisy`), or off
        by what nothing bounds (not `guarded`)."""
        return "bound" if self.stochastic else "exact"

    @property
    def noisy(self) -> bool:
        """Whether log|det| is drawn anew at every call, and right in the mean alone."""
        return False

    @property
    def solved(self) -> str:
        """How the ODE of the step is solved, both ways; empty where there is none."""
        return ""

    @property
    def guarded(self) -> bool:
        """Whether what solves an ODE keeps its error below a tolerance."""
        return True

    @property
    def called(self) -> str:
        """What a step without a name is called, with a number behind it."""
        return self.name

    @property
    def first_scale(self) -> float:
        """By what the step multiplies what it moves, where learning begins."""
        return 1.0

    def contradiction(self) -> OpError | None:
        """What is wrong with arguments that do not go together; the rest of the step is judged all the same."""
        return None

    @property
    def accuracy(self) -> float:
        """How far round trips and log|det| may be off because an ODE is solved, relative to 1 + their size."""
        return 0.0

    @property
    def log_det_form(self) -> str:
        """The form that the log-determinant takes under these arguments."""
        return self.log_det

    def outputs(self, layout: Layout) -> tuple[Layout, ...]:
        """The layouts of what comes out; more than one where the value is split. Raises OpError."""
        return (layout,)

    def accepts(self, layout: Layout) -> None:
        """Raises OpError when the arguments do not fit a value of this shape."""

    def check_values(self, values: Support) -> None:
        """Raises OpError when the step cannot act on this kind of values (integers, or real numbers)."""
        if values.discrete:
            raise OpError(
                "FS310",
                f"`{self.name}` acts on real numbers, and its values are {values}",
                "begin the flow with `dequantize`",
            )

    @property
    def domain(self) -> Support:
        """Where the step is defined."""
        return REAL

    @property
    def range(self) -> Support:
        """What the step is onto."""
        return REAL

    @property
    def widening(self) -> str:
        """The argument that would make domain and range the real line; empty where there is none."""
        return ""

    def image(self, values: Support) -> Support:
        """Where the step takes values that lie in `values`; an outer bound for a learned map."""
        return REAL

    def preimage(self, values: Support) -> Support:
        """Where decoding takes values that lie in `values`; an outer bound for a learned map."""
        return REAL

    def images(self, values: Support, count: int) -> tuple[Support, ...]:
        """Where each of `count` outputs lies."""
        return (self.image(values),) * count

    def together(self, parts: Sequence[Support]) -> Support:
        """Where the outputs lie, taken as one value."""
        if any(part.unknown for part in parts):
            return UNKNOWN
        return parts[0] if parts[0].discrete else reduce(Support.hull, parts)

    def order_of_entries(self, layout: Layout) -> Entries | None:
        """Entry k of the (concatenated) output is entry result[k] of the input; None when each stays in place. With two
        axes, it is a function of all the entries result[k]."""
        return None

    def moved(self, layout: Layout) -> Mask | None:
        """The entries that the step transforms given others; None when it transforms none (semantics F4)."""
        return None

    def joined(self, layout: Layout) -> Entries | None:
        """The group of each entry, where an entry of the output is a function of all entries of its group (a dense step,
        which transforms them all, semantics F4); None where no entries are joined."""
        return None

    def parameters(self, layout: Layout) -> int:
        """Learned numbers of one use, without its net."""
        return 0

    def lower(self, site: FlowSite) -> Construct:
        """The runtime's module for one use."""
        raise NotImplementedError


class Untouched(FlowOp):
    """A step that leaves each number as it is, and so keeps any support."""

    def check_values(self, values: Support) -> None:
        """Any kind of values may be moved about."""

    def image(self, values: Support) -> Support:
        return values

    def preimage(self, values: Support) -> Support:
        return values


class Parting(Untouched):
    """A step with several outputs: all but the last leave for their densities, and the last goes on.

    The parts are the input's variables, each once, unless `digits` is set (every part holds digits of all the integers)
    or `auxiliary` (the last part is the input itself, and the others are computed from it).
    """

    auxiliary: ClassVar[bool] = False
    leaving: ClassVar[str] = "base"  # the argument that holds the density of what leaves, given what goes on
    going_on: ClassVar[str] = "rest"  # what that density calls what goes on, if the spec gives it no name

    @property
    def digits(self) -> bool:
        return False

    def part_names(self) -> tuple[str, ...]:
        """The name of each part; empty where it has none."""
        raise NotImplementedError
