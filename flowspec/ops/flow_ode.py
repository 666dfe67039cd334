"""Continuous time: a flow step that solves an ordinary differential equation."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from flowspec.graph.layout import Layout
from flowspec.graph.model import TIME
from flowspec.ops.base import OpError, arg
from flowspec.ops.coupling import NET, TIMES, Conditioned
from flowspec.ops.flow_base import FlowSite, Mask
from flowspec.ops.lowering import Construct, construct

ORDER_OF = {"euler": 1, "midpoint": 2, "rk4": 4}  # of methods with a fixed number of steps
ADAPTIVE = ("dopri5", "dopri8", "bosh3")
TOLERANCE: dict[str, Any] = {"type": "number", "minimum": 1e-12, "maximum": 0.1}
STEPS = 20
DEFAULT = 1e-5
SLACK = 20  # local errors below the tolerance add up along the way: what a whole solve is held to, in tolerances


@dataclass(frozen=True)
class Ode(Conditioned):
    """Carries x along a velocity that a net gives: z = z(time), where dz/dt = f(z, t) and z(0) = x.

    The net reads z as `x` and the time as `t`, by name as any context (`shift: {linear: 64, in: t}`); a chain that names
    neither `t` nor a context reads all of them joined. Its ops have to be smooth, without dropout and batch norm, and f
    has to grow no faster than linearly: then one solution runs through every point, both ways (Picard and Lindelof),
    and x -> z is a bijection of the real space, whatever the weights. z depends on what f depends on, and on what that
    depends on, and so on.

    log|det dz/dx| is the integral of tr df/dz along the way (Chen et al. 2018). `trace: exact` takes a derivative along
    every axis at every evaluation, and log p(x) is exact up to the error of the solver; `hutchinson` takes one along
    random signs, the same for a whole solve, and log p(x) is an unbiased estimate (FFJORD, Grathwohl et al. 2019). The
    weights of both have the same names: what one has trained the other can evaluate.

    `dopri5`, `dopri8` and `bosh3` choose their steps so that the error that a step makes in every entry of every sample
    stays below atol + rtol |z|, and need torchdiffeq. `rk4`, `midpoint` and `euler` take `steps` equal ones, need torch
    alone, and work under torch.compile(fullgraph=True); nothing bounds their error, so log p(x) is an estimate, and check
    says so. The inverse is the same equation solved back in time.
    """

    name = "ode"
    log_det = "integrated"
    size = 1
    gives = "f, the velocity of z"
    net_doc = "The velocity at which a step carries x, for every variable."
    offers: ClassVar[tuple[tuple[str, str], ...]] = (("t", TIME),)
    flip: ClassVar[bool] = False  # nothing to swap between one of `times` and the next
    swapped: ClassVar[bool] = False
    net: Any = arg(NET, "the net that gives f; it reads z as `x`, and the time as `t`", None, form="steps")
    solver: str = arg({"enum": [*ADAPTIVE, *ORDER_OF]}, "how the equation is solved", "dopri5")
    trace: str = arg({"enum": ["exact", "hutchinson"]}, "how the trace of df/dz is taken", "exact")
    rtol: float | None = arg(TOLERANCE, f"relative tolerance of an adaptive solver; {DEFAULT:g} unless said", None)
    atol: float | None = arg(TOLERANCE, f"absolute tolerance of an adaptive solver; {DEFAULT:g} unless said", None)
    steps: int | None = arg(
        {"type": "integer", "minimum": 1, "maximum": 10_000},
        f"steps of rk4, midpoint, euler; {STEPS} unless said",
        None,
    )
    time: float = arg({"type": "number", "exclusiveMinimum": 0, "maximum": 1000}, "the time at which z is taken", 1.0)
    gradient: str = arg(
        {"enum": ["direct", "adjoint"]},
        "back through the steps, or by an adjoint equation in constant memory",
        "direct",
    )
    times: int = arg(TIMES, "how often the step stands here", 1)

    @property
    def adaptive(self) -> bool:
        """Whether the solver chooses its steps."""
        return self.solver in ADAPTIVE

    @property
    def guarded(self) -> bool:
        return self.adaptive

    @property
    def likelihood(self) -> str:
        return "estimate" if self.noisy or not self.guarded else "exact"

    @property
    def noisy(self) -> bool:
        return self.trace == "hutchinson"

    @property
    def solved(self) -> str:
        if self.adaptive:
            return f"{self.solver} to rtol {self._rtol:g}, atol {self._atol:g}"
        return f"{self.solver} in {self._steps} {'step' if self._steps == 1 else 'steps'}"

    @property
    def accuracy(self) -> float:
        """Of an adaptive solver, what its tolerance allows over a whole solve; else the size of its error term."""
        if self.adaptive:
            return SLACK * max(self._rtol, self._atol)
        return float(min(0.5, SLACK * (self.time / self._steps) ** ORDER_OF[self.solver]))

    @property
    def _rtol(self) -> float:
        return DEFAULT if self.rtol is None else float(self.rtol)

    @property
    def _atol(self) -> float:
        return DEFAULT if self.atol is None else float(self.atol)

    @property
    def _steps(self) -> int:
        return STEPS if self.steps is None else self.steps

    def contradiction(self) -> OpError | None:
        """An argument that belongs to solvers of the other kind."""
        words = ("steps",) if self.adaptive else ("rtol", "atol")
        wrong = [word for word in words if getattr(self, word) is not None]
        if not self.adaptive and self.gradient == "adjoint":
            wrong.append("gradient")
        if not wrong:
            return None
        named = " and ".join(f"`{word}`" for word in wrong)
        kind = "chooses its own steps" if self.adaptive else "takes a fixed number of steps"
        legal = "`rtol`, `atol` and `gradient`" if self.adaptive else "`steps`"
        other = "rk4" if self.adaptive else "dopri5"
        return OpError(
            "FS370",
            f"{named} with `solver: {self.solver}`, which {kind}",
            f"it takes {legal}; drop {named}, or write `solver: {other}`",
            wrong[0],
        )

    def accepts(self, layout: Layout) -> None:
        """Raises OpError where there is nothing to estimate."""
        if self.trace == "hutchinson" and layout.units == 1:
            message = "`trace: hutchinson` of one variable: its derivative is the whole trace"
            raise OpError("FS370", message, "drop it: `trace: exact` costs the same", "trace")

    def moved(self, layout: Layout) -> Mask | None:
        return np.ones(layout.units, dtype=bool)

    def lower(self, site: FlowSite) -> Construct:
        if self.adaptive:
            adjoint = self.gradient if self.gradient != "direct" else None
            solver = construct("Adaptive", self.solver, rtol=self._rtol, atol=self._atol, gradient=adjoint)
        else:
            solver = construct("RungeKutta", self.solver, self._steps)
        trace = self.trace if self.trace != "exact" else None
        time = float(self.time) if self.time != 1 else None
        return construct("ODE", site.net, solver, reads=None if site.time == "t" else site.time, trace=trace, time=time)
