"""Graphs: every live op stands in them once, rounds that look alike are one box, and the drawing is always the same."""

from __future__ import annotations

from itertools import pairwise

import pytest

from flowspec.compiler import analyse
from flowspec.graph.model import Autoregressive
from flowspec.view.chart_fold import folded
from flowspec.view.chart_items import BOX_WIDTH, TALL, chart_items
from flowspec.view.chart_layout import arranged
from flowspec.view.chart_rounds import Chart
from flowspec.view.errors import ViewError
from flowspec.view.graphs import charts
from flowspec.view.items import Arrow, Frame, Words
from flowspec.view.letters import long
from flowspec.view.page import lay_out
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
        drawn = folded(chart)
        plan = arranged(drawn)
        assert len(set(plan.boxes)) == len(drawn.boxes)
        for source, target in drawn.arrows:
            assert plan.boxes[source][1] < plan.boxes[target][1]
        for arrow, (source, target) in zip(plan.arrows, drawn.arrows, strict=True):
            assert (arrow[0], arrow[-1]) == (plan.boxes[source], plan.boxes[target])
        frames = [item for item in lay_out(picture("graph", name)).items if isinstance(item, Frame)]
        for a in frames:
            for b in frames:
                assert a is b or _apart(a, b)


def _apart(a: Frame, b: Frame) -> bool:
    beside = a.x + a.width <= b.x or b.x + b.width <= a.x
    return beside or a.y + a.height <= b.y or b.y + b.height <= a.y


def test_rounds_of_a_loop_are_one_box() -> None:
    (chart,) = found_charts("gated")
    rounds = {box.name: box.rounds for box in chart.boxes}
    assert rounds["vh.1.hc"] == 2
    assert rounds["vh.1.v2"] == 1, "the last round's goes nowhere"
    assert not any(name.startswith("vh.2") for name in rounds)


def test_steps_inside_loops_inside_loops_are_one_box() -> None:
    chart, *_ = found_charts("flows/flowpp_cifar10")
    assert {box.name: box.rounds for box in chart.boxes if box.rounds > 1} == {
        "actnorm.1": 2, "conv1x1.1": 2, "coupling.1": 2, "actnorm.3": 2, "coupling.3": 4,
    }  # fmt: skip
    reads = [target for _, target in chart.arrows]
    assert len(reads) == len(set(reads)), "a chain of steps has no branches"


def test_rounds_that_differ_in_an_argument_are_one_box_that_lists_it() -> None:
    (chart,) = found_charts("autoregressive/wavenet_speech")
    (box,) = (box for box in chart.boxes if box.name.endswith(".f"))
    assert (box.words, box.rounds) == ("conv 48, kernel 2, dilation 1/2/4/8/16/32/64/128", 16)


def test_a_crowded_chart_shows_loops_and_blocks_as_one_box_each() -> None:
    (chart,) = found_charts("autoregressive/pixelcnn_pp")
    drawn = folded(chart)
    assert [box.box.name for box in drawn.boxes] == [
        "x", "u0", "l0", "a", "b0", "b", "c0", "c", "d", "e0", "e", "f0", "f", "head.1", "model",
    ]  # fmt: skip
    names = [box.box.name for box in drawn.boxes]
    arrows = {(names[a], names[b]) for a, b in drawn.arrows}
    assert {("u0", "a"), ("a", "b0"), ("b0", "e"), ("b", "e"), ("a", "f"), ("u0", "f"), ("c0", "d")} <= arrows
    assert all(a < b for a, b in drawn.arrows)
    assert {(names[a], names[b]) for a, b in drawn.backs} == {(name, name) for name in "abcdef"}
    loop = drawn.boxes[names.index("d")]
    assert (loop.box.rounds, loop.box.type, loop.box.line) == (3, "24x8x8 + 24x8x8", 24)
    assert sum(box.box.parameters * box.box.rounds for box in drawn.boxes) == 353_570
    texts = [
        item.text for item in lay_out(picture("graph", "autoregressive/pixelcnn_pp")).items if isinstance(item, Words)
    ]
    assert "u1.conv.1: conv 24, kernel 3" in texts


