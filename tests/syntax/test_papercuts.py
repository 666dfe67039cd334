"""Slips that YAML reads as something else: each is named, repaired, and told from what is meant as it stands."""

from __future__ import annotations

import pytest

from flowspec.syntax import plain, read

from .marked import at, unmark

pytestmark = pytest.mark.usefixtures("parser")

SLIPS = [
    ("FS015", "[{«linear:500»}]", [{"linear": 500}], "put a space after the colon: `linear: 500`"),
    ("FS015", "{«block:b»}", {"block": "b"}, "put a space after the colon: `block: b`"),
    ("FS015", "{conv: 64, «kernel:3», in: x}", {"conv": 64, "kernel": 3, "in": "x"}, "`kernel: 3`"),
    ("FS015", "- «linear:500»\n- relu\n", [{"linear": 500}, "relu"], "`linear: 500`"),
    ("FS015", "[«linear:$p», relu]", [{"linear": "$p"}, "relu"], "`linear: $p`"),
    ("FS016", "w: «2# c»\nv: 3\n", {"w": 2, "v": 3}, "put a space before the `#`: `2 # c`"),
    ("FS016", "w: «2#c»\n", {"w": 2}, "`2 #c`"),
    ("FS016", "w: «2*$p#c»\n", {"w": "2*$p"}, "`2*$p #c`"),
    ("FS016", "w: «$p# c»\n", {"w": "$p"}, "`$p # c`"),
    ("FS016", "- «relu# then»\n", ["relu"], "`relu # then`"),
    ("FS017", "keep: «not [0, 1]»\n", {"keep": "not [0, 1]"}, "write `{not: [0, 1]}`"),
    ("FS017", "- keep: «not {half»: rows}\n", None, "write `{not: [0, 1]}`"),
    ("FS017", "[{keep: «not [0, 1]», net: st}]", None, "write `{not: [0, 1]}`"),
    ("FS019", "[{conv: «*$p», kernel: 3}]", None, "put the variable first: `$p * 2`"),
    ("FS019", "w: «*»\n", None, 'for text, quote it: `"*"`'),
    ("FS013", "w: «*p»\n", {"w": None}, "`$p * 2`"),
]


@pytest.mark.parametrize(("code", "marked", "value", "help_"), SLIPS)
def test_a_slip_is_named_and_repaired(code: str, marked: str, value: object, help_: str) -> None:
    text, span = unmark(marked)
    root, (finding,) = read(text, "t.yaml")
    assert (finding.code, finding.span) == (code, span)
    assert plain(root) == value
    assert any(help_ in said for said in finding.helps)


@pytest.mark.parametrize(("code", "marked", "value", "help_"), [s for s in SLIPS if s[0] in ("FS015", "FS016")])
def test_the_fix_gives_what_was_repaired(code: str, marked: str, value: object, help_: str) -> None:
    text, span = unmark(marked)
    fix = read(text, "t.yaml").findings[0].fix
    assert fix.span == span
    root, findings = read(text.replace(at(text, span), fix.replacement), "t.yaml")
    assert not findings
    assert plain(root) == value


def test_the_repaired_parts_have_their_own_places() -> None:
    text = "[{linear:500}]"
    (entry,) = read(text, "t.yaml").root.items[0].entries
    assert at(text, entry.key.span) == "linear"
    assert at(text, entry.value.span) == "500"
    text = "w: 2# c\n"
    assert at(text, read(text, "t.yaml").root.get("w").value.span) == "2"


MEANT = [
    "{a: 2*$p, b: $p//2, c: b.$i.u}",
    "{data: 'x:y', \"a:b\": }",
    "{g: ./a#b.yaml, h: C#}",
    "a: 2 # c\n",
    "keep: not half\n",
    "keep: {not: [0, 1]}\n",
    "a: 'not [0, 1]'\n",
    "a: '2# c'\n",
    "- 12:30\n- http://x\n",
    "{relu, in: x}",
    "a: note\n",
]


@pytest.mark.parametrize("text", MEANT)
def test_what_is_meant_as_it_stands(text: str) -> None:
    assert not read(text, "t.yaml").findings
