"""The findings of a page: in words with every place, note and step that check gives, and as marks in the source."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape
from typing import Any

from flowspec.diagnostics import Finding, Label, Span
from flowspec.diagnostics.text import clean, split_lines


def marks_of(findings: Sequence[Finding], path: str, text: str) -> list[dict[str, Any]]:
    """What to underline in the source of `path`, and the words for below the line: the finding's own place first.

    Columns count from 0 in the cleaned line.
    """
    lines = split_lines(text)
    return [
        _mark(finding, label, main, lines[label.span.start.line - 1])
        for finding in findings
        for label, main in _labels(finding)
        if label.span.file == path and label.span.start.line <= len(lines)
    ]


def _labels(finding: Finding) -> list[tuple[Label, bool]]:
    own = [(Label(finding.span, finding.label), True)] if finding.span else []
    return [*own, *((label, False) for label in finding.labels)]


def _mark(finding: Finding, label: Label, main: bool, line: str) -> dict[str, Any]:
    start, end = label.span.start, label.span.end
    last = end.column - 1 if end.line == start.line else len(line.rstrip())
    said = f"{finding.code} {finding.message}" if main else f"{finding.code}: {label.text}" if label.text else ""
    return {
        "severity": finding.severity,
        "main": main,
        "line": start.line,
        "start": len(clean(line[: start.column - 1])),
        "end": len(clean(line[:last])),
        "words": clean(said),
    }


def findings_html(findings: Sequence[Finding], path: str) -> str:
    """The section of the findings, empty without one; places in the file `path` are links to their lines."""
    if not findings:
        return ""
    return f'<h2>Findings</h2>\n<ul id="findings">\n{"".join(_finding(f, path) for f in findings)}</ul>\n'


def _finding(finding: Finding, path: str) -> str:
    head = f"<p><b>{_text(f'{finding.severity} {finding.code}')}</b>: {_text(finding.message)}</p>\n"
    return f'<li class="{finding.severity}">{head}{"".join(_details(finding, path))}</li>\n'


def _details(finding: Finding, path: str) -> Iterator[str]:
    places = [_place(label, path) for label, _ in _labels(finding)]
    if places:
        yield f'<ul class="places">{"".join(f"<li>{place}</li>" for place in places)}</ul>\n'
    if finding.trace:
        stops = finding.stops or (None,) * len(finding.trace)
        steps = (f"<li>{_step(words, span, path)}</li>" for words, span in zip(finding.trace, stops, strict=True))
        yield f'<p>trace, step by step:</p>\n<ol class="trace">{"".join(steps)}</ol>\n'
    for kind, lines in {"note": finding.notes, "help": finding.helps}.items():
        for words in lines:
            yield f'<p class="{kind}">{kind}: {_text(words)}</p>\n'


def _place(label: Label, path: str) -> str:
    where = f"line {label.span.start.line}" if label.span.file == path else str(label.span)
    return _linked(where, label.span, path) + (f": {_text(label.text)}" if label.text else "")


def _step(words: str, span: Span | None, path: str) -> str:
    if span is None:
        return _text(words)
    if span.file != path:
        return f"{_text(words)} ({_text(str(span))})"
    return f"{_linked(words, span, path)} (line {span.start.line})"


def _linked(words: str, span: Span, path: str) -> str:
    if span.file != path:
        return _text(words)
    return f'<a href="#line{span.start.line}" data-line="{span.start.line}">{_text(words)}</a>'


def cleaned(data: Any) -> Any:
    """Data of a page with every string in it without control and format characters."""
    if isinstance(data, str):
        return data if data.isprintable() else clean(data)
    if isinstance(data, Mapping):
        return {key: cleaned(value) for key, value in data.items()}
    return [cleaned(value) for value in data] if isinstance(data, list | tuple) else data


def _text(text: str) -> str:
    return escape("\n".join(clean(line) for line in text.split("\n")))
