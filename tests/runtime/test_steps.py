"""Every flow step, judged by autograd in float64."""

from __future__ import annotations

import copy
import math
from collections.abc import Callable

import pytest
import torch
from torch import nn

from flowspec.runtime import (
    ActNorm,
    Additive,
    Affine,
    AutoregressiveStep,
    DenseStep,
    Dequantize,
    Elementwise,
    ElementwiseAffine,
    Exp,
    HouseholderStep,
    LeakyReLU,
    LinearSpline,
    Log,
    LogisticMixtureCDF,
    Logit,
    LUStep,
    MaskCoupling,
    MixtureLogit,
    Permute,
    QRStep,
    QuadraticSpline,
    RationalQuadraticSpline,
    Reverse,
    Scale,
    Shift,
    Sigmoid,
    SliceCoupling,
    SoftplusAffine,
    Split,
    Squeeze,
    Tanh,
    Transform,
    Unsqueeze,
    checkerboard,
    entries,
    permutation,
)
from flowspec.runtime.flow import back

from .nets import Dense, Made

IMAGE = (2, 2, 4)


def slices(kept: list[int], moved: list[int], transform: Transform) -> SliceCoupling:
    return SliceCoupling(Dense(len(kept), (len(moved),), transform.size), kept, moved, transform)


CASES: dict[str, tuple[Callable[[], nn.Module], tuple[int, ...]]] = {
    "logit": (lambda: Logit(0.05), (3,)),
    "bare logit": (Logit, (3,)),
    "sigmoid": (Sigmoid, IMAGE),
    "tanh": (Tanh, (5,)),
    "leaky_relu": (lambda: LeakyReLU(0.2), IMAGE),
    "scale": (lambda: Scale(IMAGE), IMAGE),
    "shift": (lambda: Shift((3,)), (3,)),
    "affine": (lambda: ElementwiseAffine((2, 5)), (2, 5)),
    "actnorm of a vector": (lambda: ActNorm(3), (3,)),
    "actnorm of channels": (lambda: ActNorm(2), IMAGE),
    "actnorm of variables": (lambda: ActNorm(IMAGE), IMAGE),
    "exp": (Exp, IMAGE),
    "log": (Log, (3,)),
    "dense": (lambda: DenseStep(4), (4,)),
    "dense of channels": (lambda: DenseStep(2), IMAGE),
    "lu": (lambda: LUStep(16, permutation(16, 3)), IMAGE),
    "lu of channels": (lambda: LUStep(3, [2, 0, 1]), (3, 4)),
    "lu with a permutation of its own": (lambda: LUStep(5), (5,)),
    "qr": (lambda: QRStep(5, 5), (5,)),
    "qr of an image": (lambda: QRStep(16, 2), IMAGE),
    "householder": (lambda: HouseholderStep(4, 3), (4,)),
    "splines of an image": (lambda: Elementwise(RationalQuadraticSpline(4, -2.0, 2.0), IMAGE), IMAGE),
    "linear splines": (lambda: Elementwise(LinearSpline(4, -2.0, 1.0), (3,)), (3,)),
    "quadratic splines": (lambda: Elementwise(QuadraticSpline(4, -2.0, 1.0), (3,)), (3,)),
    "rational splines kept apart": (lambda: slices([3, 0], [2, 4, 1], RationalQuadraticSpline(3, -3.0, 3.0)), (5,)),
    "quadratic splines on a checkerboard": (
        lambda: MaskCoupling(Dense(16, IMAGE, 7), checkerboard(IMAGE), QuadraticSpline(3, -3.0, 3.0)),
        IMAGE,
    ),
    "inverse autoregressive splines": (
        lambda: AutoregressiveStep(Made([[2, 0, 3, 1]], 3), LinearSpline(3, -3.0, 3.0), [1, 3, 0, 2], "sampling"),
        (4,),
    ),
    "permute": (lambda: Permute([2, 0, 1]), (3, 2)),
    "reverse": (Reverse, (4,)),
    "squeeze 1": (lambda: Squeeze(2), (3, 4)),
    "squeeze 2": (lambda: Squeeze(2), IMAGE),
    "squeeze 3": (lambda: Squeeze((1, 2, 2)), (1, 3, 2, 4)),
    "unsqueeze 2": (lambda: Unsqueeze(2), (8, 1, 2)),
    "unsqueeze 3": (lambda: Unsqueeze((3, 1, 2)), (6, 1, 2, 1)),
    "kept first": (lambda: slices([0, 1], [2, 3, 4], Affine()), (5,)),
    "kept last": (lambda: slices([2, 3, 4], [0, 1], Additive()), (5,)),
    "kept apart": (lambda: slices([3, 0], [2, 4, 1], Affine()), (5,)),
    "channels": (
        lambda: SliceCoupling(Dense(8, (1, 2, 4), 2), [1], [0], Affine()),
        IMAGE,
    ),
    "softplus": (lambda: slices([0, 1], [2, 3, 4], SoftplusAffine()), (5,)),
    "checkerboard": (lambda: MaskCoupling(Dense(16, IMAGE, 2), checkerboard(IMAGE), Affine()), IMAGE),
    "additive on entries": (lambda: MaskCoupling(Dense(4, (4,), 1), entries((4,), [1, 2]), Additive()), (4,)),
    "autoregressive": (lambda: AutoregressiveStep(Made([[2, 0, 3, 1]], 2), Affine(), [1, 3, 0, 2]), (4,)),
    "inverse autoregressive": (
        lambda: AutoregressiveStep(Made([[2, 0, 3, 1]], 2), Affine(), [1, 3, 0, 2], "sampling"),
        (4,),
    ),
}


