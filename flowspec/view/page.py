"""A picture laid out on a page: what stands where, in pixels. The writers of SVG and PNG draw it as it is."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from math import ceil

import numpy as np

from flowspec.view.blocks import Block, Ink, block_of, extent_of, grid_of, inks_of, shaded
from flowspec.view.chart_items import chart_items, chart_legend
from flowspec.view.items import (
    GAP,
    LARGE,
    LEADING,
    MARGIN,
    SIZE,
    SMALL,
    SMALLEST,
    WIDTH,
    Arrow,
    Frame,
    Item,
    Page,
    Placed,
    Words,
)  # fmt: skip
from flowspec.view.letters import lines, long
from flowspec.view.pictures import Axis, Figure, Panel, Picture, kind_of
from flowspec.view.words import RAREST, joined

NARROWEST, READABLE = 360, 580  # pixels that a page takes at least, and that a paragraph on it takes at most
NARROW, BROAD = 270, 1400  # pixels that a figure takes at least, and that rows of charts take at most
MANY = 4  # charts from which rows may be broad
MOST_NUMBERS = 1024  # cells of a panel that are numbered
PALE = 0.8  # the share of an ink up to which the colour of text is read on it better than that of paper
AXES_FROM = 90  # pixels from which a side has its axis beside it, and not in words


__all__ = [
    "Arrow", "Frame", "Item", "Page", "Placed", "Words", "axes_in_words", "lay_out", "lay_out_ink", "lay_out_panels",
]  # fmt: skip


def lay_out(picture: Picture) -> Page:
    """The whole picture: title, legend, figures below each other, notes."""
    items: list[Item] = [Words(MARGIN, MARGIN + LARGE, picture.title, LARGE, bold=True)]
    y = _lines(items, MARGIN + LARGE, [picture.subtitle], faint=True)
    rows = list(_rows(picture.figures))
    charts = [sum(room + 2 * GAP for figure, room in row if figure.chart is not None) - 2 * GAP for row in rows]
    y = _legend(items, picture, y + GAP, max(READABLE, *charts, 0))
    for row in rows:
        ends, x = [], float(MARGIN)
        for figure, room in row:
            ends.append(_figure(items, figure, x, y + 1.5 * GAP, room, room if len(row) > 1 else READABLE))
            x += room + 2 * GAP
        y = max(ends)
    if picture.notes:
        y = _lines(items, y + GAP, picture.notes)
    widest = max(_right(item) for item in items)
    return Page(max(NARROWEST, ceil(widest + MARGIN)), round(y + MARGIN), tuple(items))


def _right(item: Item) -> float:
    """Where an item ends on the right."""
    match item:
        case Words():
            left = {"start": 0.0, "middle": 0.5, "end": 1.0}[item.anchor]
            return item.x + (0.0 if item.turned else (1 - left) * long(item.text, item.size, item.bold))
        case Placed():
            return item.x + item.block.width
        case Frame():
            return item.x + item.width
        case Arrow():
            return item.x + max(x for x, _ in item.points)


def lay_out_panels(figure: Figure) -> Page:
    """The panels of one figure alone, for pages that set text themselves."""
    items, width, height = _panels(figure, WIDTH)
    return Page(round(width) + 2, round(height) + 2, tuple(_moved(items, 1, 1)))


def lay_out_ink(ink: Ink) -> Page:
    """A swatch for a legend elsewhere."""
    return Page(SIZE, SIZE, (Placed(0, 0, Block.of_ink(ink, SIZE)),))


# --- figures -------------------------------------------------------------------------------------------------------


def _rows(figures: tuple[Figure, ...]) -> Iterator[list[tuple[Figure, float]]]:
    """Figures with the width that each may take: narrow charts stand side by side, others below each other."""
    row: list[tuple[Figure, float]] = []
    whole = float(WIDTH if len(figures) < MANY else BROAD) - 2 * MARGIN
    for figure in figures:
        room = WIDTH - 2.0 * MARGIN if figure.chart is None else max(NARROW, chart_items(figure.chart)[1])
        if row and (figure.chart is None or sum(taken + 2 * GAP for _, taken in row) + room > whole):
            yield row
            row = []
        row.append((figure, room))
    if row:
        yield row


def _figure(items: list[Item], figure: Figure, x: float, y: float, room: float, broad: float) -> float:
    """Draws a figure below `y`, in `room` pixels with lines of text of `broad` ones, and returns where it ends."""
    for line in lines(figure.title, broad, 15, bold=True):
        y += 15 * LEADING
        items.append(Words(x, y, line, 15, bold=True))
    y = _lines(items, y, [figure.place], x, broad, faint=True)
    y = _lines(items, y, [*figure.facts, *axes_in_words(figure)], x, broad)
    if not figure.panels and figure.chart is None:
        return y
    panels, _, height = _panels(figure, room)
    items.extend(_moved(panels, x, y + GAP / 2))
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
            shown = "" if shaded(panel) else RAREST
            words[f"a square stands for about {joined(panel.shape, grid)} cells{shown}"] = None
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
        left = SMALL * LEADING + max(long(f"{n:,}", SMALL) for n in (panel.rows.first, panel.rows.last))
    top = SMALL * LEADING if panel.title else 0.0
    items: list[Item] = [Placed(left, top, block)]
    if panel.title:
        items.append(Words(left, SMALL, panel.title, SMALL))
    items.extend(_numbers(panel, block, left, top))
    items.extend(_ticks(panel, block, left, top))
    width = max(left + block.width, left + long(panel.title, SMALL))
    return items, width, top + block.height + (SMALL * LEADING if below else 0.0)


def _numbers(panel: Panel, block: Block, left: float, top: float) -> Iterator[Words]:
    """The numbers of cells that are large enough for them, light on dark cells."""
    if panel.numbers is None or panel.shape != grid_of(panel) or panel.numbers.size > MOST_NUMBERS:
        return
    last = int(panel.numbers.max(initial=1))
    dark = np.array([ink.share > PALE for ink in block.inks])[block.codes]
    if block.across < long(str(last), SMALLEST) or block.down < SMALLEST:
        return
    for (row, column), n in np.ndenumerate(panel.numbers):
        if n:
            x, y = left + (column + 0.5) * block.across, top + (row + 0.5) * block.down + SMALLEST / 3
            yield Words(x, y, str(n), SMALLEST, paper=bool(dark[row, column]), anchor="middle")


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


# --- words ---------------------------------------------------------------------------------------------------------


def _legend(items: list[Item], picture: Picture, y: float, room: float) -> float:
    """Draws the legend below `y` in lines of `room` pixels and returns where it ends."""
    x = float(MARGIN)
    if any(figure.chart is not None for figure in picture.figures):
        drawn, height = chart_legend([f.chart for f in picture.figures if f.chart is not None], room)
        items += _moved(drawn, MARGIN, y)
        if not picture.tones:
            return y + height
        y += height + SIZE * (LEADING - 1)
    if not picture.tones:
        return y - GAP
    for ink, label in inks_of(picture):
        width = SIZE + 6 + long(label, SIZE) + GAP
        if x > MARGIN and x + width - GAP > MARGIN + room:
            x, y = float(MARGIN), y + SIZE * LEADING
        items += [
            Placed(x, y, Block.of_ink(ink, SIZE)),
            Words(x + SIZE + 6, y + SIZE - 2, label),
        ]
        x += width
    return y + SIZE


def _lines(
    items: list[Item],
    y: float,
    texts: Iterable[str],
    x: float = MARGIN,
    room: float = READABLE,
    *,
    faint: bool = False,
) -> float:
    """Paragraphs below `y`; returns the last baseline."""
    for text in texts:
        for line in lines(text, room, SIZE):
            y += SIZE * LEADING
            items.append(Words(x, y, line, faint=faint))
    return y


def _moved(items: Iterable[Item], x: float, y: float) -> Iterator[Item]:
    return (replace(item, x=item.x + x, y=item.y + y) for item in items)
