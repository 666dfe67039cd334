"""Digits drawn as strokes with a random slant, size, place and width: images without a download."""

from __future__ import annotations

import math

import numpy as np
from PIL import Image, ImageDraw

from flowspec.train.values import Array

Point = tuple[float, float]
Stroke = tuple[Point, ...]
FINE = 3  # drawn this much larger, then averaged down, for smooth edges


def _arc(cx: float, cy: float, rx: float, ry: float, start: float, end: float) -> Stroke:
    """An elliptic arc in degrees, clockwise on the page from the right-hand side, as 13 points."""
    turn = (math.radians(start + (end - start) * k / 12) for k in range(13))
    return tuple((cx + rx * math.cos(t), cy + ry * math.sin(t)) for t in turn)


# Strokes on a page of width 1 and height 1, y growing downwards.
STROKES: tuple[tuple[Stroke, ...], ...] = (
    (_arc(0.5, 0.5, 0.27, 0.42, -90, 270),),
    (((0.34, 0.24), (0.54, 0.08), (0.54, 0.92)),),
    ((*_arc(0.5, 0.3, 0.25, 0.22, -170, 30), (0.24, 0.92), (0.8, 0.92)),),
    (_arc(0.47, 0.29, 0.24, 0.2, -150, 90), _arc(0.47, 0.7, 0.27, 0.21, -90, 150)),
    (((0.62, 0.92), (0.62, 0.08), (0.2, 0.62), (0.82, 0.62)),),
    (((0.75, 0.08), (0.33, 0.08), (0.3, 0.45)), ((0.3, 0.45), *_arc(0.47, 0.66, 0.27, 0.25, -110, 140))),
    ((*_arc(0.72, 0.62, 0.47, 0.54, -95, -180), *_arc(0.5, 0.69, 0.25, 0.22, -180, 180)),),
    (((0.22, 0.1), (0.78, 0.1), (0.42, 0.92)),),
    (_arc(0.5, 0.29, 0.21, 0.2, 90, 450), _arc(0.5, 0.71, 0.26, 0.22, -90, 270)),
    (_arc(0.5, 0.31, 0.25, 0.22, 0, 360), ((0.75, 0.31), (0.72, 0.6), (0.58, 0.92))),
)


def digits(random: np.random.Generator, rows: int, channels: int, height: int, width: int) -> tuple[Array, Array]:
    """Bytes (rows, channels, height, width) and labels (rows,) in 0..9; three channels get random colours."""
    labels = random.integers(0, 10, rows)
    gray = np.stack([_drawn(random, int(label), height, width) for label in labels])
    if channels == 1:
        return gray[:, None], labels
    ink, paper = (random.integers(low, low + 128, (rows, channels, 1, 1)) for low in (128, 0))
    cover = gray[:, None] / 255.0
    return (paper + cover * (ink - paper)).astype(np.uint8), labels


def _drawn(random: np.random.Generator, label: int, height: int, width: int) -> Array:
    """One digit, bytes (height, width), white on black."""
    page = Image.new("L", (FINE * width, FINE * height))
    pen = ImageDraw.Draw(page)
    thick = FINE * min(height, width) * float(random.uniform(0.07, 0.13))
    matrix, shift = _placed(random)
    for stroke in STROKES[label]:
        points = (np.array(stroke) + random.normal(0, 0.01, (len(stroke), 2)) - 0.5) @ matrix + shift
        _stroke(pen, points * [FINE * width, FINE * height], thick)
    small = np.asarray(page, dtype=np.float32).reshape(height, FINE, width, FINE).mean(axis=(1, 3))
    return np.asarray(small, dtype=np.uint8)


def _placed(random: np.random.Generator) -> tuple[Array, Array]:
    """A random rotation, slant and size about the middle of the page, and a place on it."""
    turn, slant = random.normal(0, 0.12), random.normal(0, 0.15)
    rotate = np.array([[math.cos(turn), math.sin(turn)], [-math.sin(turn), math.cos(turn)]])
    scale = np.diag(random.uniform(0.6, 0.8, 2)) @ np.array([[1.0, 0.0], [-slant, 1.0]])
    return scale @ rotate, 0.5 + random.normal(0, 0.03, 2)


def _stroke(pen: ImageDraw.ImageDraw, points: Array, thick: float) -> None:
    """A polyline with round joints and ends."""
    path = [(float(x), float(y)) for x, y in points]
    pen.line(path, fill=255, width=max(1, round(thick)))
    for x, y in path:
        pen.ellipse((x - thick / 2, y - thick / 2, x + thick / 2, y + thick / 2), fill=255)
