"""Edits of text: numbers replaced where they stand."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from flowspec.diagnostics import Span
from flowspec.verify.result import Change


@dataclass(frozen=True, slots=True)
class Edit:
    """The text of a span replaced. For people, `what` was `before` and is `after` (the new text, if empty)."""

    span: Span
    text: str
    what: str
    before: str
    after: str = ""

    def change(self) -> Change:
        """The edit as people read it."""
        return Change(self.span.file, self.span.start.line, self.what, self.before, self.after or self.text)

    def holds(self, other: Edit) -> bool:
        """Whether another edit lies inside the span of this one."""
        a, b = self.span, other.span
        return self is not other and a.file == b.file and a.start <= b.start and b.end <= a.end and a != b


def apply(text: str, edits: Iterable[Edit]) -> str:
    """The text of one file after edits, none of which lies partly in another; of two at one place the first counts."""
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
