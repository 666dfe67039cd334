"""Nets over sites under every order, against brute force: each pair, each count, each level."""

from __future__ import annotations

import pytest

from tests.passes.judge import claimed, codes, judge, judge_any, top_net

ORDERS = [
    "raster", "reverse", "columns", "s_curve", "hilbert", "even_odd", "{random: 1, seed: 3}", "{subscale: [2, 2]}",
]  # fmt: skip
LINES = ("raster", "reverse", "columns", "s_curve", "{subscale: [2, 2]}")
CHANNELS = ["", "inner", "joint", "first"]


def image(channels: int, net: str, order: str = "raster", size: str = "3, 4") -> str:
    return f"x: {{shape: [{channels}, {size}], values: binary}}\norder: {order}\nnet: {net}\nhead: bernoulli"


def named(order: str, modifier: str) -> str:
    """An order with its `channels` modifier written out."""
    if not modifier:
        return order
    return (
        f"{order[:-1]}, channels: {modifier}}}" if order.startswith("{") else f"{{{order}: {{}}, channels: {modifier}}}"
    )


def nets(width: int) -> dict[str, str]:
    """Nets with every kind of edge; `width` is a multiple of the channels."""
    return {
        "kernels": f"[{{conv: {width}, kernel: 3}}, relu, {{conv: {width + 1}, kernel: [2, 4]}}, tanh, {{conv: {width}}}]",
        "dilated": f"[{{conv: {width}, kernel: 3}}, relu, {{conv: {width}, kernel: 3, dilation: 2}}, relu]",
        "flat": "[{linear: 7}, relu, {linear: 40}]",
        "mixed": f"[{{conv: {width}, kernel: 3}}, relu, {{linear: 30}}, relu, {{linear: [4, 3, 4]}}, relu, {{conv: 5, kernel: 3}}]",
        "gated": f"[{{conv: {4 * width}, kernel: 3}}, {{gate: tanh_sigmoid}}, "
        f"{{residual: [relu, {{conv: {2 * width}, kernel: 3}}]}}, {{norm: layer}}]",
        "inclusive": f"{{a: {{conv: {width}, kernel: 2, in: x, knows: upto}}, b: {{conv: {width}, kernel: 3, in: a}}, "
        f"c: {{concat: [b, b]}}, d: {{conv: {width}, kernel: 3, in: c}}}}",
        "embedded": f"[{{embedding: 2}}, {{conv: {width}, kernel: 3}}, relu, {{conv: {width}, kernel: 3}}]",
        "placed": f"{{a: {{conv: {width}, kernel: 3, in: x}}, p: position, c: {{concat: [a, p]}}, "
        f"d: {{conv: {2 * width}, kernel: 3, in: c}}, e: {{gate: glu, in: d}}, f: {{mul: [a, e]}}}}",
        "resnet": f"{{resnet: {{width: {width}, blocks: 2}}}}",
    }


def site_heads(channels: int, net: str, order: str, size: str = "3, 4") -> str:
    """The same with a head for each site."""
    text = image(channels, net, order, size).replace("values: binary", "values: 3")
    return text.replace("head: bernoulli", "head: {discretized_logistic_mixture: 2}")


STACKS = """{{v: {{conv: {w}, kernel: 3, in: x, knows: above}}, h: {{conv: {w}, kernel: [1, 3], in: x}},
  v2: {{conv: {w}, kernel: 3, in: v, knows: above}}, l: {{conv: {w}, in: v2}},
  h2: {{conv: {w}, kernel: [1, 3], in: h}}, o: {{add: [h2, l]}}}}"""


@pytest.mark.parametrize("channels", [1, 3])
@pytest.mark.parametrize("order", [*ORDERS, "none"])
def test_heads_of_whole_sites(order: str, channels: int) -> None:
    for net in nets(2 * channels).values():
        if order != "none":
            judge_any(site_heads(channels, net, named(order, "joint")))
        judge_any(site_heads(channels, net, named(order, "first")))


