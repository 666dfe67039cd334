"""Pictures as inert data: figures of panels of cells. Views make them from facts, renderers show them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from flowspec.view.cells import Cells, Indexed, Numbered, Shaded, Shares
from flowspec.view.chart_rounds import Chart
from flowspec.view.tones import TONES, Tone

Codes = npt.NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Axis:
    """What the rows or the columns of a panel are, and the numbers of the first and the last."""

    name: str
    first: int = 0
    last: int = 0


@dataclass(frozen=True, eq=False, slots=True)
class Panel:
    """A rectangle of cells. A panel of two tones, (off, on), may be shown coarser: a cell then says what share is on."""

    title: str
    cells: Cells
    tones: tuple[Tone, ...]
    rows: Axis
    columns: Axis

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns at full resolution."""
        return self.cells.shape

    @property
    def binary(self) -> bool:
        """Whether cells are off or on, so that a coarse one has a share that is on."""
        return len(self.tones) == 2

    @property
    def mixed(self) -> bool:
        """Whether each cell is a share by itself."""
        return isinstance(self.cells, Shaded | Numbered)

    @property
    def numbers(self) -> npt.NDArray[np.int64] | None:
        """(rows, columns) the number of each cell, 0 for none, where cells have numbers."""
        return self.cells.values if isinstance(self.cells, Numbered) else None

    @property
    def present(self) -> tuple[Tone, ...]:
        """The tones that occur in it."""
        if not isinstance(self.cells, Indexed):
            return self.tones
        return tuple(self.tones[code] for code in sorted(set(self.cells.codes.ravel().tolist())))


@dataclass(frozen=True, eq=False, slots=True)
class Figure:
    """Panels that belong together, with the numbers that stand beside them.

    Attributes:
        title: one line, names of nodes above all.
        place: the line of the spec, as `file:line`.
        facts: sentences; each is a paragraph.
        panels: of one kind; small multiples.
        chart: a graph in the place of panels.
        across: how many panels make a row where there is room; 0 for as many as fit.
    """

    title: str
    place: str
    facts: tuple[str, ...]
    panels: tuple[Panel, ...]
    across: int = 0
    chart: Chart | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Picture:
    """Everything that one command shows. All text is plain: renderers escape it."""

    title: str
    subtitle: str
    figures: tuple[Figure, ...]
    notes: tuple[str, ...] = ()

    @property
    def tones(self) -> tuple[Tone, ...]:
        """The tones that occur, each once, in the order of the table of tones."""
        found = {tone for figure in self.figures for panel in figure.panels for tone in panel.present}
        return tuple(tone for tone in TONES if tone in found)


def kind_of(panel: Panel) -> tuple[bool, bool]:
    """Panels of one kind stand together and are drawn alike."""
    return panel.binary, panel.mixed


def rarest(tones: tuple[Tone, ...], shares: Shares) -> Codes:
    """(rows, columns) the tone of each cell: of those that were joined in it the one that the panel has least of.

    A majority would hide what is rare, above all thin lines. A lone tone goes first; those without words have the
    cells that have nothing else, by majority. A tone that is nowhere then has the cell with most of it, if that hides no
    other tone.
    """
    inside, much = shares > 0, shares.sum(axis=(1, 2)).tolist()
    named = [k for k, _ in enumerate(much) if tones[k].label]
    codes: Codes = shares.argmax(axis=0)
    for k in sorted(named, key=lambda k: (tones[k].lone, -much[k])):
        codes[inside[k]] = k
    for k in named:
        if inside[k].any() and not (codes == k).any():
            _give(codes, k, shares[k])
    return codes


def _give(codes: Codes, k: int, share: Shares) -> None:
    """Tone k in the cell with most of it, where the tone that is there has other cells."""
    counts = np.bincount(codes.ravel())
    free = np.where(counts[codes] > 1, share, 0)
    if free.any():
        codes[np.unravel_index(int(free.argmax()), codes.shape)] = k
