"""Continuous time: z is where an ordinary differential equation takes x."""

from __future__ import annotations

import torch
from torch import nn

from flowspec.runtime.precision import upcast


class RungeKutta:
    """`steps` equal steps of an explicit method: euler (order 1), midpoint (order 2) or rk4 (order 4).

    Each stage reads the slope of the one before: `nodes` say how far along the step, `weights` what it counts for.
    """

    def __init__(self, method: str, steps: int) -> None:
        self.method, self.steps = method, steps
        self.nodes, self.weights = {
            "euler": ((0.0,), (1.0,)),
            "midpoint": ((0.0, 0.5), (0.0, 1.0)),
            "rk4": ((0.0, 0.5, 0.5, 1.0), (1 / 6, 1 / 3, 1 / 3, 1 / 6)),
        }[method]

    def solve(
        self, rate: object, y: torch.Tensor, start: float, end: float, weights: tuple[torch.Tensor, ...] = ()
    ) -> torch.Tensor:
        """The y(end) of dy/dt = rate(t, y) with y(start) = y; also backwards in time."""
        h = (end - start) / self.steps
        for k in range(self.steps):
            slope = total = torch.zeros_like(y)
            for node, weight in zip(self.nodes, self.weights, strict=True):
                slope = rate(start + (k + node) * h, y + node * h * slope)  # type: ignore[operator]
                total = total + weight * slope
            y = y + h * total
        return y

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.method!r}, {self.steps})"


class Adaptive:
    """Steps as long as the estimated error of every entry stays below atol + rtol |y|, by torchdiffeq (Chen 2018).

    The methods are bosh3, dopri5 and dopri8. A tolerance below ten roundings of the numbers is raised to that. With
    gradient='adjoint' the backward pass solves a second equation back in time, in memory that does not grow with the
    number of steps; 'direct' goes back through the steps themselves.

    Raises ImportError where torchdiffeq is missing, and ArithmeticError where steps become too many or too short.
    """

    def __init__(self, method: str, rtol: float, atol: float, gradient: str = "direct") -> None:
        self.method, self.rtol, self.atol, self.gradient = method, rtol, atol, gradient
        self.integrator()

    def integrator(self) -> object:
        """The function of torchdiffeq that solves."""
        try:
            from torchdiffeq import odeint, odeint_adjoint
        except ImportError as error:
            message = (
                f"the solver {self.method} needs torchdiffeq: `pip install torchdiffeq`, or choose rk4 with `steps`"
            )
            raise ImportError(message, name="torchdiffeq") from error
        return odeint_adjoint if self.gradient == "adjoint" else odeint

    @torch.compiler.disable  # type: ignore[untyped-decorator]
    def solve(
        self, rate: object, y: torch.Tensor, start: float, end: float, weights: tuple[torch.Tensor, ...] = ()
    ) -> torch.Tensor:
        """The y(end) of dy/dt = rate(t, y) with y(start) = y; also backwards in time. It hangs on `weights` too."""
        if not y.numel():
            return y + sum(w.sum() for w in weights)  # an empty batch has no largest error
        least = 10 * torch.finfo(y.dtype).eps
        times = torch.tensor([start, end], dtype=torch.float64, device=y.device)
        first = {"first_step": abs(end - start) / 8, "max_num_steps": 10_000}
        more: dict[str, object] = {}
        if self.gradient == "adjoint":
            more = {"adjoint_params": tuple(w for w in weights if w.requires_grad), "adjoint_options": dict(first)}
        try:
            found: torch.Tensor = self.integrator()(  # type: ignore[operator]
                rate, y, times, rtol=max(self.rtol, least), atol=max(self.atol, least), method=self.method,
                options={**first, "norm": lambda error: error.abs().amax(), "step_t": times[1:]}, **more,
            )  # fmt: skip
        except AssertionError as error:
            hint = "the net changes too fast for these tolerances, or its numbers are no longer finite"
            raise ArithmeticError(f"{self.method} gave up ({error}): {hint}") from error
        return found[-1]

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.method!r}, rtol={self.rtol}, atol={self.atol}, gradient={self.gradient!r})"


