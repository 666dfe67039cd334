"""Masked layers against their masks, and against each other."""

from __future__ import annotations

import copy
import math

import pytest
import torch
from torch import nn

from flowspec.runtime import (
    ChannelEmbedding,
    ChannelNorm,
    Conv,
    Coordinates,
    LearnedPosition,
    LocalConv,
    MaskedConv,
    MaskedLinear,
    SubsetLinear,
    glu,
    one_hot,
    parameters_last,
    signed_unit,
    tanh_sigmoid,
)

LABELS = list(range(12))
LAYERS = {
    "linear": lambda: MaskedLinear([1, 2, 3], [0, 1, 2, 2, 3]),
    "ensemble": lambda: MaskedLinear([[1, 2, 3], [3, 1, 2]], [0, 1, 2, 2, 3]),
    "subset": lambda: SubsetLinear([1, 2, 1 << 99], [0, 3, 1 | 1 << 99]),
    "conv": lambda: MaskedConv(2, 4, (3, 3), "111/100/000", (-1, -1)),
    "local": lambda: LocalConv(2, 4, (3, 4), (3, 3), (-1, -1), [[p + 1 for p in LABELS]], [LABELS]),
    "norm": lambda: ChannelNorm(4, [0, 0, 1, 1]),
}
INPUTS = {"conv": (2, 3, 4), "local": (2, 3, 4), "norm": (4, 2)}


def jacobian(layer: nn.Module, shape: tuple[int, ...]) -> torch.Tensor:
    """The (outputs, inputs) Jacobian at a random point."""
    x = torch.randn(shape, dtype=torch.float64)
    result = torch.autograd.functional.jacobian(lambda v: layer(v[None]).flatten(), x)
    return result.flatten(1)


def test_linear_keeps_what_the_labels_allow() -> None:
    layer = MaskedLinear(range(1, 4), [0, 1, 2, 2, 3]).double()
    kept = torch.tensor([[r <= w for r in (1, 2, 3)] for w in (0, 1, 2, 2, 3)])
    assert torch.equal(jacobian(layer, (3,)) != 0, kept)


def test_linear_of_an_ensemble() -> None:
    layer = MaskedLinear([[1, 2, 3], [3, 1, 2]], [[0, 2], [1, 1]]).double()
    x = torch.eye(3).double()
    one = (layer(x, 1) - layer.bias).T != 0
    assert one.tolist() == [[False, True, False], [False, True, False]]
    assert ((layer(x) - layer.bias).T != 0).tolist() == [[False, False, False], [True, True, False]]


def test_subsets() -> None:
    layer = SubsetLinear([0b1, 0b11, 1 << 2000], [0b11, 0, (1 << 2000) | 0b1]).double()
    assert torch.equal(
        jacobian(layer, (3,)) != 0,
        torch.tensor([[True, True, False], [False, False, False], [True, False, True]]),
    )


def test_true_fan_in_sets_the_scale() -> None:
    torch.manual_seed(0)
    layer = MaskedLinear(range(1, 1001), [0, 4, 1000])
    kept = layer.mask * layer.weight
    assert kept[0].abs().sum() == 0
    assert layer.bias[0] == 0
    assert 0.2 < kept[1].abs().max() <= 0.5
    assert 0.03 < kept[2].abs().max() <= 1 / math.sqrt(1000)


@pytest.mark.parametrize(
    ("sites", "kernel", "first", "dilation", "taps"),
    [
        ((7,), (3,), (-2,), (1,), "110"),
        ((7,), (2,), (-9,), (8,), "11"),
        ((7,), (2,), (1,), (2,), "11"),
        ((5, 6), (3, 3), (-1, -1), (1, 1), "111/110/000"),
        ((5, 6), (2, 3), (-2, -2), (1, 2), "111/110"),
        ((5, 6), (2, 1), (-3, 0), (1, 1), "1/1"),
        ((3, 4, 4), (2, 3, 3), (-1, -1, -1), (1, 1, 1), "111/111/111|111/100/000"),
    ],
)
def test_convolution_by_its_definition(sites, kernel, first, dilation, taps) -> None:
    torch.manual_seed(0)
    layer = MaskedConv(2, 3, kernel, taps, first, dilation=dilation).double()
    x = torch.randn(2, 2, *sites).double()
    kept = [tap == "1" for tap in taps if tap in "01"]
    weight = layer.weight.flatten(2)
    expected = layer.bias.view(-1, *[1] * len(sites)).expand(2, 3, *sites).clone()
    for p in torch.cartesian_prod(*[torch.arange(n) for n in sites]).view(-1, len(sites)).tolist():
        for t, e in enumerate(torch.cartesian_prod(*[torch.arange(k) for k in kernel]).view(-1, len(kernel)).tolist()):
            q = [a + f + step * d for a, f, step, d in zip(p, first, e, dilation, strict=True)]
            if kept[t] and all(0 <= a < n for a, n in zip(q, sites, strict=True)):
                expected[(..., *p)] += x[(..., *q)] @ weight[:, :, t].T
    y = layer(x)
    assert y.shape == expected.shape
    assert (y - expected).abs().max() < 1e-12
    plain = Conv(2, 3, kernel, first, dilation).double()
    plain.load_state_dict({"weight": layer.weight * layer.mask, "bias": layer.bias})
    assert torch.allclose(plain(x), y)


