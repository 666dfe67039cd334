"""Random nets under random orders: brute force and the passes agree on what is legal, and on every number of it."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.passes.judge import judge_any, judge_members
from tests.passes.specs import graph_specs, mlp_specs, ordered_specs

SETTINGS = settings(max_examples=250, deadline=None, derandomize=True)


@SETTINGS
@given(ordered_specs(alike=True, flat=False))
def test_nets_under_orders_that_look_the_same_everywhere(text: str) -> None:
    judge_any(text)


@SETTINGS
@given(ordered_specs(alike=False))
def test_nets_under_orders_that_do_not(text: str) -> None:
    judge_any(text)


@SETTINGS
@given(ordered_specs())
def test_nets_that_mix_sites_and_flat_layers(text: str) -> None:
    judge_any(text)


@SETTINGS
@given(ordered_specs(attention=True))
def test_nets_with_attention(text: str) -> None:
    judge_any(text)


@SETTINGS
@given(mlp_specs())
def test_mlps_of_any_width(text: str) -> None:
    judge_any(text)


@SETTINGS
@given(graph_specs())
def test_mlps_under_graphs(text: str) -> None:
    judge_any(text)


@settings(max_examples=40, deadline=None, derandomize=True)
@given(st.integers(1, 9), st.integers(1, 4), st.integers(0, 9), st.lists(st.integers(1, 12), min_size=1, max_size=3))
def test_every_member_of_an_ensemble(size: int, members: int, seed: int, widths: list[int]) -> None:
    net = [step for width in widths for step in ({"linear": width}, "relu")]
    judge_members(
        f"x: {{shape: [{size}], values: binary}}\norder: {{random: {members}, seed: {seed}}}\n"
        f"net: {str(net).replace(chr(39), '')}\nhead: bernoulli"
    )
