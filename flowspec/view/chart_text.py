"""A chart as lines of text: a row a box in reading order, with what it reads."""

from __future__ import annotations

from collections.abc import Iterator

from flowspec.diagnostics.text import clean
from flowspec.view.chart_rounds import Box, Chart
from flowspec.view.text_cells import Run
from flowspec.view.words import spelled

FAINT, BOLD = "2", "1"
COLORS = {"source": BOLD, "weighted": "38;5;33", "bound": "38;5;208", "density": BOLD}


def chart_lines(chart: Chart, width: int, ascii_only: bool = False) -> Iterator[tuple[Run, ...]]:
    """Columns of name, op, shape, parameters, what is proved and what is read; where those are too wide, two lines a box."""
    reads: dict[int, list[str]] = {}
    for source, target in chart.arrows:
        reads.setdefault(target, []).append(chart.boxes[source].name)
    given: dict[int, list[str]] = {}
    for source, target, name in chart.given:
        given.setdefault(target, []).append(f"{name} <- {chart.boxes[source].name}")
    rows = [_cells(box, reads.get(k, []), given.get(k, []), ascii_only) for k, box in enumerate(chart.boxes)]
    widths = [max(len(row[n]) for row in rows) for n in range(5)]
    wide = sum(widths) + 2 * 5 + max(len(row[5]) for row in rows) <= width
    for row, box in zip(rows, chart.boxes, strict=True):
        color = COLORS.get(box.kind, "")
        if wide:
            padded = [
                cell.ljust(w) if n != 3 else cell.rjust(w) for n, (cell, w) in enumerate(zip(row, widths, strict=False))
            ]
            yield ((padded[0] + "  ", color), ("  ".join(padded[1:]) + "  ", ""), (row[5], FAINT))
        else:
            yield ((_cut(row[0], width), color), (_cut("  " + row[1], max(0, width - len(row[0]))), ""))
            rest = "  ".join(cell for cell in row[2:] if cell)
            yield ((_cut(f"    {rest}", width), FAINT),)


def _cells(box: Box, reads: list[str], given: list[str], ascii_only: bool) -> list[str]:
    times = f" x {box.rounds}" if box.rounds > 1 else ""
    sizes = f"{box.parameters:,}" if box.parameters else ""
    read = "; ".join([f"<- {', '.join(reads)}", *given] if reads else given)
    cells = [clean(cell) for cell in (box.name + times, box.words, box.type, sizes, box.proof, read)]
    return [spelled(cell, ascii_only) for cell in cells]


def _cut(text: str, width: int) -> str:
    return text if len(text) <= width else text[: max(0, width - 3)] + "..."
