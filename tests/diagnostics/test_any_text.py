"""Whatever a file holds and wherever a span points, every renderer writes printable text."""

from __future__ import annotations

import json
import unicodedata

from hypothesis import given, settings
from hypothesis import strategies as st

from flowspec.diagnostics import Finding, Label, Position, Span
from flowspec.diagnostics.render import render_concise, render_full, render_github, render_json, render_sarif
from flowspec.diagnostics.text import split_lines

TEXT = st.text(st.characters() | st.sampled_from("\n\t\r\x1b日é\u0301 []{}:-"), max_size=200)
POSITION = st.builds(Position, st.integers(1, 12), st.integers(1, 210))


@st.composite
def spans(draw: st.DrawFn) -> Span:
    start, end = sorted([draw(POSITION), draw(POSITION)])
    return Span(draw(st.sampled_from(["a.yaml", "b.yaml"])), start, end)


FINDING = st.builds(
    Finding,
    st.just("FS401"),
    TEXT,
    st.none() | spans(),
    TEXT,
    st.lists(st.builds(Label, spans(), TEXT), max_size=3).map(tuple),
    st.lists(TEXT, max_size=3).map(tuple),
    st.lists(TEXT, max_size=2).map(tuple),
    st.lists(TEXT, max_size=2).map(tuple),
)


@settings(max_examples=150, deadline=None)
@given(st.lists(FINDING, max_size=3), TEXT, st.integers(1, 200))
def test_every_renderer_survives(findings: list[Finding], text: str, width: int) -> None:
    printed = [
        render_full(findings, {"a.yaml": text}, width=width),
        render_concise(findings),
        render_github(findings),
        render_json(findings),
        render_sarif(findings),
    ]
    assert all(unicodedata.category(c) not in ("Cc", "Cf", "Cs") for out in printed for c in out if c != "\n")
    json.loads(printed[3])
    json.loads(printed[4])


@settings(max_examples=150, deadline=None)
@given(TEXT, POSITION, st.integers(40, 200))
def test_there_is_a_caret_where_there_is_a_line(text: str, start: Position, width: int) -> None:
    out = render_full([Finding("FS401", "m", Span("a", start, start))], {"a": text}, width=width)
    carets = [line for line in out.split("\n") if line.endswith("^") and line.lstrip().startswith("|")]
    assert len(carets) == (start.line <= len(split_lines(text)))
