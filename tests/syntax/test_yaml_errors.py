"""Where a text stops being YAML: one finding, at the place, in plain words, alike from both parsers."""

from __future__ import annotations

import pytest

from flowspec.syntax import read

from .marked import unmark

pytestmark = pytest.mark.usefixtures("parser")

ERRORS = [
    ("FS007", "net: «[»relu, {conv: 3}\n", "this `[` is never closed"),
    ("FS007", "x: {shape: «[»3\ny: 2\n", "this `[` is never closed"),
    ("FS007", "x: «{»shape: [3]\n", "this `{` is never closed"),
    ("FS007", "{a: 1 «[»2]}", "expected `,` or `}` here"),
    ("FS007", "[a, b«}»]", "expected `,` or `]` here"),
    ("FS007", "{a: 1}«}»", "this `}` closes nothing"),
    ("FS007", "a: «'»x\nb: 2\n", "this ' quote is never closed"),
    ("FS007", 'a: «"»x\n', 'this " quote is never closed'),
    ("FS007", 'a: "x«\\q»"\n', "`\\q` is not an escape of YAML"),
    ("FS007", "a: b«:» c\n", "a `key: value` cannot begin here"),
    ("FS007", "a: b\n  c«:» d\n", "a `key: value` cannot begin here"),
    ("FS007", "- a\n«b»: 2\n", "this line does not belong"),
    ("FS007", "a:\n  b: 1\n «c»: 2\n", "this line does not belong"),
    ("FS007", " a: 1\n«b»: 2\n", "the document has ended before this"),
    ("FS007", "a: «@»x\n", "`@` cannot begin a value"),
    ("FS007", "a: «`»x\n", "``` cannot begin a value"),
    ("FS007", "a: «%»x\n", "`%` cannot begin a value"),
    ("FS007", "a: |«x»\n  y\n", "nothing may follow `|` or `>`"),
    ("FS007", "[a,«,» b]", "a value is missing here"),
    ("FS007", "{a: «]»", "a value is missing here"),
    ("FS007", "a: «&»$p 3\n", "`&` begins an anchor"),
    ("FS007", "a: 1\n«foo 3»  # why\nb: 2\n", "this line is neither a key with a value"),
    ("FS015", "a: 1\n«foo:3»\nb: 2\n", "`foo:3` is one word to YAML"),
    ("FS017", "{keep: «not [0, 1]»}", "`not` cannot stand in front of a list"),
    ("FS019", "a: «*$p»\n", "`*$p` begins with `*`"),
    ("FS019", "{a: «*$p», b: c}\n", "`*$p` begins with `*`"),
    ("FS010", "a: «!»x!y 3\n", "a tag"),
]


@pytest.mark.parametrize(("code", "marked", "message"), ERRORS)
def test_an_error_of_yaml(code: str, marked: str, message: str) -> None:
    text, span = unmark(marked)
    root, (finding,) = read(text, "t.yaml")
    assert root is None
    assert (finding.code, finding.span) == (code, span)
    assert finding.message.startswith(message) or message == "a tag"


def test_faults_before_the_error_are_kept() -> None:
    assert [f.code for f in read("a: 1\na: 2\nb: [", "t.yaml").findings] == ["FS009", "FS007"]


def test_both_ends_of_an_open_bracket_are_shown() -> None:
    (finding,) = read("x: {shape: [3\ny: 2\n", "t.yaml").findings
    assert [str(label.span) for label in finding.labels] == ["t.yaml:2:2"]
    assert finding.helps == ("add `]`",)
