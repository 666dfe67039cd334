"""The figures of the semantics and of the literature, and the numbers that check prints."""

from __future__ import annotations

import numpy as np
import pytest

from flowspec.compiler import Report, analyse


def check(text: str) -> Report:
    report = analyse("spec.yaml", f"flowspec: 1\nname: model\n{text}")
    assert report.ok, [f.message for f in report.diagnostics if f.severity == "error"]
    return report


def stack(size: int, layers: int, first: int = 3) -> str:
    convs = ", relu, ".join(f"{{conv: 4, kernel: {first if n == 0 else 3}}}" for n in range(layers))
    return f"x: {{shape: [1, {size}, {size}], values: binary}}\norder: raster\nnet: [{convs}]\nhead: bernoulli"


def test_three_masked_convolutions_on_12_x_12() -> None:
    facts = check(stack(12, 3)).facts
    assert (facts.context_allowed, facts.context_missing, facts.context_blind) == (10_296, 8_075, 1_925)
    assert facts.sampling_steps == 34


@pytest.mark.parametrize(("size", "share"), [(28, 18), (64, 22)])
def test_the_blind_share_of_square_kernels(size: int, share: int) -> None:
    """A pixel d rows up is reachable for dx <= r0 + (d - 1) r only: 7x7 first, then 3x3."""
    facts = check(stack(size, 3, first=7)).facts
    assert facts.context_allowed
    assert round(100 * (facts.context_blind or 0) / facts.context_allowed) == share


@pytest.mark.parametrize("size", [28, 64])
def test_the_blind_share_does_not_depend_on_depth(size: int) -> None:
    assert check(stack(size, 3)).facts.context_blind == check(stack(size, 9)).facts.context_blind


def made(width: int, size: int = 784) -> Report:
    return check(
        f"x: {{shape: [{size}], values: binary}}\norder: raster\nnet: [{{linear: {width}}}, relu]\nhead: bernoulli"
    )


def test_made_of_width_500_loses_283_pairs() -> None:
    report = made(500)
    assert report.facts.context_missing == 283
    assert [f.code for f in report.diagnostics] == ["FS422"]
    assert "width 783 would do" in report.diagnostics[0].helps


def test_cyclic_degrees_would_lose_40_186() -> None:
    """What sorted, evenly spread degrees are for: degrees 1, 2, ... 500 leave everything behind 500 unseen."""
    degrees = np.arange(500) + 1
    seen = [degrees[degrees <= i].max(initial=0) for i in range(784)]
    assert 784 * 783 // 2 - sum(seen) == 40_186


@pytest.mark.parametrize("size", [2, 3, 5, 9, 30])
def test_width_d_minus_1_is_enough_and_necessary(size: int) -> None:
    assert made(size - 1, size).facts.context_missing == 0
    for width in range(max(1, size // 2), size - 1):
        assert made(width, size).facts.context_missing


def test_the_alarm_graph_allows_4_pairs() -> None:
    text = "x: {names: [B, E, A, J, M], values: binary}\norder: {graph: {A: [B, E], J: [A], M: [A]}}\nnet: [{linear: 4}, relu]\nhead: bernoulli"
    facts = check(text).facts
    assert (facts.context_allowed, facts.context_missing, facts.sampling_steps) == (4, 0, 3)


@pytest.mark.parametrize(("kernel", "dilations"), [(2, [1, 2, 4, 8]), (3, [1, 3, 9]), (2, [1, 2, 4] * 2), (4, [1, 1])])
def test_the_receptive_field_of_wavenet(kernel: int, dilations: list[int]) -> None:
    """1 + (k - 1) * sum of dilations, plus the first layer's k - 1; the first layer is strict."""
    layers = "".join(f", {{conv: 4, kernel: {kernel}, dilation: {d}}}, relu" for d in dilations)
    length = 80
    text = f"x: {{shape: [{length}], values: 4}}\norder: raster\nnet: [one_hot, {{conv: 4, kernel: {kernel}}}{layers}]\nhead: categorical"
    last = check(text).dependency()[-1]
    field = 1 + (kernel - 1) * sum(dilations) + kernel - 1
    assert last.sum() == field
    assert last[length - 1 - field : length - 1].all()


def test_gated_pixelcnn_has_no_blind_spot() -> None:
    text = """x: {shape: [3, 16, 16], values: 4}
order: raster
net:
  v: {conv: 6, kernel: 7, in: x, knows: above}
  h: {conv: 6, kernel: [1, 7], in: x}
  w: {repeat: 4, block: gated, in: {v: v, h: h}}
  o: {chain: [relu, {conv: 6}], in: w.h}
head: categorical
blocks:
  gated:
    in: [v, h]
    net:
      vc: {conv: 12, kernel: 3, in: v, knows: above}
      v2: {gate: tanh_sigmoid, in: vc}
      l: {conv: 12, in: vc}
      hc: {conv: 12, kernel: [1, 3], in: h}
      s: {add: [hc, l]}
      g: {gate: tanh_sigmoid, in: s}
      r: {conv: 6, in: g}
      h2: {add: [h, r]}
    out: {v: v2, h: h2}"""
    facts = check(text).facts
    assert facts.context_blind == 0
    assert check(text.replace("repeat: 4", "repeat: 12")).facts.context_missing == 0


def test_facts_of_a_spec_with_errors_are_withheld() -> None:
    report = analyse(
        "spec.yaml",
        "flowspec: 1\nname: m\nx: {shape: [4], values: binary}\norder: raster\nnet: [{linear: 1}]\nhead: bernoulli",
    )
    assert not report.ok
    assert report.facts.context_allowed is None
    with pytest.raises(ValueError, match="has errors"):
        report.dependency()


def test_a_matrix_of_too_many_variables_is_refused() -> None:
    report = check(
        "x: {shape: [3, 256, 256], values: 256}\norder: raster\nnet: [{conv: 6, kernel: 3}]\nhead: categorical"
    )
    with pytest.raises(ValueError, match="196,608 variables are too many"):
        report.dependency()


def test_steps_of_models_and_flows() -> None:
    """T3: sampling counts sequential levels, parallel inverses count nothing."""
    maf = "x: {shape: [4], values: real}\nflow: [{autoregressive: {order: raster, net: [{linear: 8}], fast: FAST}, times: 3}]\nbase: normal"
    slow, fast = check(maf.replace("FAST", "density")).facts, check(maf.replace("FAST", "sampling")).facts
    assert (slow.density_steps, slow.sampling_steps) == (1, 12)
    assert (fast.density_steps, fast.sampling_steps) == (12, 1)
    coupling = check(
        "x: {shape: [4], values: real}\nflow: [{coupling: {keep: half, net: [{linear: 8}]}, times: 3}]\nbase: normal"
    ).facts
    assert (coupling.density_steps, coupling.sampling_steps) == (1, 1)


def test_parts_that_condition_each_other_add_their_levels() -> None:
    text = """x: {shape: [4], values: 3}
flow: [{split: {sizes: [2, 2], names: [a, b]}}]
base:
  a: {order: raster, net: [{linear: 4}], head: categorical}
  b: {given: a, order: raster, net: [{linear: 4}], head: categorical}"""
    assert check(text).facts.sampling_steps == 4
    assert check(text.replace("given: a, ", "")).facts.sampling_steps == 2