@pytest.mark.parametrize("modifier", ["inner", "joint", "first"])
@pytest.mark.parametrize(
    "order",
    ["{levels: [[0, 7], [3, 4, 5, 6], [1, 2, 8, 9, 10, 11]]}", "{explicit: [5, 0, 1, 7, 11, 2, 3, 4, 10, 9, 8, 6]}"],
)
def test_sites_that_are_listed(order: str, modifier: str) -> None:
    for net in nets(4).values():
        judge_any(site_heads(2, net, named(order, modifier)))


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize("modifier", CHANNELS)
@pytest.mark.parametrize("order", ORDERS)
def test_every_pair_under_every_order(order: str, modifier: str, channels: int) -> None:
    whole = named(order, modifier)
    for net in nets(2 * channels).values():
        judge_any(image(channels, net, whole))
    if order in LINES:
        judge(image(channels, STACKS.format(w=2 * channels), whole))


@pytest.mark.parametrize("order", ["{explicit: REVERSED}", "{levels: HALVES}", "{levels: [ALL]}"])
def test_orders_by_variables(order: str) -> None:
    for channels in (1, 2, 3):
        every = list(range(12 * channels))
        words = {"REVERSED": every[::-1], "HALVES": [every[1::2], every[::2]], "ALL": every}
        for net in nets(2 * channels).values():
            judge_any(image(channels, net, next(order.replace(w, str(v)) for w, v in words.items() if w in order)))


@pytest.mark.parametrize("kernel", [1, 2, 3, 4, 5, 6, 7])
@pytest.mark.parametrize("order", ["raster", "columns", "s_curve"])
def test_kernels_of_every_size(kernel: int, order: str) -> None:
    for channels in (1, 2):
        net = f"[{{conv: 4, kernel: {max(2, kernel)}}}, relu, {{conv: 4, kernel: {kernel}}}, relu, {{conv: 4}}]"
        judge(image(channels, net, order, "7, 6"))


@pytest.mark.parametrize("first", [1, 2, 3])
@pytest.mark.parametrize("second", [1, 2, 3])
def test_dilations_at_the_borders(first: int, second: int) -> None:
    """Strict 3x3 of dilation 2, then 3x3 of dilation 3: a sum of offsets would claim pairs that no path realises."""
    net = f"[{{conv: 2, kernel: 3, dilation: {first}}}, relu, {{conv: 2, kernel: 3, dilation: {second}}}, relu]"
    judge(image(1, net, size="8, 8"))


def test_lines_are_undefined_under_orders_without_them() -> None:
    for order in ("hilbert", "even_odd", "{random: 1, seed: 3}"):
        assert judge_any(image(1, STACKS.format(w=2), order)) == "FS407"


def test_one_line_and_one_column() -> None:
    for size in ("1, 6", "6, 1", "1, 1", "2, 1"):
        for net in nets(2).values():
            judge_any(image(1, net.replace("[4, 3, 4]", f"[4, {size}]"), size=size))


# --- gated stacks ---------------------------------------------------------------------------------------------------

GATED = """{{v: {{conv: 6, kernel: 3, in: x, knows: {v}}}, h: {{conv: 6, kernel: [1, 3], in: x}},
  vh: {{repeat: 2, block: gated, in: {{v: v, h: h}}}}, out: {{chain: [relu, {{conv: 6}}], in: vh.h}}}}
head: bernoulli
blocks:
  gated:
    in: [v, h]
    net:
      vc: {{conv: 12, kernel: 3, in: v, knows: {v}}}
      v2: {{gate: tanh_sigmoid, in: vc{gate}}}
      l: {{conv: 12, in: vc}}
      hc: {{conv: 12, kernel: [1, 3], in: h}}
      hv: {{add: [hc, l]}}
      g: {{gate: tanh_sigmoid, in: hv}}
      r: {{conv: 6, in: g}}
      h2: {{add: [h, r]}}
    out: {{v: v2, h: h2}}"""


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize(("cap", "gate"), [("above", ""), ("before", ""), ("upto", ", knows: upto")])
def test_gated_stacks_with_every_cap(channels: int, cap: str, gate: str) -> None:
    text = image(channels, GATED.format(v=cap, gate=gate), size="5, 5").removesuffix("\nhead: bernoulli")
    verdict = judge_any(text)
    if verdict == "legal":
        assert ("FS420" in codes(judge(text))) == (cap == "before" and channels == 1) or cap != "above"


