"""Places, findings, the catalog, the pages and the did-you-mean."""

from __future__ import annotations

import dataclasses
import re
import subprocess
import sys

import pytest

from flowspec.diagnostics import CATALOG, Finding, Position, Span, suggest
from flowspec.diagnostics.catalog import CODES
from flowspec.diagnostics.pages import codes_without_page, page, parse_page
from flowspec.diagnostics.text import clean, lay_out, split_lines


@pytest.mark.parametrize(("line", "column"), [(0, 1), (1, 0), (-1, 1)])
def test_positions_count_from_one(line: int, column: int) -> None:
    with pytest.raises(ValueError, match="count from 1"):
        Position(line, column)


def test_positions_and_spans_are_ordered_and_frozen() -> None:
    assert Position(1, 9) < Position(2, 1) < Position(2, 2)
    Span("a", Position(1, 1), Position(1, 1))
    with pytest.raises(ValueError, match="before its start"):
        Span("a", Position(2, 1), Position(1, 5))
    with pytest.raises(dataclasses.FrozenInstanceError):
        Position(1, 1).line = 2  # type: ignore[misc]


def test_a_finding_needs_a_code_of_the_catalog() -> None:
    assert (Finding("FS401", "m", None).name, Finding("FS401", "m", None).severity) == ("leak", "error")
    with pytest.raises(ValueError, match="FS999 has no row"):
        Finding("FS999", "m", None)


def test_catalog_rows_are_well_formed_sorted_and_unique() -> None:
    assert [row.code for row in CODES] == sorted({row.code for row in CODES})
    assert len({row.name for row in CODES}) == len(CODES)
    for row in CODES:
        assert re.fullmatch(r"FS[0-5]\d\d", row.code)
        assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", row.name)
        assert row.severity in ("error", "warning", "note")
        assert row.summary
        assert not row.summary.endswith(".")


# What one spec in a page cannot show: bytes that are no text, files beside the spec, the command line.
NO_SPEC = {"FS001", "FS002", "FS003", "FS006", "FS090", "FS091", "FS099", "FS121", "FS122", "FS123", "FS124"}


@pytest.mark.parametrize("code", sorted(set(CATALOG) - set(codes_without_page())))
def test_page_has_its_parts(code: str) -> None:
    found = page(code)
    assert found is not None
    assert found.title == f"{code}: {CATALOG[code].name}"
    assert list(found.sections)[:2] == ["What it does", "Why is this bad?"]
    assert list(found.sections)[-1] == "Use instead"
    assert all(found.sections.values())
    assert code in NO_SPEC or (found.fails and found.passes)


def test_page_parser() -> None:
    one = "## One\na\n```yaml fails\n## no heading\nx: 1\n```\n"
    text = f"# T: t\n\nintro\n\n{one}## Two\n```yaml passes\ny: 2\n```\n```yaml\nz\n```\n"
    found = parse_page("T", text)
    assert (found.fails, found.passes) == (("## no heading\nx: 1\n",), ("y: 2\n",))
    assert list(found.sections) == ["One", "Two"]
    assert found.sections["One"].startswith("a\n```yaml fails")
    assert page("FS999") is None


OPS = ["linear", "conv", "relu", "gate", "residual", "add", "concat", "mul", "chain", "repeat", "block"]
OPS += ["one_hot", "embedding", "position", "norm", "dropout"]
WORDS = [
    *OPS,
    "reverse",
    "raster",
    "columns",
    "none",
    "kernel",
    "dilation",
    "permute",
    "normal",
    "x",
    "in",
    "elu",
    "logit",
]


@pytest.mark.parametrize(
    ("word", "option"),
    [
        ("linaer", "linear"),
        ("cnov", "conv"),
        ("adn", "add"),
        ("conv2d", "conv"),
        ("reul", "relu"),
        ("ad", "add"),
        ("ni", "in"),
        ("kernel_size", "kernel"),
        ("gate_", "gate"),
        ("oneHot", "one_hot"),
        ("one-hot", "one_hot"),
        ("Linear", "linear"),
        ("LINEAR", "linear"),
        ("embeding", "embedding"),
        ("dilatation", "dilation"),
        ("norml", "normal"),
        ("nrom", "norm"),
        ("transformer", None),
        ("zz", None),
        ("y", None),
        ("", None),
        ("attention", None),
        ("relu", "elu"),
        ("a" * 100_000, None),
    ],
)
def test_suggest(word: str, option: str | None) -> None:
    assert suggest(word, [w for w in WORDS if w != word]) == option


def test_suggest_breaks_ties_by_the_beginning_then_by_the_list() -> None:
    assert suggest("logt", ["lot", "logit"]) == "logit"
    assert suggest("bxt", ["bat", "bet"]) == "bat"
    assert suggest("bxt", ["bet", "bat"]) == "bet"
    assert suggest("w", []) is None


def test_lines_break_where_yaml_breaks_them() -> None:
    assert split_lines("\ufeffa\r\nb\rc\nd\x85e\u2028f\u2029g\x0ch\x1ci\n") == [
        "a",
        "b",
        "c",
        "d",
        "e",
        "f",
        "g\x0ch\x1ci",
        "",
    ]


@pytest.mark.parametrize(
    ("text", "cleaned"),
    [
        ("plain [31m", "plain [31m"),
        ("\x1b[1;31mred\x1b[0m", "red"),
        ("\x1b]0;title\x07x", "x"),
        ("\x1b]0;title\x1b\\x", "x"),
        ("\x1bPq#0\x1b\\x", "x"),
        ("\x1b(Bx\x1bcy", "xy"),
        ("\x9b31mx", "x"),
        ("\x1b", ""),
        ("a\x00b\x7fc\u202ed\ud800e", "abcde"),
        ("a\r\nb\tc", "a b c"),
        ("日本 é e\u0301 🎲", "日本 é e\u0301 🎲"),
    ],
)
def test_clean(text: str, cleaned: str) -> None:
    assert clean(text) == cleaned


def test_cells() -> None:
    assert lay_out("a日b").cells(3, 4) == (3, 4)
    assert lay_out("\ta").cells(1, 2) == (0, 4)
    assert lay_out("ab\ta").cells(4, 5) == (4, 5)
    assert lay_out("e\u0301x").cells(2, 3) == (0, 1)
    assert lay_out("abc").cells(9, 12) == (3, 4)
    assert lay_out("").cells(1, 1) == (0, 1)


def test_only_the_standard_library_is_imported() -> None:
    code = (
        "import sys, flowspec.diagnostics, flowspec.diagnostics.render, flowspec.diagnostics.pages as p;"
        "print([m for m in sys.modules if m.split('.')[0] not in sys.stdlib_module_names"
        " and not m.startswith(('flowspec.diagnostics', '__')) and m != 'flowspec'])"
    )
    out = subprocess.run(
        [sys.executable, "-S", "-c", code],
        capture_output=True,
        text=True,
        check=False,
        env={"PYTHONPATH": ":".join(sys.path)},
    )
    assert out.stdout.strip() == "[]", out.stderr
