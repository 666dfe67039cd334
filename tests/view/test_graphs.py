"""Graphs: every live op stands in them once, rounds that look alike are one box, and the drawing is always the same."""

from __future__ import annotations

import pytest

from flowspec.graph.model import Autoregressive
from flowspec.view.chart_layout import arranged
from flowspec.view.page import Frame, lay_out
from flowspec.view.svg import render_svg
from flowspec.view.text import Style, render_text
from tests.view.drawn import SPECS, found_charts, picture, report


@pytest.mark.parametrize("name", SPECS)
def test_every_live_op_is_in_some_box(name: str) -> None:
    found = report(name)
    assert found.program is not None
    model = found.program.model
    if isinstance(model, Autoregressive) and model.conditioner is not None:
        (chart,) = found_charts(name)
        assert sum(box.rounds for box in chart.boxes) == len(model.conditioner.graph.live()) + 1
        assert sum(box.parameters * box.rounds for box in chart.boxes) == found.facts.parameters


@pytest.mark.parametrize("name", SPECS)
def test_boxes_stand_apart_and_below_what_they_read(name: str) -> None:
    for chart in found_charts(name):
        plan = arranged(chart)
        assert len(set(plan.boxes)) == len(chart.boxes)
        for source, target in chart.arrows:
            assert plan.boxes[source][1] < plan.boxes[target][1]
        for arrow, (source, target) in zip(plan.arrows, chart.arrows, strict=True):
            assert (arrow[0], arrow[-1]) == (plan.boxes[source], plan.boxes[target])
        frames = [item for item in lay_out(picture("graph", name)).items if isinstance(item, Frame)]
        for a in frames:
            for b in frames:
                assert a is b or abs(a.x - b.x) >= a.width or abs(a.y - b.y) >= a.height


def test_rounds_of_a_loop_are_one_box() -> None:
    (chart,) = found_charts("gated")
    rounds = {box.name: box.rounds for box in chart.boxes}
    assert rounds["vh.1.hc"] == 2
    assert rounds["vh.1.v2"] == 1, "the last round's goes nowhere"
    assert not any(name.startswith("vh.2") for name in rounds)


def test_a_flow_shows_where_likelihood_becomes_a_bound() -> None:
    text = render_text(picture("graph", "nvp"), Style(120))
    assert "likelihood becomes a bound" in text
    assert "a lower bound" in text
    assert "fs-box fs-missing" in render_svg(lay_out(picture("graph", "nvp")), "a")


@pytest.mark.parametrize("name", SPECS)
def test_the_same_spec_gives_the_same_drawing(name: str) -> None:
    assert render_svg(lay_out(picture("graph", name)), "a") == render_svg(lay_out(picture("graph", name)), "a")