@pytest.mark.parametrize(
    ("name", "flow", "by", "shared"),
    [("flows/flowpp_cifar10", "variational", "dequantize.1", ["c"]),
     ("flows/vae_iaf_posterior", "posterior", "encode.1", ["h"])],
)  # fmt: skip
def test_the_flow_that_a_step_draws_from_is_drawn(name: str, flow: str, by: str, shared: list[str]) -> None:
    found = found_charts(name)
    model, inner = found[:2]
    assert inner.title == f"{flow}: from what is drawn to latent"
    assert inner.boxes[0].words == f"drawn by {by}"
    assert found_charts(name, flow) == (inner,)
    assert found_charts(name, "model") == (model,)
    nets = [net for net in found if net.title.partition(":")[0] in shared]
    learned = sum(box.parameters * box.rounds for chart in (model, inner, *nets) for box in chart.boxes)
    assert learned == report(name).facts.parameters


def test_a_wrong_name_is_answered_with_each_right_one_once() -> None:
    with pytest.raises(ViewError) as caught:
        found_charts("flows/flowpp_cifar10", "zzzz")
    assert caught.value.help_text.startswith("there are: model, variational, c, coupling.1, coupling.2, coupling.3,")


def test_a_flow_shows_where_likelihood_becomes_a_bound() -> None:
    text = render_text(picture("graph", "nvp"), Style(120))
    assert "likelihood becomes a bound" in text
    assert "a lower bound" in text
    assert "fs-box fs-missing" in render_svg(lay_out(picture("graph", "nvp")), "a")


@pytest.mark.parametrize("name", SPECS)
def test_the_same_spec_gives_the_same_drawing(name: str) -> None:
    assert render_svg(lay_out(picture("graph", name)), "a") == render_svg(lay_out(picture("graph", name)), "a")


@pytest.mark.parametrize("name", SPECS)
def test_every_op_stands_in_one_drawn_box_with_its_words(name: str) -> None:
    for chart in found_charts(name):
        names = [word for drawn in folded(chart).boxes for word in drawn.names]
        assert sorted(names) == sorted(box.name for box in chart.boxes)
        hints = " ".join(item.hint for item in chart_items(chart)[0] if isinstance(item, Frame))
        for box in chart.boxes:
            assert f"{box.name}: {box.words}" in hints


def test_ops_of_one_number_stand_with_their_layer() -> None:
    (chart,) = found_charts("stack")
    assert [drawn.names for drawn in folded(chart).boxes] == [
        ("x",), ("conv.1", "relu.1"), ("conv.2", "relu.2"), ("conv.3", "relu.3"), ("head.1",), ("model",),
    ]  # fmt: skip


def test_parts_leave_to_the_side_of_a_straight_chain() -> None:
    (chart,) = found_charts("nvp")
    drawn = folded(chart)
    plan = arranged(drawn)
    names = [box.box.name for box in drawn.boxes]
    chain = {plan.boxes[k][0] for k, name in enumerate(names) if drawn.boxes[k].box.kind != "density" or name == "base"}
    assert len(chain) == 1, "the chain is straight"
    left = next(k for k, box in enumerate(drawn.boxes) if box.box.kind == "density" and box.box.name != "base")
    assert plan.boxes[left][0] > max(chain)


def test_rounds_feed_the_next_one() -> None:
    (chart,) = found_charts("gated")
    backs = {(chart.boxes[a].name, chart.boxes[b].name) for a, b in chart.backs}
    assert ("vh.1.h2", "vh.1.hc") in backs
    assert ("vh.1.v2", "vh.1.vc") in backs
    assert any(isinstance(item, Arrow) and item.dashed for item in lay_out(picture("graph", "gated")).items)
    assert not any(isinstance(item, Arrow) and item.dashed for item in lay_out(picture("graph", "stack")).items)


@pytest.mark.parametrize("name", ["flows/vae_flow_prior", "autoregressive/wavenet_speech", "gated"])
def test_ways_to_the_next_round_pass_no_box(name: str) -> None:
    _around(found_charts(name)[0])


