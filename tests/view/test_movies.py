"""Films of orders: each frame shows what comes together, every variable comes once, and every form says the same."""

from __future__ import annotations

import io
import re
import xml.etree.ElementTree as ET
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageSequence

from flowspec.cli import main
from flowspec.view.errors import ViewError
from flowspec.view.items import SMALLEST, Words
from flowspec.view.movie_svg import STILL, render_movie
from flowspec.view.order_movie import BEFORE, EMPTY, LATER, MOST_FRAMES, NOW, Movie, order_movie
from flowspec.view.png import render_film
from flowspec.view.svg import rules
from tests.view.browser import browser, executable
from tests.view.drawn import SPECS, found_orders, report

ORDERED = [name for name in SPECS if name not in ("nvp", "histogram")]


def film(name: str) -> Movie:
    return order_movie(name, "<stdin>", found_orders(name), report(name).facts.sampling_steps or 1)


@pytest.mark.parametrize("name", ORDERED)
def test_every_variable_comes_once_and_with_its_level(name: str) -> None:
    movie = film(name)
    for frame in range(len(movie.ends)):
        first, last = movie.span(frame)
        for slot in movie.slots:
            codes = movie.block(slot, frame).codes
            assert codes.shape == slot.levels.shape, "these panels are small enough to show every variable"
            assert np.array_equal(codes == NOW, (slot.levels > first) & (slot.levels <= last))
            assert np.array_equal(codes == LATER, slot.levels > last)
            assert np.array_equal(codes == EMPTY, slot.levels == 0)
    for slot in movie.slots:
        assert set(movie.block(slot, len(movie.ends) - 1).codes.ravel().tolist()) <= {BEFORE, NOW, EMPTY}
    assert len(movie.captions) == len(movie.orders)


def test_frames_are_capped_and_say_so() -> None:
    movie = film("wide_made")
    assert movie.ends[-1] == int(movie.orders[0].levels.max()) == 501
    assert len(movie.ends) == 101 <= MOST_FRAMES
    assert movie.words(0, 1).startswith("levels 6 to 10 of 501: ")
    assert "a frame shows 5 levels, one after the other" in render_movie(movie, "a")
    assert film("alarm").words(0, 2) == "level 3 of 3: 2 variables drawn together; 5 of 5 so far"


@pytest.mark.parametrize("name", ORDERED)
def test_an_svg_film_is_inert_and_holds_every_variable_once(name: str) -> None:
    movie = film(name)
    text = render_movie(movie, "a")
    assert text == render_movie(film(name), "a")
    root = ET.fromstring(text)
    assert not [e for e in root.iter() if e.tag.endswith(("script", "image"))]
    paths = [e.get("d", "") for e in root.iter() if e.get("class", "").startswith("m ")]
    area = sum(int(w) * int(h) for path in paths for w, h in re.findall(r"h(\d+)v(\d+)h", path))
    assert area == sum(order.grid.size for order in movie.orders)


@pytest.mark.parametrize("suffix", [".gif", ".png"])
def test_an_animated_image_has_the_frames(suffix: str) -> None:
    movie = film("stack")
    data = render_film(movie, suffix)
    assert data == render_film(film("stack"), suffix)
    image = Image.open(io.BytesIO(data))
    frames = [frame.convert("RGB") for frame in ImageSequence.Iterator(image)]
    assert len(frames) == len(movie.ends) == 34
    slot = movie.slots[0]
    place, block = movie.page.items[slot.item], movie.block(slot, 0)
    colors = {LATER: (223, 227, 232), NOW: (230, 159, 0), BEFORE: (0, 114, 178)}
    for number in (0, 5, 33):
        codes = movie.block(slot, number).codes
        for row, column in ((0, 0), (3, 4), (11, 11)):
            x = place.x + (column + 0.5) * block.across
            y = place.y + (row + 0.5) * block.down
            assert frames[number].getpixel((int(x), int(y))) == colors[int(codes[row, column])]


