"""Densities as a picture: curves on the line, heat maps on the plane, each beside the data."""

from __future__ import annotations

import io
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from flowspec.train import files
from flowspec.train.density import Densities, Side
from flowspec.train.pictures import COLORS, bounds, end_of_axis
from flowspec.train.values import Array

Color = tuple[int, int, int]
Points = Sequence[tuple[float, float]]
PAPER, INK, FAINT, BARS = (255, 255, 255), (31, 35, 40), (89, 99, 110), (214, 219, 225)
BEFORE, AFTER, DOTS = (213, 94, 0), (0, 114, 178), (49, 104, 142)
FINE = 2  # drawn this much larger, then averaged down, for smooth lines
LETTER, TOP, LEFT, GAP = 11, 40, 44, 36
CURVES, SQUARE = (340, 210), (190, 190)  # pixels of a panel
BINS, MOST_DOTS = 60, 2000


def write_plot(path: Path, found: Densities) -> None:
    """Draw densities into a PNG.

    One variable: a histogram of the data with both densities, and the map x -> z of a flow. Two: the data, both densities,
    samples, and the latents of the data.
    """
    buffer = io.BytesIO()
    plot(found).save(buffer, format="PNG", optimize=True)
    files.write(path, buffer.getvalue())


def plot(found: Densities) -> Image.Image:
    """The picture that `write_plot` writes."""
    line = len(found.mesh.axes) == 1
    panels = _line_panels(found) if line else _plane_panels(found)
    size = CURVES if line else SQUARE
    page = _Page(len(panels), size, f"{found.traits.name}: {LIKELIHOODS[found.traits.likelihood]}")
    for k, panel in enumerate(panels):
        page.place(k, panel)
    return page.done()


LIKELIHOODS = {
    "exact": "the density before and after training",
    "bound": "a lower bound on the density before and after training",
    "estimate": "an estimate of the density before and after training",
}


@dataclass(frozen=True, slots=True, eq=False)
class _Panel:
    """An image of FINE times its size, with words above it in the colours of what they name, and the ends of its axes."""

    image: Image.Image
    words: tuple[tuple[str, Color], ...]
    box: Array


class _Page:
    """Panels side by side on white."""

    def __init__(self, panels: int, size: tuple[int, int], title: str) -> None:
        self._size = size
        width, height = panels * (size[0] + LEFT) + GAP, size[1] + TOP + GAP
        self._image = Image.new("RGB", (FINE * width, FINE * height), PAPER)
        self._write((LEFT, 4), title, INK, LETTER + 1, "la")

    def place(self, k: int, panel: _Panel) -> None:
        """Panel k with its frame, words and ticks."""
        (width, height), left = self._size, LEFT + k * (self._size[0] + LEFT)
        self._image.paste(panel.image, (FINE * left, FINE * TOP))
        ends = [FINE * n for n in (left - 0.5, TOP - 0.5, left + width, TOP + height)]
        ImageDraw.Draw(self._image).rectangle(ends, outline=FAINT, width=1)
        at = float(left)
        for text, color in panel.words:
            at += self._write((at, TOP - 4), text, color, LETTER, "ls") + 8
        low, base = panel.box[:, 0], TOP + height
        self._write((left, base + 4), end_of_axis(low[0]), FAINT, LETTER - 1, "la")
        self._write((left + width, base + 4), end_of_axis(panel.box[0, 1]), FAINT, LETTER - 1, "ra")
        self._write((left - 4, base), end_of_axis(low[1]), FAINT, LETTER - 1, "rs")
        self._write((left - 4, TOP), end_of_axis(panel.box[1, 1]), FAINT, LETTER - 1, "ra")

    def _write(self, at: tuple[float, float], text: str, color: Color, size: int, anchor: str) -> float:
        """One line of text; its length in pixels of the page."""
        font: Any = ImageFont.load_default(FINE * size)
        place = (FINE * at[0], FINE * at[1])
        ImageDraw.Draw(self._image).text(place, text, color, font, anchor)
        return float(font.getlength(text)) / FINE

    def done(self) -> Image.Image:
        """The page in few colours, which keeps the file small."""
        width, height = self._image.width // FINE, self._image.height // FINE
        return self._image.resize((width, height), Image.Resampling.BOX).quantize(128, dither=Image.Dither.NONE)


# --- one variable --------------------------------------------------------------------------------------------------


def _line_panels(found: Densities) -> list[_Panel]:
    panels = [_curves(found)]
    if found.after.z is not None and found.before.z is not None:
        panels.append(_maps(found, found.before.z, found.after.z))
    return panels


