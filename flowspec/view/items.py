"""What a page consists of, in pixels: lines of text, blocks of cells, outlines and arrows."""

from __future__ import annotations

from dataclasses import dataclass

from flowspec.view.blocks import Block

WIDTH, MARGIN, GAP = 880, 24, 20
SIZE, SMALL, SMALLEST, LARGE = 13, 11, 9, 20  # of letters
LEADING = 1.5


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
    """The outline of a box of a chart, by its upper left corner; `key` names its colour, `hint` is read on hovering."""

    x: float
    y: float
    width: float
    height: float
    key: str
    hint: str = ""


@dataclass(frozen=True, slots=True)
class Arrow:
    """A line through points (relative to x, y), with a head at its end; `dashed` for what goes back to the next round."""

    x: float
    y: float
    points: tuple[tuple[float, float], ...]
    dashed: bool = False


Item = Words | Placed | Frame | Arrow


@dataclass(frozen=True, slots=True)
class Page:
    """What to draw, on how many pixels."""

    width: int
    height: int
    items: tuple[Item, ...]