def slopes_along(f: object, z: torch.Tensor, directions: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """f(z), and for each direction v a tensor s with v . s = v . (df/dz) v, (K, B, *shape).

    s is the derivative along v; in a graph that is compiled it is (df/dz)^T v, for there torch 2.13 has no forward mode
    with a batch of any size.
    """
    if torch.compiler.is_compiling():
        value, pull = torch.func.vjp(f, z)  # type: ignore[arg-type, misc]
        return value, torch.func.vmap(lambda v: pull(v)[0])(directions)

    def along(v: torch.Tensor) -> object:
        return torch.func.jvp(f, (z,), (v,))  # type: ignore[arg-type]

    each = torch.func.vmap(along, out_dims=(None, 0))  # type: ignore[arg-type]
    found: tuple[torch.Tensor, torch.Tensor] = each(directions)  # type: ignore[assignment]
    return found


class ODE(nn.Module):
    """z = z(time), where dz/dt = f(z, t) and z(0) = x (Chen et al. 2018; FFJORD, Grathwohl et al. 2019).

    log|det dz/dx| is the integral of tr df/dz along the way. trace='exact' takes one derivative of f along each axis;
    'hutchinson' one along a random direction of signs, the same for the whole solve, which makes log|det| an unbiased
    estimate. The net gives f, (B, *shape, 1); it is given the time, (B, 1), by the word `reads`, which is empty where
    it reads none. Everything is solved in float32 at least, the log-determinant together with z.
    """

    def __init__(
        self,
        net: nn.Module,
        solver: RungeKutta | Adaptive,
        reads: str = "t",
        trace: str = "exact",
        time: float = 1.0,
    ) -> None:
        super().__init__()
        self.net, self.solver, self.reads, self.trace, self.time = net, solver, reads, trace, time

    def velocity(self, t: float | torch.Tensor, z: torch.Tensor, given: dict[str, torch.Tensor]) -> torch.Tensor:
        """f(z, t), (B, *shape)."""
        if self.reads:
            given = {**given, self.reads: z.new_zeros(z.shape[0], 1) + t}
        return self.net(z, **given)[..., 0]

    def directions(self, x: torch.Tensor) -> torch.Tensor:
        """(K, B, *shape) the directions v of which the trace is the sum of v . (df/dz) v: axes, or random signs."""
        if self.trace == "hutchinson":
            return ((torch.rand_like(x) < 0.5).to(x.dtype) * 2 - 1)[None]
        axes = torch.eye(x.shape[1:].numel(), dtype=x.dtype, device=x.device)
        return axes.view(-1, 1, *x.shape[1:]).expand(-1, *x.shape)

    def travel(
        self, x: torch.Tensor, given: dict[str, torch.Tensor], start: float, end: float
    ) -> tuple[torch.Tensor, torch.Tensor]:
        """Where x comes to from one time to another, and the integral of the trace on the way, (B,)."""
        directions, shape = self.directions(x), x.shape

        def rate(t: float | torch.Tensor, y: torch.Tensor) -> torch.Tensor:
            z = y[:, :-1].view(shape)

            f, slopes = slopes_along(lambda z: self.velocity(t, z, given), z, directions)
            trace = (directions * slopes).flatten(2).sum((0, 2))
            return torch.cat([f.flatten(1), trace[:, None]], 1)

        y = torch.cat([x.flatten(1), x.new_zeros(x.shape[0], 1)], 1)
        y = self.solve(rate, y, given, start, end)
        return y[:, :-1].reshape(shape), y[:, -1]

    def solve(
        self, rate: object, y: torch.Tensor, given: dict[str, torch.Tensor], start: float, end: float
    ) -> torch.Tensor:
        """y(end), outside autocast."""
        with torch.autocast(y.device.type, enabled=False):
            return self.solver.solve(rate, y, start, end, (*self.net.parameters(), *given.values()))

    def forward(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        return self.travel(upcast(x), given, 0.0, self.time)

    def back(self, z: torch.Tensor, /, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """The inverse, and log|det dz/dx| there."""
        x, log_det = self.travel(upcast(z), given, self.time, 0.0)
        return x, -log_det

    def inverse(self, z: torch.Tensor, /, **given: torch.Tensor) -> torch.Tensor:
        return self.solve(lambda t, y: self.velocity(t, y, given), upcast(z), given, self.time, 0.0)

    def extra_repr(self) -> str:
        return f"solver={self.solver}, trace={self.trace}, time={self.time}"
