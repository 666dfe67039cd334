"""Edits of text: numbers replaced where they stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flowspec.diagnostics import Span
from flowspec.verify.result import Change


@dataclass(frozen=True, slots=True)
class Edit:
    """The text of a span replaced; `what` names the number for people."""

    span: Span
    text: str
    what: str
    before: str

    def change(self) -> Change:
        return Change(self.span.file, self.span.start.line, self.what, self.before, self.text)


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text of one file after edits that do not overlap; of two at one place the first counts."""
    lines = text.split("\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)
    places = {_place(starts, edit.span): edit.text for edit in reversed(list(edits))}
    for (start, end), new in sorted(places.items(), reverse=True):
        text = text[:start] + new + text[end:]
    return text


def _place(starts: list[int], span: Span) -> tuple[int, int]:
    begin, end = span.start, span.end
    return starts[begin.line - 1] + begin.column - 1, starts[end.line - 1] + end.column - 1
