"""SVG and HTML: well formed, deterministic, true to the cells, self-contained, and deaf to markup in names."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from xml.etree import ElementTree

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from flowspec.diagnostics.text import clean
from flowspec.view.cells import Indexed
from flowspec.view.html import render_html
from flowspec.view.items import SMALLEST
from flowspec.view.letters import lines, long, pieces
from flowspec.view.page import Placed, Words, lay_out
from flowspec.view.pictures import Axis, Figure, Panel, Picture
from flowspec.view.svg import rectangles, render_svg, stylesheet
from flowspec.view.tones import DROPPED, KEPT, PAPER, TEXT, THEMES, TONES
from tests.view.drawn import ALL, picture

NS = "{http://www.w3.org/2000/svg}"
VOID = {"meta"}
EVIL = "</title><script>alert(1)</script>&<![CDATA[\x1b[31m\x00\u202e\ud800"


class Outline(HTMLParser):
    """The tags of a page, checked for nesting."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def mixed(under: str, over: str, share: float) -> str:
    """The colour of an ink that lets another one through."""
    pairs = [(int(under[k : k + 2], 16), int(over[k : k + 2], 16)) for k in (1, 3, 5)]
    return "#" + "".join(f"{round(a + (b - a) * share):02x}" for a, b in pairs)


def outline(page: str) -> Outline:
    found = Outline()
    found.feed(page)
    found.close()
    assert not found.open
    return found


@pytest.mark.parametrize(
    ("kind", "name"),
    [
        *ALL,
        ("mask", "autoregressive/pixelcnn_rgb"),
        ("graph", "flows/glow_cifar10"),
        ("graph", "flows/vae_iaf_posterior"),
    ],
)
def test_nothing_is_cut_at_the_right(kind: str, name: str) -> None:
    page = lay_out(picture(kind, name))
    for item in page.items:
        if isinstance(item, Words) and item.anchor == "start" and not item.turned:
            assert item.x + long(item.text, item.size) <= page.width
        if isinstance(item, Placed):
            assert item.x + item.block.width <= page.width


