"""flowspec mask and flowspec field: text and files, colours and widths, and what is said when they cannot draw."""

from __future__ import annotations

import io
import json
from collections.abc import Mapping
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

from flowspec.cli import Command
from flowspec.compiler import analyse
from flowspec.graph.masks import LabelMask, TapMask
from flowspec.ops.lower_weighted import label_matrix, tap_array
from tests.cli.conftest import Run
from tests.view.drawn import SPECS, masks


@pytest.fixture(autouse=True)
def _specs(flowspec: Run, tmp_path: Path) -> None:
    for name, text in SPECS.items():
        (tmp_path / f"{name}.yaml").write_text(text, encoding="utf-8")


class Terminal(io.StringIO):
    """A stream that a terminal shows."""

    encoding = "utf-8"

    def isatty(self) -> bool:
        return True


def on_terminal(*args: str, width: int, environ: Mapping[str, str] | None = None, encoding: str = "utf-8") -> str:
    """What a command prints to a terminal."""
    out = Terminal()
    out.encoding = encoding  # type: ignore[misc]
    assert Command(io.StringIO(), out, io.StringIO(), environ or {}, width).main(args) == 0
    return out.getvalue()


def test_text_is_as_wide_as_the_terminal_and_80_columns_elsewhere(flowspec: Run) -> None:
    piped = flowspec("mask", "wide_made.yaml", width=200).out
    assert max(map(len, piped.splitlines())) == 80
    assert piped == flowspec("mask", "wide_made.yaml", "--width", "80").out
    wide = on_terminal("mask", "wide_made.yaml", width=200, environ={"NO_COLOR": "1"})
    assert max(map(len, wide.splitlines())) == 200
    assert wide == flowspec("mask", "wide_made.yaml", "--width", "200").out


def test_colour_obeys_the_flag_then_the_environment_then_the_terminal(flowspec: Run) -> None:
    assert "\x1b[" in on_terminal("field", "stack.yaml", width=80)
    assert "\x1b[" not in on_terminal("field", "stack.yaml", width=80, environ={"NO_COLOR": "1"})
    assert "\x1b[" in on_terminal("field", "stack.yaml", "--color", "always", width=80, environ={"NO_COLOR": "1"})
    assert "\x1b[" not in flowspec("field", "stack.yaml").out
    assert "\x1b[" in flowspec("field", "stack.yaml", environ={"FORCE_COLOR": "1"}).out


def test_ascii_where_it_is_asked_for_or_all_there_is(flowspec: Run) -> None:
    asked = flowspec("field", "stack.yaml", "--ascii").out
    assert asked.isascii()
    forced = on_terminal("field", "stack.yaml", width=80, environ={"NO_COLOR": "1"}, encoding="latin-1")
    assert forced == asked
    assert not flowspec("field", "stack.yaml").out.isascii()


def test_the_default_variable_is_the_centre(flowspec: Run) -> None:
    assert flowspec("field", "stack.yaml").out == flowspec("field", "stack.yaml", "--at", "6,6").out
    assert "field of x[2,4,4] in gated" in flowspec("field", "gated.yaml").out
    assert "field of x[0,4,4] in gated" in flowspec("field", "gated.yaml", "--at", "4,4,0").out


def test_stdin(flowspec: Run) -> None:
    assert "masks of stack" in flowspec("mask", "-", stdin=SPECS["stack"]).out


@pytest.mark.parametrize("command", ["mask", "field"])
def test_files_by_suffix(flowspec: Run, tmp_path: Path, command: str) -> None:
    for suffix in ("svg", "html", "json"):
        done = flowspec(command, "stack.yaml", "-o", f"a.{suffix}")
        assert (done.code, done.out, done.err) == (0, "", f"wrote a.{suffix}\n")
    ElementTree.parse(tmp_path / "a.svg")
    assert (tmp_path / "a.html").read_text(encoding="utf-8").startswith("<!doctype html>")
    document = json.loads((tmp_path / "a.json").read_text(encoding="utf-8"))
    assert document["spec"] == "stack.yaml"
    assert document["spec_sha256"] == analyse("stack.yaml").sha256
    assert [path.name for path in tmp_path.iterdir() if path.name.startswith("tmp")] == []


def test_png(flowspec: Run, tmp_path: Path) -> None:
    pytest.importorskip("PIL")
    assert flowspec("mask", "stack.yaml", "-o", "A.PNG").code == 0
    assert (tmp_path / "A.PNG").read_bytes().startswith(b"\x89PNG")


@pytest.mark.parametrize("name", ["made", "stack", "gated", "alarm", "video"])
def test_an_npy_file_is_the_mask_that_the_layer_holds(flowspec: Run, tmp_path: Path, name: str) -> None:
    for derived in masks(name):
        assert flowspec("mask", f"{name}.yaml", derived.name, "-o", "a.npy").code == 0
        found, mask = np.load(tmp_path / "a.npy"), derived.mask
        if isinstance(mask, TapMask):
            assert np.array_equal(found, tap_array(mask))
        elif isinstance(mask, LabelMask):
            whole = label_matrix(mask)
            assert np.array_equal(found, whole[0] if whole.ndim == 3 else whole)
        assert found.dtype == bool


