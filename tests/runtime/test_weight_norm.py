"""Weight normalization: of what the masks keep, from the plain layer's weights, and without a NaN anywhere."""

from __future__ import annotations

import copy
from collections.abc import Callable

import pytest
import torch
from torch import nn

from flowspec.runtime import Conv, LocalConv, MaskedConv, MaskedLinear, SubsetLinear, WeightNorm

Make = Callable[[], nn.Module]
FLAT: dict[str, Make] = {
    "linear": lambda: nn.Linear(4, 6),
    "masked": lambda: MaskedLinear(range(1, 5), [0, 1, 2, 2, 3, 4]),
    "subset": lambda: SubsetLinear([1, 2, 4, 8], [0, 3, 5, 15, 1, 2]),
}
IMAGE: dict[str, Make] = {
    "conv": lambda: nn.Conv2d(2, 3, 3, padding=1),
    "shifted": lambda: Conv(2, 3, (2, 2), first=(-1, -1)),
    "masked": lambda: MaskedConv(2, 3, (3, 3), "111/100/000", first=(-1, -1)),
    "local": lambda: LocalConv(2, 3, (4, 4), (3, 3), (-1, -1), [range(1, 17)], [range(16)]),
}
LAYERS = [*((make, (4,)) for make in FLAT.values()), *((make, (2, 4, 4)) for make in IMAGE.values())]
EACH = pytest.mark.parametrize(("make", "shape"), LAYERS, ids=[*FLAT, *(f"{name}-2d" for name in IMAGE)])


def _pair(make: Make) -> tuple[nn.Module, WeightNorm]:
    torch.manual_seed(3)
    plain = make()
    torch.manual_seed(3)
    return plain.double(), WeightNorm(make()).double()


@EACH
def test_it_starts_as_the_plain_layer(make: Make, shape: tuple[int, ...]) -> None:
    plain, normed = _pair(make)
    x = torch.randn(5, *shape, dtype=torch.float64)
    assert torch.allclose(normed(x), plain(x), atol=1e-7)


@EACH
def test_only_the_direction_of_v_counts(make: Make, shape: tuple[int, ...]) -> None:
    """Units scale with their gain alone, and never with v; what the mask drops counts for nothing."""
    _, normed = _pair(make)
    x = torch.randn(5, *shape, dtype=torch.float64)
    before = normed(x)
    with torch.no_grad():
        normed.layer.weight.mul_(torch.rand(len(normed.gain), *[1] * (normed.layer.weight.dim() - 1)) + 0.5)
        if hasattr(normed.layer, "kept"):
            normed.layer.weight.add_(~normed.layer.kept() * 100.0)
    assert torch.allclose(normed(x), before, atol=1e-9)
    bias = normed.layer.bias.view(-1, *[1] * (before.dim() - 2))
    with torch.no_grad():
        normed.gain.mul_(3)
    assert torch.allclose(normed(x) - bias, 3 * (before - bias), atol=1e-9)


@EACH
def test_gradients_are_finite_also_of_units_without_inputs(make: Make, shape: tuple[int, ...]) -> None:
    _, normed = _pair(make)
    normed(torch.randn(5, *shape, dtype=torch.float64)).square().sum().backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in normed.parameters())


@EACH
def test_copies_states_and_compilation(make: Make, shape: tuple[int, ...]) -> None:
    _, normed = _pair(make)
    x = torch.randn(5, *shape, dtype=torch.float64)
    other = WeightNorm(make()).double()
    other.load_state_dict(normed.state_dict())
    for twin in (other, copy.deepcopy(normed)):
        assert torch.equal(twin(x), normed(x))
    compiled = torch.compile(normed, fullgraph=True, backend="eager")
    assert torch.allclose(compiled(x), normed(x))
    normed.reset_parameters()
    assert not torch.allclose(other(x), normed(x))


def test_by_hand() -> None:
    layer = MaskedLinear([1, 2, 3], [2, 3])
    normed = WeightNorm(layer)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[3.0, 4.0, 9.0], [2.0, 3.0, 6.0]]))
        layer.bias.copy_(torch.tensor([0.5, -1.0]))
        normed.gain.copy_(torch.tensor([10.0, 7.0]))
    weight = torch.tensor([[6.0, 8.0, 0.0], [2.0, 3.0, 6.0]])
    x = torch.randn(4, 3)
    assert torch.allclose(normed(x), nn.functional.linear(x, weight, layer.bias), atol=1e-5)


def test_each_order_of_an_ensemble_has_its_own_norm() -> None:
    layer = MaskedLinear([[1, 2], [2, 1]], [[1, 1]])
    normed = WeightNorm(layer)
    with torch.no_grad():
        layer.weight.copy_(torch.tensor([[3.0, 4.0], [3.0, 4.0]])[: len(layer.weight)])
        normed.gain.fill_(2.0)
    x = torch.tensor([[1.0, 10.0]])
    found = [normed(x, k) - layer.bias for k in range(2)]
    assert torch.allclose(torch.stack(found)[:, 0, 0], torch.tensor([2.0, 20.0]))


def test_half_precision_stays_half() -> None:
    normed = WeightNorm(nn.Linear(4, 6))
    with torch.autocast("cpu", torch.bfloat16):
        assert normed(torch.randn(2, 4)).dtype == torch.bfloat16