def made(name: str) -> tuple[nn.Module, torch.Tensor]:
    """The step in float64 with random parameters, and a batch of three."""
    torch.manual_seed(0)
    build, shape = CASES[name]
    step = build().double()
    for p in step.parameters():
        nn.init.normal_(p, std=0.5)
    unit = isinstance(step, Logit | Log)
    return step, torch.rand(3, *shape).double() if unit else torch.randn(3, *shape).double()


@pytest.mark.parametrize("name", CASES)
def test_going_back_gives_the_log_det_that_going_forth_gives(name: str) -> None:
    """What a posterior or a dequantizer does with its steps."""
    step, x = made(name)
    z, log_det = step(x)
    found, there = back(step, z)
    assert float((found - x).detach().abs().max()) < 1e-9
    assert float((there - log_det).detach().abs().max()) < 1e-9


@pytest.mark.parametrize("name", CASES)
def test_step(name: str) -> None:
    step, x = made(name)
    z, log_det = step(x)
    assert z.dtype == log_det.dtype == torch.float64
    assert log_det.shape == (3,)
    assert (step.inverse(z) - x).abs().max() < 1e-9
    for k in range(3):
        jacobian = torch.autograd.functional.jacobian(lambda v: step(v[None])[0].flatten(), x[k])
        assert torch.linalg.slogdet(jacobian.view(z[k].numel(), -1))[1] == pytest.approx(log_det[k].item(), abs=1e-9)


@pytest.mark.parametrize("name", CASES)
def test_every_parameter_learns_in_either_direction(name: str) -> None:
    step, x = made(name)
    z, log_det = step(x)
    for result in (z.sin().sum() + log_det.sum(), step.inverse(z.detach()).sin().sum()):
        gradients = torch.autograd.grad(result, list(step.parameters())) if list(step.parameters()) else ()
        assert all(g.isfinite().all() and g.abs().sum() > 0 for g in gradients)


@pytest.mark.parametrize("name", CASES)
def test_state_copies_and_half_precision(name: str) -> None:
    step, x = made(name)
    z = step(x)[0]
    other = CASES[name][0]().double()
    other.load_state_dict(step.state_dict())
    assert torch.equal(other(x)[0], z)
    assert torch.equal(copy.deepcopy(step)(x)[0], z)
    single = step.float()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        z, log_det = single(x.float())
        assert z.dtype == log_det.dtype == torch.float32
        assert (single.inverse(z) - x).abs().max() < 1e-3


@pytest.mark.parametrize("name", CASES)
def test_made_on_meta(name: str) -> None:
    step, x = made(name)
    with torch.device("meta"):
        empty = CASES[name][0]()
    empty.to_empty(device="cpu").double()
    for module in empty.modules():
        if hasattr(module, "reset_buffers"):
            module.reset_buffers()
    empty.load_state_dict(step.state_dict())
    assert torch.equal(empty(x)[0], step(x)[0])


