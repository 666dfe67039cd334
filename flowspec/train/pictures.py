"""Samples as a picture: grids of images, heat maps of points, rows of bits."""

from __future__ import annotations

import io
import math
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw

from flowspec.train import files
from flowspec.train.errors import TrainError
from flowspec.train.traits import Traits
from flowspec.train.values import Array, Values

FRAMES = 10  # a second, of animated clips
GAP = 2  # pixels between the images of a grid
PAPER = 255  # of a picture of points
HIDDEN = 128  # gray level of what was not observed
GRID = 40  # gray level between images
TILE = 56  # a small image is enlarged to at least this side, by whole factors
SMALLEST_SQUARE = 25  # variables from which a vector of square length is taken for an image
PAIRS = 8  # variables up to which real vectors are drawn as a matrix of pairs
PANEL, MARGIN, BINS = 320, 40, 80
# Viridis (Smith and van der Walt) at equal steps.
COLORS = np.array(
    [(68, 1, 84), (72, 40, 120), (62, 74, 137), (49, 104, 142), (38, 130, 142), (31, 158, 137), (53, 183, 121),
     (109, 205, 89), (180, 222, 44), (253, 231, 37)], dtype=np.float64,
)  # fmt: skip


def write_picture(path: Path, x: Array, traits: Traits) -> None:
    """Draw samples (n, *shape) into a PNG: images as a grid (vectors of square length too), clips as film strips, real
    vectors as heat maps, discrete vectors one a row; clips also into an animated GIF. Raises TrainError for shapes that
    have no picture.
    """
    buffer = io.BytesIO()
    if path.suffix == ".gif":
        first, *rest = frames(x, traits)
        first.save(buffer, format="GIF", save_all=True, append_images=rest, duration=1000 // FRAMES, loop=0)
    else:
        picture(x, traits).save(buffer, format="PNG")
    files.write(path, buffer.getvalue())


def comparison(x: Array, seen: Array, traits: Traits, columns: int) -> Image.Image:
    """The picture of rows of samples that belong together, `columns` each; gray where `seen`, like x, is False."""
    shape, side = traits.shape, math.isqrt(traits.variables)
    if len(shape) == 3:
        size = shape
    elif len(shape) == 1 and side**2 == shape[0] >= SMALLEST_SQUARE:
        size = (1, side, side)
    elif len(shape) <= 2 and traits.values.discrete:
        size = (1, 1, traits.variables)
    else:
        raise TrainError(f"there is no picture for samples of shape {list(shape)}", "write an array: -o samples.npz")
    tones = np.where(seen, as_bytes(x, traits.values), HIDDEN)
    return grid(tones.reshape(-1, *size).astype(np.uint8), columns)


def frames(x: Array, traits: Traits) -> list[Image.Image]:
    """Clips (n, C, T, H, W) as T grids of n images, one a frame."""
    if len(traits.shape) != 4:
        raise TrainError(
            f"a .gif is for clips, and x has shape {list(traits.shape)}", "write a picture: -o samples.png"
        )
    clips = as_bytes(x, traits.values)
    return [grid(clips[:, :, t]) for t in range(clips.shape[2])]


def picture(x: Array, traits: Traits) -> Image.Image:
    """The picture that `write_picture` writes."""
    shape, values = traits.shape, traits.values
    if len(shape) == 3:
        return grid(as_bytes(x, values))
    if len(shape) == 4:
        film = np.moveaxis(as_bytes(x, values), 2, 1).reshape(-1, shape[0], *shape[2:])  # frame after frame
        return grid(film, shape[1])
    if len(shape) == 1 and not values.discrete and 2 <= shape[0] <= PAIRS:
        return plane(x) if shape[0] == 2 else pairs(x)
    side = math.isqrt(traits.variables)
    if len(shape) == 1 and side**2 == shape[0] >= SMALLEST_SQUARE:
        return grid(as_bytes(x.reshape(len(x), 1, side, side), values))
    if len(shape) <= 2 and values.discrete:
        return strips(as_bytes(x.reshape(len(x), -1), values))
    raise TrainError(
        f"there is no picture for samples of shape {list(shape)}", "write an array: -o samples.npy, or samples.npz"
    )


def as_bytes(x: Array, values: Values) -> Array:
    """x as gray levels 0..255: categories and bounded values over their range, others over 1 to 99 percent of x."""
    if values.discrete or math.isfinite(values.high):
        low, high = float(values.low), float(values.high)
    else:
        low, high = (float(q) for q in np.percentile(x, (1, 99)))
    unit = (x.astype(np.float64) - low) / max(high - low, 1e-12)
    return np.asarray(np.round(255 * np.clip(unit, 0, 1)), dtype=np.uint8)


def grid(images: Array, columns: int = 0) -> Image.Image:
    """Bytes (n, C, H, W) as a grid, near square unless told: gray for one channel, colour for three, else a tile a
    channel."""
    n, C, H, W = images.shape
    columns = columns or math.ceil(math.sqrt(n))
    if C not in (1, 3):
        images, columns, n, C = images.reshape(n * C, 1, H, W), C * max(1, columns // C), n * C, 1
    rows = math.ceil(n / columns)
    page = np.full((rows * (H + GAP) + GAP, columns * (W + GAP) + GAP, C), GRID, dtype=np.uint8)
    for k, image in enumerate(images):
        top, left = GAP + (k // columns) * (H + GAP), GAP + (k % columns) * (W + GAP)
        page[top : top + H, left : left + W] = np.moveaxis(image, 0, -1)
    return _enlarged(Image.fromarray(page[..., 0] if C == 1 else page), max(1, TILE // max(H, W)))


def strips(rows: Array) -> Image.Image:
    """Bytes (n, D) as one row of pixels a sample."""
    factor = max(1, min(8, 960 // max(rows.shape)))
    return _enlarged(Image.fromarray(rows), factor)


def _enlarged(image: Image.Image, factor: int) -> Image.Image:
    return image.resize((image.width * factor, image.height * factor), Image.Resampling.NEAREST)


def plane(x: Array) -> Image.Image:
    """Points (n, 2) twice on the same axes: as dots, and as a heat map of their density."""
    box = bounds(x)
    page = Image.new("RGB", (2 * PANEL + 3 * MARGIN, PANEL + 2 * MARGIN), (PAPER,) * 3)
    page.paste(dots(x, box), (MARGIN, MARGIN))
    page.paste(heat(x, box, PANEL), (PANEL + 2 * MARGIN, MARGIN))
    pen = ImageDraw.Draw(page)
    for left in (MARGIN, PANEL + 2 * MARGIN):
        _axes(pen, left, box)
    return page


def pairs(x: Array) -> Image.Image:
    """Real vectors (n, D) as D x D panels: the heat map of each pair, histograms on the diagonal."""
    D = x.shape[1]
    side = max(80, 2 * PANEL // D)
    page = Image.new("RGB", (D * (side + GAP) + GAP, D * (side + GAP) + GAP), (PAPER,) * 3)
    for i in range(D):
        for j in range(D):
            both = x[:, [j, i]]
            panel = _bars(x[:, i], side) if i == j else heat(both, bounds(both), side)
            page.paste(panel, (GAP + j * (side + GAP), GAP + i * (side + GAP)))
    return page


def bounds(x: Array) -> Array:
    """The box [[x0, x1], [y0, y1]] that holds 99.8 percent of the points on each axis, with a margin of 5 percent."""
    low, high = np.percentile(x, (0.1, 99.9), axis=0)
    room = np.maximum(0.05 * (high - low), 1e-6)
    return np.stack([low - room, high + room], axis=1)


def dots(x: Array, box: Array) -> Image.Image:
    """Points as dots on white, the y axis upwards."""
    panel = Image.new("RGB", (PANEL, PANEL), (PAPER,) * 3)
    pen = ImageDraw.Draw(panel)
    unit = (x - box[:, 0]) / (box[:, 1] - box[:, 0])
    inside = unit[((unit >= 0) & (unit <= 1)).all(axis=1)]
    for u, v in inside[:10_000]:
        at = (u * (PANEL - 1), (1 - v) * (PANEL - 1))
        pen.ellipse((at[0] - 1, at[1] - 1, at[0] + 1, at[1] + 1), fill=(49, 104, 142))
    return panel


def heat(x: Array, box: Array, side: int) -> Image.Image:
    """The counts of points in cells, as colours, the y axis upwards."""
    bins = max(8, min(BINS, side, math.isqrt(len(x))))
    counts, _, _ = np.histogram2d(x[:, 0], x[:, 1], bins=bins, range=[tuple(box[0]), tuple(box[1])])
    level = np.sqrt(counts.T[::-1] / max(counts.max(), 1)) * (len(COLORS) - 1)
    channels = [np.interp(level, np.arange(len(COLORS)), COLORS[:, c]) for c in range(3)]
    return Image.fromarray(np.stack(channels, axis=-1).astype(np.uint8)).resize((side, side), Image.Resampling.NEAREST)


def _bars(x: Array, side: int) -> Image.Image:
    """The histogram of one variable."""
    panel = Image.new("RGB", (side, side), (240,) * 3)
    pen = ImageDraw.Draw(panel)
    low, high = np.percentile(x, (0.1, 99.9))
    counts, _ = np.histogram(x, bins=side // 2, range=(low, max(high, low + 1e-9)))
    for k, count in enumerate(counts / max(counts.max(), 1)):
        pen.rectangle((2 * k, side - 1 - round(0.95 * side * count), 2 * k + 1, side - 1), fill=(62, 74, 137))
    return panel


def _axes(pen: ImageDraw.ImageDraw, left: int, box: Array) -> None:
    """A frame with the ends of both axes written beside it."""
    ink = (90, 90, 90)
    pen.rectangle((left - 1, MARGIN - 1, left + PANEL, MARGIN + PANEL), outline=ink)
    low = (left, MARGIN + PANEL + 4)
    pen.text(low, end_of_axis(box[0, 0]), fill=ink)
    pen.text((left + PANEL, low[1]), end_of_axis(box[0, 1]), fill=ink, anchor="ra")
    pen.text((left, MARGIN - 14), end_of_axis(box[1, 1]), fill=ink)
    pen.text((left - 4, MARGIN + PANEL), end_of_axis(box[1, 0]), fill=ink, anchor="rs")


def end_of_axis(value: float) -> str:
    """Where an axis ends, in at least three digits and to a half at least: the levels of a byte end at 255.5."""
    return f"{value:.3g}" if abs(value) < 100 else f"{value:.1f}".removesuffix(".0")
