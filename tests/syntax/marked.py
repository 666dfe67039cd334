"""Places in test texts, written as the text between two marks: `a: «*p»`."""

from __future__ import annotations

from flowspec.diagnostics import Position, Span


def unmark(marked: str, file: str = "t.yaml") -> tuple[str, Span]:
    """The text without its marks, and the span between them."""
    before, inside, after = marked.replace("»", "«").split("«")
    return before + inside + after, Span(file, _position(before), _position(before + inside))


def at(text: str, span: Span) -> str:
    """The characters of `text` that `span` covers."""
    lines = text.split("\n")
    if span.start.line == span.end.line:
        return lines[span.start.line - 1][span.start.column - 1 : span.end.column - 1]
    first, last = lines[span.start.line - 1][span.start.column - 1 :], lines[span.end.line - 1][: span.end.column - 1]
    return "\n".join([first, *lines[span.start.line : span.end.line - 1], last])


def _position(before: str) -> Position:
    return Position(before.count("\n") + 1, len(before) - before.rfind("\n"))
