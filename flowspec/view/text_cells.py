"""Cells as characters: two a cell, one a cell, two cells in one (half blocks), or many cells in one shade."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import numpy.typing as npt

from flowspec.view.cells import Shares
from flowspec.view.pictures import Codes, Panel, kind_of, rarest
from flowspec.view.tones import Tone

Run = tuple[str, str]  # text and the SGR code of its colour, "" for none

TALLEST = 48  # lines of a panel, past which its cells are joined
SHADED = 32  # lines of a panel whose cells are joined
LEAST = 16  # rows that are told apart in any case
SHADES = {False: " ░▒▓█", True: " .:+#"}
HALVES = {False: " ▄▀█", True: " .'#"}


@dataclass(frozen=True, slots=True)
class Mode:
    """How panels are drawn: `wide` and `narrow` are two characters and one a cell, `half` is two cells a character,
    `shade` and `coarse` join cells of panels with two tones, and with more, so that `width` x `height` characters
    suffice; with `size` 2 a shade is two characters wide."""

    kind: str
    width: int = 0
    height: int = 0
    size: int = 1

    def grid(self, panel: Panel) -> tuple[int, int]:
        """The rows and columns that are told apart."""
        rows, columns = panel.shape
        sharp = self.kind in ("wide", "narrow", "half", "numbers")
        return (rows, columns) if sharp else self._coarse(rows, columns)

    def _coarse(self, rows: int, columns: int) -> tuple[int, int]:
        """As wide as there is room, and as high as keeps the proportions: a character is twice as high as wide."""
        across = min(columns, self.width // self.size)
        down = round(rows * across / columns * self.size / 2)
        return min(rows, max(down, LEAST), self.height), across


@dataclass(frozen=True, slots=True)
class Drawn:
    """A panel as characters: lines of runs, their width, and the symbols used with their meaning."""

    lines: tuple[tuple[Run, ...], ...]
    width: int
    legend: tuple[tuple[str, str], ...]


def mode_of(panels: tuple[Panel, ...], width: int) -> Mode:
    """One mode for panels of one kind: the one that shows every cell, as large as fits."""
    rows, columns = (max(panel.shape[axis] for panel in panels) for axis in (0, 1))
    two, mixed = kind_of(panels[0])
    if (digits := digits_of(panels)) and (digits + 1) * columns < width and rows <= TALLEST:
        return Mode("numbers", size=digits)
    sharp = two and not mixed
    if sharp and columns > 20 and columns <= width and rows <= 2 * TALLEST:
        return Mode("half")
    if rows <= TALLEST and columns <= width and (sharp or not two):
        return Mode("wide" if 2 * columns <= width else "narrow")
    return Mode("shade", width, SHADED, 2 if 2 * columns <= width else 1) if two else Mode("coarse", width, SHADED)


def draw(panel: Panel, mode: Mode, ascii_only: bool) -> Drawn:
    """The characters of one panel."""
    if mode.kind == "numbers":
        return _numbers(panel, mode.size)
    shares = panel.cells.shares(*mode.grid(panel))
    if mode.kind == "half":
        return _half(panel, shares[1] > 0, ascii_only)
    if mode.kind == "shade":
        return _shaded(panel, shares[1], ascii_only, mode.size)
    codes = rarest(panel.tones, shares)
    size = 2 if mode.kind == "wide" else 1
    glyphs = [symbol(tone, ascii_only)[:size] for tone in panel.tones]
    lines = tuple(_line(row.tolist(), glyphs, [t.sgr for t in panel.tones]) for row in codes)
    return Drawn(lines, size * codes.shape[1], tuple(_legend(panel.tones, codes, shares, glyphs)))


def _legend(tones: tuple[Tone, ...], codes: Codes, shares: Shares, glyphs: list[str]) -> Iterator[tuple[str, str]]:
    """The symbols that are there; of a tone that is only inside symbols of others, these."""
    present = set(codes.ravel().tolist())
    yield from ((glyphs[k], tone.label) for k, tone in enumerate(tones) if k in present and tone.label)
    for k, tone in enumerate(tones):
        if tone.label and k not in present and (inside := shares[k] > 0).any():
            others = sorted(set(codes[inside].tolist()))
            yield f"joined in {' '.join(glyphs[other] for other in others)}:", tone.label


def digits_of(panels: tuple[Panel, ...]) -> int:
    """The digits of the longest number in panels whose cells have numbers, else 0."""
    found = [panel.numbers for panel in panels]
    return max((len(str(int(n.max(initial=0)))) for n in found if n is not None), default=0)


def _numbers(panel: Panel, digits: int) -> Drawn:
    """The number of each cell, right under each other."""
    assert panel.numbers is not None
    lines = tuple((("".join(f"{n or '':>{digits + 1}}" for n in row) + " ", ""),) for row in panel.numbers.tolist())
    return Drawn(lines, (digits + 1) * panel.shape[1] + 1, ())


def symbol(tone: Tone, ascii_only: bool) -> str:
    """The two characters of a tone."""
    return tone.ascii if ascii_only else tone.glyph


def _line(codes: list[int], glyphs: list[str], colors: list[str]) -> tuple[Run, ...]:
    return tuple((glyphs[code] * len(list(run)), colors[code]) for code, run in groupby(codes))


def _half(panel: Panel, on: npt.NDArray[np.bool_], ascii_only: bool) -> Drawn:
    """Two rows of cells in one line of characters."""
    rows = on if len(on) % 2 == 0 else np.vstack([on, np.zeros_like(on[:1])])
    glyphs, off_tone, on_tone = HALVES[ascii_only], *panel.tones
    pairs = 2 * rows[0::2].astype(int) + rows[1::2]
    lines = tuple(_line(row.tolist(), list(glyphs), ["", *[on_tone.sgr] * 3]) for row in pairs)
    upper = f"{glyphs[2]} {glyphs[1]}: the upper, the lower one"
    return Drawn(lines, on.shape[1], ((glyphs[3], f"{on_tone.label} ({upper})"), ("blank", off_tone.label)))


def _shaded(panel: Panel, on: npt.NDArray[np.float64], ascii_only: bool, size: int) -> Drawn:
    """The share of the second tone: blank is none and full is all, exactly; between them thirds."""
    glyphs, tone = SHADES[ascii_only], panel.tones[1]
    codes = np.where(on <= 0, 0, np.where(on >= 1, 4, 1 + np.minimum(2, np.floor(3 * on)))).astype(int)
    lines = tuple(_line(row.tolist(), [g * size for g in glyphs], ["", *[tone.sgr] * 4]) for row in codes)
    if panel.numbers is not None:
        words = f"{glyphs[1]} in the first third, {glyphs[2]} in the second, {glyphs[3]} in the last, {glyphs[4]} last of all"
        return Drawn(lines, size * on.shape[1], (("when:", words),))
    shares = f"{glyphs[1]} under 1/3, {glyphs[2]} under 2/3, {glyphs[3]} less than all, {glyphs[4]} all"
    return Drawn(lines, size * on.shape[1], (("share kept:", f"blank none, {shares}"),))
