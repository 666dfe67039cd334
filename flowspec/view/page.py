"""A picture laid out on a page: what stands where, in pixels. The writers of SVG and PNG draw it as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

import numpy as np

from flowspec.view.blocks import Block, Ink, block_of, extent_of, grid_of, inks_of
from flowspec.view.chart_layout import arranged
from flowspec.view.graphs import Box, Chart
from flowspec.view.pictures import Axis, Figure, Panel, Picture, kind_of
from flowspec.view.words import joined, wrapped

WIDTH, MARGIN, GAP = 880, 24, 20
SIZE, SMALL, SMALLEST, LARGE = 13, 11, 9, 20  # of letters
MOST_NUMBERS = 1024  # cells of a panel that are numbered
LETTER = 0.53  # the width of a letter by its size, a little more than most fonts take
LEADING = 1.5
AXES_FROM = 90  # pixels from which a side has its axis beside it, and not in words


@dataclass(frozen=True, slots=True)
class Words:
    """One line of text: `y` is its baseline, `paper` its colour that of the page; `anchor` start, middle or end; `turned` runs upwards."""

    x: float
    y: float
    text: str
    size: int = SIZE
    faint: bool = False
    bold: bool = False
    paper: bool = False
    anchor: str = "start"
    turned: bool = False


@dataclass(frozen=True, slots=True)
class Placed:
    """A block of cells, or a swatch of a legend, at its upper left corner."""

    x: float
    y: float
    block: Block


@dataclass(frozen=True, slots=True)
class Frame:
    """The outline of a box of a chart, by its upper left corner; `key` names its colour."""

    x: float
    y: float
    width: float
    height: float
    key: str


@dataclass(frozen=True, slots=True)
class Arrow:
    """A line through points (relative to x, y), with a head at its end."""

    x: float
    y: float
    points: tuple[tuple[float, float], ...]


Item = Words | Placed | Frame | Arrow


@dataclass(frozen=True, slots=True)
class Page:
    """What to draw, on how many pixels."""

    width: int
    height: int
    items: tuple[Item, ...]


def lay_out(picture: Picture) -> Page:
    """The whole picture: title, legend, figures below each other, notes."""
    items: list[Item] = [Words(MARGIN, MARGIN + LARGE, picture.title, LARGE, bold=True)]
    y = _lines(items, MARGIN + LARGE, [picture.subtitle], faint=True)
    y = _legend(items, picture, y + GAP)
    for figure in picture.figures:
        y = _figure(items, figure, y + 1.5 * GAP)
    if picture.notes:
        y = _lines(items, y + GAP, picture.notes)
    widest = max((item.x + item.width for item in items if isinstance(item, Frame)), default=0.0)
    return Page(max(WIDTH, round(widest + MARGIN)), round(y + MARGIN), tuple(items))


def lay_out_panels(figure: Figure) -> Page:
    """The panels of one figure alone, for pages that set text themselves."""
    items, width, height = _panels(figure, WIDTH)
    return Page(round(width) + 2, round(height) + 2, tuple(_moved(items, 1, 1)))


def lay_out_ink(ink: Ink) -> Page:
    """A swatch for a legend elsewhere."""
    return Page(SIZE, SIZE, (Placed(0, 0, Block.of_ink(ink, SIZE)),))


# --- figures -------------------------------------------------------------------------------------------------------


def _figure(items: list[Item], figure: Figure, y: float) -> float:
    """Draws a figure below `y` and returns where it ends."""
    for line in wrapped(figure.title, _letters(WIDTH - 2 * MARGIN, 15)):
        y += 15 * LEADING
        items.append(Words(MARGIN, y, line, 15, bold=True))
    y = _lines(items, y, [figure.place], faint=True)
    y = _lines(items, y, [*figure.facts, *axes_in_words(figure)])
    if not figure.panels and figure.chart is None:
        return y
    panels, _, height = _panels(figure, WIDTH - 2 * MARGIN)
    items.extend(_moved(panels, MARGIN, y + GAP / 2))
    return y + GAP / 2 + height


def axes_in_words(figure: Figure) -> list[str]:
    """What rows and columns are, for panels too small to have axes beside them, and how many cells were joined."""
    words: dict[str, None] = {}
    for panel in figure.panels:
        width, height = extent_of(panel)
        for way, axis, size in (("down", panel.rows, height), ("across", panel.columns, width)):
            if _long_enough(axis) and size < AXES_FROM:
                words[f"{way}: {axis.name} {axis.first} to {axis.last}"] = None
        if (grid := grid_of(panel)) != panel.shape:
            words[f"a square stands for about {joined(panel.shape, grid)} cells"] = None
    return ["; ".join(words)] if words else []


def _panels(figure: Figure, width: float) -> tuple[list[Item], float, float]:
    """Panels in rows, as many as fit or `across`; the width and height that they take."""
    if figure.chart is not None:
        return chart_items(figure.chart)
    items: list[Item] = []
    x = y = height = widest = 0.0
    for k, panel in enumerate(figure.panels):
        drawn, w, h = _panel(panel)
        new = k and kind_of(panel) != kind_of(figure.panels[k - 1])
        if k and (new or x + w > width or (figure.across and k % figure.across == 0)):
            x, y, height = 0.0, y + height + GAP, 0.0
        items.extend(_moved(drawn, x, y))
        x, height = x + w + GAP, max(height, h)
        widest = max(widest, x - GAP)
    return items, widest, y + height


def _panel(panel: Panel) -> tuple[list[Item], float, float]:
    """A panel with its title and axes: items, width and height."""
    block = block_of(panel)
    beside, below = _axes(panel)
    left = 0.0
    if beside:
        left = SMALL * LEADING + LETTER * SMALL * max(len(f"{n:,}") for n in (panel.rows.first, panel.rows.last))
    top = SMALL * LEADING if panel.title else 0.0
    items: list[Item] = [Placed(left, top, block)]
    if panel.title:
        items.append(Words(left, SMALL, panel.title, SMALL))
    items.extend(_numbers(panel, block, left, top))
    items.extend(_ticks(panel, block, left, top))
    width = max(left + block.width, left + _long(panel.title, SMALL))
    return items, width, top + block.height + (SMALL * LEADING if below else 0.0)


def _numbers(panel: Panel, block: Block, left: float, top: float) -> Iterator[Words]:
    """The numbers of cells that are large enough for them, light on dark cells."""
    if panel.numbers is None or panel.shape != grid_of(panel) or panel.numbers.size > MOST_NUMBERS:
        return
    last = int(panel.numbers.max(initial=1))
    if block.across < LETTER * SMALLEST * len(str(last)) + 2 or block.down < SMALLEST:
        return
    for (row, column), n in np.ndenumerate(panel.numbers):
        if n:
            x, y = left + (column + 0.5) * block.across, top + (row + 0.5) * block.down + SMALLEST / 3
            yield Words(x, y, str(n), SMALLEST, paper=2 * int(n) > last, anchor="middle")


def _ticks(panel: Panel, block: Block, left: float, top: float) -> Iterator[Words]:
    """The name and the ends of each axis."""
    base, half = top + block.height + SMALL + 3, SMALL / 2 - 1
    beside, below = _axes(panel)
    if below:
        yield Words(left, base, f"{panel.columns.first:,}", SMALL, faint=True)
        yield Words(left + block.width, base, f"{panel.columns.last:,}", SMALL, faint=True, anchor="end")
        yield Words(left + block.width / 2, base, panel.columns.name, SMALL, faint=True, anchor="middle")
    if beside:
        yield Words(left - 5, top + SMALL - 2, f"{panel.rows.first:,}", SMALL, faint=True, anchor="end")
        yield Words(left - 5, top + block.height, f"{panel.rows.last:,}", SMALL, faint=True, anchor="end")
        yield Words(
            left - 5 - half, top + block.height / 2, panel.rows.name, SMALL, faint=True, anchor="middle", turned=True
        )


def _axes(panel: Panel) -> tuple[bool, bool]:
    """Whether the axis of rows stands beside the panel, and that of columns below it."""
    width, height = extent_of(panel)
    return _long_enough(panel.rows) and height >= AXES_FROM, _long_enough(panel.columns) and width >= AXES_FROM


def _long_enough(axis: Axis) -> bool:
    return bool(axis.name) and axis.first != axis.last


# --- charts --------------------------------------------------------------------------------------------------------

BOX_WIDTH, BOX_GAP, RANK_GAP, LINE_HEIGHT = 190, 26, 30, 15
OUTLINES = {"source": "fs-itself", "weighted": "fs-seen", "bound": "fs-missing", "density": "fs-seen"}


def chart_items(chart: Chart) -> tuple[list[Item], float, float]:
    """The boxes and arrows of a chart; the width and height that they take."""
    plan, texts = arranged(chart), [_box_lines(box) for box in chart.boxes]
    high = max(len(lines) for lines in texts) * LINE_HEIGHT + 10
    column, rank = BOX_WIDTH + BOX_GAP, high + RANK_GAP
    items: list[Item] = []
    for arrow in plan.arrows:
        points = [(x * column + BOX_WIDTH / 2, y * rank + high / 2) for x, y in arrow]
        points[0] = (points[0][0], points[0][1] + high / 2)
        points[-1] = (points[-1][0], points[-1][1] - high / 2)
        items.append(Arrow(0, 0, tuple(points)))
    for (x, y), box, lines in zip(plan.boxes, chart.boxes, texts, strict=True):
        items.append(Frame(x * column, y * rank, BOX_WIDTH, high, OUTLINES.get(box.kind, "fs-faint")))
        for k, line in enumerate(lines):
            at = (x * column + 8, y * rank + 4 + (k + 0.75) * LINE_HEIGHT)
            items.append(Words(*at, line, SMALL if k else 12, faint=k > 1, bold=not k))
    return items, (plan.width - 1) * column + BOX_WIDTH, plan.height * rank - RANK_GAP


def _box_lines(box: Box) -> list[str]:
    """The name, the op, the shape and size, and what is proved; each cut to the width of a box."""
    size = f"{box.type}   {box.parameters:,} parameters" if box.parameters else box.type
    times = f"  x {box.rounds} rounds" if box.rounds > 1 else ""
    room = _letters(BOX_WIDTH - 12, SMALL)
    found = [f"{box.name}{times}", box.words, size, *wrapped(box.proof, room)]
    return [line if len(line) <= room else f"{line[: room - 3]}..." for line in found if line]


# --- words ---------------------------------------------------------------------------------------------------------


def _legend(items: list[Item], picture: Picture, y: float) -> float:
    x = float(MARGIN)
    for ink, label in inks_of(picture):
        width = SIZE + 6 + _long(label, SIZE) + GAP
        if x > MARGIN and x + width > WIDTH:
            x, y = float(MARGIN), y + SIZE * LEADING
        items += [
            Placed(x, y, Block.of_ink(ink, SIZE)),
            Words(x + SIZE + 6, y + SIZE - 2, label),
        ]
        x += width
    return y + SIZE


def _lines(items: list[Item], y: float, texts: Iterable[str], faint: bool = False) -> float:
    """Paragraphs below `y`; returns the last baseline."""
    for text in texts:
        for line in wrapped(text, _letters(WIDTH - 2 * MARGIN, SIZE)):
            y += SIZE * LEADING
            items.append(Words(MARGIN, y, line, faint=faint))
    return y


def _letters(width: float, size: int) -> int:
    return int(width / (LETTER * size))


def _long(text: str, size: int) -> float:
    return LETTER * size * len(text)


def _moved(items: Iterable[Item], x: float, y: float) -> Iterator[Item]:
    return (replace(item, x=item.x + x, y=item.y + y) for item in items)