def test_ways_to_a_round_in_another_column_pass_no_box() -> None:
    _around(found_charts("autoregressive/coarse_to_fine", "low")[0])


def _around(chart: Chart) -> None:
    items, _, _ = chart_items(chart)
    frames = [item for item in items if isinstance(item, Frame) and item.width == BOX_WIDTH]
    ways = [item for item in items if isinstance(item, Arrow) and item.dashed]
    assert ways
    for way in ways:
        for (x, y), (u, v) in pairwise(way.points):
            for f in frames:
                across = min(x, u) < f.x + f.width and max(x, u) > f.x
                along = min(y, v) < f.y + f.height and max(y, v) > f.y
                assert not (across and along), f.hint


def test_arguments_are_spelt_as_a_spec_does() -> None:
    words = {box.name: box.words for box in found_charts("flows/vae_flow_prior")[0].boxes}
    assert words["permute.1"] == "permute random 1, seed 1"
    words = {box.name: box.words for box in found_charts("flows/nsf")[0].boxes}
    assert words["coupling.1"].endswith("transform spline rational_quadratic")
    words = {box.name: box.words for box in found_charts("autoregressive/parallel_multiscale")[0].boxes}
    assert words["split.1"].endswith("names [g1, g2, g3, g4]")
    words = {box.name: box.words for box in found_charts("flows/neural_importance_sampling")[0].boxes}
    assert "box [0, 1]" in words["coupling.1"]
    words = {box.name: box.words for box in found_charts("flows/cdf_beta")[0].boxes}
    assert words["base"] == "beta [5, 5]"
    words = {box.name: box.words for box in found_charts("flows/realnvp_halves")[0].boxes}
    assert words["coupling.1"] == "coupling, keep half rows, times 3"


@pytest.mark.parametrize(
    ("name", "step", "words"),
    [
        ("flows/flowpp_cifar10", "dequantize.1", "dequantize, draws from variational"),
        ("flows/nice_mnist", "dequantize.1", "dequantize"),
        ("flows/vae_iaf_posterior", "encode.1", "encode 32, draws from posterior"),
    ],
)
def test_a_step_says_what_it_draws_from(name: str, step: str, words: str) -> None:
    assert {box.name: box.words for box in found_charts(name)[0].boxes}[step] == words


def test_a_shape_and_a_number_of_parameters_are_two_things() -> None:
    texts = [i.text for i in lay_out(picture("graph", "flows/cdf_beta")).items if isinstance(i, Words)]
    assert "1; 24 parameters" in texts


IN_A_BOX = ["autoregressive/subscale_video", "autoregressive/parallel_multiscale", "flows/flowpp_cifar10"]


@pytest.mark.parametrize("name", IN_A_BOX)
def test_text_stays_in_its_box(name: str) -> None:
    for chart in found_charts(name):
        items, _, _ = chart_items(chart)
        frames = [item for item in items if isinstance(item, Frame)]
        for word in (item for item in items if isinstance(item, Words) and item.anchor == "start"):
            box = next(f for f in frames if f.x < word.x < f.x + f.width and f.y < word.y < f.y + f.height)
            assert word.x + long(word.text, word.size, word.bold) <= box.x + box.width, word.text


@pytest.mark.parametrize("name", ["flows/glow_cifar10", "flows/vae_flow_prior", "autoregressive/coarse_to_fine"])
def test_heads_of_arrows_are_in_line_with_their_ends(name: str) -> None:
    for chart in found_charts(name):
        for item in chart_items(chart)[0]:
            if isinstance(item, Arrow) and not item.dashed:
                (x, y), (u, v) = item.points[-2:]
                assert x == u
                assert y < v


def test_ways_to_the_next_round_stay_beside_what_they_pass() -> None:
    items, _, _ = chart_items(found_charts("flows/glow_cifar10")[0])
    frames = [item for item in items if isinstance(item, Frame) and item.width == BOX_WIDTH]
    for way in (item.points for item in items if isinstance(item, Arrow) and item.dashed):
        top, foot, start = min(y for _, y in way), max(y for _, y in way), way[0][0]
        passed = [f for f in frames if f.y < foot and f.y + f.height > top and f.x < start]
        column = max(f.x + f.width for f in passed)
        assert max(x for x, _ in way) < column + 50, "the part that leaves is beside a later rank"


