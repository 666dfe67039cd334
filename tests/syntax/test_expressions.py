"""Arithmetic in scalars: values, and errors at the token that causes them."""

from __future__ import annotations

from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowspec.diagnostics import Finding, Position, Span
from flowspec.syntax import evaluate, has_variables, read, substitute
from tests.clock import computing

from .marked import unmark

VARIABLES = {"p": 126, "width": 64, "rate": 0.5, "zero": 0, "big": 2**62, "on": True}

VALUES = [
    *[("$p", 126), ("2*$p", 252), ("$p * 2", 252), ("$p//4", 31), ("-7//2", -4), ("7//-2", -4), ("-$p", -126)],
    *[("1+2*3", 7), ("(1+2)*3", 9), ("10-3-2", 5), ("100//5//2", 10), ("2*3//4", 1), ("--2", 2), ("2*-3", -6)],
    *[("7", 7), ("007", 7), ("0.5", 0.5), ("-0.5", -0.5), ("1e-3", 1e-3), ("$rate", 0.5), ("($rate)", 0.5)],
    *[("$big+$big", 2**63), (" ( $p ) ", 126), ("(" * 31 + "1" + ")" * 31, 1), ("0" * 5000 + "1", 1)],
]

ERRORS = [
    ("FS110", "2*«$widht»", "did you mean `$width`?"),
    ("FS110", "«$q»", "known here"),
    ("FS111", "$p // «0»", "the divisor is 0 here"),
    ("FS111", "$p // «$zero»", ""),
    ("FS112", "«99999999999999999999» + 1", ""),
    ("FS112", "$big «*» 4", ""),
    ("FS112", "«" + "9" * 5000 + "»", ""),
    ("FS112", "«1e999»", ""),
    ("FS113", "2*«$rate»", "a float may only stand alone"),
    ("FS113", "«$rate»*2", ""),
    ("FS113", "-«$rate»", ""),
    ("FS113", "$p + «1.5»", ""),
    ("FS113", "(«$rate») // 2", ""),
    ("FS113", "1 + «$on»", ""),
    ("FS114", "$p «/» 2", "integer division is `//`"),
    ("FS114", "2 «**» 3", "write the product out"),
    ("FS114", "2*«p»", "a variable is `$p`"),
    ("FS114", "«$» 2", "name a variable"),
    ("FS114", "2 «$p»", ""),
    ("FS114", "2«x»", ""),
    ("FS114", "1«_000»", ""),
    ("FS114", "«__import__»('os')", ""),
    ("FS114", "0«x10»", ""),
    ("FS114", "$p «%» 2", ""),
    ("FS114", "«[»1]", ""),
    ("FS114", "«(»1 + 2", "add `)`"),
    ("FS114", "(1 «2»)", ""),
    ("FS114", "1 + 2«)»", ""),
    ("FS114", "1 +«»", ""),
    ("FS114", "«»", ""),
    ("FS114", "(" * 31 + "«(»1" + ")" * 32, "nested"),
    ("FS114", "$p«.»a", ""),
]


def _span(text: str, quotes: int = 0) -> Span:
    return Span("t.yaml", Position(3, 11), Position(3, 11 + len(text) + 2 * quotes))


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_values(text: str, value: float) -> None:
    result = evaluate(text, VARIABLES, _span(text))
    assert result == value
    assert type(result) is type(value)


@pytest.mark.parametrize("quotes", [0, 1])
@pytest.mark.parametrize(("code", "marked", "help_"), ERRORS)
def test_errors_point_at_their_token(code: str, marked: str, help_: str, quotes: int) -> None:
    text, token = unmark(marked)
    finding = evaluate(text, VARIABLES, _span(text, quotes))
    assert isinstance(finding, Finding)
    start = 10 + quotes
    assert finding.code == code
    assert finding.span.start == Position(3, start + token.start.column)
    assert finding.span.end == Position(3, start + token.end.column)
    assert help_ in finding.message + " ".join(finding.helps)


def test_an_error_in_a_scalar_with_escapes_points_at_the_scalar() -> None:
    scalar = read('"2*\\x70"', "t.yaml").root
    assert evaluate(scalar.text, {}, scalar.span).span == scalar.span
    scalar = read("a: 2 *\n  p\n", "t.yaml").root.get("a").value
    assert evaluate(scalar.text, {}, scalar.span).span == scalar.span


HOSTILE = ["(" * 100_000, "-" * 100_000 + "1", "1+" * 60_000 + "1", "2*" * 100_000 + "2", "9" * 200_000, "$" * 100_000]


@pytest.mark.parametrize("text", HOSTILE, ids=range(len(HOSTILE)))
def test_hostile_expressions_end_at_once(text: str) -> None:
    with computing() as spent:
        evaluate(text, {}, _span(text))
        assert spent() < 2


def test_variables_are_noticed() -> None:
    assert has_variables("2*$p")
    assert not has_variables("raster")


def test_substitution_in_paths() -> None:
    assert substitute("b.$i.u", {"i": 3}, _span("b.$i.u")) == "b.3.u"
    assert substitute("x", {}, _span("x")) == "x"
    finding = substitute("b.$j.u", {"i": 3}, _span("b.$j.u"))
    assert finding.code == "FS110"
    assert finding.span == Span("t.yaml", Position(3, 13), Position(3, 15))
    assert substitute("b.$i", {"i": 0.5}, _span("b.$i")).code == "FS113"


def _apply(parts: tuple[str, tuple[str, Fraction], tuple[str, Fraction]]) -> tuple[str, Fraction]:
    sign, (left, a), (right, b) = parts
    return f"({left} {sign} {right})", {"+": a + b, "-": a - b, "*": a * b}[sign]


TREES = st.recursive(
    st.integers(0, 1000).map(lambda n: (str(n), Fraction(n))),
    lambda inner: st.tuples(st.sampled_from("+-*"), inner, inner).map(_apply),
    max_leaves=6,
)


@given(tree=TREES)
def test_random_expressions_agree_with_fractions(tree: tuple[str, Fraction]) -> None:
    text, value = tree
    assert evaluate(text, {}, _span(text)) == value


@given(text=st.text(st.sampled_from("$pq01.()+-*/ e_%"), max_size=20))
def test_any_text_gives_a_number_or_a_finding_inside(text: str) -> None:
    span = _span(text)
    result = evaluate(text, VARIABLES, span)
    assert isinstance(result, int | float) or span.start <= result.span.start <= result.span.end <= span.end
