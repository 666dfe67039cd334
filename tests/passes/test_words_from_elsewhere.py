"""Words of other libraries, and mistakes of a first spec, get a help that leads to a spec that works."""

from __future__ import annotations

import pytest

import flowspec

LOST = "`flowspec explore SPEC -o page.html` shows where it is lost"
FRAME = "flowspec: 1\nname: t\n"
VECTOR = FRAME + "x: {{shape: [64], values: 65}}\norder: raster\nnet: [{{embedding: 8}}, {step}]\nhead: {head}\n"


def first(tmp_path, text: str):
    path = tmp_path / "spec.yaml"
    path.write_text(text)
    return flowspec.check(path).diagnostics[0]


@pytest.mark.parametrize(
    ("step", "head", "said"),
    [
        ("{embed: 8}", "categorical", "`{embedding: 32}`"),
        ("{dense: 8}", "categorical", "`{linear: 64}`"),
        ("{lstm: 8}", "softmax", "`categorical`"),
        ("{lstm: 8}", "mog", "`gaussian_mixture`"),
        ("{lstm: 8, layers: 2}", "categorical", "`times: 2`"),
        ("{lstm: 8, bidirectional: true}", "categorical", "`along: diagonals"),
        ("{conv: 8, kernel: 3, padding: 1}", "categorical", "pad to the same size"),
        ("{conv: 8, kernel: 3, causal: true}", "categorical", "derived from the order"),
        ("{conv: 8, kernel: 3, stride: 2}", "categorical", "`{down: 2}`"),
        ("{maxpool: 2}", "categorical", "`flowspec ops`"),
    ],
)
def test_a_word_of_another_library(tmp_path, step: str, head: str, said: str) -> None:
    found = first(tmp_path, VECTOR.format(step=step, head=head))
    assert found.severity == "error"
    assert any(said in text for text in found.helps), found.helps


def test_an_unknown_order_is_answered_with_those_there_are(tmp_path) -> None:
    text = VECTOR.format(step="{lstm: 8}", head="categorical").replace("order: raster", "order: diagonal")
    assert "`s_curve`" in first(tmp_path, text).helps[0]


def test_a_cycle_of_named_variables_is_told_by_their_names(tmp_path) -> None:
    text = (
        FRAME
        + "x: {names: [B, E, A], values: binary}\norder: {graph: {A: [B], B: [E], E: [A]}}\nnet: table\nhead: bernoulli\n"
    )
    message = first(tmp_path, text).message
    assert all(name in message.rpartition(": ")[2].split(" -> ") for name in "BEA")


def test_a_layer_too_narrow_for_any_context_says_the_width_that_would_do(tmp_path) -> None:
    text = (
        FRAME
        + "x: {shape: [32], values: binary}\norder: raster\nnet: [{linear: 100}, relu, {linear: WIDTH}, relu]\nhead: bernoulli\n"
    )
    found = first(tmp_path, text.replace("WIDTH", "8"))
    assert found.code == "FS425"
    assert found.helps == ("widen the layer: 31 units would do", LOST)
    path = tmp_path / "wide.yaml"
    path.write_text(text.replace("WIDTH", "31"))
    assert flowspec.check(path).diagnostics == ()


def test_a_net_that_reads_no_x_is_told_so(tmp_path) -> None:
    text = (
        FRAME
        + "x: {shape: [1, 4, 4], values: binary}\norder: raster\nnet: {p: position, h: {lstm: 8, in: p}}\nhead: bernoulli\n"
    )
    found = first(tmp_path, text)
    assert found.code == "FS425"
    assert found.helps == ("no step reads x: let one read it, `in: x`", LOST)


def test_a_lookup_of_x_joined_with_a_context_says_how_to_part_them(tmp_path) -> None:
    text = VECTOR.format(step="{conv: 8, kernel: 2}", head="categorical").replace(
        "order:", "given: {digit: {classes: 10}}\norder:"
    )
    found = first(tmp_path, text)
    assert found.code == "FS225"
    assert "given: NAME" in found.helps[0]
    path = tmp_path / "named.yaml"
    path.write_text(text.replace("kernel: 2", "kernel: 2, given: digit"))
    assert flowspec.check(path).ok


@pytest.mark.parametrize("place", ["net: [{}, {linear: 8}]\nhead: bernoulli\n", "net: [{linear: 8}]\nhead: {}\n"])
def test_an_empty_step_is_a_finding(tmp_path, place: str) -> None:
    found = first(tmp_path, FRAME + "x: {shape: [4], values: binary}\norder: raster\n" + place)
    assert found.severity == "error"