@pytest.mark.parametrize(
    "name", ["autoregressive/parallel_multiscale", "autoregressive/pixelsnail", "flows/glow_cifar10"]
)
def test_tall_charts_are_laid_in_columns(name: str) -> None:
    page = lay_out(picture("graph", name))
    frames = [item for item in page.items if isinstance(item, Frame) and item.width == BOX_WIDTH]
    for chart in found_charts(name):
        assert chart_items(chart)[2] < 2 * TALL
    for item in page.items:
        if isinstance(item, Arrow):
            for x, y in item.points:
                assert 0 <= item.x + x <= page.width
                assert 0 <= item.y + y <= page.height
    assert all(f.x >= 0 and f.x + f.width <= page.width for f in frames)
    assert not any("..." in item.text for item in page.items if isinstance(item, Words)), "nothing is cut"


DECODED = """
flowspec: 1
name: decoded
x: {shape: [1, 8, 8], values: binary}
flow:
- encode: [2, 4, 4]
  posterior: {net: [{down: 2, out: 4}, relu, {conv: 4, kernel: 3}], head: normal}
  decoder: {order: raster, given: {c: {up: 2, in: z}}, net: [{conv: 4, kernel: 3, given: c}, relu], head: bernoulli}
base: normal
"""


def test_a_projection_does_not_read_the_value_that_gives_its_shape() -> None:
    facts = analyse("<stdin>", DECODED).all_facts
    assert facts is not None
    (chart,) = charts(facts, "decoder")
    reads = {box.name: [chart.boxes[a].name for a, b in chart.arrows if b == k] for k, box in enumerate(chart.boxes)}
    assert reads["project.1"] == ["c"], "it knows none of x"
    assert reads["add_context.1"] == ["conv.1", "project.1"]


def test_a_learned_prior_has_an_arrow_from_the_value_that_it_is_given() -> None:
    chart = found_charts("flows/glow_cifar10")[0]
    names = [box.name for box in chart.boxes]
    priors = [k for k, box in enumerate(chart.boxes) if box.words == "normal given rest"]
    assert len(priors) == 2
    assert list(chart.given) == [(names.index(names[k]), k, "rest") for k in priors]
    items, _, _ = chart_items(chart)
    labels = [item for item in items if isinstance(item, Words) and item.text == "rest"]
    ends = {item.points[-1] for item in items if isinstance(item, Arrow)}
    assert len(labels) == 2
    assert all((label.x + 6, label.y + 1) in ends for label in labels)
    shown = render_text(picture("graph", "flows/glow_cifar10"), Style(200))
    assert "<- split.1; rest <- split.1" in shown


ACROSS = """
flowspec: 1
name: across
x: {shape: [8], values: real}
flow:
- split: {sizes: [4, 4], names: [early]}
- {coupling: {keep: half, net: {mlp: [4]}}, times: 2}
- split: {sizes: [2, 2], names: [low, high]}
base:
  early: {given: low, net: [{linear: 4}, relu], head: normal}
  low: normal
  high: {given: low, net: [{linear: 4}, relu], head: normal}
"""


def test_what_a_part_is_given_by_a_later_step_comes_from_above_it() -> None:
    facts = analyse("<stdin>", ACROSS).all_facts
    assert facts is not None
    chart = charts(facts)[0]
    given = [(chart.boxes[a].name, chart.boxes[b].name, name) for a, b, name in chart.given]
    assert given == [("split.2", "early", "low"), ("split.2", "high", "low")]
    drawn = folded(chart)
    plan = arranged(drawn)
    ((source, target),) = drawn.beside
    assert (drawn.boxes[source].box.name, drawn.boxes[target].box.name) == ("split.2", "early")
    assert all(plan.boxes[a][1] < plan.boxes[b][1] for a, b in drawn.arrows)
