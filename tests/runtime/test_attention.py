"""Attention: what is masked cannot matter, empty rows are no trouble, and masks are what was proved."""

from __future__ import annotations

import copy
import math
from typing import Any

import pytest
import torch

from flowspec.runtime import Attention

SITES = (2, 3)
PLACES = [0, 1, 2, 5, 4, 3]  # an s-curve
STRICT: dict[str, Any] = {"reads": [[p + 1 for p in PLACES]], "writes": [PLACES]}
INCLUSIVE: dict[str, Any] = {"reads": [PLACES], "writes": [PLACES]}


def layer(n_out: int = 8, heads: int = 2, **masks: Any) -> Attention:
    torch.manual_seed(0)
    return Attention(3, n_out, SITES, heads=heads, **masks).double()


def values(n: int = 4) -> torch.Tensor:
    return torch.randn(n, 3, *SITES, generator=torch.Generator().manual_seed(1), dtype=torch.float64)


@pytest.mark.parametrize("masks", [STRICT, INCLUSIVE])
@pytest.mark.parametrize("far", [1e30, -1e30, 1.0])
def test_what_is_masked_cannot_matter(masks: dict[str, Any], far: float) -> None:
    attention, x = layer(**masks), values()
    for place, site in enumerate((r, c) for r in range(2) for c in range(3)):
        moved = x.clone()
        moved[:, :, site[0], site[1]] += far
        changed = (attention(x, moved, moved) != attention(x, x, x)).any(1).any(0).flatten()
        may = torch.tensor([masks["reads"][0][place] <= w for w in masks["writes"][0]])
        assert not (changed & ~may).any()
        assert torch.isfinite(attention(x, moved, moved)).all()
        if far == 1.0:
            assert (changed == may).all()


def test_a_place_with_nothing_to_read_has_the_null_value_and_its_own_query() -> None:
    attention, x = layer(**STRICT), values()
    first = attention(x, x, x)[:, :, 0, 0]
    query = x[:, :, 0, 0] @ attention.query_weight.T + attention.bias[0]
    query = query + attention.query_position[:, 0] + attention.query_position[:, 2]
    assert torch.allclose(first, attention.null[1] + query)


def test_no_gradient_is_nan() -> None:
    for kind in (torch.float32, torch.float64):
        attention, x = layer(**STRICT).to(kind), values().to(kind).requires_grad_()
        attention(x, x, x).square().sum().backward()
        grads = [x.grad, *(p.grad for p in attention.parameters())]
        assert all(g is not None and torch.isfinite(g).all() for g in grads)


def test_it_is_attention_by_hand() -> None:
    attention, x = layer(heads=1, **INCLUSIVE), values(1)
    q, k, v = (
        x[0].flatten(1).T @ w.T + b
        for w, b in zip((attention.query_weight, attention.key_weight, attention.value_weight), attention.bias, strict=True)
    )  # fmt: skip
    rows, columns = (torch.arange(6) // 3, 2 + torch.arange(6) % 3)
    q = q + attention.query_position.T[rows] + attention.query_position.T[columns]
    k = k + attention.key_position.T[rows] + attention.key_position.T[columns]
    k, v = torch.cat([attention.null[:1], k]), torch.cat([attention.null[1:], v])
    scores = q @ k.T / math.sqrt(8)
    kept = torch.tensor([[True, *(r <= w for r in PLACES)] for w in PLACES])
    want = torch.softmax(scores.masked_fill(~kept, -math.inf), 1) @ v
    assert torch.allclose(attention(x, x, x)[0].flatten(1).T, want)


def test_projections_take_what_the_tables_say() -> None:
    masks = {"in_groups": [[0, 1, 2]], "takes": [[[1, 0, 0]], [[1, 1, 0]], [[0, 0, 1]]]}
    attention, x = layer(**INCLUSIVE, **masks), values()
    for channel in range(3):
        moved = x.clone()
        moved[:, channel] += 1
        for source, table in enumerate(masks["takes"]):
            inputs = [x, x, x]
            inputs[source] = moved
            assert torch.equal(attention(*inputs), attention(x, x, x)) == (not table[0][channel])


def test_groups_of_heads_have_labels_of_their_own() -> None:
    masks = {"reads": [PLACES, [0] * 6], "writes": [PLACES, [0] * 6], "groups": [0, 1]}
    attention, x = layer(**masks), values()
    moved = x.clone()
    moved[:, :, 1, 0] += 1  # the last place
    changed = (attention(x, moved, moved) != attention(x, x, x)).any(0).flatten(1)
    assert not changed[:4, :3].any()
    assert changed[4:].all()


def test_sets_of_variables() -> None:
    parents = [0, 0b1, 0, 0b101, 0b1000, 0]
    attention, x = layer(reads=[[1 << p for p in range(6)]], writes=[parents], rule="subset"), values()
    kept = attention.mask[0, :, 1:]
    assert kept.tolist() == [[bool(row >> p & 1) for p in range(6)] for row in parents]
    assert torch.isfinite(attention(x, x, x)).all()


def test_members_of_an_ensemble() -> None:
    reads, writes = [[p + 1 for p in PLACES], [6 - p for p in PLACES]], [PLACES, [5 - p for p in PLACES]]
    both, x = layer(reads=reads, writes=writes), values()
    for k in range(2):
        one = layer(reads=[reads[k]], writes=[writes[k]])
        one.load_state_dict(both.state_dict())
        assert torch.equal(both(x, x, x, k), one(x, x, x))


def test_the_mask_is_the_one_that_was_proved() -> None:
    with pytest.raises(RuntimeError, match="is not the one that was proved"):
        layer(**STRICT, digest="0" * 16)


def test_masks_are_rebuilt_and_never_saved() -> None:
    attention, x = layer(**STRICT), values()
    assert not any("mask" in key or "takes" in key for key in attention.state_dict())
    empty = copy.deepcopy(attention).to_empty(device="cpu")
    empty.load_state_dict(attention.state_dict())
    assert torch.equal(empty(x, x, x), attention(x, x, x))


def test_softmax_runs_in_float32_under_autocast() -> None:
    attention, x = layer(**INCLUSIVE).float(), values().float()
    with torch.autocast("cpu", torch.bfloat16):
        found = attention(x, x, x)
    assert found.dtype == torch.float32
    assert torch.allclose(found, attention(x, x, x), atol=0.05)


def test_one_graph() -> None:
    attention, x = layer(**STRICT).float(), values().float()
    compiled = torch.compile(attention, fullgraph=True, backend="eager")
    assert torch.equal(compiled(x, x, x), attention(x, x, x))


def test_keys_on_other_places_and_without_a_mask() -> None:
    torch.manual_seed(0)
    attention = Attention((3, 2, 2), 8, SITES, heads=4, key_sites=(5,))
    y = attention(torch.randn(2, 3, *SITES), torch.randn(2, 2, 5), torch.randn(2, 2, 5))
    assert y.shape == (2, 8, *SITES)
    assert not hasattr(attention, "mask")