def test_taps_of_channel_groups() -> None:
    taps = {(0, 0): "10", (1, 0): "11", (1, 1): "10"}
    layer = MaskedConv(2, 2, (2,), taps, (-1,), [0, 1], [0, 1]).double()
    j = jacobian(layer, (2, 3)).view(2, 3, 2, 3) != 0  # out channel, site, in channel, site
    assert torch.equal(j[1, :, 0], torch.tensor([[1, 0, 0], [1, 1, 0], [0, 1, 1]]).bool())
    assert torch.equal(j[0, :, 0], torch.tensor([[0, 0, 0], [1, 0, 0], [0, 1, 0]]).bool())
    assert torch.equal(j[1, :, 1], j[0, :, 0])
    assert not j[0, :, 1].any()


def test_local_masks_of_a_raster_order_are_one_mask() -> None:
    one = MaskedConv(3, 5, (3, 3), "111/100/000", (-1, -1)).double()
    rank = range(20)
    local = LocalConv(3, 5, (4, 5), (3, 3), (-1, -1), [range(1, 21)], [rank]).double()
    local.load_state_dict(one.state_dict())
    x = torch.randn(2, 3, 4, 5).double()
    assert (local(x) - one(x)).abs().max() < 1e-12


def test_local_masks_by_their_labels() -> None:
    torch.manual_seed(0)
    sites, ranks = (2, 3), torch.randperm(12).view(2, 6).tolist()  # of two channel classes
    reads = [[r + 1 for r in row] for row in ranks]
    layer = LocalConv(3, 4, sites, (3, 3), (-1, -1), reads, ranks, [0, 1, 1], [1, 0, 0, 1]).double()
    j = jacobian(layer, (3, *sites)).view(4, 6, 3, 6) != 0
    for o, out_class in enumerate([1, 0, 0, 1]):
        for i, in_class in enumerate([0, 1, 1]):
            for p in range(6):
                for q in range(6):
                    near = abs(p // 3 - q // 3) <= 1 and abs(p % 3 - q % 3) <= 1
                    assert j[o, p, i, q] == (near and reads[in_class][q] <= ranks[out_class][p])


def test_norm_joins_neither_groups_nor_sites() -> None:
    labels = [4, 4, 7, 4, 7, 7]
    layer = ChannelNorm(6, labels).double()
    j = jacobian(layer, (6, 2)).view(6, 2, 6, 2).abs() > 1e-12
    same = torch.tensor([[a == b for a in labels] for b in labels])
    assert torch.equal(j, same[:, None, :, None] & torch.eye(2).bool()[None, :, None])
    flat = layer(torch.randn(5, 6).double())
    assert flat[:, [0, 1, 3]].mean(1).abs().max() < 1e-12
    one = ChannelNorm(6).double()
    x = torch.randn(5, 6).double()
    assert torch.allclose(one(x), nn.functional.layer_norm(x, (6,)))


@pytest.mark.parametrize("name", LAYERS)
def test_state_copies_and_meta(name: str) -> None:
    layer, x = LAYERS[name](), torch.randn(2, *INPUTS.get(name, (3,)))
    assert all("mask" not in key for key in layer.state_dict())
    y = layer(x)
    assert torch.equal(copy.deepcopy(layer)(x), y)
    with torch.device("meta"):
        lazy, empty = LAYERS[name](), LAYERS[name]()
    lazy.load_state_dict(layer.state_dict(), assign=True)
    assert torch.equal(lazy(x), y)
    empty.to_empty(device="cpu")
    empty.load_state_dict(layer.state_dict())
    assert torch.equal(empty(x), y)
    before = {key: value.clone() for key, value in layer.state_dict().items()}
    layer(x).sum().backward()
    assert all(torch.equal(before[key], value) for key, value in layer.state_dict().items())


def test_a_layer_refuses_a_mask_that_was_not_proved() -> None:
    for build in (
        lambda: MaskedLinear([1], [1], digest="0" * 16),
        lambda: SubsetLinear([1], [1], digest="0" * 16),
        lambda: MaskedConv(1, 1, (1,), "1", (0,), digest="0" * 16),
        lambda: LocalConv(1, 1, (1,), (1,), (0,), [[0]], [[0]], digest="0" * 16),
    ):
        with pytest.raises(RuntimeError, match="is not the one that was proved"):
            build()


def test_integers_and_places_as_channels() -> None:
    x = torch.randint(4, (3, 2, 5)).double()
    hot = one_hot(x, 4)
    assert hot.dtype == torch.float64
    assert torch.equal(hot.view(3, 2, 4, 5).argmax(2).double(), x)
    table = ChannelEmbedding(2, 4, 6).double()
    vectors = table(x).view(3, 2, 6, 5)
    assert torch.equal(vectors[1, 1, :, 3], table.weight[1, int(x[1, 1, 3])])
    places = Coordinates((2, 3))(torch.zeros(4, 1, 2, 3))
    assert places.shape == (4, 2, 2, 3)
    assert places[0, 1, 0].tolist() == [-1, 0, 1]
    assert LearnedPosition(5, (2, 3))(torch.zeros(4, 1, 2, 3)).shape == (4, 5, 2, 3)
    assert signed_unit(torch.tensor([0, 255], dtype=torch.uint8), 256).tolist() == [-1, 1]


def test_gates_and_parameters_stand_where_they_should() -> None:
    h = torch.randn(2, 6, 4)
    assert torch.allclose(tanh_sigmoid(h), h[:, :3].tanh() * h[:, 3:].sigmoid())
    assert torch.allclose(glu(h), h[:, :3] * h[:, 3:].sigmoid())
    assert torch.equal(parameters_last(h, 2)[:, 1, :, 0], h[:, 2])
    assert torch.equal(parameters_last(h[..., 0], 3)[:, 1, 2], h[:, 5, 0])
