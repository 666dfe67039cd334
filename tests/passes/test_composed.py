"""The relation that autoregressive steps realise together, and when check speaks of it."""

from __future__ import annotations

import numpy as np
import pytest

from flowspec.compiler import analyse

CHAIN = "{graph: {1: [0], 2: [1], 3: [2]}}"
NET = "[{linear: 8}, tanh]"


def _composed(steps: str, shape: str = "[4]") -> str:
    text = f"flowspec: 1\nname: model\nx: {{shape: {shape}, values: real}}\nflow: [{steps}]\nbase: normal\n"
    lines = analyse("flow.yaml", text).summary_lines()
    return next((line.split(maxsplit=1)[1] for line in lines if line.strip().startswith("composed")), "")


def _step(order: str, more: str = "", times: int = 1) -> str:
    return f"{{autoregressive: {{order: {order}, net: {NET}{more}}}, times: {times}}}"


@pytest.mark.parametrize("times", [2, 3])
def test_two_steps_under_a_graph_reach_parents_of_parents(times: int) -> None:
    """Along a chain, n steps reach n variables back: (I + A)^n, by hand."""
    edges = np.eye(4, dtype=int) + np.eye(4, k=-1, dtype=int)
    pairs = int((np.linalg.matrix_power(edges, times) > 0).sum()) - 4
    want = f"the {times} steps together realise {pairs} pairs, where `order: graph` has 3: {pairs - 3} beyond them"
    assert _composed(_step(CHAIN, times=times)) == want


def test_an_inverse_reaches_all_ancestors() -> None:
    found = _composed(_step(CHAIN, ", fast: sampling"))
    assert found == "the step realises 6 pairs, where `order: graph` has 3: 3 beyond them"


@pytest.mark.parametrize(
    "steps",
    [
        _step(CHAIN),  # one step realises what it declares
        _step("{graph: {1: [0], 2: [0, 1], 3: [0, 1, 2]}}", times=3),  # closed: composed with itself it stays
        _step("raster", times=4),
        f"{_step(CHAIN)}, reverse, {_step(CHAIN)}",  # entries move: no one relation to compare with
        f"{_step(CHAIN)}, {{coupling: {{keep: half, net: {NET}}}}}",
        f"{_step(CHAIN)}, {_step('{graph: {2: [1]}}')}",
    ],
)
def test_nothing_is_said_where_nothing_differs_or_nothing_can_be_compared(steps: str) -> None:
    assert _composed(steps) == ""


def test_kernels_that_miss_context_say_what_they_miss_together() -> None:
    step = "{autoregressive: {order: raster, net: [{conv: 6, kernel: 3}, tanh]}, times: 4, flip: false}"
    assert _composed(step, "[1, 6, 6]").endswith("where `order: raster` has 630: 141 of them missing")


def test_between_the_steps_anything_may_stand_that_keeps_entries_in_place() -> None:
    assert _composed(f"{_step(CHAIN)}, actnorm, {_step(CHAIN)}, {{leaky_relu: 0.5}}").startswith("the 2 steps together")
