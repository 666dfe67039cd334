"""Densities as text: the figures, and a small picture in characters."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from flowspec.train.density import Densities, Mesh, Side
from flowspec.train.metrics import LABELS
from flowspec.train.values import Array

EIGHTHS = {False: " ▁▂▃▄▅▆▇█", True: " .,:;i|I#"}
SHADES = {False: " ░▒▓█", True: " .:+#"}
HEIGHT, ACROSS = 6, 30  # lines of a curve; rows of a heat map
WIDEST = 72  # characters


def density_figures(found: Densities) -> list[str]:
    """Integrals and mean nats of both sides, a line each."""
    box = " x ".join(f"[{low:.4g}, {high:.4g}]" for low, high in found.mesh.box)
    cells = " x ".join(f"{n:,}" for n in found.mesh.shape)
    lines = [
        f"{found.traits.name} on {box}, {cells} cells; {LABELS[found.traits.likelihood]} over {found.count:,} rows"
    ]
    for name, side in (("before training", found.before), (f"after {found.after.step:,} steps", found.after)):
        lines.append(f"   {name:<18} {side.mesh.measure} {side.integral:.4f}   {side.nats:.4f} nats")
    return lines


def density_text(found: Densities, ascii_only: bool = False) -> str:
    """The figures, and both densities: bars on the line, shades on the plane."""
    lines = density_figures(found)
    draw = _curve if len(found.mesh.axes) == 1 else _plane
    for name, side in (("before", found.before), ("after", found.after)):
        lines += ["", f"{name} (highest: {float(_finite(side.density).max()):.4g})", *draw(side, ascii_only)]
    return "".join(f"{line.rstrip()}\n" for line in lines)


def _curve(side: Side, ascii_only: bool) -> Iterator[str]:
    """A line is an eighth of a HEIGHT: the last one is the axis."""
    p, glyphs = _finite(side.density), EIGHTHS[ascii_only]
    columns = _joined(p, min(WIDEST, len(p)))
    level = columns / max(float(columns.max()), 1e-300) * HEIGHT * (len(glyphs) - 1)
    for row in reversed(range(HEIGHT)):
        own = np.clip(np.ceil(level) - row * (len(glyphs) - 1), 0, len(glyphs) - 1).astype(int)
        yield "".join(glyphs[k] for k in own)
    yield from _ends(side.mesh, len(columns))


def _plane(side: Side, ascii_only: bool) -> Iterator[str]:
    """Shades of the square root of the density, two characters a cell, the second variable upwards."""
    p, glyphs = _finite(side.density), SHADES[ascii_only]
    rows = _joined(_joined(p, min(ACROSS, p.shape[0])).T, min(ACROSS, p.shape[1]))[::-1]
    level = np.round(np.sqrt(rows / max(float(rows.max()), 1e-300)) * (len(glyphs) - 1))
    for row in level.astype(int):
        yield "".join(2 * glyphs[k] for k in row)
    yield from _ends(side.mesh, 2 * rows.shape[1])


def _ends(mesh: Mesh, width: int) -> Iterator[str]:
    low, high = (f"{end:.4g}" for end in mesh.box[0])
    yield low + high.rjust(max(1, width - len(low)))


def _finite(p: Array) -> Array:
    return np.where(np.isfinite(p), p, 0.0)


def _joined(values: Array, count: int) -> Array:
    """Means over `count` pieces of the first axis."""
    starts = np.arange(count) * len(values) // count
    sizes = np.diff(np.append(starts, len(values)))
    sums = np.add.reduceat(values, starts, axis=0)
    return np.asarray(sums / sizes.reshape(-1, *[1] * (values.ndim - 1)))
