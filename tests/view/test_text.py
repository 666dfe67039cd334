"""Pictures as text: goldens at 80 and 200 columns, within their width, without colour and without Unicode."""

from __future__ import annotations

import re

import pytest

from flowspec.view.text import Style, render_text
from tests.view.drawn import ALL, compare, picture

SGR = re.compile(r"\x1b\[[0-9;]*m")
CASES = [(kind, name) for kind, name in ALL if name not in ("hostile", "histogram")]


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