def test_a_vertical_stack_has_no_blind_spot() -> None:
    report = judge(image(3, GATED.format(v="above", gate=""), size="5, 5").removesuffix("\nhead: bernoulli"))
    assert top_net(report).reach.blind == 0


# --- sequences, vectors, videos -------------------------------------------------------------------------------------


@pytest.mark.parametrize("order", ["raster", "reverse", "even_odd", "{random: 1, seed: 2}"])
@pytest.mark.parametrize("shape", ["[9]", "[1, 9]", "[2, 7]", "[3, 5]"])
def test_sequences(shape: str, order: str) -> None:
    for net in (
        "[{conv: 6, kernel: 2}, relu, {conv: 6, kernel: 2}, relu]",
        "[{conv: 6, kernel: 3}, relu, {conv: 6, kernel: 2, dilation: 2}, relu, {conv: 6, kernel: 4}]",
        "[{conv: 6, kernel: 2, knows: upto}, {conv: 6, kernel: 3, knows: upto}, {conv: 6, kernel: 2}]",
        "[{conv: 12, kernel: 3}, {gate: glu}, {residual: [{conv: 6, kernel: 2, dilation: 2}]}, {norm: layer}]",
        "[{conv: 6, kernel: 3}, relu, {linear: 12}, relu]",
    ):
        judge_any(f"x: {{shape: {shape}, values: binary}}\norder: {order}\nnet: {net}\nhead: bernoulli")


def test_kernels_on_a_sequence_end_at_the_last_place_they_may_know() -> None:
    """Two causal layers of kernel 2 see back 1 + 1 + 1 places, not a centred window cut in half."""
    text = "x: {shape: [8], values: binary}\norder: raster\nnet: [{conv: 3, kernel: 2}, relu, {conv: 3, kernel: 2}]\nhead: bernoulli"
    row = claimed(judge(text))[7]
    assert row.nonzero()[0].tolist() == [4, 5, 6]


@pytest.mark.parametrize("order", ["raster", "columns", "s_curve", "{subscale: [1, 2, 2]}"])
def test_videos(order: str) -> None:
    for net in (
        "[{conv: 4, kernel: 3}, relu, {conv: 4, kernel: [2, 3, 3]}, relu]",
        "{a: {conv: 4, kernel: 3, in: x, knows: above}, b: {conv: 4, kernel: [1, 1, 3], in: x}, c: {add: [a, b]}}",
    ):
        judge_any(f"x: {{shape: [2, 2, 3, 3], values: binary}}\norder: {order}\nnet: {net}\nhead: bernoulli")


# --- kernels of heads, and orders that know nothing ----------------------------------------------------------------


@pytest.mark.parametrize("order", ["raster", "hilbert", "{columns: {}, channels: first}"])
def test_heads_with_kernels(order: str) -> None:
    text = image(2, "[{conv: 4, kernel: 3}, relu]", order).replace("values: binary", "values: real")
    judge(text.replace("head: bernoulli", "head: {gaussian_mixture: 2, kernel: 3}"))
    judge_any(
        text.replace("net: [{conv: 4, kernel: 3}, relu]\n", "").replace("bernoulli", "{normal: {}, kernel: 3, in: x}")
    )


@pytest.mark.parametrize("modifier", ["inner", "first"])
def test_no_order_but_between_channels(modifier: str) -> None:
    order = f"{{none: {{}}, channels: {modifier}}}"
    for net in ("[{conv: 6, kernel: 3}, relu, {conv: 6, kernel: 3}]", "[{linear: 20}, relu]", "[{conv: 6}, relu]"):
        judge_any(image(3, net, order))


# --- what broke once ------------------------------------------------------------------------------------------------


def test_flat_units_may_not_stand_at_every_site() -> None:
    """Each knows the context of some variable; at the sites before that one it would know too much."""
    for order in ("raster", "hilbert"):
        net = "{a: {conv: 3, kernel: 3, in: x}, b: {linear: 12, in: x}, c: {concat: [a, b]}, d: {conv: 4, in: c}}"
        assert judge_any(image(1, net, order)) == "FS405"


def test_what_leads_nowhere_is_not_a_leak() -> None:
    judge(
        image(1, "{a: {conv: 3, in: x, mask: none, knows: upto}, b: {conv: 2, in: a}, c: {conv: 4, kernel: 3, in: x}}")
    )


