"""The page to explore a model, in a browser: it shows what check proved, by mouse and keyboard, and asks nobody."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from html import unescape
from pathlib import Path
from typing import Any
from urllib.request import urlopen

import numpy as np
import pytest

from flowspec.cli.explore import page_of
from flowspec.cli.serving import server_of
from flowspec.compiler import analyse
from flowspec.diagnostics.text import clean
from flowspec.graph.model import Autoregressive, Flow
from flowspec.passes.dependency import flow_values
from flowspec.view.entries import entries_by_value
from tests.view.browser import Page, browser, executable
from tests.view.drawn import GALLERY, SPECS, found_fields, found_orders, report

pytestmark = [
    pytest.mark.skipif(executable() is None, reason="needs Chromium: `apt-get install chromium`"),
]
NETS = [name for name in SPECS if name not in ("histogram", "hostile", "wide_made")]

BAD = Path(__file__).parents[1] / "bad"

PART = """
flowspec: 1
blocks:
  g: {in: h, net: [{linear: 8}, relu]}
"""
USER = """
flowspec: 1
name: user
use: {p: ./part.yaml}
x: {shape: [6], values: binary}
order: raster
net: [{block: p.g}]
head: bernoulli
"""


@pytest.fixture(scope="module")
def tab() -> Iterator[Page]:
    with browser() as page:
        yield page


def opened(tab: Page, folder: Path, name: str) -> Page:
    """The page of a spec, as a file."""
    path = folder / f"{Path(name).name}.html"
    path.write_text(page_of(report(name)), encoding="utf-8")
    tab.events.clear()
    tab.open(path.as_uri())
    return tab


@pytest.mark.parametrize("name", NETS)
def test_the_page_finds_what_check_proved(tab: Page, tmp_path: Path, name: str) -> None:
    found = report(name)
    assert found.program is not None
    model, proved = found.program.model, np.asarray(found.dependency())
    page = opened(tab, tmp_path, name)
    which = 0 if isinstance(model, Autoregressive) else -1
    if isinstance(model, Flow):
        proved = proved[page.run("window.flowspec.DATA.flows[0].latent.becomes")]
    rows = range(0, len(proved), max(1, len(proved) // 24))
    shown = page.run(f"[{','.join(map(str, rows))}].map((v) => window.flowspec.seen({which}, v).map(Boolean))")
    assert isinstance(model, Autoregressive | Flow)
    assert np.array_equal(np.array(shown), proved[list(rows)]), name
    assert page.errors() == []
    assert [url for url in page.requests() if not url.startswith("file:")] == []


FLOWS = [
    "nvp",
    "maf",
    "flows/iaf",
    "flows/glow_cifar10",
    "flows/flowpp_vardeq",
    "flows/conditional",
    "flows/dag_flow",
    "flows/ffjord",
]


@pytest.mark.parametrize("name", FLOWS)
def test_every_step_of_a_flow_is_followed_as_it_is_proved(tab: Page, tmp_path: Path, name: str) -> None:
    found = report(name)
    assert found.all_facts is not None
    model = found.all_facts.program.model
    assert isinstance(model, Flow)
    page = opened(tab, tmp_path, name)
    values, entries = flow_values(model, found.all_facts), entries_by_value(model, found.all_facts)
    steps = range(0, len(model.nodes), max(1, len(model.nodes) // 6))
    size = values[0].units
    for s in steps:
        for v in (0, size // 2, size - 1):
            value, entry = _where(model, entries, v, s)
            shown = page.run(f"window.flowspec.behind(-1, {v}, {s}).map(Boolean)")
            assert np.array_equal(np.array(shown), values[value].row(entry)), (s, v)
    assert page.errors() == []


def _where(model: Flow, entries: dict[int, Any], v: int, last: int) -> tuple[int, int]:
    """The value and the entry that variable v has become behind step `last`."""
    for node in reversed(model.nodes[: last + 1]):
        for value in node.outputs:
            if len(at := np.flatnonzero(entries[value] == v)):
                return value, int(at[0])
    return 0, v


def test_the_steps_of_a_flow_show_their_halves_and_open_their_nets(tab: Page, tmp_path: Path) -> None:
    page = opened(tab, tmp_path, "nvp")
    text = page.run("document.getElementById('chain').innerText")
    assert "split.1 split half → 6x2x2 + 6x2x2" in text
    assert "6x2x2 ends in normal" in text, "the part that leaves stands below its split"
    assert page.run("document.getElementById('stepbox').hidden")
    page.run(
        "[...document.querySelectorAll('#chain button')].find((b) => b.innerText.startsWith('coupling.1')).click()"
    )
    assert "24 entries pass, 24 are moved" in page.run("document.getElementById('stepwords').textContent")
    assert page.run("document.querySelector('#source .here').id") == f"line{_line('nvp', 'checkerboard')}"
    assert "Net of coupling.1" in page.run("document.getElementById('layersof').textContent")
    half = "[...document.getElementById('half').getContext('2d').getImageData({}, 1, 1, 1).data].slice(0, 3)"
    cell = page.run("document.getElementById('half').cells.cell")
    assert page.run(half.format(1)) == [0, 114, 178], "the first pixel of a checkerboard is kept"
    assert page.run(half.format(cell + 1)) == [223, 227, 232]
    page.run("document.querySelectorAll('#nodes button')[1].click()")
    assert "classes of units matter here" in page.run("document.getElementById('layerwords').textContent")
    before = page.run("document.getElementById('words').textContent")
    assert before.startswith("behind coupling.1, what x[")
    page.run("document.getElementById('field').focus()")
    page.press(".", ".")
    assert page.run("document.getElementById('words').textContent").startswith("behind coupling.2")
    page.press("w", "w")
    assert "coupling.2's net into the entry of x[" in page.run("document.getElementById('witness').textContent")
    assert page.errors() == []


def _line(name: str, word: str) -> int:
    return next(k for k, line in enumerate(SPECS[name].split("\n"), 1) if word in line)


def test_the_order_plays_and_pauses(tab: Page, tmp_path: Path) -> None:
    page = opened(tab, tmp_path, "stack")
    page.run("document.getElementById('play').click()")
    page.wait("document.getElementById('leveltext').textContent.includes('level 3 of 34')")
    page.run("document.getElementById('play').click()")
    stopped = page.run("document.getElementById('level').value")
    assert page.run("document.getElementById('play').textContent") == "play"
    page.run("new Promise((done) => setTimeout(done, 500))")
    assert page.run("document.getElementById('level').value") == stopped
    assert page.errors() == []


@pytest.mark.parametrize("name", ["made", "stack", "gated", "nvp"])
def test_the_page_begins_where_the_commands_do(tab: Page, tmp_path: Path, name: str) -> None:
    page = opened(tab, tmp_path, name)
    assert page.run("window.flowspec.state.variable") == found_fields(name)[0].variable


def test_a_click_and_the_keys_choose_a_variable(tab: Page, tmp_path: Path) -> None:
    page = opened(tab, tmp_path, "stack")
    page.run("document.getElementById('field').scrollIntoView()")
    box = page.run("(({x, y, width}) => ({x, y, width}))(document.getElementById('field').getBoundingClientRect())")
    cell = page.run("document.getElementById('field').cells.cell")
    page.click(box["x"] + 5.5 * cell, box["y"] + 3.5 * cell)
    assert page.run("window.flowspec.state.variable") == 3 * 12 + 5
    page.run("document.getElementById('field').focus()")
    for key, variable in (("ArrowDown", 53), ("ArrowLeft", 52), ("ArrowUp", 40), ("ArrowRight", 41)):
        page.press(key)
        assert page.run("window.flowspec.state.variable") == variable
    assert "misses" in page.run("document.getElementById('words').textContent")
    page.press("b", "b")
    assert "blind spot" in page.run("document.getElementById('witness').textContent")
    page.press("w", "w")
    witness = page.run("document.getElementById('witness').textContent")
    assert witness.startswith("x[0,")
    assert "→ conv.1[" in witness
    assert "head.1" in witness
    assert page.errors() == []


def test_layers_order_and_the_other_way_round(tab: Page, tmp_path: Path) -> None:
    page = opened(tab, tmp_path, "stack")
    assert page.run("document.getElementById('layerbox').hidden")
    page.run("document.getElementById('on').click(), document.getElementById('on').click()")
    assert "conv.1: conv 8, kernel 3" in page.run("document.getElementById('layerwords').textContent")
    assert "mask: kernel 3x3; 1 channel in, 8 out; keeps 32 of 72 weights (44.4 %)" in page.run(
        "document.getElementById('maskwords').textContent"
    )
    assert page.run("document.querySelector('#source .here').id") == "line6"
    page.run("const s = document.getElementById('level'); s.value = 3; s.dispatchEvent(new Event('input'))")
    drawn = int((found_orders("stack")[0].levels <= 3).sum())
    assert f"level 3 of 34: {drawn} of 144 variables drawn" in page.run(
        "document.getElementById('leveltext').textContent"
    )
    page.run("const w = document.getElementById('way'); w.value = 'seen by'; w.dispatchEvent(new Event('change'))")
    proved = np.asarray(report("stack").dependency())
    v = page.run("window.flowspec.state.variable")
    words = page.run("document.getElementById('words').textContent")
    assert f"is seen by {proved[:, v].sum()} variables" in words
    assert page.errors() == []


@pytest.mark.parametrize(("width", "dark"), [(360, False), (1280, True)])
def test_narrow_and_dark(tab: Page, tmp_path: Path, width: int, dark: bool) -> None:
    scheme = [{"name": "prefers-color-scheme", "value": "dark" if dark else "light"}]
    tab.command("Emulation.setEmulatedMedia", features=scheme)
    tab.command("Emulation.setDeviceMetricsOverride", width=width, height=800, deviceScaleFactor=1, mobile=width < 400)
    page = opened(tab, tmp_path, "gated")
    assert page.run("document.documentElement.scrollWidth") <= width, "nothing sticks out"
    paper = page.run("getComputedStyle(document.body).backgroundColor")
    assert paper == ("rgb(13, 17, 23)" if dark else "rgb(255, 255, 255)")
    corner = page.run(
        "[...document.getElementById('field').getContext('2d').getImageData(1, 1, 1, 1).data].slice(0, 3)"
    )
    assert corner == ([61, 143, 209] if dark else [0, 114, 178]), "the first pixel is seen"
    tab.command("Emulation.clearDeviceMetricsOverride")
    tab.command("Emulation.setEmulatedMedia", features=[])
    assert page.errors() == []


def test_print_shows_nothing_to_press(tab: Page, tmp_path: Path) -> None:
    page = opened(tab, tmp_path, "gated")
    tab.command("Emulation.setEmulatedMedia", media="print")
    shown = "[...document.querySelectorAll('button:not(.list button), select, #witness')].filter((e) => e.offsetParent)"
    assert page.run(f"{shown}.map((e) => e.id || e.textContent)") == []
    tab.command("Emulation.setEmulatedMedia", media="")
    assert "Shift" in page.run("document.getElementById('witness').innerText")


def test_text_of_users_stays_text(tab: Page, tmp_path: Path) -> None:
    page = opened(tab, tmp_path, "hostile")
    assert page.run("document.querySelectorAll('script').length") == 2, "the data and the program"
    assert "<script>alert(1)</script>" in page.run("document.body.innerText")
    assert page.errors() == []


def test_a_leak_is_shown_with_its_path_in_the_source(tab: Page, tmp_path: Path) -> None:
    path = tmp_path / "leak.html"
    path.write_text(page_of(analyse(str(BAD / "leak_unmasked_attention.yaml"))), encoding="utf-8")
    tab.events.clear()
    tab.command("Emulation.setDeviceMetricsOverride", width=390, height=800, deviceScaleFactor=1, mobile=True)
    tab.open(path.as_uri(), "!!document.querySelector('#source li')")
    assert tab.run("document.documentElement.scrollWidth") <= 390, "nothing sticks out"
    tab.command("Emulation.clearDeviceMetricsOverride")
    steps = tab.run("[...document.querySelectorAll('#findings .trace li')].map((e) => e.innerText)")
    assert [step.split(" (line ")[0] for step in steps] == [
        "x[0,4,4]", "attention.1", "attention.2", "add.1", "head.1", "head[0,4,4]",
    ]  # fmt: skip
    assert steps[2] == "attention.2 (line 7)"
    assert tab.run("[...document.querySelectorAll('#line7 mark')].map((e) => [e.className, e.textContent])") == [
        ["other", "residual"], ["error", "none"],
    ]  # fmt: skip
    text = tab.run("document.body.innerText")
    assert "must know only what comes before x[0,4,4] in `order: raster`" in text
    assert "without a mask, `attention.2` lets x[0,4,4] through" in text
    lit = "document.querySelector('#source .here')?.id"
    tab.command("Emulation.setFocusEmulationEnabled", enabled=True)
    tab.run("document.querySelectorAll('#findings .trace a')[0].focus()")
    assert tab.run(lit) == f"line{steps[1].split('line ')[1][:-1]}"
    tab.run("document.querySelectorAll('#findings .trace a')[3].focus()")
    assert tab.run(lit) == f"line{steps[4].split('line ')[1][:-1]}" != "line7"
    tab.command("Emulation.setFocusEmulationEnabled", enabled=False)
    tab.run("document.querySelectorAll('#findings .trace a')[1].dispatchEvent(new Event('mouseenter'))")
    assert tab.run(lit) == "line7"
    tab.run("document.getElementById('wrap').click()")
    assert not tab.run("document.getElementById('source').classList.contains('wrapped')")
    assert tab.run("document.getElementById('model').hidden")
    assert tab.errors() == []


def test_every_note_and_help_of_a_finding_is_on_the_page() -> None:
    for path in sorted(BAD.glob("*.yaml")):
        found = analyse(str(path))
        page = unescape(page_of(found))
        for finding in found.diagnostics:
            for words in (*finding.notes, *finding.helps, *finding.trace, *(label.text for label in finding.labels)):
                assert all(clean(line) in page for line in words.split("\n")), (path.name, finding.code, words)


def test_names_that_would_turn_the_page_round_are_stripped(tmp_path: Path) -> None:
    text = 'flowspec: 1\nname: "a\\u202eb\\e[31m"\nx: {names: ["p\\u202eq", "r\\e[1ms"], values: real}\norder: raster\nnet: [{linear: 8}, relu]\nhead: {gaussian: {}}\n'
    found = analyse("odd.yaml", text)
    page = page_of(found)
    assert not {"\x1b", "\u202e"} & set(page)
    assert "u202e" not in page.partition('"source"')[0].lower()
    assert "u001b" not in page.lower()


def test_the_watched_page_follows_the_file(tab: Page, tmp_path: Path) -> None:
    path = tmp_path / "a.yaml"
    path.write_text(SPECS["alarm"], encoding="utf-8")
    server = server_of(str(path), 0)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    tab.events.clear()
    tab.open(f"http://127.0.0.1:{server.server_address[1]}/")
    path.write_text(SPECS["alarm"].replace("[{linear: 20}, relu]", "[{linear: 20}, rely]"), encoding="utf-8")
    tab.wait("document.body && document.body.innerText.includes('did you mean `relu`')")
    assert tab.run("document.querySelector('#source .error').id") == "line6"
    path.write_text(SPECS["alarm"], encoding="utf-8")
    tab.wait("document.body && document.body.dataset.ready === 'yes'")
    assert not tab.run("document.body.innerText.includes('not running')")
    server.shutdown()
    server.server_close()
    tab.wait("document.body.innerText.includes('flowspec is not running any more')")
    assert all("127.0.0.1" in url for url in tab.requests())


def test_the_watched_page_follows_the_files_that_the_spec_uses(tmp_path: Path) -> None:
    (tmp_path / "part.yaml").write_text(PART, encoding="utf-8")
    (tmp_path / "a.yaml").write_text(USER, encoding="utf-8")
    server = server_of(str(tmp_path / "a.yaml"), 0)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True).start()
    address = f"http://127.0.0.1:{server.server_address[1]}"

    def asked(what: str) -> str:
        with urlopen(f"{address}/{what}") as answer:
            return str(answer.read().decode())

    for text in (PART, PART.replace("linear: 8", "linear: 12"), "[", PART):
        (tmp_path / "part.yaml").write_text(text, encoding="utf-8")
        page = asked("")
        assert ("linear 12" in page) == ("12" in text)
        assert f'data-version="{asked("version")}"' in page
        before = asked("version")
        (tmp_path / "part.yaml").write_text(text + "# more\n", encoding="utf-8")
        assert asked("version") != before
    server.shutdown()
    server.server_close()


def test_pages_are_small_and_always_the_same() -> None:
    for path in sorted(GALLERY.rglob("*.yaml")):
        found = analyse(str(path))
        page = page_of(found)
        assert len(page.encode()) < 2 * 2**20, path
        assert page == page_of(analyse(str(path)))
        data = json.loads(page.partition('id="data">')[2].partition("</script>")[0])
        assert data["source"] + "\n" in (path.read_text(encoding="utf-8") + "\n")