def _curves(found: Densities) -> _Panel:
    """The histogram of the data, with the densities over it."""
    axis, (ends,) = found.mesh.axes[0], found.mesh.box
    discrete = found.traits.values.discrete
    counts, edges = np.histogram(found.rows, bins=len(axis) if discrete else BINS, range=ends)
    bars = counts / max(1, len(found.rows)) / np.diff(edges)
    sides = (found.before.density, found.after.density)
    top = 1.05 * max(float(bars.max()), *(float(np.nanmax(np.where(np.isfinite(p), p, 0))) for p in sides), 1e-12)
    box = np.array([ends, (0.0, top)])
    image, pen = _blank(CURVES)
    for height, low, high in zip(bars, edges, edges[1:], strict=False):
        (x0, y0), (x1, y1) = _at(np.array([(low, height), (high, 0.0)]), box, CURVES)
        pen.rectangle((x0, y0, max(x1 - 1, x0), y1), fill=BARS)
    for p, color in zip(sides, (BEFORE, AFTER), strict=True):
        _curve(pen, np.stack([axis, p], 1), box, color)
    words = (("data", FAINT), (_worded("before", found.before), BEFORE), (_worded("after", found.after), AFTER))
    return _Panel(image, words, box)


def _worded(name: str, side: Side) -> str:
    return f"{name}: {side.mesh.measure} {side.integral:.4f}"


def _maps(found: Densities, before: Array, after: Array) -> _Panel:
    """The way from x to z."""
    axis, ends = found.mesh.axes[0], found.mesh.box[0]
    box = np.array([ends, _range(np.concatenate([before, after]))])
    image, pen = _blank(CURVES)
    for z, color in ((before, BEFORE), (after, AFTER)):
        _curve(pen, np.stack([axis, z[:, 0]], 1), box, color)
    return _Panel(image, (("x -> z", FAINT), ("before", BEFORE), ("after", AFTER)), box)


def _range(z: Array) -> tuple[float, float]:
    low, high = float(z.min()), float(z.max())
    room = max(0.04 * (high - low), 1e-6)
    return low - room, high + room


def _curve(pen: ImageDraw.ImageDraw, points: Array, box: Array, color: Color) -> None:
    finite = points[np.isfinite(points).all(axis=1)]
    pen.line([(float(x), float(y)) for x, y in _at(finite, box, CURVES)], fill=color, width=3, joint="curve")


# --- two variables -------------------------------------------------------------------------------------------------


def _plane_panels(found: Densities) -> list[_Panel]:
    box = np.array(found.mesh.box)
    panels = [_dotted(found.rows, box, "data")]
    for name, side in (("before", found.before), ("after", found.after)):
        panels.append(_Panel(_heat(side.density), ((_worded(name, side), INK),), box))
    panels.append(_dotted(found.samples, box, "samples"))
    if found.z_rows is not None and np.isfinite(found.z_rows).all():
        panels.append(_dotted(found.z_rows, bounds(found.z_rows), "latents of the data"))
    return panels


def _heat(density: Array) -> Image.Image:
    """The square root of a density as colours, bright where it is highest, the second variable upwards."""
    finite = np.where(np.isfinite(density), density, 0)
    level = np.sqrt(finite.T[::-1] / max(float(finite.max()), 1e-300)) * (len(COLORS) - 1)
    channels = [np.interp(level, np.arange(len(COLORS)), COLORS[:, c]) for c in range(3)]
    image = Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8))
    return image.resize((FINE * SQUARE[0], FINE * SQUARE[1]), Image.Resampling.NEAREST)


def _dotted(x: Array, box: Array, words: str) -> _Panel:
    image, pen = _blank(SQUARE)
    some = x[:MOST_DOTS]
    inside = some[((some >= box[:, 0]) & (some <= box[:, 1])).all(axis=1)]
    for u, v in _at(inside, box, SQUARE):
        pen.ellipse((u - 1, v - 1, u + 1, v + 1), fill=DOTS)
    return _Panel(image, ((f"{words} ({len(some):,})", INK),), box)


# --- both ----------------------------------------------------------------------------------------------------------


def _blank(size: tuple[int, int]) -> tuple[Image.Image, ImageDraw.ImageDraw]:
    image = Image.new("RGB", (FINE * size[0], FINE * size[1]), PAPER)
    return image, ImageDraw.Draw(image)


def _at(points: Array, box: Array, size: tuple[int, int]) -> Array:
    """Places on a panel, the second variable upwards."""
    unit = (points - box[:, 0]) / (box[:, 1] - box[:, 0])
    return np.asarray(np.stack([unit[:, 0], 1 - unit[:, 1]], 1) * FINE * np.array(size))