def test_a_vector_stands_along_the_sites() -> None:
    text = "x: {shape: [5], values: binary}\norder: raster\nnet: {NET}\nhead: bernoulli"
    judge(
        text.replace("{NET}", "{a: {conv: 3, kernel: 3, in: x}, b: {concat: [a, x]}, c: {conv: 4, kernel: 3, in: b}}")
    )


def test_a_graph_over_the_channels_of_an_image() -> None:
    """Channels of a site are variables of their own to a graph: taking them for one another leaks."""
    graph = "{graph: {1: [0], 2: [1], 3: [0], 5: [2, 4]}}"
    for net in ("[{linear: 12}, relu]", "[{linear: [4, 1, 2]}, relu, {linear: 9}]", "[{linear: 9}, {norm: layer}]"):
        judge(image(3, net, graph, size="1, 2"))


def test_nets_that_do_not_read_x() -> None:
    text = "x: {shape: [SIZE], values: binary}\norder: raster\nnet: NET\nhead: bernoulli"
    for size in (1, 4):
        for net in ("[position, {linear: 7}, {norm: layer}]", "[{position: 3}, {norm: layer}, {linear: 4}]"):
            judge(text.replace("SIZE", str(size)).replace("NET", net))
        judge(text.replace("SIZE", str(size)).replace(
            "NET", "{a: {linear: 9, in: x}, p: {position: 3}, q: {norm: layer, in: p}, r: {linear: 9, in: q}, s: {add: [a, r]}}"
        ))  # fmt: skip
    judge(image(1, "[{conv: 3}, {norm: layer}, {linear: 4}]", "{levels: [[0, 1, 2, 3]]}", size="2, 2"))


CONTEXTS = ["{classes: 5}", "{shape: [3], values: real}", "{shape: [2, 3, 4], values: real}"]


@pytest.mark.parametrize("context", CONTEXTS)
@pytest.mark.parametrize("order", ["raster", "hilbert", "{columns: {}, channels: joint}"])
def test_contexts_reach_every_parameter(order: str, context: str) -> None:
    for channels in (1, 2):
        for net in (
            "[{conv: 4, kernel: 3, given: c}, relu, {conv: 4, given: c}, relu]",
            "{a: {conv: 4, kernel: 3, in: x}, b: {concat: [a, c]}, d: {conv: 6, kernel: 3, in: b}}",
            "[{conv: 8, kernel: 3}, {gate: glu, given: c}, {norm: layer}]",
            "[{linear: 40, given: c}, relu, {linear: 30}, relu]",
            "{a: {conv: 4, kernel: 3, in: x, knows: upto}, b: {conv: 4, kernel: 3, in: a, given: c}}",
        ):
            text = image(channels, net, order)
            if not ("linear" in net and "2, 3, 4" in context):
                judge(text.replace("order:", f"given: {{c: {context}}}\norder:"))


def test_a_context_that_the_first_variable_cannot_see() -> None:
    """It enters beside x in an inclusive layer, and the strict layer behind finds no place before the first pixel."""
    net = "{a: {conv: 4, kernel: 3, in: x, knows: upto, given: c}, b: {conv: 4, kernel: 3, in: a}}"
    report = judge(image(1, net).replace("order:", "given: {c: {classes: 5}}\norder:"))
    (finding,) = [f for f in report.findings if f.code == "FS424"]
    assert finding.message.startswith("1 of 12 conditionals cannot see the context `c`, the first that of x[0,0,0]")


@pytest.mark.parametrize("shape", ["2", "1, 2", "2, 2, 2"])
def test_a_narrow_layer_that_is_left_with_its_context(shape: str) -> None:
    judge(
        f"x: {{shape: [{shape}], values: binary}}\ngiven: {{c: {{classes: 3}}}}\norder: reverse\n"
        "net: [{conv: 2, kernel: 2}, {linear: 1, given: c}]\nhead: bernoulli"
    )


def test_context_lost_late_in_the_order() -> None:
    """Only the pixels to the left are read: of every row but the first the first pixel loses all, however long rows are."""
    report = judge(image(1, "[{conv: 2, kernel: [1, 3]}, relu]", size="2, 90"))
    assert codes(report) == ["FS425"]
    assert "x[0,1,0]" in next(f.message for f in report.findings)
