"""A picture as a density of points on the plane: bright places are likely ones."""

from __future__ import annotations

import numpy as np
from PIL import Image, ImageDraw

from flowspec.train.values import Array

SIDE = 96


def picture() -> Array:
    """A lighthouse at night, (96, 96) bytes, row 0 on top: drawn, so that no file is shipped."""
    image = Image.new("L", (SIDE, SIDE), 0)
    draw = ImageDraw.Draw(image)
    draw.polygon([(44, 24), (96, 2), (96, 30)], fill=60)  # the beam
    draw.polygon([(40, 30), (56, 30), (60, 78), (36, 78)], fill=170)  # the tower and its bands
    draw.polygon([(39, 42), (57, 42), (58, 52), (38, 52)], fill=40)
    draw.polygon([(37, 62), (59, 62), (60, 70), (36, 70)], fill=40)
    draw.rectangle((42, 20, 54, 29), fill=255)  # the lamp and its roof
    draw.polygon([(39, 19), (57, 19), (48, 10)], fill=120)
    draw.ellipse((10, 8, 26, 24), fill=200)  # the moon, with a bite
    draw.ellipse((15, 5, 30, 20), fill=0)
    for k in range(4):  # waves
        for x in range(-4 + 6 * (k % 2), SIDE, 12):
            draw.arc((x, 79 + 4 * k, x + 12, 87 + 4 * k), 200, 340, fill=150, width=2)
    return np.asarray(image, dtype=np.uint8)


def points(random: np.random.Generator, rows: int) -> Array:
    """Points on [-3, 3] x [-3, 3], (rows, 2), with a density that is the brightness of the pixel they lie in; y upwards."""
    bright = picture().astype(np.float64)
    at = random.choice(bright.size, rows, p=bright.ravel() / bright.sum())
    corner = np.stack([at % SIDE, SIDE - 1 - at // SIDE], axis=1)
    return 6 * (corner + random.random((rows, 2))) / SIDE - 3
