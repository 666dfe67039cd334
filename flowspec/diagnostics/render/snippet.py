"""Source lines with their carets and labels."""

from __future__ import annotations

from collections.abc import Sequence

from flowspec.diagnostics.finding import Label
from flowspec.diagnostics.render.color import Segment, Style
from flowspec.diagnostics.render.marks import Mark, Window, marks_of, windows
from flowspec.diagnostics.text import clean, split_lines

Row = tuple[str, list[Segment]]  # what stands in the gutter, and the rest of the line


def snippet(labels: Sequence[tuple[Label, bool]], text: str, style: Style, width: int) -> list[Row]:
    """Draw the labelled lines of one file; a label is primary or not, and `style` is that of primary ones."""
    lines = split_lines(text)
    marks: dict[int, list[Mark]] = {}
    gaps: set[int] = set()
    for label, primary in labels:
        found, gap = marks_of(label.span, clean(label.text), primary, lines)
        gaps |= {gap} if gap else set()
        for number, mark in found:
            marks.setdefault(number, []).append(mark)
    rows: list[Row] = []
    for number in sorted(marks):
        for window in windows(lines[number - 1], marks[number], width):
            rows.append((str(number), [(window.text, "plain")]))
            rows += [("", row) for row in _underline(window, style)]
        rows += [("...", [])] if number in gaps and number + 1 not in marks else []
    return rows


def _underline(window: Window, style: Style) -> list[list[Segment]]:
    """The rows under a source line: the marks, with the last text beside them and the others hung below."""
    inline = _inline(window.marks)
    first = _carets(window.marks, style)
    if inline is not None:
        first += [(" ", "plain"), (inline.text, _style(inline, style))]
    hanging = sorted((m for m in window.marks if m.text and m is not inline), key=lambda m: -m.start)
    rows = [first]
    if hanging:
        rows.append(_stems(hanging, style))
    for i, mark in enumerate(hanging):
        stems = _stems([m for m in hanging[i + 1 :] if m.start < mark.start], style)
        rows.append([*stems, (" " * (mark.start - len(stems)), "plain"), (mark.text, _style(mark, style))])
    return rows


def _inline(marks: Sequence[Mark]) -> Mark | None:
    """The mark whose text may stand on the carets' own line: nothing is marked to the right of it."""
    end = max(m.end for m in marks)
    last = max((m for m in marks if m.end == end), key=lambda m: (m.start, m.primary))
    return last if last.text else None


def _carets(marks: Sequence[Mark], style: Style) -> list[Segment]:
    row: list[Segment] = [(" ", "plain")] * max(m.end for m in marks)
    for mark in sorted(marks, key=lambda m: m.primary):
        row[mark.start : mark.end] = [("^" if mark.primary else "-", _style(mark, style))] * (mark.end - mark.start)
    return row


def _stems(marks: Sequence[Mark], style: Style) -> list[Segment]:
    row: list[Segment] = [(" ", "plain")] * max((m.start + 1 for m in marks), default=0)
    for mark in sorted(marks, key=lambda m: m.primary):
        row[mark.start] = ("|", _style(mark, style))
    return row


def _style(mark: Mark, style: Style) -> Style:
    return style if mark.primary else "frame"
