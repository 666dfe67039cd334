"""PNG: the same page in pixels, and a clear word where Pillow is missing."""

from __future__ import annotations

import io
import sys

import numpy as np
import pytest

from flowspec.view.errors import ViewError
from flowspec.view.page import Placed, lay_out
from flowspec.view.png import SCALE, render_png
from flowspec.view.tones import BARRED, ITSELF, MISSING, SEEN
from tests.view.drawn import ALL, found_fields, picture


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_every_picture_can_be_drawn(kind: str, name: str) -> None:
    image = pytest.importorskip("PIL.Image")
    page = lay_out(picture(kind, name))
    drawn = image.open(io.BytesIO(render_png(page)))
    assert drawn.size == (SCALE * page.width, SCALE * page.height)


def test_the_middle_of_each_square_has_the_colour_of_its_tone() -> None:
    image = pytest.importorskip("PIL.Image")
    page = lay_out(picture("field", "stack"))
    pixels = np.asarray(image.open(io.BytesIO(render_png(page))))
    placed = next(item for item in page.items if isinstance(item, Placed) and item.block.codes.shape == (12, 12))
    (field,) = found_fields("stack")
    assert field.seen is not None
    assert field.missing is not None
    for v in range(144):
        tone = SEEN if field.seen[v] else MISSING if field.missing[v] else ITSELF if v == field.variable else BARRED
        x = SCALE * (placed.x + (v % 12 + 0.5) * placed.block.across)
        y = SCALE * (placed.y + (v // 12 + 0.5) * placed.block.down)
        assert bytes(pixels[int(y), int(x)]).hex() == tone.light[1:]


def test_without_pillow(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "PIL", None)
    with pytest.raises(ViewError, match="Pillow") as fault:
        render_png(lay_out(picture("field", "alarm")))
    assert "svg" in fault.value.help_text