def test_what_has_no_order_has_no_film() -> None:
    with pytest.raises(ViewError, match="nothing is generated one after the other"):
        film("nvp")


def test_the_command_writes_films_alone(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    spec = tmp_path / "a.yaml"
    spec.write_text(SPECS["alarm"], encoding="utf-8")
    for suffix, start in ((".svg", b"<svg"), (".gif", b"GIF8"), (".png", b"\x89PNG")):
        out = tmp_path / f"a{suffix}"
        assert main(["order", str(spec), "--animate", "-o", str(out)]) == 0
        assert out.read_bytes().startswith(start)
    capsys.readouterr()
    assert main(["order", str(spec), "--animate"]) == 2
    assert "an animation is written to a file" in capsys.readouterr().err
    assert main(["order", str(spec), "--animate", "-o", str(tmp_path / "a.npy")]) == 2
    assert "there are .svg, .gif, .png" in capsys.readouterr().err
    assert main(["order", str(spec), "-o", str(tmp_path / "b.gif")]) == 2
    assert "`flowspec order SPEC --animate -o FILE.gif`" in capsys.readouterr().err


@pytest.mark.skipif(executable() is None, reason="needs Chromium: `apt-get install chromium`")
def test_a_browser_plays_the_film(tmp_path: Path) -> None:
    movie = film("stack")
    path = tmp_path / "a.svg"
    path.write_text(render_movie(movie, "a"), encoding="utf-8")
    with browser() as page:
        page.command("Page.navigate", url=path.as_uri())
        page.wait("document.documentElement.tagName === 'svg' && document.readyState === 'complete'")
        at = 1000 * movie.seconds * 5.5
        page.run(f"document.getAnimations().forEach((a) => {{ a.pause(); a.currentTime = {at}; }})")
        look = "(({{fill, visibility}}) => [fill, visibility])(getComputedStyle(document.querySelector('.m{}')))"
        assert page.run(look.format(2)) == ["rgb(0, 114, 178)", "visible"]
        assert page.run(look.format(5)) == ["rgb(230, 159, 0)", "visible"]
        assert page.run(look.format(6))[1] == "hidden"
        seen = "[...document.querySelectorAll('.t')].filter((e) => getComputedStyle(e).opacity === '1').map((e) => e.textContent)"
        assert page.run(seen) == [movie.words(0, 5)]
        assert page.errors() == []


def test_cells_whose_colours_change_have_no_numbers() -> None:
    page = order_movie("a", "<stdin>", found_orders("stack"), 1).page
    assert not any(isinstance(item, Words) and item.size == SMALLEST for item in page.items)


@pytest.mark.skipif(executable() is None, reason="needs Chromium: `apt-get install chromium`")
@pytest.mark.parametrize(("wish", "shown"), [("reduce", True), ("no-preference", False)])
def test_a_film_that_stands_still_says_what_its_shades_are(tmp_path: Path, wish: str, shown: bool) -> None:
    file = tmp_path / "film.svg"
    file.write_text(render_movie(film("stack"), "a"), encoding="utf-8")
    with browser() as page:
        page.command("Emulation.setEmulatedMedia", features=[{"name": "prefers-reduced-motion", "value": wish}])
        page.command("Page.navigate", url=file.as_uri())
        page.wait("document.querySelector('.s') !== null")
        assert page.run("document.querySelector('.s').textContent") == STILL
        assert page.run("getComputedStyle(document.querySelector('.s')).visibility === 'visible'") is shown


def test_lines_between_cells_that_are_no_squares_are_one_pixel() -> None:
    movie = order_movie("nsf", "", found_orders("flows/nsf_autoregressive"), 1)  # 43 entries of 6 x 18 pixels
    (slot,) = movie.slots[:1]
    still = movie.block(slot, 0)
    assert still.across != still.down
    lines = list(rules(still))
    assert lines
    assert all(line in render_movie(movie, "a") for line in lines)
