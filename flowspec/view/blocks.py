"""The cells of a panel as a few inks on a grid of squares: what pixels need to know of them."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flowspec.view.pictures import Codes, Panel, Picture, rarest
from flowspec.view.tones import BLANK, Tone

FINE, COARSE = 256, 160  # cells an axis: of panels of several tones, and of two
LEAST = 16  # cells that an axis keeps in any case
LARGEST, SMALLEST, WISHED, THINNEST = 18, 3, 270, 72  # pixels: of a cell, of the longer and the shorter side
STEPS = 8  # of shades between none and all


@dataclass(frozen=True, slots=True)
class Ink:
    """The colour of `tone`, laid with the strength `share` over that of `under`."""

    tone: Tone
    under: Tone
    share: float = 1.0


@dataclass(frozen=True, eq=False, slots=True)
class Block:
    """Cells of `across` x `down` pixels; `codes` (rows, columns) index `inks`, and ink `base` lies below all others."""

    codes: Codes
    inks: tuple[Ink, ...]
    base: int
    across: int
    down: int

    @staticmethod
    def of_ink(ink: Ink, cell: int) -> Block:
        """One square."""
        return Block(np.zeros((1, 1), dtype=np.intp), (ink,), 0, cell, cell)

    @property
    def width(self) -> int:
        return self.across * int(self.codes.shape[1])

    @property
    def height(self) -> int:
        return self.down * int(self.codes.shape[0])


def shaded(panel: Panel) -> bool:
    """Whether the squares of a panel show shares: its cells are joined, or are shares by themselves."""
    return panel.binary and (panel.mixed or grid_of(panel) != panel.shape)


def grid_of(panel: Panel) -> tuple[int, int]:
    """How many squares show a panel: each cell where there are few, else blocks that keep the proportions."""
    rows, columns = panel.shape
    scale = min(1.0, (COARSE if panel.binary else FINE) / max(rows, columns))
    down, across = (min(n, max(round(n * scale), LEAST)) for n in (rows, columns))
    return down, across


def cell_of(panel: Panel) -> tuple[int, int]:
    """The pixels of a cell, across and down: a square, but for panels that would be too thin to read."""
    down, across = grid_of(panel)
    side = max(SMALLEST, min(LARGEST, WISHED // max(down, across)))
    return tuple(max(side, min(LARGEST, THINNEST // n)) for n in (across, down))  # type: ignore[return-value]


def extent_of(panel: Panel) -> tuple[int, int]:
    """The pixels of a panel, across and down."""
    rows, columns = grid_of(panel)
    across, down = cell_of(panel)
    return across * columns, down * rows


def block_of(panel: Panel) -> Block:
    """The squares of a panel."""
    rows, columns = grid_of(panel)
    shares = panel.cells.shares(rows, columns)
    if shaded(panel):
        off, on = panel.tones
        inks = tuple(Ink(on, off, step / STEPS) for step in range(STEPS + 1))
        codes = _steps(shares[1])
        if panel.numbers is not None:  # numbers begin at 1: there is no variable where there is none
            codes[shares[1] <= 0] = len(inks)
        return Block(codes, (*inks, Ink(BLANK, BLANK)), 0, *cell_of(panel))
    codes = rarest(panel.tones, shares)
    base = Counter(codes.ravel().tolist()).most_common(1)[0][0]
    return Block(codes, tuple(Ink(tone, tone) for tone in panel.tones), base, *cell_of(panel))


def _steps(on: npt.NDArray[np.float64]) -> Codes:
    """Shares in steps; the first is none at all and the last is all, exactly."""
    inner = np.clip(np.rint(on * STEPS), 1, STEPS - 1)
    codes: Codes = np.where(on <= 0, 0, np.where(on >= 1, STEPS, inner)).astype(np.intp)
    return codes


def inks_of(picture: Picture) -> Iterator[tuple[Ink, str]]:
    """The legend: the tones that occur, and the scale of shares where some panel has shades."""
    panels = [panel for figure in picture.figures for panel in figure.panels]
    yield from ((Ink(tone, tone), tone.label) for tone in picture.tones if tone.label)
    scales = {panel.tones: None for panel in panels if shaded(panel)}
    for off, on in scales:
        quarters = ((1, "1/4"), (2, "1/2"), (3, "3/4"))
        yield from ((Ink(on, off, n / 4), f"{words} {on.scale}") for n, words in quarters)
