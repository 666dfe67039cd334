"""The page of a flow behind an encoder: z and x side by side, in a browser, with the rows that the command draws."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest

from flowspec.cli.explore import page_of
from tests.view.browser import Page, browser, executable
from tests.view.test_encoded import report, rows

pytestmark = [pytest.mark.skipif(executable() is None, reason="needs Chromium: `apt-get install chromium`")]


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    with browser() as page:
        yield page


def opened(tab: Page, folder: Path, name: str) -> Page:
    path = folder / "page.html"
    path.write_text(page_of(report(name)), encoding="utf-8")
    tab.events.clear()
    tab.open(path.as_uri())
    return tab


def words(page: Page) -> str:
    return str(page.run("document.getElementById('latentwords').textContent"))


@pytest.mark.parametrize("name", ["mixed", "twice", "one number"])
def test_the_page_relates_what_the_command_draws(tab: Page, tmp_path: Path, name: str) -> None:
    page = opened(tab, tmp_path, name)
    nodes = page.run("window.flowspec.DATA.flows[0].encoded.map((r) => r.node)")
    last = "encode.2" if name == "twice" else "encode.1"
    assert sorted(nodes) == sorted({last, "encode.1", "decoder.z", "z", *(["decoder.2.z"] if name == "twice" else [])})
    for k, node in enumerate(nodes):
        want = rows(name, node)
        for part, table in ((False, want), (True, want.T)):
            ask = f"window.flowspec.related({k}, {str(part).lower()}, v).map(Boolean)"
            found = page.run(f"Array.from({{length: {len(table)}}}, (_, v) => {ask})")
            assert np.array_equal(np.array(found), table), (node, part)
    assert page.errors() == []
    assert [url for url in page.requests() if not url.startswith("file:")] == []


def test_a_click_and_the_keys_choose_on_either_side(tab: Page, tmp_path: Path) -> None:
    page, table = opened(tab, tmp_path, "mixed"), rows("mixed", "encode.1")
    assert words(page) == (
        "z[1,1,1] is drawn from q(z | x): with the noise of the draw held fixed "
        f"it depends on {table[13].sum()} of 36 variables of x"
    )
    page.run("document.getElementById('part').scrollIntoView()")
    box = page.run("(({x, y}) => ({x, y}))(document.getElementById('part').getBoundingClientRect())")
    cell = page.run("document.getElementById('part').cells.cell")
    page.click(box["x"] + 3.5 * cell, box["y"] + 2.5 * cell)
    assert words(page).endswith(f"{table[:, 2 * 6 + 3].sum()} of 18 entries of z depend on x[0,2,3]")
    assert page.run("document.getElementById('partname').textContent") == "x: x[0,2,3] is chosen"
    page.run("document.getElementById('part').focus()")
    page.press("ArrowDown")
    assert words(page).endswith(f"{table[:, 3 * 6 + 3].sum()} of 18 entries of z depend on x[0,3,3]")
    page.run("document.getElementById('whole').focus()")
    for key, name, row in (("ArrowUp", "z[1,1,1]", 13), ("PageUp", "z[0,1,1]", 4), ("ArrowLeft", "z[0,1,0]", 3)):
        page.press(key)
        assert words(page).startswith(f"{name} is drawn")
        assert f"depends on {table[row].sum()} of 36" in words(page)
    page.run("const w = document.getElementById('relation'); w.value = 2; w.dispatchEvent(new Event('change'))")
    assert words(page) == f"p(x | z) uses {rows('mixed', 'decoder.z')[21].sum()} of 18 entries of z for x[0,3,3]"
    assert page.errors() == []


def test_a_flow_without_an_encoder_has_no_such_box(tab: Page, tmp_path: Path) -> None:
    assert opened(tab, tmp_path, "nice_mnist").run("document.getElementById('latentbox').hidden")
    page = opened(tab, tmp_path, "vae_flow_prior")
    assert not page.run("document.getElementById('latentbox').hidden")
    assert "784 of 784 variables of x" in words(page)


def test_nothing_sticks_out_on_a_phone(tab: Page, tmp_path: Path) -> None:
    tab.command("Emulation.setDeviceMetricsOverride", width=360, height=800, deviceScaleFactor=1, mobile=True)
    page = opened(tab, tmp_path, "vae_flow_prior")
    assert page.run("document.documentElement.scrollWidth") <= 360
