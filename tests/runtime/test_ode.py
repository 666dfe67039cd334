"""ODE steps: against closed solutions, against each other, and in every mode that modules are used in."""

from __future__ import annotations

import copy
import pickle
import sys
from collections.abc import Callable

import pytest
import torch
from torch import nn

from flowspec.runtime import ODE, Adaptive, RungeKutta, glu, tanh_sigmoid

TIME = 0.8


class Linear(nn.Module):
    """f = A z: z(t) = expm(t A) x, and log|det| = t tr A."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.weight = nn.Parameter(torch.randn(size, size, dtype=torch.float64) / size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return (x @ self.weight.T)[..., None]


class Net(nn.Module):
    """A net of z, the time and a context, over images of one channel."""

    def __init__(self, shape: tuple[int, ...], dtype: torch.dtype = torch.float64) -> None:
        super().__init__()
        torch.manual_seed(3)
        self.shape, size = shape, torch.Size(shape).numel()
        self.read = nn.Linear(size + 2, 16, dtype=dtype)
        self.head = nn.Linear(16, size, dtype=dtype)

    def forward(self, x: torch.Tensor, t: torch.Tensor, c: torch.Tensor) -> torch.Tensor:
        h = torch.tanh(self.read(torch.cat([x.flatten(1), t, c], 1)))
        return self.head(h).unflatten(1, (*self.shape, 1))


def inputs(shape: tuple[int, ...] = (3,), n: int = 5) -> tuple[torch.Tensor, torch.Tensor]:
    torch.manual_seed(1)
    return torch.randn(n, *shape, dtype=torch.float64), torch.randn(n, 1, dtype=torch.float64)


FINE = Adaptive("dopri8", 1e-11, 1e-11)
SOLVERS = [
    (RungeKutta("euler", 400), 2e-2), (RungeKutta("midpoint", 100), 1e-3), (RungeKutta("rk4", 30), 1e-6),
    (Adaptive("bosh3", 1e-6, 1e-6), 2e-5), (Adaptive("dopri5", 1e-6, 1e-6), 2e-5), (FINE, 1e-9),
    (Adaptive("dopri5", 1e-9, 1e-9, "adjoint"), 1e-7),
]  # fmt: skip
EACH = pytest.mark.parametrize(("solver", "limit"), SOLVERS, ids=lambda v: str(v) if not isinstance(v, float) else "")


@EACH
def test_a_linear_equation_has_its_closed_solution(solver: RungeKutta | Adaptive, limit: float) -> None:
    x, _ = inputs()
    net = Linear(3)
    step = ODE(net, solver, reads="", time=TIME)
    z, log_det = step(x)
    expected = x @ torch.linalg.matrix_exp(TIME * net.weight).T
    assert float((z - expected).abs().max().detach()) < limit
    assert float((log_det - TIME * net.weight.trace()).abs().max().detach()) < limit
    assert float((step.inverse(expected) - x).abs().max().detach()) < limit
    back, change = step.back(expected)
    assert float((back - x).abs().max().detach()) < limit
    assert torch.allclose(change, log_det, atol=limit)


@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("midpoint", 2), ("rk4", 4)])
def test_fixed_steps_have_their_order(method: str, order: int) -> None:
    x, c = inputs()
    net = Net((3,))
    with torch.no_grad():
        exact = torch.cat([v.flatten() for v in ODE(net, FINE)(x, c=c)])
        errors = []
        for steps in (8, 16):
            found = torch.cat([v.flatten() for v in ODE(net, RungeKutta(method, steps))(x, c=c)])
            errors.append(float((found - exact).abs().max()))
    assert errors[0] / errors[1] == pytest.approx(2**order, rel=0.35)


def test_a_finer_tolerance_gives_a_smaller_error() -> None:
    x, c = inputs()
    net, tolerances = Net((3,)), (1e-2, 1e-5, 1e-8)
    net.read.weight.data.mul_(6)
    with torch.no_grad():
        exact = ODE(net, FINE)(x, c=c)[0]
        errors = [float((ODE(net, Adaptive("dopri5", t, t))(x, c=c)[0] - exact).abs().max()) for t in tolerances]
    assert errors[0] > errors[1] > errors[2]
    assert all(error < 20 * t for error, t in zip(errors, tolerances, strict=True))


@pytest.mark.parametrize("shape", [(3,), (1, 2, 2)])
def test_log_det_is_that_of_the_jacobian(shape: tuple[int, ...]) -> None:
    x, c = inputs(shape)
    step = ODE(Net(shape), FINE)
    _, log_det = step(x, c=c)
    for k in range(len(x)):
        J = torch.autograd.functional.jacobian(lambda v, k=k: step(v[None], c=c[k : k + 1])[0].flatten(), x[k])
        expected = torch.linalg.slogdet(J.flatten(1))[1]
        assert float((log_det[k] - expected).abs().detach()) < 1e-9


def gradients(step: ODE, x: torch.Tensor, c: torch.Tensor) -> list[torch.Tensor]:
    x, c = x.clone().requires_grad_(), c.clone().requires_grad_()
    z, log_det = step(x, c=2 * c)  # a context that is computed itself
    back = step.inverse(z, c=2 * c)
    total = z.pow(2).sum() + log_det.sum() + back.sin().sum()
    return list(torch.autograd.grad(total, [x, c, *step.parameters()]))


def test_the_adjoint_gives_the_gradient_of_the_steps() -> None:
    x, c = inputs()
    direct, adjoint = (
        gradients(ODE(Net((3,)), Adaptive("dopri5", 1e-10, 1e-10, how)), x, c) for how in ("direct", "adjoint")
    )
    assert len(direct) == 6
    for a, b in zip(direct, adjoint, strict=True):
        assert float(a.abs().max()) > 1e-3
        assert torch.allclose(a, b, atol=1e-7)


def test_the_adjoint_keeps_nothing_of_the_steps() -> None:
    x, c = inputs()
    kept = []
    for how in ("direct", "adjoint"):
        saved: list[int] = []
        with torch.autograd.graph.saved_tensors_hooks(
            lambda t, saved=saved: (saved.append(t.numel()), t)[1], lambda t: t
        ):
            ODE(Net((3,)), Adaptive("dopri5", 1e-8, 1e-8, how))(x, c=c)
        kept.append(sum(saved))
    assert kept[1] < kept[0] / 20


@pytest.mark.parametrize("gate", [glu, tanh_sigmoid])
def test_the_trace_of_gates_has_a_gradient(gate: Callable[[torch.Tensor], torch.Tensor]) -> None:
    class Gated(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.read = nn.Linear(3, 6, dtype=torch.float64)

        def forward(self, x: torch.Tensor) -> torch.Tensor:
            return gate(self.read(x))[..., None]

    x, _ = inputs(n=2)
    step = ODE(Gated(), RungeKutta("rk4", 8), reads="")
    torch.autograd.gradcheck(lambda x: step(x)[1], x.requires_grad_())
    step(x)[1].sum().backward()
    assert all(weight.grad is not None and bool(weight.grad.isfinite().all()) for weight in step.parameters())


# --- Hutchinson's trace ----------------------------------------------------------------------------------------------


def test_hutchinson_is_unbiased_and_leaves_z_alone() -> None:
    x, c = inputs(n=2)
    net, draws = Net((3,)), 4000
    with torch.no_grad():
        z, exact = ODE(net, RungeKutta("rk4", 8))(x, c=c)
        torch.manual_seed(5)
        many = ODE(net, RungeKutta("rk4", 8), trace="hutchinson")(
            x.repeat_interleave(draws, 0), c=c.repeat_interleave(draws, 0)
        )
    assert torch.allclose(many[0].view(2, draws, 3), z[:, None].expand(-1, draws, -1))
    found = many[1].view(2, draws)
    error = found.std(1) / draws**0.5
    assert float(error.min()) > 1e-4
    assert float(((found.mean(1) - exact) / error).abs().max()) < 5


def test_hutchinson_noise_is_that_of_the_generator() -> None:
    x, c = inputs()
    step = ODE(Net((3,)), RungeKutta("rk4", 4), trace="hutchinson")
    found = []
    for seed in (1, 1, 2):
        torch.manual_seed(seed)
        found.append(step(x, c=c)[1])
    assert torch.equal(found[0], found[1])
    assert not torch.equal(found[0], found[2])


# --- modes -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("mode", [torch.no_grad, torch.inference_mode])
@pytest.mark.parametrize("trace", ["exact", "hutchinson"])
@EACH
def test_without_gradients(solver: RungeKutta | Adaptive, limit: float, trace: str, mode: type) -> None:
    x, c = inputs()
    step = ODE(Net((3,)), solver, trace=trace)
    torch.manual_seed(2)
    z, log_det = step(x, c=c)
    torch.manual_seed(2)
    with mode():
        found = step(x, c=c)
        back = step.inverse(z.detach(), c=c)
    assert torch.allclose(found[0], z, atol=1e-12)
    assert torch.allclose(found[1], log_det, atol=1e-12)
    assert torch.allclose(back, x, atol=10 * limit)


def test_half_precision_ends_at_the_solver() -> None:
    x, c = inputs()
    step = ODE(Net((3,), torch.float32), Adaptive("dopri5", 1e-5, 1e-5))
    x, c = x.float(), c.float()
    z, log_det = step(x, c=c)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        found = step(x.bfloat16().float(), c=c)
        again = step.inverse(z, c=c)
    assert z.dtype == log_det.dtype == found[0].dtype == found[1].dtype == again.dtype == torch.float32
    assert float((again - x).abs().max().detach()) < 1e-4


def test_tolerances_below_rounding_are_raised() -> None:
    x, c = inputs()
    step = ODE(Net((3,), torch.float32), Adaptive("dopri5", 1e-12, 1e-12))
    z, _ = step(x.float(), c=c.float())
    assert float((step.inverse(z, c=c.float()) - x.float()).abs().max().detach()) < 1e-4


@pytest.mark.parametrize("method", ["euler", "midpoint", "rk4"])
def test_fixed_steps_compile_whole(method: str) -> None:
    x, c = inputs()
    step = ODE(Net((3,)), RungeKutta(method, 3))
    torch.compiler.reset()
    z, log_det = torch.compile(step, fullgraph=True, backend="eager")(x, c=c)
    expected = step(x, c=c)
    assert torch.allclose(z, expected[0])
    assert torch.allclose(log_det, expected[1])
    back = torch.compile(step.inverse, fullgraph=True, backend="eager")(z, c=c)
    assert torch.allclose(back, step.inverse(z, c=c))


@pytest.mark.parametrize("trace", ["exact", "hutchinson"])
def test_a_compiled_step_takes_batches_of_any_size(trace: str) -> None:
    """And gives the gradients of the step itself, though it takes the trace another way."""
    x, c = inputs()
    step = ODE(Net((3,)), RungeKutta("midpoint", 2), trace=trace)
    torch.compiler.reset()
    compiled = torch.compile(step, fullgraph=True, backend="eager")
    for rows in (len(x), 3, 2, 5):
        found = []
        for run in (step, compiled):
            torch.manual_seed(rows)
            step.zero_grad()
            z, log_det = run(x[:rows], c=c[:rows])
            (z.sum() + log_det.sum()).backward()
            found.append((z.detach(), log_det.detach(), *(p.grad for p in step.parameters() if p.grad is not None)))
        assert all(torch.allclose(one, other) for one, other in zip(*found, strict=True))


def test_adaptive_solvers_run_beside_compiled_code() -> None:
    x, c = inputs()
    step = ODE(Net((3,)), Adaptive("dopri5", 1e-6, 1e-6))
    torch.compiler.reset()
    z, log_det = torch.compile(step, backend="eager")(x, c=c)
    assert torch.allclose(z, step(x, c=c)[0])
    assert torch.allclose(log_det, step(x, c=c)[1])


@EACH
def test_copies_and_states(solver: RungeKutta | Adaptive, limit: float) -> None:
    x, c = inputs()
    step = ODE(Net((3,)), solver)
    other = ODE(Net((3,)), solver)
    for p in step.parameters():
        p.data.mul_(0.5)
    other.load_state_dict(step.state_dict())
    for twin in (copy.deepcopy(step), other, pickle.loads(pickle.dumps(step))):
        assert torch.equal(twin(x, c=c)[1], step(x, c=c)[1])
    assert solver.method in repr(step)


# --- what goes wrong -------------------------------------------------------------------------------------------------


def test_a_missing_package_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchdiffeq", None)
    with pytest.raises(ImportError, match=r"dopri5 needs torchdiffeq: `pip install torchdiffeq`, or choose rk4"):
        Adaptive("dopri5", 1e-5, 1e-5)
    x, c = inputs()
    assert ODE(Net((3,)), RungeKutta("rk4", 4))(x, c=c)[0].isfinite().all()


def test_a_solver_that_gives_up_says_why() -> None:
    x, c = inputs()
    net = Net((3,))
    net.head.weight.data.fill_(float("nan"))
    with pytest.raises(ArithmeticError, match=r"dopri5 gave up .*: the net changes too fast"):
        ODE(net, Adaptive("dopri5", 1e-5, 1e-5))(x, c=c)


def test_an_outlier_is_solved_as_well_as_the_others() -> None:
    """The error of every sample is held to the tolerance, not their mean."""
    x, c = inputs(n=400)
    x[0] *= 30
    net = Net((3,))
    net.read.weight.data.mul_(3)
    with torch.no_grad():
        exact = ODE(net, FINE)(x, c=c)[0]
        found = ODE(net, Adaptive("dopri5", 1e-5, 1e-5))(x, c=c)[0]
    assert float(((found - exact) / (1 + exact.abs())).abs().max()) < 2e-4
