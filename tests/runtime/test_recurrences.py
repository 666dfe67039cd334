"""Folds and recurrences against naive loops, one variable or one place at a time."""

from __future__ import annotations

import pytest
import torch
from torch import nn

from flowspec.runtime import DiagonalRecurrence, PrefixSum, Recurrence, SiteLinear


def test_a_running_sum_is_the_sum_over_what_comes_before() -> None:
    place = [3, 0, 4, 1, 2]
    module = PrefixSum(2, 3, (5,), reads=[[p + 1 for p in place]], writes=[place]).double()
    x = torch.randn(4, 2, 5, dtype=torch.float64)
    for i in range(5):
        before = [j for j in range(5) if place[j] < place[i]]
        want = module.bias + torch.einsum("bkj,nkj->bn", x[:, :, before], module.weight[:, :, before])
        assert torch.allclose(module(x)[:, :, i], want, atol=1e-12)


@pytest.mark.parametrize("cell", ["lstm", "gru", "rnn"])
def test_a_state_is_that_of_torch_over_what_comes_before(cell: str) -> None:
    place = [2, 0, 3, 1]
    module = Recurrence(cell, 2, 3, (4,), reads=[[p + 1 for p in place]], writes=[place]).double()
    nn.init.normal_(module.start)
    twin = {"lstm": nn.LSTM, "gru": nn.GRU, "rnn": nn.RNN}[cell](2, 3, batch_first=True).double()
    twin.load_state_dict({
        "weight_ih_l0": module.weight[0], "weight_hh_l0": module.inner[0], "bias_ih_l0": module.bias[0, 0],
        "bias_hh_l0": module.bias[0, 1],
    })  # fmt: skip
    x, start = torch.randn(5, 2, 4, dtype=torch.float64), [s.expand(1, 5, -1).contiguous() for s in module.start[0]]
    for i in range(4):
        before = sorted((j for j in range(4) if place[j] < place[i]), key=place.__getitem__)
        want = start[0][0]
        if before:
            want = twin(x[:, :, before].transpose(1, 2), tuple(start) if cell == "lstm" else start[0])[0][:, -1]
        assert torch.allclose(module(x)[:, :, i], want, atol=1e-12)
    rows = module.in_order(x).transpose(1, 2)
    weights = [module.weight[0], module.inner[0], module.bias[0, 0], module.bias[0, 1]]
    assert torch.allclose(module.states(rows, 0), module.step_by_step(rows, weights, start), atol=1e-12)


def test_diagonals_are_a_loop_over_places() -> None:
    module = DiagonalRecurrence("lstm", 2, 3, taps=[[(0, 0)]]).double()
    x, sweep = torch.randn(2, 2, 3, 4, dtype=torch.float64), module.each()[0]
    nothing, states, cells = torch.zeros(2, 3, 1, dtype=torch.float64), {}, {}
    for r in range(3):
        for c in range(4):
            up, left = states.get((r - 1, c), nothing), states.get((r, c - 1), nothing)
            behind = sweep.inner[:, :, 0] @ up + sweep.inner[:, :, 1] @ left
            entering = sweep.on_input(x)[:, :, r, c].unsqueeze(2)
            states[r, c], cells[r, c] = sweep.step(entering, behind, cells.get((r, c - 1), nothing))
            assert torch.allclose(module(x)[:, :, r, c], states[r, c][:, :, 0], atol=1e-12)


def test_each_site_has_its_own_weights() -> None:
    module = SiteLinear(3, 2, (2, 2)).double()
    h = torch.randn(4, 3, 2, 2, dtype=torch.float64)
    want = h[:, :, 1, 0] @ module.weight[2].T + module.bias[2]
    assert torch.allclose(module(h)[:, :, 1, 0], want, atol=1e-12)