def test_npy_of_a_member_of_one_mask_a_site_of_halves_and_of_fields(flowspec: Run, tmp_path: Path) -> None:
    def array(*args: str) -> np.ndarray:
        assert flowspec(*args, "-o", "a.npy").code == 0
        found: np.ndarray = np.load(tmp_path / "a.npy")
        return found

    mask = masks("made", "head.1")[0].mask
    assert isinstance(mask, LabelMask)
    assert np.array_equal(array("mask", "made.yaml", "head.1", "--order", "2"), label_matrix(mask)[2])
    assert array("mask", "hilbert.yaml", "conv.1").shape == (2, 2, 9, 6, 6)
    assert np.array_equal(array("mask", "nvp.yaml", "coupling.1")[0] == 1, np.indices((4, 4)).sum(0) % 2 == 0)
    codes = array("field", "gated.yaml", "--at", "4,4,1")
    assert codes.shape == (3, 8, 8)
    assert codes[1, 4, 4] == 3
    assert array("field", "made.yaml").shape == (30,)
    assert array("field", "maf.yaml", "z").tolist() == [1, 1, 1, 3, 1, 1]


@pytest.mark.parametrize(
    ("args", "message", "help_text"),
    [
        (("mask", "stack.yaml", "-o", "a.npy"), "an npy file holds one mask, and there are 4", "name its node: conv.1"),
        (("field", "maf.yaml", "-o", "a.npy"), "an npy file holds one field, and there are 3", "name one: autoreg"),
        (("mask", "stack.yaml", "-o", "a.jpg"), "`a.jpg` ends in `.jpg`", "there are .svg, .png"),
        (("mask", "stack.yaml", "-o", "a"), "`a` has no suffix", "there are .svg, .png"),
        (("mask", "stack.yaml", "nope"), "there is no node `nope`", "there are masks of: conv.1"),
        (("mask", "stack.yaml", "--order", "1"), "there is no order 1", "it has one order"),
        (("field", "stack.yaml", "--at", "99,1"), "there is no variable at `99,1`", "it takes `r,c`"),
        (("field", "stack.yaml", "-o", "no/such/a.svg"), "cannot write `no/such/a.svg`", ""),
    ],
)
def test_what_cannot_be_drawn(flowspec: Run, args: tuple[str, ...], message: str, help_text: str) -> None:
    done = flowspec(*args)
    assert (done.code, done.out) == (2, "")
    assert done.err.startswith(f"error: {message}")
    assert help_text in done.err


def test_a_spec_with_errors_is_answered_with_its_findings(flowspec: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.yaml").write_text(SPECS["stack"].replace("raster", "rasta"), encoding="utf-8")
    done = flowspec("field", "bad.yaml", "-o", "a.svg")
    assert done.code == 1
    assert done.out.startswith("error[")
    assert not (tmp_path / "a.svg").exists()
    assert flowspec("mask", "missing.yaml").code == 2


def test_findings_name_the_command_that_shows_them(flowspec: Run) -> None:
    out = flowspec("check", "stack.yaml").out
    assert "`flowspec field SPEC --at 6,6` shows it" in out
    assert "57 missing" in flowspec("field", "stack.yaml", "--at", "6,6").out


def test_graphs_are_drawn_and_written(flowspec: Run, tmp_path: Path) -> None:
    assert "knows above" in flowspec("graph", "gated.yaml").out
    assert "split half" in flowspec("graph", "nvp.yaml").out
    assert "knows" not in flowspec("graph", "nvp.yaml", "coupling.1").out, "a coupling's net may know all that is kept"
    for suffix in ("svg", "html", "json", "png", "npy"):
        assert flowspec("graph", "gated.yaml", "-o", f"a.{suffix}").code == 0
    reads = np.load(tmp_path / "a.npy")
    assert reads.any()
    assert not np.triu(reads).any(), "every box stands after what it reads"
    assert flowspec("graph", "gated.yaml", "nope").code == 2


def test_orders_are_drawn_and_written(flowspec: Run, tmp_path: Path) -> None:
    assert "drawn together" in flowspec("order", "stack.yaml").out
    assert flowspec("order", "stack.yaml", "-o", "a.npy").code == 0
    levels = np.load(tmp_path / "a.npy")
    assert levels.shape == (1, 12, 12)
    assert levels.max() == 34
    assert flowspec("order", "maf.yaml", "-o", "a.npy").code == 2
    assert "name one: autoregressive.1" in flowspec("order", "maf.yaml", "-o", "a.npy").err
    for suffix in ("svg", "html", "json", "png"):
        assert flowspec("order", "stack.yaml", "-o", f"a.{suffix}").code == 0


def test_fields_backwards_and_beside_each_other(flowspec: Run, tmp_path: Path) -> None:
    assert "may know x[0,6,6], and" in flowspec("field", "stack.yaml", "--seen-by").out
    wide = (tmp_path / "stack.yaml").read_text(encoding="utf-8").replace("kernel: 3", "kernel: 5")
    (tmp_path / "wide.yaml").write_text(wide, encoding="utf-8")
    text = flowspec("field", "stack.yaml", "--diff", "wide.yaml").out
    assert "gained" in text
    assert "seen in the second alone" in text
    for suffix in ("svg", "json", "npy", "png", "html"):
        assert flowspec("field", "stack.yaml", "--diff", "wide.yaml", "-o", f"a.{suffix}").code == 0
    assert json.loads((tmp_path / "a.json").read_text())["fields"][0]["lost"] == []
    assert flowspec("field", "stack.yaml", "--diff", "gated.yaml").code == 2
    assert flowspec("field", "stack.yaml", "--diff", "nowhere.yaml").code == 2
