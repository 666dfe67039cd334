"""Where carets go: spans as marks on single lines, grouped into what one terminal line can show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from flowspec.diagnostics.place import Span
from flowspec.diagnostics.text import Layout, lay_out

_HEAD, _TAIL = 2, 1  # the lines of a long span that are shown, before and after the gap
CUT = "..."


@dataclass(frozen=True, slots=True)
class Mark:
    """An underline on one line, in columns from 1 or in cells from 0, and what to write at it."""

    start: int
    end: int
    primary: bool
    text: str = ""


@dataclass(frozen=True, slots=True)
class Window:
    """The part of a line that is shown: its text and its marks in cells of that text."""

    text: str
    marks: tuple[Mark, ...]


def marks_of(span: Span, text: str, primary: bool, lines: Sequence[str]) -> tuple[list[tuple[int, Mark]], int | None]:
    """Split a span into marks by line number; the second result is the line after which lines are left out.

    Blank beginnings and ends of lines inside the span are not marked; the text goes to the last line. There are no
    marks when the span starts outside the lines.
    """
    if span.start.line > len(lines):
        return [], None
    covered = [(n, m) for n in _numbers(span, len(lines)) if (m := _covered(span, n, lines[n - 1], primary))]
    if not covered:
        covered = [(span.start.line, Mark(span.start.column, span.start.column + 1, primary))]
    gap = None
    if len(covered) > _HEAD + _TAIL + 1:
        covered, gap = covered[:_HEAD] + covered[-_TAIL:], covered[_HEAD - 1][0]
    number, last = covered[-1]
    return [*covered[:-1], (number, Mark(last.start, last.end, primary, text))], gap


def _numbers(span: Span, count: int) -> range:
    return range(span.start.line, min(span.end.line, count) + 1)


def _covered(span: Span, number: int, line: str, primary: bool) -> Mark | None:
    """The mark of one line of the span; None when it covers blanks alone."""
    start = span.start.column if number == span.start.line else 1
    end = span.end.column if number == span.end.line else len(line) + 1
    if span.start.line == span.end.line:
        return Mark(start, max(end, start + 1), primary)
    inside = line[start - 1 : end - 1]
    blank = len(inside) - len(inside.lstrip())
    return Mark(start + blank, start + len(inside.rstrip()), primary) if inside.strip() else None


def windows(line: str, marks: Sequence[Mark], width: int) -> list[Window]:
    """Show a line in `width` cells, more than once when its marks lie too far apart."""
    layout = lay_out(line)
    placed = sorted((_placed(mark, layout) for mark in marks), key=lambda m: (m.start, m.end, not m.primary))
    if max(layout.width, *(m.end for m in placed)) <= width:
        return [Window("".join(layout.glyphs), tuple(placed))]
    inner = width - 2 * len(CUT)
    return [_window(layout, group, inner) for group in _groups(placed, inner)]


def _placed(mark: Mark, layout: Layout) -> Mark:
    start, end = layout.cells(mark.start, mark.end)
    return Mark(start, end, mark.primary, mark.text)


def _groups(marks: Sequence[Mark], inner: int) -> list[list[Mark]]:
    groups: list[list[Mark]] = []
    for mark in marks:
        if groups and max(mark.end, *(m.end for m in groups[-1])) - groups[-1][0].start <= inner:
            groups[-1].append(mark)
        else:
            groups.append([mark])
    return groups


def _window(layout: Layout, marks: Sequence[Mark], inner: int) -> Window:
    """Cut the line to about `inner` cells around the marks, with dots where something is cut off."""
    low, high = marks[0].start, max(m.end for m in marks)
    width = max(layout.width, high)
    left = max(0, min(low - max(0, inner - (high - low)) // 2, width - inner))
    shown = [i for i, _ in enumerate(layout.glyphs) if left <= layout.edges[i] and layout.edges[i + 1] <= left + inner]
    left = layout.edges[shown[0]] if shown else left
    before, after = CUT * (left > 0), CUT * (left + inner < layout.width)
    shift = len(before) - left
    moved = (Mark(m.start + shift, min(m.end, left + inner) + shift, m.primary, m.text) for m in marks)
    return Window(before + "".join(layout.glyphs[i] for i in shown) + after, tuple(moved))
