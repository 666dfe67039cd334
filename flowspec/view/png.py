"""Pages as PNG, through Pillow: on white, twice as fine as the pixels of the page."""

from __future__ import annotations

import io
from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import pairwise
from math import hypot
from typing import Any

import numpy as np
import numpy.typing as npt

from flowspec.diagnostics.text import clean
from flowspec.view.blocks import Block, Ink
from flowspec.view.errors import ViewError
from flowspec.view.items import Arrow, Frame, Item, Page, Placed, Words
from flowspec.view.order_movie import HELD, LEGEND, Movie
from flowspec.view.svg import RULED, head_of
from flowspec.view.tones import FAINT, MISSING, PAPER, SEEN, TEXT

SCALE = 2
RAMP = 48  # shades of letters in a film


def render_png(page: Page) -> bytes:
    """The page as the bytes of a PNG file.

    Raises:
        ViewError: when Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError:
        raise ViewError(
            "a PNG needs Pillow, which is not installed",
            "install it (`pip install pillow`), or write an SVG: `-o FILE.svg`",
        ) from None
    image = Image.new("RGB", (SCALE * page.width, SCALE * page.height), PAPER["light"])
    paint(image, page.items)
    buffer = io.BytesIO()
    image.save(buffer, format="PNG", optimize=True)
    return buffer.getvalue()


def render_film(movie: Movie, suffix: str) -> bytes:
    """A film as the bytes of an animated GIF (`.gif`) or PNG (`.png`), which starts again after a pause at the end.

    Raises:
        ViewError: when Pillow is not installed.
    """
    try:
        from PIL import Image
    except ImportError:
        raise ViewError(
            "a GIF or PNG needs Pillow, which is not installed",
            "install it (`pip install pillow`), or write an SVG: `-o FILE.svg`",
        ) from None
    changing = {slot.item for slot in movie.slots} | set(movie.captions)
    still = Image.new("RGB", (SCALE * movie.page.width, SCALE * movie.page.height), PAPER["light"])
    paint(still, [item for k, item in enumerate(movie.page.items) if k not in changing])
    frames, colors = [], Image.new("P", (1, 1))
    colors.putpalette(_film_colors())
    for f in range(len(movie.ends)):
        image = still.copy()
        paint(image, _changed(movie, f))
        frames.append(image.reduce(SCALE).quantize(palette=colors, dither=Image.Dither.NONE))
    times = [round(1000 * movie.seconds)] * len(frames)
    times[-1] += round(1000 * HELD)
    buffer = io.BytesIO()
    kind = {".gif": "GIF", ".png": "PNG"}[suffix]
    frames[0].save(buffer, kind, save_all=True, append_images=frames[1:], duration=times, loop=0)
    return buffer.getvalue()


def _film_colors() -> list[int]:
    """The colours of a film: those of its squares exactly, and shades of letters."""
    tones = [_rgb(tone.light) for tone in LEGEND]
    paper = _rgb(PAPER["light"])
    for ink in (_rgb(TEXT["light"]), _rgb(FAINT["light"])):
        tones += [
            tuple(round(a + (b - a) * k / (RAMP - 1)) for a, b in zip(paper, ink, strict=True)) for k in range(RAMP)
        ]
    return [part for tone in tones for part in tone]


def _changed(movie: Movie, frame: int) -> Iterator[Item]:
    """The items of a film that differ from frame to frame."""
    for slot in movie.slots:
        item = movie.page.items[slot.item]
        yield Placed(item.x, item.y, movie.block(slot, frame))
    for order, k in enumerate(movie.captions):
        item = movie.page.items[k]
        assert isinstance(item, Words)
        yield replace(item, text=movie.words(order, frame))


def paint(image: Any, items: Iterable[Item]) -> None:
    """Draws items on an image."""
    from PIL import Image, ImageDraw

    for item in items:
        if isinstance(item, Placed):
            image.paste(Image.fromarray(_squares(item.block)), (round(SCALE * item.x), round(SCALE * item.y)))
            _dots(ImageDraw.Draw(image), item)
        elif isinstance(item, Words):
            _write(image, item)
        else:
            _outline(ImageDraw.Draw(image), item)


def _outline(pen: Any, item: Frame | Arrow) -> None:
    """A box, or a line with its head."""
    if isinstance(item, Frame):
        colors = {"fs-itself": TEXT["light"], "fs-seen": SEEN.light, "fs-missing": MISSING.light}
        ends = [SCALE * n for n in (item.x, item.y, item.x + item.width, item.y + item.height)]
        pen.rounded_rectangle(ends, 5 * SCALE, PAPER["light"], colors.get(item.key, FAINT["light"]), 3)
        return
    points = [(item.x + x, item.y + y) for x, y in item.points]
    for line in _dashes(points) if item.dashed else [points]:
        pen.line([(SCALE * x, SCALE * y) for x, y in line], FAINT["light"], 2, joint="curve")
    pen.line([(SCALE * x, SCALE * y) for x, y in head_of(points)], FAINT["light"], 2)


def _dashes(points: list[tuple[float, float]]) -> Iterator[list[tuple[float, float]]]:
    """Strokes of 4 pixels with 3 between them along a line."""
    for (ax, ay), (bx, by) in pairwise(points):
        length = hypot(bx - ax, by - ay)
        for k in range(0, int(length), 7):
            ends = (k / length, min(1.0, (k + 4) / length))
            yield [(ax + t * (bx - ax), ay + t * (by - ay)) for t in ends]


def _squares(block: Block) -> npt.NDArray[np.uint8]:
    """(pixels, pixels, 3) the squares of a block, with lines of paper between large ones."""
    table = np.array([_mixed(ink) for ink in block.inks], dtype=np.uint8)
    across, down = SCALE * block.across, SCALE * block.down
    pixels = table[block.codes].repeat(down, axis=0).repeat(across, axis=1)
    if min(block.across, block.down) >= RULED:
        pixels[down::down] = pixels[:, across::across] = _rgb(PAPER["light"])
        pixels[down - 1 : -1 : down] = pixels[:, across - 1 : -1 : across] = _rgb(PAPER["light"])
    return pixels


def _mixed(ink: Ink) -> tuple[int, ...]:
    over, under = _rgb(ink.tone.light), _rgb(ink.under.light)
    return tuple(round(ink.share * a + (1 - ink.share) * b) for a, b in zip(over, under, strict=True))


def _rgb(color: str) -> tuple[int, ...]:
    return tuple(bytes.fromhex(color[1:]))


def _dots(pen: Any, placed: Placed) -> None:
    wide, high = SCALE * placed.block.across, SCALE * placed.block.down
    for code, ink in enumerate(placed.block.inks):
        if not ink.tone.dot:
            continue
        fill = PAPER["light"] if ink.tone.dot == "paper" else TEXT["light"]
        for y, x in zip(*(placed.block.codes == code).nonzero(), strict=True):
            left, top = SCALE * placed.x + (x + 0.28) * wide, SCALE * placed.y + (y + 0.28) * high
            pen.ellipse((left, top, left + 0.44 * wide, top + 0.44 * high), fill=fill)


def _write(image: Any, words: Words) -> None:
    """One line of text; a turned one is drawn apart and turned."""
    from PIL import Image, ImageDraw, ImageFont

    font: Any = ImageFont.load_default(SCALE * words.size)
    fill = (PAPER if words.paper else FAINT if words.faint else TEXT)["light"]
    stroke = 0.6 if words.bold else 0
    text, x, y = clean(words.text), SCALE * words.x, SCALE * words.y
    anchor = {"start": "ls", "middle": "ms", "end": "rs"}[words.anchor]
    if not words.turned:
        ImageDraw.Draw(image).text((x, y), text, fill, font, anchor, stroke_width=stroke)
        return
    long, high = round(font.getlength(text)) + 2, round(1.3 * SCALE * words.size)
    strip = Image.new("RGB", (long, high), PAPER["light"])
    ImageDraw.Draw(strip).text((0, round(SCALE * words.size)), text, fill, font, "ls")
    image.paste(strip.rotate(90, expand=True), (round(x) - SCALE * words.size, round(y) - long // 2))
