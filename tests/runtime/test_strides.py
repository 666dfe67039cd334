"""Convolutions between grids, by their definition and as layers among others."""

from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from torch import nn

from flowspec.runtime import Down, MaskedDown, MaskedUp, WeightNorm

LAYERS = {
    "down": lambda: Down(2, 4, (2, 2), (-1, -1), (2, 2)),
    "masked-down": lambda: MaskedDown(2, 4, (2, 3), "111/110", (-1, -1), (3, 3)),
    "masked-up": lambda: MaskedUp(2, 4, (2, 3), "011/111"),
    "groups": lambda: MaskedUp(2, 4, (2, 3), {(0, 0): "111/111", (1, 0): "011/111", (1, 1): "111/111"}, [0, 1], [0, 0, 1, 1]),
}  # fmt: skip
X = torch.randn(2, 2, 6, 12, generator=torch.Generator().manual_seed(0))


def places(sites: tuple[int, ...]) -> list[list[int]]:
    return torch.cartesian_prod(*[torch.arange(n) for n in sites]).view(-1, len(sites)).tolist()


@pytest.mark.parametrize(
    ("sites", "kernel", "first", "factors", "taps"),
    [
        ((8,), (2,), (-1,), (2,), "11"),
        ((8,), (2,), (1,), (2,), "11"),
        ((9,), (3,), (-3,), (3,), "110"),
        ((9,), (1,), (-5,), (3,), "1"),
        ((9,), (1,), (4,), (3,), "1"),
        ((6, 4), (3, 2), (-1, -1), (3, 2), "11/11/10"),
        ((6, 4), (2, 1), (2, 0), (3, 1), "1/1"),
        ((2, 4, 4), (1, 2, 2), (0, -1, -1), (1, 2, 2), "11/10"),
    ],
)
def test_down_by_its_definition(sites: Any, kernel: Any, first: Any, factors: Any, taps: str) -> None:
    torch.manual_seed(0)
    layer = MaskedDown(2, 3, kernel, taps, first, factors).double()
    x = torch.randn(2, 2, *sites).double()
    kept = [tap == "1" for tap in taps if tap in "01"]
    coarse = tuple(n // s for n, s in zip(sites, factors, strict=True))
    expected = layer.bias.view(-1, *[1] * len(sites)).expand(2, 3, *coarse).clone()
    for p in places(coarse):
        for t, e in enumerate(places(kernel)):
            q = [a * s + f + step for a, s, f, step in zip(p, factors, first, e, strict=True)]
            if kept[t] and all(0 <= a < n for a, n in zip(q, sites, strict=True)):
                expected[(..., *p)] += x[(..., *q)] @ layer.weight.flatten(2)[:, :, t].T
    y = layer(x)
    assert y.shape == expected.shape
    assert (y - expected).abs().max() < 1e-12
    plain = Down(2, 3, kernel, first, factors).double()
    plain.load_state_dict({"weight": layer.weight * layer.mask, "bias": layer.bias})
    assert torch.allclose(plain(x), y)


def test_up_by_its_definition() -> None:
    layer, x = LAYERS["groups"]().double(), X[:, :, :2, :2].double()
    y = layer(x)
    assert y.shape == (2, 4, 4, 6)
    weight = layer.weight * layer.mask
    for a, b in places((4, 6)):
        expected = layer.bias + x[..., a // 2, b // 3] @ weight[:, :, a % 2, b % 3]
        assert (y[..., a, b] - expected).abs().max() < 1e-12
    assert not layer.mask[0, 2:, 0, 0].any()  # the first site of a block reads no channel of the other group
    assert not layer.mask[1, :2].any()


@pytest.mark.parametrize("name", LAYERS)
def test_state_copies_and_meta(name: str) -> None:
    layer = LAYERS[name]()
    y = layer(X)
    assert all("mask" not in key for key in layer.state_dict())
    assert torch.equal(copy.deepcopy(layer)(X), y)
    with torch.device("meta"):
        empty = LAYERS[name]()
    empty.to_empty(device="cpu")
    empty.load_state_dict(layer.state_dict())
    assert torch.equal(empty(X), y)


@pytest.mark.parametrize("name", LAYERS)
def test_compiled_and_in_half_precision(name: str) -> None:
    layer = LAYERS[name]()
    compiled = torch.compile(layer, fullgraph=True, backend="eager")
    assert torch.equal(compiled(X), layer(X))
    with torch.autocast("cpu", dtype=torch.bfloat16):
        half = layer(X)
    assert half.dtype == torch.bfloat16
    assert (half.float() - layer(X)).abs().max() < 0.1


def test_the_scale_follows_the_true_fan_in_of_each_phase() -> None:
    torch.manual_seed(0)
    layer = MaskedUp(100, 3, (2,), {(0, 0): "11", (0, 1): "01"}, [0] + [1] * 99, [0] * 3)
    kept = layer.weight * layer.mask
    assert (kept[1:, :, 0] == 0).all()
    assert kept[0, :, 0].abs().max() > 0.1
    assert kept[:, :, 1].abs().max() <= 0.1


def test_a_layer_refuses_a_mask_that_was_not_proved() -> None:
    with pytest.raises(RuntimeError, match="is not the one that was proved"):
        MaskedDown(1, 1, (1,), "1", (0,), (2,), digest="0" * 16)
    with pytest.raises(RuntimeError, match="is not the one that was proved"):
        MaskedUp(1, 1, (2,), "01", digest="0" * 16)


def test_plain_layers_of_torch_are_special_cases() -> None:
    torch.manual_seed(0)
    plain, up = nn.Conv2d(2, 4, 3, stride=3, padding=1), nn.ConvTranspose2d(2, 4, (2, 3), stride=(2, 3))
    down, masked = Down(2, 4, (3, 3), (-1, -1), (3, 3)), MaskedUp(2, 4, (2, 3), "111/111")
    down.load_state_dict(plain.state_dict())
    masked.load_state_dict(up.state_dict())
    assert torch.allclose(down(X), plain(X), atol=1e-6)
    assert torch.allclose(masked(X), up(X), atol=1e-6)


@pytest.mark.parametrize("name", LAYERS)
def test_weight_norm_starts_as_the_layer_and_scales_its_units(name: str) -> None:
    layer = LAYERS[name]().double()
    want = layer(X.double())
    normed = WeightNorm(layer)
    assert torch.allclose(normed(X.double()), want)
    with torch.no_grad():
        normed.gain[1] *= 3
    bias = layer.bias[1]
    moved = normed(X.double())
    assert torch.allclose(moved[:, 1] - bias, 3 * (want[:, 1] - bias))
    assert torch.allclose(moved[:, 2], want[:, 2])
