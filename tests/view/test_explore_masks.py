"""Masks on the page to explore a model, in a browser: shown and hidden by click and key; what a reload keeps."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from flowspec.cli.explore import page_of
from flowspec.cli.serving import server_of
from tests.view.browser import Page, browser, executable
from tests.view.drawn import SPECS
from tests.view.test_explored_masks import both, found_report

pytestmark = [pytest.mark.skipif(executable() is None, reason="needs Chromium: `apt-get install chromium`")]


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    with browser() as page:
        yield page


def opened(tab: Page, folder: Path, name: str) -> Page:
    path = folder / f"{Path(name).stem}.html"
    path.write_text(page_of(found_report(name)), encoding="utf-8")
    tab.events.clear()
    tab.open(path.as_uri())
    return tab


def text(page: Page, name: str) -> str:
    return str(page.run(f"document.getElementById('{name}').innerText"))


def chosen(page: Page, layer: str) -> None:
    """Chooses a layer by a click in the list."""
    found = f"[...document.querySelectorAll('#nodes button')].find((b) => b.innerText.startsWith('{layer} '))"
    page.run(f"{found}.click()")


def visible(page: Page, selector: str) -> int:
    return int(page.run(f"[...document.querySelectorAll('{selector}')].filter((e) => e.offsetParent).length"))


@pytest.mark.parametrize(
    ("name", "layer"),
    [
        ("wide_made", "linear.1"),
        ("autoregressive/image_transformer.yaml", "attention.1"),
        ("autoregressive/pixelrnn_diagonal.yaml", "lstm.1"),
        ("gated", "conv.1"),
    ],
)
def test_a_layer_of_any_kind_shows_its_mask(tab: Page, tmp_path: Path, name: str, layer: str) -> None:
    page = opened(tab, tmp_path, name)
    nodes = page.run("shownNet().nodes.filter((n) => n && n.mask !== null).map((n) => n.id)")
    layer = layer if layer in nodes else nodes[0]
    chosen(page, layer)
    derived = next(one for _, _, one in both(name) if one.name == layer)
    count = derived.count
    assert f"keeps {count.kept:,} of {count.possible:,} " in text(page, "maskwords")
    assert f"mask: {count.kept:,} of {count.possible:,} open" in text(page, "nodes")
    assert visible(page, "#maskpanels canvas") == page.run("maskOf(shownNet().nodes[state.layer]).panels.length") > 0
    chosen(page, "x")
    assert "no mask" in text(page, "maskwords")
    assert visible(page, "#maskpanels canvas") == 0
    assert page.errors() == []


def test_a_cell_is_as_dark_as_its_share_is_open(tab: Page, tmp_path: Path) -> None:
    page = opened(tab, tmp_path, "wide_made")
    chosen(page, "linear.1")
    assert "500 x 784 in all; a cell stands for about 6.1 x 6.1 of them" in text(page, "maskpanels")
    canvas = "document.querySelectorAll('#maskpanels canvas')[1]"
    shares = page.run("Array.from(maskOf(shownNet().nodes[state.layer]).panels[1].bytes)")
    rows, columns = page.run("(({rows, columns}) => [rows, columns])(maskOf(shownNet().nodes[state.layer]).panels[1])")
    cell = page.run(f"parseFloat({canvas}.style.width)") / columns
    assert 0 < sum(0 < s < 255 for s in shares) < len(shares)
    for r, c in ((0, columns - 1), (rows - 1, 0), (rows // 2, columns // 2), (rows // 4, columns // 4)):
        pixel = f"[...{canvas}.getContext('2d').getImageData({c * cell}, {r * cell}, 1, 1).data].slice(0, 3)"
        open_ = shares[r * columns + c] / 255
        want = [(1 - open_) * grey + open_ * blue for grey, blue in zip((223, 227, 232), (0, 114, 178), strict=True)]
        assert page.run(pixel) == pytest.approx(want, abs=2)


def test_click_and_key_show_and_hide_the_masks(tab: Page, tmp_path: Path) -> None:
    page = opened(tab, tmp_path, "made")
    chosen(page, "linear.1")
    page.run("document.getElementById('masks').scrollIntoView()")
    box = page.run("(({x, y}) => ({x, y}))(document.getElementById('masks').getBoundingClientRect())")
    pressed = "document.getElementById('masks').getAttribute('aria-pressed')"

    def state() -> tuple[str, str, bool, bool]:
        shown = visible(page, "#maskpanels canvas") > 0
        return page.run(pressed), text(page, "masks"), shown, "open (" in text(page, "nodes")

    on, off = ("true", "masks: shown", True, True), ("false", "masks: hidden", False, False)
    assert state() == on
    page.click(box["x"] + 5, box["y"] + 5)
    assert state() == off
    page.press("m", "m")
    assert state() == on
    page.run("document.getElementById('field').focus()")
    page.press("m", "m")
    assert state() == off
    assert visible(page, "#layer") == 1, "the units that matter are shown either way"
    page.run("document.getElementById('masks').focus()")
    page.press(" ", " ")
    assert state() == on
    page.run("document.getElementById('density').focus()")
    page.press("m", "m")
    assert state() == on, "in a list a letter picks an option"
    assert page.errors() == []


def test_the_halves_of_couplings_go_with_the_masks(tab: Page, tmp_path: Path) -> None:
    page = opened(tab, tmp_path, "nvp")
    page.run("pickStep(flowOf(-1).steps.findIndex((s) => s.kept))")
    assert visible(page, "#half") == 1
    page.press("m", "m")
    assert visible(page, "#half") == 0
    assert "24 entries pass, 24 are moved" in text(page, "stepwords")
    page.press("m", "m")
    assert visible(page, "#half") == 1
    assert page.errors() == []


def test_a_model_without_masks_has_no_button_for_them(tab: Page, tmp_path: Path) -> None:
    page = opened(tab, tmp_path, "flows/elementwise.yaml")
    page.press("m", "m")
    assert page.run("[document.getElementById('masks').hidden, state.masks]") == [True, True]
    assert page.errors() == []


@pytest.mark.parametrize("dark", [False, True])
def test_masks_on_a_phone(tab: Page, tmp_path: Path, dark: bool) -> None:
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    tab.command("Emulation.setEmulatedMedia", features=scheme)
    tab.command("Emulation.setDeviceMetricsOverride", width=390, height=800, deviceScaleFactor=2, mobile=True)
    for name, layer in (
        ("wide_made", "linear.1"),
        ("gated", "v"),
        ("autoregressive/image_transformer.yaml", "attention.1"),
    ):
        page = opened(tab, tmp_path, name)
        chosen(page, layer)
        assert visible(page, "#maskpanels canvas") > 0
        assert page.run("document.documentElement.scrollWidth") <= 390, "nothing sticks out"
        assert page.errors() == []
    tab.command("Emulation.clearDeviceMetricsOverride")
    tab.command("Emulation.setEmulatedMedia", features=[])


STATE = "JSON.stringify([nameOf(here(), state.variable), shownNet() && state.layer >= 0 ? shownNet().nodes[state.layer].id : '', state.masks])"


def test_a_page_from_disk_keeps_what_is_chosen_over_a_reload(tab: Page, tmp_path: Path) -> None:
    page = opened(tab, tmp_path, "nvp")
    page.run("pickStep(2), state.variable = 7, step(1), step(1), toggleMasks()")
    before, step = page.run(STATE), page.run("state.step")
    page.run("document.body.dataset.ready = 'no'")
    tab.command("Page.reload")
    tab.wait("document.body && document.body.dataset.ready === 'yes'")
    assert (page.run(STATE), page.run("state.step")) == (before, step)
    assert text(page, "masks") == "masks: hidden"
    page = opened(tab, tmp_path, "made")
    assert text(page, "masks") == "masks: shown", "another page begins anew"
    assert page.errors() == []


def test_the_watched_page_keeps_what_is_chosen_while_it_exists(tab: Page, tmp_path: Path) -> None:
    path, spec = tmp_path / "a.yaml", SPECS["gated"]
    path.write_text(spec, encoding="utf-8")
    server = server_of(str(path), 0)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    tab.events.clear()
    tab.open(f"http://127.0.0.1:{server.server_address[1]}/")
    tab.run("state.variable = 2 * 64 + 4 * 8 + 6, toggleMasks()")
    chosen(tab, "v")
    want = ["x[2,4,6]", "v", False]
    assert json.loads(tab.run(STATE)) == want

    def saved(content: str, condition: str) -> list[object]:
        path.write_text(content, encoding="utf-8")
        tab.wait(f"document.body && ({condition})")
        return list(json.loads(tab.run(STATE))) if "ready" in condition else []

    ready = "document.body.dataset.ready === 'yes' && document.getElementById('source').innerText.includes"
    assert saved("# a comment\n" + spec, f"{ready}('a comment')") == want
    saved(spec.replace("conv: 12", "cnov: 12"), "document.body.innerText.includes('did you mean')")
    assert saved("# mended\n" + spec, f"{ready}('mended')") == want, "a spec with errors in between forgets nothing"
    smaller = "# smaller\n" + spec.replace("[3, 8, 8]", "[3, 6, 6]")
    assert saved(smaller, f"{ready}('smaller')") == ["x[2,3,3]", "v", False], "there is no x[2,4,6] any more"
    server.shutdown()
    server.server_close()
    assert [e for e in tab.errors() if "ERR_CONNECTION" not in e] == []
