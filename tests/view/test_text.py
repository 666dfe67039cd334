"""Pictures as text: goldens at 80 and 200 columns, within their width, without colour and without Unicode."""

from __future__ import annotations

import re

import numpy as np
import pytest

from flowspec.view.cells import Indexed
from flowspec.view.field_picture import TONES
from flowspec.view.pictures import Axis, Figure, Panel, Picture
from flowspec.view.text import Style, render_text
from tests.view.drawn import ALL, compare, picture

SGR = re.compile(r"\x1b\[[0-9;]*m")
CASES = [(kind, name) for kind, name in ALL if name not in ("hostile", "histogram", "names")]


@pytest.mark.parametrize("width", [80, 200])
@pytest.mark.parametrize(("kind", "name"), CASES)
def test_goldens(kind: str, name: str, width: int) -> None:
    compare(f"{kind}_{name}.{width}.txt", render_text(picture(kind, name), Style(width)))


@pytest.mark.parametrize("name", ["gated", "wide_made"])
def test_ascii_goldens(name: str) -> None:
    text = render_text(picture("mask", name), Style(80, ascii=True))
    compare(f"mask_{name}.ascii.txt", text)
    assert text.isascii()


def test_a_sorted_mask_is_a_staircase() -> None:
    compare("mask_wide_made.sorted.txt", render_text(picture("mask", "wide_made", sort=True), Style(80)))


@pytest.mark.parametrize(("kind", "name"), ALL)
@pytest.mark.parametrize("width", [40, 80, 133])
def test_no_line_is_too_long(kind: str, name: str, width: int) -> None:
    for ascii_only in (False, True):
        text = render_text(picture(kind, name), Style(width, ascii=ascii_only))
        assert max(map(len, text.splitlines())) <= width
        assert text.endswith("\n")
        assert not any(line.endswith(" ") for line in text.splitlines())


@pytest.mark.parametrize(("kind", "name"), ALL)
def test_colour_adds_nothing_but_colour(kind: str, name: str) -> None:
    plain = render_text(picture(kind, name), Style(80))
    colored = render_text(picture(kind, name), Style(80, color=True))
    assert SGR.search(colored)
    assert "\x1b" not in plain
    assert [line.rstrip() for line in SGR.sub("", colored).splitlines()] == plain.splitlines()


def test_user_text_reaches_the_terminal_as_text() -> None:
    text = render_text(picture("field", "hostile"), Style(80))
    assert "<script>alert(1)</script>" in text
    assert "\x1b" not in text
    assert "\a" not in text


def test_a_model_of_independent_variables() -> None:
    assert "there is no field to show" in render_text(picture("field", "histogram"), Style(80))
    assert "nothing in this spec is masked" in render_text(picture("mask", "histogram"), Style(80))


def drawn_field(codes: np.ndarray, style: Style) -> tuple[str, str]:
    """A field of these codes as text without colour: what is inside its frame, and the words below as one line."""
    panel = Panel("", Indexed(codes.astype(np.uint8), len(TONES)), TONES, Axis("row", 0, 9), Axis("column", 0, 9))
    text = SGR.sub("", render_text(Picture("field", "", (Figure("", "", (), (panel,)),)), style))
    assert max(map(len, text.splitlines())) <= style.width
    inside = [line[1:-1] for line in text.splitlines() if line[:1] in ("│", "|")]
    return "".join(inside), " ".join(text.split())


def random_field(rng: np.random.Generator) -> np.ndarray:
    """Codes of a panel of 1 to 150 rows and columns with rare and common tones, the variable itself once."""
    rows, columns = (int(n) for n in rng.integers(1, 150, 2))
    codes = rng.choice(4, (rows, columns), p=rng.dirichlet([0.1] * 4))
    codes[codes == 3] = 0
    codes[rng.integers(rows), : rng.integers(columns + 1)] = rng.integers(3)
    codes[rng.integers(rows), rng.integers(columns)] = 3
    return codes


@pytest.mark.parametrize("width", [40, 80, 200])
@pytest.mark.parametrize("ascii_only", [False, True])
@pytest.mark.parametrize("color", [False, True])
def test_what_occurs_is_drawn_or_said_to_be_joined(width: int, ascii_only: bool, color: bool) -> None:
    rng = np.random.default_rng(width)
    for _ in range(60):
        codes = random_field(rng)
        cells, words = drawn_field(codes, Style(width, color, ascii_only))
        for tone in (TONES[k] for k in set(codes.ravel().tolist())):
            glyph = tone.ascii if ascii_only else tone.glyph
            said = any(f"{symbol} {tone.label}" in words for symbol in (glyph, glyph[0]))
            assert said != (f": {tone.label}" in words)
            assert (glyph[0] in cells) == said


def test_a_thin_line_outlives_a_majority() -> None:
    codes = np.zeros((64, 64))
    codes[0], codes[0, 48:], codes[0, 63] = 2, 1, 3
    cells, words = drawn_field(codes, Style(80))
    assert cells.startswith("░" * 48 + "█" * 15 + ">" + "·" * 64)
    assert "a symbol stands for about 2 x 1 cells and shows the kind that is rarest in the panel" in words


def test_the_symbol_of_the_variable_tells_what_else_is_in_it() -> None:
    codes = np.zeros((64, 64))
    codes[0, 5], codes[1, 5] = 1, 3
    cells, words = drawn_field(codes, Style(80))
    assert "█" not in cells
    assert "> the variable itself joined in >: sees" in words


@pytest.mark.parametrize("name", ["autoregressive/pixelsnail", "autoregressive/made_mushrooms", "flows/nsf", "names"])
@pytest.mark.parametrize("kind", ["mask", "field", "order", "graph"])
def test_names_and_paths_are_cut_where_they_do_not_fit(kind: str, name: str) -> None:
    drawn = picture(kind, name)
    path = Picture(f"{drawn.title} {'n' * 300}", f"/{'somewhere/' * 30}spec.yaml", drawn.figures, drawn.notes)
    for width in (40, 80, 200):
        for ascii_only in (False, True):
            text = render_text(path, Style(width, ascii=ascii_only))
            assert max(map(len, text.splitlines())) <= width
            assert "n" * 300 in text.replace("\n", "")


def test_long_names_above_a_panel_stand_there_whole() -> None:
    text = render_text(picture("field", "names"), Style(80))
    assert all(f"variable_number_é{k}" in text for k in range(12))
