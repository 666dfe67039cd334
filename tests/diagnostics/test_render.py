"""Every renderer over every golden case, and what no case may ever contain."""

from __future__ import annotations

import json
import random
import unicodedata
from collections.abc import Callable, Mapping, Sequence

import pytest

from flowspec.diagnostics import Finding, Position, Span
from flowspec.diagnostics.render import (
    FileResult,
    color_wanted,
    render_concise,
    render_full,
    render_github,
    render_json,
    render_sarif,
    tally,
)
from tests.diagnostics.golden import CASES, GOLDENS, compare, read_case

Renderer = Callable[[Sequence[Finding], Mapping[str, str]], str]
RENDERERS: dict[str, Renderer] = {
    "full.txt": lambda findings, sources: render_full(findings, sources, width=80),
    "concise.txt": lambda findings, _: render_concise(findings),
    "out.json": lambda findings, _: render_json(findings, [FileResult("spec.yaml", False), FileResult("b", True, {})]),
    "github.txt": lambda findings, _: render_github(findings),
    "out.sarif": lambda findings, _: render_sarif(findings, "1.2.3"),
}


@pytest.mark.parametrize("suffix", RENDERERS)
@pytest.mark.parametrize("case", CASES)
def test_golden(case: str, suffix: str) -> None:
    findings, sources = read_case(case)
    compare(GOLDENS / case / suffix, RENDERERS[suffix](findings, sources))


@pytest.mark.parametrize("suffix", RENDERERS)
@pytest.mark.parametrize("case", CASES)
def test_same_text_in_any_order_and_twice(case: str, suffix: str) -> None:
    findings, sources = read_case(case)
    shuffled = [*findings, *findings]
    random.Random(0).shuffle(shuffled)
    assert RENDERERS[suffix](shuffled, sources) == RENDERERS[suffix](findings, sources)


@pytest.mark.parametrize("suffix", RENDERERS)
def test_nothing_that_a_terminal_obeys_survives(suffix: str) -> None:
    text = RENDERERS[suffix](*read_case("hostile"))
    assert {unicodedata.category(c) for c in text if c != "\n"}.isdisjoint({"Cc", "Cf", "Cs", "Zl", "Zp"})


def test_a_line_of_a_message_cannot_become_a_workflow_command() -> None:
    lines = render_github(read_case("hostile")[0]).splitlines()
    assert len(lines) == len(read_case("hostile")[0])
    assert all(line.startswith("::error file=") for line in lines)


def test_color_adds_escape_codes_and_changes_nothing_else() -> None:
    import re

    for case in CASES:
        findings, sources = read_case(case)
        colored = render_full(findings, sources, color=True, width=80)
        plain = render_full(findings, sources, width=80)
        assert "\x1b[1;31merror" in colored
        bare = re.sub("\x1b\\[[0-9;]*m", "", colored)
        assert [line.rstrip() for line in bare.split("\n")] == plain.split("\n")


@pytest.mark.parametrize("case", CASES)
def test_carets_cover_what_the_span_covers(case: str) -> None:
    """On short single lines without hidden characters, the text above the carets is the text of the span."""
    findings, sources = read_case(case)
    for finding in findings:
        cut = _covered(finding, sources)
        if not cut.isascii() or not cut.isprintable() or not cut or case == "long":
            continue
        lines = render_full([finding], sources, width=200).split("\n")
        row = next(i for i, line in enumerate(lines) if "^" in line and "|" in line)
        first, last = lines[row].index("^"), lines[row].rindex("^")
        if lines[row - 1].isascii():
            assert lines[row - 1][first : last + 1] == cut


def _covered(finding: Finding, sources: Mapping[str, str]) -> str:
    span = finding.span
    if span is None or span.file not in sources or span.start.line != span.end.line:
        return ""
    lines = sources[span.file].split("\n")
    return (
        lines[span.start.line - 1][span.start.column - 1 : span.end.column - 1] if span.start.line <= len(lines) else ""
    )


@pytest.mark.parametrize("width", [40, 41, 60, 79, 80, 120, 10_000])
def test_a_source_line_never_leaves_the_terminal(width: int) -> None:
    findings, sources = read_case("long")
    for line in render_full(findings, sources, width=width).split("\n"):
        if line.startswith("1 | "):
            assert len(line) <= width


def test_a_window_cuts_wide_characters_whole() -> None:
    text = "日" * 200
    span = Span("f", Position(1, 101), Position(1, 102))
    for width in (60, 61, 62, 63):
        rows = render_full([Finding("FS401", "m", span)], {"f": text}, width=width).split("\n")
        shown, carets = rows[2].removeprefix("1 | "), rows[3].removeprefix("  | ")
        assert shown.startswith("...日")
        assert shown.endswith("日...")
        assert len(carets) - len(carets.lstrip()) == 3 + 2 * ((len(carets) - 2 - 3) // 2)
        assert carets.strip() == "^^"


def test_json_is_one_object_with_the_documented_keys() -> None:
    document = json.loads(render_json(read_case("leak")[0], [FileResult("a.yaml", False, {"variables": 3})]))
    assert list(document) == ["format_version", "files", "diagnostics", "summary"]
    assert document["files"] == [{"path": "a.yaml", "ok": False, "facts": {"variables": 3}}]
    assert document["summary"] == {"files": 1, "errors": 1, "warnings": 0}
    assert list(document["diagnostics"][0]) == (
        ["file", "code", "name", "severity", "message", "range", "node", "labels", "trace", "notes", "helps", "fix"]
    )
    assert document["diagnostics"][0]["range"] == {"start": {"line": 6, "column": 44}, "end": {"line": 6, "column": 48}}


def test_no_findings_render_as_nothing() -> None:
    assert (render_full([], {}), render_concise([]), render_github([]), tally([])) == ("", "", "", "")
    assert json.loads(render_json([]))["summary"] == {"files": 0, "errors": 0, "warnings": 0}
    assert json.loads(render_sarif([]))["runs"][0]["results"] == []


def test_tally_counts_by_severity() -> None:
    findings = read_case("one_line")[0]
    assert (tally(findings[:1]), tally(findings)) == ("1 error", "4 errors")


@pytest.mark.parametrize(
    ("choice", "environ", "isatty", "wanted"),
    [
        ("always", {"NO_COLOR": "1"}, False, True),
        ("never", {"FORCE_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": "1", "FORCE_COLOR": "1"}, True, False),
        ("auto", {"NO_COLOR": "", "FORCE_COLOR": "1"}, False, True),
        ("auto", {"FORCE_COLOR": "1", "TERM": "dumb"}, False, True),
        ("auto", {}, True, True),
        ("auto", {}, False, False),
        ("auto", {"TERM": "dumb"}, True, False),
    ],
)
def test_color_rules(choice: str, environ: dict[str, str], isatty: bool, wanted: bool) -> None:
    assert color_wanted(choice, environ, isatty) is wanted  # type: ignore[arg-type]
