"""Attention against brute force: each pair, each count, each level; and the rules that it has to keep."""

from __future__ import annotations

import pytest

from flowspec.graph.pairing import PairMask
from tests.passes.judge import check, codes, judge, judge_any, judge_members, top_net
from tests.passes.test_nets import image, named

ORDERS = [
    "raster", "reverse", "columns", "s_curve", "hilbert", "even_odd", "{random: 1, seed: 3}", "{subscale: [2, 2]}",
]  # fmt: skip
CHANNELS = ["", "inner", "joint", "first"]


def nets(width: int) -> dict[str, str]:
    """Attention in every position; `width` is a multiple of twice the channels."""
    return {
        "self": f"[{{attention: {width}}}, relu, {{attention: {{out: {width}, heads: {width // 2}}}}}]",
        "strict again": f"{{a: {{attention: {width}, in: x}}, b: {{attention: {width}, in: {{query: a, key: x, value: x}}}}}}",
        "x and features": f"{{a: {{attention: {width}, in: x}}, p: position, r: {{concat: [x, a, p]}}, "
        f"b: {{attention: {width}, in: {{query: r, key: r, value: a}}}}}}",
        "content by place": f"{{a: {{attention: {width}, in: x}}, p: position, "
        f"b: {{attention: {width}, in: {{query: p, key: p, value: a}}}}}}",
        "upto": f"{{a: {{attention: {width}, in: x, knows: upto}}, b: {{attention: {width}, in: a}}}}",
        "gated": f"[{{attention: {2 * width}}}, {{gate: glu}}, {{attention: {width}}}]",
        "transformer": f"{{transformer: {{width: {3 * width}, layers: 1}}}}",
        "kernels": f"[{{conv: {width}, kernel: 3}}, {{residual: [{{attention: {width}}}, relu, {{conv: {width}, kernel: 3}}]}}]",
    }


@pytest.mark.parametrize("channels", CHANNELS)
@pytest.mark.parametrize("order", ORDERS)
def test_every_order(order: str, channels: str) -> None:
    for net in nets(12).values():
        judge(image(3 if channels else 1, net, named(order, channels), size="2, 3" if channels else "3, 4"))


@pytest.mark.parametrize("channels", ["inner", "first"])
def test_channels_alone(channels: str) -> None:
    for net in nets(12).values():
        judge(image(3, net, f"{{none: {{}}, channels: {channels}}}", size="2, 3"))


@pytest.mark.parametrize("order", ["raster", "columns", "s_curve", "{subscale: [2, 1]}"])
def test_above(order: str) -> None:
    judge(image(2, "{a: {attention: 8, in: x, knows: above}, b: {attention: 8, in: x}, c: {concat: [a, b]}}", order))
    report = judge(image(2, "{a: {attention: 8, in: x, knows: above}, b: {attention: 8, in: a, knows: above}}", order))
    assert {b.kind.value for b in top_net(report).knowledge.bounds[-2].classes} == {"above"}


@pytest.mark.parametrize("order", ["{levels: [[0, 3], [1, 5, 6], [2, 4, 7]]}", "{explicit: [7, 0, 3, 6, 1, 2, 5, 4]}",
                                   "{graph: {1: [0], 3: [0, 2], 4: [3], 7: [1, 4]}}"])  # fmt: skip
@pytest.mark.parametrize("shape", ["[8]", "[2, 4]", "[2, 2, 2]"])
def test_orders_that_name_variables(order: str, shape: str) -> None:
    for net in nets(4).values():
        if "conv" in net and "graph" in order:
            continue
        judge_any(f"x: {{shape: {shape}, values: binary}}\norder: {order}\nnet: {net}\nhead: bernoulli")


def test_ensembles() -> None:
    for net in nets(4).values():
        if "conv" not in net:
            judge_members(
                f"x: {{shape: [6], values: binary}}\norder: {{random: 3, seed: 1}}\nnet: {net}\nhead: bernoulli"
            )


@pytest.mark.parametrize("order", ["raster", "reverse", "columns"])
@pytest.mark.parametrize("knows", ["before", "upto"])
def test_a_coarser_place_stands_for_its_earliest_site(order: str, knows: str) -> None:
    pooled = f"{{a: {{conv: 4, kernel: 3, in: x}}, d: {{down: 2, in: a, knows: {knows}}}, b: {{attention: 4, in: {{query: a, key: d, value: d}}}}, c: {{concat: [a, b]}}}}"
    judge(image(1, pooled, order, "4, 4"))
    coarse = f"{{a: {{conv: 4, kernel: 3, in: x}}, d: {{down: 2, in: a, knows: {knows}}}, b: {{attention: 4, in: d}}, u: {{up: 2, in: b}}, c: {{concat: [a, u]}}}}"
    judge(image(1, coarse, order, "4, 4"))


def test_contexts_are_keys_on_any_grid() -> None:
    given = "given: {{c: {{shape: {}, values: real}}}}\n"
    for shape in ("[2, 3, 3]", "[2, 5]", "[5]", "[1, 2, 2, 2]"):
        net = "{a: {attention: 4, in: x}, b: {attention: 4, in: {query: a, key: c, value: c}}}"
        judge(given.format(shape) + image(1, net))


def test_a_head_is_about_one_channel() -> None:
    assert judge_any(image(3, "[{attention: 12, heads: 4}]")) == "legal"
    assert judge_any(image(3, "[{attention: 12, heads: 2}]")) == "FS430"
    assert judge_any(image(3, "[{attention: 10}]")) == "FS430"
    assert judge_any(image(3, "[{attention: 12, heads: 3}, {gate: glu}]")) == "FS430"
    assert judge_any(image(3, "[{attention: 12, heads: 2}]", "{raster: {}, channels: joint}")) == "legal"


def test_what_cannot_be_masked_is_refused() -> None:
    assert judge_any(image(1, "{a: {attention: 4, in: x, knows: none}}")) == "FS404"
    assert judge_any(image(1, "[{attention: 4, knows: above}]", "hilbert")) == "FS407"
    assert codes(check(image(1, "[{attention: 4, mask: none}]"))) == ["FS401"]
    assert codes(check(image(1, "[{linear: 8}, {attention: 4}]"))) == ["FS220"]


def test_counts_need_no_matrix() -> None:
    report = check(image(1, "[{attention: 4}, {attention: 4}]", size="64, 64"))
    net = top_net(report)
    masks = [m for m in net.knowledge.masks if isinstance(m, PairMask)]
    n = 64 * 64
    assert [m.count(0) for m in masks] == [n * (n - 1) // 2, n * (n + 1) // 2]
    assert net.macs == 2 * 4 * n + 2 * 4 * (n * n) + 3 * 4 * 4 * n + n * 4
