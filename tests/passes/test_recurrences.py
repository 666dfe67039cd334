"""Folds and recurrences against brute force: each pair, each count, each level; and the rules that they have to keep."""

from __future__ import annotations

import pytest

from flowspec.graph.pairing import FoldMask, ScanMask
from tests.passes.judge import check, codes, judge, judge_any, top_net
from tests.passes.test_nets import image, named

ORDERS = [
    "raster", "reverse", "columns", "s_curve", "hilbert", "even_odd", "{random: 1, seed: 3}", "{subscale: [2, 2]}",
]  # fmt: skip
SCANS = ["raster", "reverse", "columns"]
CHANNELS = ["", "inner", "joint", "first"]


def folds(width: int) -> dict[str, str]:
    """A state along the order in every position."""
    return {
        "lstm": f"[{{lstm: {width}}}, {{gru: {width}}}]",
        "nade": f"[{{linear: {{out: {width}, tied: true}}}}, sigmoid]",
        "deep nade": f"[{{linear: {width}, tied: true}}, tanh, {{linear: {width}, tied: true}}, tanh]",
        "position": f"{{p: position, xp: {{concat: [x, p]}}, h: {{rnn: {width}, in: xp}}, c: {{concat: [h, p]}}, g: {{rnn: {width}, in: c}}}}",
        "inclusive": f"{{a: {{lstm: {width}, in: x, knows: upto}}, b: {{conv: {width}, kernel: 3, in: a}}}}",
        "gated": f"[{{rnn: {2 * width}}}, {{gate: glu}}]",
        "kernels": f"[{{conv: {width}, kernel: 3}}, {{residual: [{{gru: {width}}}, {{conv: {width}, kernel: 3}}]}}]",
    }


def scans(width: int) -> dict[str, str]:
    """A state over lines in every position."""
    diagonal = f"{{lstm: {width}, along: diagonals, both: true}}"
    return {
        "rows": f"[{{lstm: {width}, along: rows}}, {{gru: {width}, along: rows, kernel: 2}}]",
        "wide rows": f"[{{conv: {width}, kernel: 3}}, {{rnn: {width}, along: rows, kernel: 5}}]",
        "diagonals": f"[{{conv: {width}, kernel: 3}}, {{rnn: {width}, along: diagonals}}]",
        "both": f"[{{conv: {width}, kernel: 3}}, {{residual: [{diagonal}]}}, {diagonal}]",
        "inclusive": f"{{a: {{gru: {width}, along: rows, in: x, knows: upto}}, b: {{conv: {width}, kernel: 3, in: a}}}}",
        "above": f"{{a: {diagonal[:-1]}, in: x, knows: above}}, b: {{lstm: {width}, along: rows, in: a, knows: above}}, "
        f"c: {{conv: {width}, kernel: 3, in: x}}, d: {{add: [b, c]}}, e: {{rnn: {width}, along: diagonals, in: d}}}}",
        "mixed": f"{{a: {{conv: {width}, kernel: 3, in: x}}, p: position, m: {{concat: [x, a, p]}}, "
        f"b: {{gru: {{out: {width}, along: rows, kernel: 3}}, in: m}}}}",
    }


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("order", ORDERS)
def test_folds_under_every_order(order: str, channels: str) -> None:
    for net in folds(6).values():
        judge(image(3 if channels else 1, net, named(order, channels), size="2, 3" if channels else "3, 4"))


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("order", SCANS)
def test_scans_under_every_order(order: str, channels: str) -> None:
    for net in scans(6).values():
        judge(image(3 if channels else 1, net, named(order, channels), size="3, 4" if channels else "4, 5"))


@pytest.mark.parametrize("order", ["s_curve", "hilbert", "even_odd", "{random: 1, seed: 3}"])
@pytest.mark.parametrize("along", ["rows", "diagonals"])
def test_lines_that_are_not_alike(order: str, along: str) -> None:
    assert judge_any(image(1, f"[{{lstm: 4, along: {along}}}]", order)) == "FS434"


def test_both_ways_along_an_order() -> None:
    assert judge_any(image(1, "[{lstm: 4, both: true}]", "raster")) == "FS435"
    assert "FS435" not in codes(
        check(
            "x: {shape: [4], values: real}\nflow: [{coupling: {keep: half, net: [{linear: [2, 4]}, {gru: 3, both: true}]}}]\nbase: normal"
        )
    )


def test_a_graph_has_no_row_of_inputs() -> None:
    text = "x: {shape: [4], values: binary}\norder: {graph: {1: [0], 3: [1]}}\nnet: [{lstm: 4}]\nhead: bernoulli"
    assert codes(check(text)) == ["FS434"]


def test_a_strict_state_on_diagonals_reads_nothing_of_its_own_place() -> None:
    for both in ("false", "true"):
        assert judge_any(image(1, f"[{{lstm: 4, along: diagonals, both: {both}}}]", "raster")) == "FS404"


@pytest.mark.parametrize("order", ["raster", "reverse"])
def test_weights_of_each_sites_own_slide_nowhere(order: str) -> None:
    sequence = f"x: {{shape: [1, 5], values: real}}\norder: {order}\nhead: normal\nnet: "
    assert judge_any(f"{sequence}[{{linear: 4, tied: true, knows: upto}}]") == "FS404"
    assert judge_any(f"{sequence}[{{linear: 4, tied: true, knows: upto}}, {{conv: 4}}]") == "legal"


def test_masks_are_those_of_their_kind() -> None:
    report = judge(image(1, "[{lstm: 4}, {lstm: 4, along: rows}]", "raster"))
    found = [type(m) for m in top_net(report).knowledge.masks if m is not None]
    assert found[:2] == [FoldMask, ScanMask]


def test_a_triangle_is_a_blind_spot() -> None:
    report = judge(image(1, "[{conv: 4, kernel: 3}, {lstm: 4, along: rows}]", "raster", size="6, 6"))
    assert "FS420" in codes(report)


@pytest.mark.parametrize("order", SCANS)
def test_diagonals_both_ways_see_everything(order: str) -> None:
    net = (
        "{a: {lstm: 4, along: diagonals, both: true, knows: above, in: x}, b: {conv: 4, kernel: 3, in: x}, c: {add: [a, b]}, "
        "d: {lstm: 4, along: diagonals, both: true, in: c}}"
    )
    report = judge(image(1, net, order, size="5, 6"))
    assert codes(report) == []