def test_dequantize() -> None:
    x = torch.randint(256, (5, 3, 2, 2)).double()
    step = Dequantize(256)
    z, log_det = step(x)
    assert ((z >= 0) & (z <= 1)).all()
    assert torch.equal(step.inverse(z), x)
    assert log_det.shape == (5,)
    assert log_det[0] == pytest.approx(-12 * math.log(256))
    assert step.inverse(torch.tensor([[-0.1, 1.0, 1.7]])).tolist() == [[0, 255, 255]]


def test_split_gives_parts_and_takes_them_back() -> None:
    x = torch.randn(2, 5, 3)
    parts = Split([1, 4])(x)
    assert [p.shape[1] for p in parts] == [1, 4]
    assert torch.equal(Split([1, 4]).inverse(*parts), x)


def test_squeeze_numbers_phases_row_major() -> None:
    x = torch.arange(2 * 4 * 6).view(1, 2, 4, 6)
    z = Squeeze(2)(x)[0]
    for phase in range(4):
        assert torch.equal(z[:, 4 + phase], x[:, 1, phase // 2 :: 2, phase % 2 :: 2])


def test_actnorm_starts_once() -> None:
    x = 3 * torch.randn(64, 2, 4, 4) + 5
    step = ActNorm(2)
    step.initialize(x)
    z = step(x)[0]
    assert z.mean((0, 2, 3)).abs().max() < 1e-4
    assert (z.std((0, 2, 3)) - 1).abs().max() < 1e-2
    again = ActNorm(2)
    again.load_state_dict(step.state_dict())
    again.initialize(10 * x)
    assert torch.equal(again(x)[0], z)


@pytest.mark.parametrize("name", [name for name in CASES if "of" in name or "spline" in name or name in ("lu", "qr")])
def test_compiled_whole(name: str) -> None:
    step, x = made(name)
    torch.compiler.reset()
    z, log_det = torch.compile(step, fullgraph=True, backend="eager")(x)
    assert torch.allclose(z, step(x)[0])
    assert torch.allclose(log_det, step(x)[1])
    back = torch.compile(step.inverse, fullgraph=True, backend="eager")(z)
    assert (back - x).abs().max() < 1e-9


@pytest.mark.parametrize("build", [lambda: DenseStep(3), lambda: LUStep(3, [1, 0, 2]), lambda: QRStep(3, 2)])
def test_an_inverse_follows_its_weights(build: Callable[[], nn.Module]) -> None:
    """Nothing is kept between calls: after loading other weights, and after a change in place, the inverse is right."""
    torch.manual_seed(0)
    step, other, x = build().double(), build().double(), torch.randn(4, 3, dtype=torch.float64)
    for p in other.parameters():
        nn.init.normal_(p)
    step.inverse(step(x)[0])
    step.load_state_dict(other.state_dict())
    assert torch.allclose(step.inverse(other(x)[0]), x)
    with torch.no_grad():
        for p in step.parameters():
            p.add_(0.1)
    assert torch.allclose(step.inverse(step(x)[0]), x)
    assert not torch.allclose(step.inverse(other(x)[0]), x)


def test_a_random_permutation_is_saved_with_the_weights() -> None:
    torch.manual_seed(0)
    step, other, x = LUStep(9), LUStep(9), torch.randn(4, 9)
    assert not torch.equal(step.index, other.index)
    assert torch.equal(step(x)[0], x[:, step.index])
    with torch.device("meta"):
        empty = LUStep(9)
    for twin in (other, empty.to_empty(device="cpu")):
        twin.load_state_dict(step.state_dict())
        assert torch.equal(twin(x)[0], step(x)[0])
        assert torch.equal(twin.inverse(step(x)[0]), x)


def test_a_given_permutation_is_rebuilt() -> None:
    given = LUStep(3, [2, 0, 1])
    assert list(given.state_dict()) == ["weight"]
    with torch.device("meta"):
        empty = LUStep(3, [2, 0, 1])
    empty.to_empty(device="cpu").load_state_dict(given.state_dict())
    assert empty.index.tolist() == [2, 0, 1]
    with pytest.raises(ValueError, match="once"):
        LUStep(3, [2, 0, 0])


class Head(nn.Module):
    """A net with a last layer, of 2 numbers to 2 variables of `size` parameters each."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.size = size
        self.head = nn.Linear(2, 2 * size)

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.head(x).unflatten(1, (2, self.size))


@pytest.mark.parametrize(
    ("transform", "near"),
    [
        (Affine(), 0.1),
        (SoftplusAffine(), 0.1),
        (RationalQuadraticSpline(4, -2.0, 2.0), 0.1),
        (Additive(), 1.0),
        (MixtureLogit(LogisticMixtureCDF(3)), 1.0),
    ],
    ids=["affine", "softplus", "spline", "additive", "mixture"],
)
def test_scales_and_splines_begin_near_the_identity(transform: Transform, near: float) -> None:
    """The last layer alone is smaller than one of torch's own; a mixture would begin with equal components."""
    torch.manual_seed(0)
    plain = Head(transform.size)
    for build in (
        lambda net: SliceCoupling(net, [0, 1], [2, 3], transform),
        lambda net: MaskCoupling(net, torch.tensor([True, False]), transform),
        lambda net: AutoregressiveStep(net, transform, [0, 1]),
    ):
        net = copy.deepcopy(plain)
        assert build(net).net is net
        assert torch.allclose(net.head.weight, near * plain.head.weight)
        assert torch.allclose(net.head.bias, near * plain.head.bias)


def test_inverses_are_finite_at_the_ends() -> None:
    assert Sigmoid().inverse(torch.tensor([0.0, 1.0])).isfinite().all()
    assert Tanh().inverse(torch.tensor([-1.0, 1.0])).isfinite().all()


def test_bijections_are_checked() -> None:
    with pytest.raises(ValueError, match="once"):
        Permute([0, 0, 1])
    with pytest.raises(ValueError, match="once"):
        SliceCoupling(nn.Identity(), [0, 1], [1, 2], Affine())


def test_context_reaches_the_net() -> None:
    step = SliceCoupling(Dense(2, (1,), 2, context=3), [0, 1], [2], Affine())
    x, c = torch.randn(4, 3), torch.randn(4, 3)
    z = step(x, c=c)[0]
    assert (step.inverse(z, c=c) - x).abs().max() < 1e-5
    assert not torch.equal(z, step(x, c=-c)[0])


@pytest.mark.parametrize("kept", [[], [0, 1, 2]])
def test_a_vacuous_coupling_is_still_a_bijection(kept: list[int]) -> None:
    moved = [k for k in range(3) if k not in kept]
    step, x = SliceCoupling(Dense(len(kept), (len(moved),), 2, context=1), kept, moved, Affine()), torch.randn(4, 3)
    z, log_det = step(x, c=x[:, :1])
    assert log_det.shape == (4,)
    assert torch.allclose(step.inverse(z, c=x[:, :1]), x, atol=1e-5)


@pytest.mark.parametrize(("fast", "passes"), [("density", (1, 3)), ("sampling", (3, 1))])
def test_a_pass_for_each_level_and_no_more(fast: str, passes: tuple[int, int]) -> None:
    step, calls = AutoregressiveStep(Made([[0, 1, 2]], 2), Affine(), [0, 1, 2], fast), []
    step.net.register_forward_hook(lambda *_: calls.append(1))
    z, _ = step(torch.randn(2, 3))
    forward = len(calls)
    step.inverse(z)
    assert (forward, len(calls) - forward) == passes


@pytest.mark.parametrize("transform", [Affine, SoftplusAffine])
@pytest.mark.parametrize("start", [0.05, 0.8, 1.0, 7.0])
def test_a_scale_begins_where_it_is_told_to(transform: type[Affine], start: float) -> None:
    zero = torch.zeros(1, dtype=torch.float64)
    assert torch.allclose(transform(start).log_scale(zero).exp(), torch.full((1,), start, dtype=torch.float64))


def test_an_exponential_scale_stays_within_a_factor_of_its_start() -> None:
    far = Affine(0.5).log_scale(torch.tensor([-1e9, 1e9], dtype=torch.float64)).exp()
    assert torch.allclose(far, 0.5 * torch.tensor([-3.0, 3.0], dtype=torch.float64).exp())


def test_a_softplus_scale_is_1_at_0_grows_like_its_argument_and_stays_above_a_thousandth() -> None:
    a = torch.tensor([0.0, 50.0, 100.0, -300.0], dtype=torch.float64)
    scale = SoftplusAffine().log_scale(a).exp()
    assert torch.allclose(scale[0], torch.ones(1, dtype=torch.float64))
    assert torch.allclose(scale[2] - scale[1], torch.tensor(50.0, dtype=torch.float64))
    assert torch.allclose(scale[3], torch.tensor(0.001, dtype=torch.float64))
