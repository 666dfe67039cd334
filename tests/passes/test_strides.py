"""Nets that go down and up between grids: brute force, offsets by phase and bit sets agree."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings

from flowspec.passes.dependency import dependency
from flowspec.passes.knowledge.by_bits import bits_reach
from flowspec.passes.knowledge.by_phases import PhaseDependency, phases_reach
from tests.passes.judge import Judged, check, codes, judge, judge_any, passed, top_net
from tests.passes.strided_specs import strided_specs

SETTINGS = settings(max_examples=300, deadline=None, derandomize=True)


@SETTINGS
@given(strided_specs())
def test_random_nets_agree_with_brute_force(text: str) -> None:
    judge_any(text)


def agree(report: Judged) -> None:
    """Phases against bit sets, on every row and on what repeating ops would reach."""
    net = top_net(report)
    asked = net.conditioner.graph, net.shapes, net.knowledge, net.orders[0], net.context
    by_phase, brackets = phases_reach(*asked)
    by_bits, exact = bits_reach(*asked)
    size = net.context.x.units
    assert by_phase.count() == by_bits.count()
    assert all(np.array_equal(by_phase.row(v), by_bits.row(v)) for v in range(size))
    assert np.array_equal(by_phase.knows_nothing(), by_bits.knows_nothing())
    assert np.array_equal(by_phase.levels(), by_bits.levels())
    assert brackets[0] <= exact[0] <= brackets[1]


PYRAMID = """
net:
  a: {{conv: {w}, kernel: 3, in: x}}
  b: {{down: {s}, in: a}}
  c: {{conv: {w}, kernel: 3, in: b}}
  d: {{up: {s}, in: c}}
  e: {{add: [a, d]}}
  f: {{down: {s}, in: e}}
  g: {{add: [f, c]}}
  h: {{conv: {w}, kernel: [2, 3], in: g}}
  i: {{up: {s}, in: h}}
  j: {{add: [i, e]}}
head: categorical
"""


@pytest.mark.parametrize("channels", ["inner", "joint", "first"])
@pytest.mark.parametrize("order", ["raster", "reverse", "columns"])
@pytest.mark.parametrize("stride", [2, 3])
def test_down_conv_up_skip_and_down_again(order: str, stride: int, channels: str) -> None:
    shape = [2, 6, 6]
    text = f"x: {{shape: {shape}, values: 3}}\norder: {{{order}: {{}}, channels: {channels}}}" + PYRAMID.format(
        w=4, s=stride
    )
    agree(judge(text))


def test_other_nets_keep_their_own_domain() -> None:
    plain = passed("x: {shape: [1, 4, 4], values: 3}\norder: raster\nnet: [{conv: 4, kernel: 3}]\nhead: categorical")
    assert top_net(plain).reach.domain == "offsets"  # type: ignore[union-attr]
    strided = passed("x: {shape: [1, 4, 4], values: 3}\norder: raster" + PYRAMID.format(w=4, s=2))
    assert top_net(strided).reach.domain == "phases"  # type: ignore[union-attr]
    assert isinstance(top_net(strided).reach.dependency, PhaseDependency)  # type: ignore[union-attr]


def test_even_and_odd_rows_of_a_coarser_grid() -> None:
    """PixelCNN++: with stride 2 row i reads rows 2i - 1 and 2i, and what it writes to row 2i + 1 knows no row more."""
    report = judge(
        "x: {shape: [1, 8], values: 3}\norder: raster\n"
        "net: {a: {conv: 4, in: x, knows: upto}, b: {down: 2, in: a}, c: {up: 2, in: b}}\nhead: categorical"
    )
    reach = top_net(report).reach
    assert reach is not None
    assert reach.dependency is not None
    assert np.flatnonzero(reach.dependency.row(4)).tolist() == [2, 3]
    assert np.flatnonzero(reach.dependency.row(5)).tolist() == [2, 3]


def test_a_coarse_site_never_stands_for_itself() -> None:
    """An unmasked `down` of x by 1 is a function of x at its site; by more it is about no site of x."""
    fine = passed(
        "x: {shape: [1, 4], values: 3}\norder: raster\nnet: [{down: 1, mask: none}, {conv: 4, kernel: 3}]\nhead: categorical"
    )
    assert fine.ok
    assert "FS401" in codes(
        check(
            "x: {shape: [1, 6, 6], values: 3}\norder: raster\nnet: [{down: 3, mask: none}, {up: 3}]\nhead: categorical"
        )
    )


def test_contexts_change_their_grid_under_any_order() -> None:
    report = judge(
        "x: {shape: [1, 4, 4], values: 3}\ngiven: {c: {shape: [2, 2, 2], values: real}}\norder: hilbert\n"
        "net: {u: {up: 2, in: c}, a: {conv: 4, kernel: 3, in: x}, b: {concat: [a, u]}}\nhead: categorical"
    )
    assert report.ok


COUPLINGS = [
    ("[1, 4, 4]", "checkerboard", "[{down: 2, out: 3}, tanh, {up: 2}]"),
    ("[1, 8, 8]", "rows", "[{down: 4, out: 3}, tanh, {up: 4}]"),
    ("[1, 6, 6]", "columns", "[{down: [1, 3]}, tanh, {up: [1, 3]}]"),
    ("[2, 6, 6]", "channel", "[{down: 3}, tanh, {up: 3}]"),
    (
        "[1, 6, 4]",
        "checkerboard",
        "{a: {down: [3, 2], in: x}, b: {conv: 2, kernel: [1, 3], in: a}, c: {up: [3, 2], in: b}}",
    ),
    ("[1, 8]", "even_odd", "{a: {down: 2, in: x}, b: {up: 4, in: a}, c: {down: 2, in: b}}"),
    ("[1, 4, 4]", "checkerboard", "[{up: 2}, tanh, {down: 2}]"),
]


@pytest.mark.parametrize(("shape", "keep", "net"), COUPLINGS)
def test_couplings_mix_what_their_strided_nets_join(shape: str, keep: str, net: str) -> None:
    text = f"x: {{shape: {shape}, values: real}}\nflow: [{{coupling: {{keep: {keep}, net: {net}}}}}]\nbase: normal"
    report = passed(text)
    joined = np.asarray(dependency(report.facts))
    joined |= joined.T
    for _ in range(len(joined)):
        joined = joined @ joined
    classes = len({row.tobytes() for row in joined})
    coverage = report.facts.extra["coverage"][report.program.model]
    assert coverage.classes == classes, text
