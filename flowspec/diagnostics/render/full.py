"""Findings for people: the message, the place with its carets, the witness and the help."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from flowspec.diagnostics.finding import Finding, Label
from flowspec.diagnostics.render.color import Painter, Segment, Style
from flowspec.diagnostics.render.order import ordered
from flowspec.diagnostics.render.snippet import Row, snippet
from flowspec.diagnostics.text import clean, split_lines

WIDTH = 120  # where nobody says how wide the terminal is
_NARROWEST = 40


def render_full(
    findings: Iterable[Finding], sources: Mapping[str, str], color: bool = False, width: int = WIDTH
) -> str:
    """Render findings with their source lines, an empty line between two.

    Args:
        findings: in any order.
        sources: file name -> its text; a label in a file that is not there is written as a note.
        color: whether to use escape codes of our own; none of the user's survive.
        width: of the terminal, in cells; longer source lines are shown in part.
    """
    painter = Painter(color)
    return "\n".join(_finding(f, sources, painter, max(width, _NARROWEST)) for f in ordered(findings))


def _finding(finding: Finding, sources: Mapping[str, str], painter: Painter, width: int) -> str:
    gutter = len(str(_last_line(finding, sources)))
    rows = [*_places(finding, sources, width - gutter - 3), *_footers(finding, sources, width - gutter - 3)]
    head: list[Segment] = [
        (f"{finding.severity}[{finding.code}]", finding.severity),
        (f": {clean(finding.message)}", "message"),
    ]
    return "".join(f"{painter.line(row)}\n" for row in [head, *(_framed(row, gutter) for row in rows)])


def _framed(row: Row, gutter: int) -> list[Segment]:
    """Put a row behind its gutter: a line number and a bar, an arrow, or the sign of a footer."""
    sign, segments = row
    if sign in ("-->", ":::"):
        return [(" " * gutter + sign + " ", "frame"), *segments]
    if sign in ("...", "="):
        return [(sign if sign == "..." else " " * gutter + " = ", "frame"), *segments]
    if sign == "more":
        return [(" " * (gutter + 3), "plain"), *segments]
    return [(f"{sign:>{gutter}} | ", "frame"), *segments]


def _labels(finding: Finding) -> list[tuple[Label, bool]]:
    primary = [(Label(finding.span, finding.label), True)] if finding.span else []
    return [*primary, *((label, False) for label in finding.labels)]


def _shown(label: Label, sources: Mapping[str, str]) -> bool:
    text = sources.get(label.span.file)
    return text is not None and label.span.start.line <= len(split_lines(text))


def _last_line(finding: Finding, sources: Mapping[str, str]) -> int:
    return max((label.span.end.line for label, _ in _labels(finding) if _shown(label, sources)), default=1)


def _places(finding: Finding, sources: Mapping[str, str], width: int) -> list[Row]:
    """The arrow to each file and its lines: the primary file first, then the others in the order of the labels."""
    primary: list[Row] = [] if finding.span is None else [("-->", [(clean(str(finding.span)), "plain")])]
    files = dict.fromkeys(label.span.file for label, main in _labels(finding) if main or _shown(label, sources))
    rows: list[Row] = []
    for file in files:
        here = [pair for pair in _labels(finding) if pair[0].span.file == file and _shown(pair[0], sources)]
        away = finding.span is None or file != finding.span.file
        rows += [(":::", [(clean(str(here[0][0].span)), "plain")])] if away else primary
        rows += snippet(here, sources[file], finding.severity, width) if here else []
    return rows


def _footers(finding: Finding, sources: Mapping[str, str], width: int) -> list[Row]:
    unseen = [label for label, _ in _labels(finding) if label.text and not _shown(label, sources)]
    rows = [row for label in unseen for row in _footer("note", [f"{label.span}: {label.text}"])]
    if finding.trace:
        rows += _footer("trace", _wrapped_trace(finding.trace, width - len("trace: ")))
    for note in finding.notes:
        rows += _footer("note", note.split("\n"))
    for text in finding.helps:
        rows += _footer("help", text.split("\n"))
    return rows


def _footer(kind: str, lines: Sequence[str]) -> list[Row]:
    """A footer whose further lines stand under the first."""
    style: Style = "help" if kind == "help" else "message"
    first: Row = ("=", [(f"{kind}:", style), (f" {clean(lines[0])}", "plain")])
    hang = " " * (len(kind) + 2)
    more: list[Row] = [("more", [(hang + clean(line), "plain")]) for line in lines[1:]]
    return [first, *more]


def _wrapped_trace(steps: Sequence[str], width: int) -> list[str]:
    """Join the steps by arrows, with a new line before an arrow that would not fit."""
    lines = [clean(steps[0])]
    for step in map(clean, steps[1:]):
        if len(lines[-1]) + len(step) + 4 > width:
            lines.append(f"-> {step}")
        else:
            lines[-1] += f" -> {step}"
    return lines