@pytest.mark.parametrize("theme", THEMES)
@pytest.mark.parametrize("name", ["stack", "autoregressive/subscale_video"])
def test_the_numbers_of_cells_can_be_read(name: str, theme: str) -> None:
    page = lay_out(picture("order", name))
    blocks = [item for item in page.items if isinstance(item, Placed)]
    read = 0
    for item in page.items:
        if isinstance(item, Words) and item.size == SMALLEST:
            at = next(p for p in blocks if p.x < item.x < p.x + p.block.width and p.y < item.y < p.y + p.block.height)
            row, column = int((item.y - at.y) // at.block.down), int((item.x - at.x) // at.block.across)
            ink = at.block.inks[at.block.codes[row, column]]
            cell = mixed(getattr(ink.under, theme), getattr(ink.tone, theme), ink.share)
            assert contrast(cell, (PAPER if item.paper else TEXT)[theme]) > 3.4, item.text
            read += 1
    assert read > 100


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_svg_is_well_formed_and_deterministic(kind: str, name: str) -> None:
    drawn = [render_svg(lay_out(p), p.title) for p in (picture(kind, name), picture(kind, name))]
    assert drawn[0] == drawn[1]
    root = ElementTree.fromstring(drawn[0])
    assert root.tag == f"{NS}svg"
    assert root.get("viewBox") == f"0 0 {root.get('width')} {root.get('height')}"
    assert {child.tag for child in root.iter()} <= {NS + t for t in ("svg", "title", "style", "rect", "g", "path", "circle", "text")}  # fmt: skip
    assert len(drawn[0]) < 300_000


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_html_is_one_page_that_asks_for_nothing(kind: str, name: str) -> None:
    page = render_html(picture(kind, name))
    assert page == render_html(picture(kind, name))
    found = outline(page)
    assert not {"script", "link", "img", "iframe", "image", "object"} & set(found.tags)
    assert not [key for key, _ in found.attributes if key in ("src", "href", "style") or key.startswith("on")]
    assert "url(" not in page
    assert "http" not in page.replace('http-equiv="Content-Security-Policy"', "")
    assert page.count("<section>") == len(picture(kind, name).figures)


def evil() -> Picture:
    panel = Panel(EVIL, Indexed(np.eye(3, dtype=np.uint8), 2), (DROPPED, KEPT), Axis(EVIL, 0, 200), Axis(EVIL, 0, 2))
    return Picture(EVIL, EVIL, (Figure(EVIL, EVIL, (EVIL,), (panel,)),), (EVIL,))


def test_names_are_text_and_never_markup() -> None:
    svg, page = render_svg(lay_out(evil()), EVIL), render_html(evil())
    root = ElementTree.fromstring(svg)
    assert "script" not in {child.tag.removeprefix(NS) for child in root.iter()}
    assert "alert(1)" in "".join(root.itertext())
    assert "script" not in outline(page).tags
    for text in (svg, page):
        assert not re.search("[\x00-\x08\x0b-\x1f\u202e\ud800-\udfff]", text)
        text.encode("utf-8")


@given(st.integers(1, 12), st.integers(1, 12), st.integers(1, 4), st.integers(0, 10**6))
def test_rectangles_cover_each_cell_of_a_code_once(rows: int, columns: int, codes: int, seed: int) -> None:
    table = np.random.default_rng(seed).integers(0, codes, (rows, columns))
    for code in range(codes):
        painted = np.zeros_like(table)
        for x, y, w, h in rectangles(table, code):
            painted[y : y + h, x : x + w] += 1
        assert np.array_equal(painted, table == code)


def test_everything_stands_on_the_page() -> None:
    for kind, name in ALL:
        page = lay_out(picture(kind, name))
        for item in page.items:
            assert 0 <= item.x <= page.width
            assert 0 <= item.y <= page.height
            if isinstance(item, Placed):
                assert item.x + item.block.width <= page.width
                assert item.y + item.block.height <= page.height


def luminance(color: str) -> float:
    """Relative luminance (WCAG 2.2)."""
    parts = [int(color[k : k + 2], 16) / 255 for k in (1, 3, 5)]
    linear = [p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(a: str, b: str) -> float:
    high, low = sorted((luminance(a), luminance(b)), reverse=True)
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("theme", THEMES)
def test_tones_differ_in_brightness(theme: str) -> None:
    colors = {tone.key: getattr(tone, theme) for tone in TONES}
    assert contrast(colors["seen"], colors["barred"]) >= 3
    assert contrast(colors["missing"], colors["barred"]) >= 1.6
    assert contrast(colors["missing"], colors["seen"]) >= 1.6
    assert contrast(colors["itself"], colors["seen"]) >= 2.5


def test_glyphs_differ() -> None:
    shown = [tone for tone in TONES if tone.key in ("itself", "seen", "missing", "barred")]
    assert len({tone.glyph[0] for tone in shown}) == len({tone.ascii[0] for tone in shown}) == 4
    assert all(len(tone.glyph) == len(tone.ascii) == 2 and tone.ascii.isascii() for tone in TONES)


@pytest.mark.parametrize("kind", ["field", "order", "mask", "graph"])
@pytest.mark.parametrize("name", ["autoregressive/made_dna", "nvp", "flows/vae_iaf_posterior"])
def test_every_color_is_in_the_style_sheet(kind: str, name: str) -> None:
    drawn = render_svg(lay_out(picture(kind, name)), "a")
    used = {part for found in re.findall(r'class="([^"]*)"', drawn) for part in found.split()}
    light, _, dark = stylesheet().partition("@media")
    for part in used - {"fs-w", "fs-b", "fs-box"}:
        assert f".{part}{{" in light, part
        assert f".{part}{{" in dark, part


@pytest.mark.parametrize("kind", ["field", "order"])
def test_places_behind_the_last_variable_are_blank(kind: str) -> None:
    page = lay_out(picture(kind, "autoregressive/made_dna"))  # 180 variables in rows of 64
    (block,) = (item.block for item in page.items if isinstance(item, Placed) and item.block.codes.size > 1)
    names = np.array([ink.tone.key for ink in block.inks])[block.codes]
    assert (names[-1, 52:] == "blank").all()
    assert (names == "blank").sum() == 12


# Measured in a browser that had DejaVu Sans, at 100 pixels.
MEASURED = [
    ("all variables together: all 6,216 allowed pairs reached", 2696.2),
    ("3x16x16 + 3x16x16 + 3x16x16 +", 1719.8),
    ("log-det elementwise; in the real line", 1806.2),
]


BOLD = [
    ("coupling.1 x 4 rounds", 1219.7),
    ("w.1.f.add_context.1", 1102.9),
    ("field of x[0,14,14] in blind_spot_mended", 2269.3),
]


@pytest.mark.parametrize(
    ("text", "width", "bold"), [*((*row, False) for row in MEASURED), *((*row, True) for row in BOLD)]
)
def test_the_width_of_text_is_an_upper_bound_and_not_far_from_it(text: str, width: float, bold: bool) -> None:
    assert width <= long(text, 100, bold) < 1.05 * width


@given(st.text(max_size=80), st.integers(20, 400))
def test_lines_and_pieces_fit_and_lose_nothing(text: str, room: int) -> None:
    found = [piece for line in lines(text, room, 11) for piece in pieces(line, room, 11)]
    assert "".join("".join(found).split()) == "".join(clean(text).split())
    for piece in found:
        assert long(piece, 11) <= room or len(piece) == 1


def test_a_number_stays_with_its_word() -> None:
    for room in range(30, 300, 7):
        broken = "|".join(lines("coupling, keep channel, times 4; in [0, 1); 74.9 %", room, 11))
        assert "times 4" in broken
        assert "[0, 1)" in broken
        assert "74.9 %" in broken


@pytest.mark.parametrize(("kind", "name"), [("field", "flows/iaf"), ("graph", "flows/cdf_beta"), ("order", "made")])
def test_a_page_is_as_wide_as_what_stands_on_it(kind: str, name: str) -> None:
    page = lay_out(picture(kind, name))
    ends = [i.x + long(i.text, i.size, i.bold) for i in page.items if isinstance(i, Words) and i.anchor == "start"]
    ends += [i.x + i.block.width for i in page.items if isinstance(i, Placed)]
    assert page.width <= max(360, max(ends) + 25) < 640
