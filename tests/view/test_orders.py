"""Generation orders: places and levels say when each variable comes, in every form."""

from __future__ import annotations

import json

import numpy as np
import pytest

from flowspec.view.errors import ViewError
from flowspec.view.page import lay_out
from flowspec.view.records import order_json
from flowspec.view.svg import render_svg
from flowspec.view.text import Style, render_text
from tests.view.drawn import SPECS, found_orders, masks, picture


@pytest.mark.parametrize("name", SPECS)
def test_every_variable_comes_after_what_it_may_know(name: str) -> None:
    for order in found_orders(name):
        at = np.empty(order.grid.size, dtype=int)
        at[order.order.sequence] = np.arange(order.grid.size)
        for v in range(order.grid.size):
            assert (at[order.order.before(v)] < at[v]).all()
        if order.places is not None:
            assert (order.levels <= order.places).all(), "a level never comes later than the order says"


def test_a_graph_has_levels_and_no_places() -> None:
    (order,) = found_orders("alarm")
    assert order.places is None
    assert order.levels.tolist() == [1, 1, 2, 3, 3]
    text = render_text(picture("order", "alarm"), Style(80))
    assert "5 variables in 3 levels: up to 2 variables drawn together" in text
    assert "│ 1 1 2 3 3 │" in text


def test_members_of_an_ensemble_differ() -> None:
    first, second = (found_orders("made", member=k)[0] for k in (0, 1))
    assert first.places is not None
    assert second.places is not None
    assert not np.array_equal(first.places, second.places)
    with pytest.raises(ViewError, match="no order 3"):
        found_orders("made", member=3)


def test_steps_with_one_order_share_a_figure() -> None:
    assert [order.names for order in found_orders("maf")] == [
        ("autoregressive.1", "autoregressive.3"),
        ("autoregressive.2",),
    ]
    assert "solved for one at a time" in render_text(picture("order", "maf"), Style(80))
    with pytest.raises(ViewError, match="no density or step with an order called `autoregresive"):
        found_orders("maf", "autoregresive.1")


def test_a_model_without_an_order_says_so() -> None:
    assert "sampling takes 1 pass" in render_text(picture("order", "nvp"), Style(80))
    assert masks("nvp")


def test_numbers_stand_in_cells_that_have_room() -> None:
    small = render_svg(lay_out(picture("order", "hilbert")), "a")
    assert small.count('text-anchor="middle" ') + small.count('text-anchor="middle">') >= 72
    assert ">72</text>" in small
    large = render_svg(lay_out(picture("order", "made_mnist")), "a")
    assert ">784</text>" not in large


def test_json_lists_the_sequence() -> None:
    row = json.loads(order_json("hilbert", "a", "0", found_orders("hilbert")))["orders"][0]
    assert sorted(row["sequence"]) == list(range(72))
    assert [row["places"][v] for v in row["sequence"]] == sorted(row["places"])
