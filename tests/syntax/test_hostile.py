"""Files built to hurt: each is refused, at once, with a finding and without harm."""

from __future__ import annotations

import time

import pytest

from flowspec.syntax import plain, read, walk
from flowspec.syntax.characters import decode
from flowspec.syntax.limits import MAX_BYTES, MAX_DEPTH, MAX_NODES
from tests.clock import computing

pytestmark = pytest.mark.usefixtures("parser")


def _bomb(width: int, levels: int, form: str = "[{}]") -> str:
    lines = ["a0: &a0 " + form.format(", ".join("x" * width))]
    lines += [f"a{i}: &a{i} " + form.format(", ".join([f"*a{i - 1}"] * width)) for i in range(1, levels)]
    return "\n".join(lines) + "\n"


HOSTILE = [
    ("FS006", _bomb(10, 12)),
    ("FS006", _bomb(2, 31)),
    ("FS006", "a: &a [" + "x," * 999 + "x]\nb: [" + "*a, " * 99 + "*a]\n"),
    ("FS006", "[" + "x," * MAX_NODES + "]"),
    ("FS006", "- x\n" * MAX_NODES),
    ("FS005", "[" * 200_000),
    ("FS005", "{a: " * 60_000),
    ("FS005", "- " * 100_000),
    ("FS005", "? " * 100_000),
    ("FS005", "[" * 33 + "]" * 33),
    ("FS005", "a0: &a0 [x]\n" + "".join(f"a{i}: &a{i} [*a{i - 1}]\n" for i in range(1, 200))),
    ("FS003", "# " + "x" * MAX_BYTES),
    ("FS003", "é" * (MAX_BYTES // 2 + 1)),
    ("FS002", "a: \0"),
    ("FS002", "\x1b[31ma: 1"),
    ("FS002", "a: 1\rb: 2"),
    ("FS002", "a: \u2028"),
    ("FS002", "a: \x85"),
    ("FS002", "a: '\u202e'"),
    ("FS002", "a: \ufeff1"),
    ("FS002", "a: \udc80"),
    ("FS002", "\0" * MAX_BYTES),
    ("FS007", '"' + "x" * 200_000),
    ("FS007", "'" * 100_001),
    ("FS007", "&a " * 60_000),
    ("FS010", "!" * 100_000 + " x"),
    ("FS016", "w: " + "a# " * 60_000 + "\n"),
    ("FS016", "w: 1" + "#" * 200_000 + "\n"),
    ("FS015", "- " + "a" * 100_000 + ":" + "b" * 100_000 + "\n"),
    ("FS013", "- *" + "a" * 200_000 + "\n"),
    ("FS020", "- " + "9" * 200_000 + "\n"),
]


@pytest.mark.parametrize(("code", "text"), HOSTILE, ids=[f"{code}-{text[:12]!r}" for code, text in HOSTILE])
def test_hostile_text_is_refused_at_once(code: str, text: str, parser: type) -> None:
    with computing() as spent:
        findings = read(text, "t.yaml").findings
        assert spent() < (1 if parser.__name__ == "CParser" else 6)
    assert code in [f.code for f in findings]
    assert all(len(f.message) < 200 and all(len(said) < 200 for said in f.helps) for f in findings)


def test_a_bomb_is_not_expanded() -> None:
    root, findings = read(_bomb(10, 12), "t.yaml")
    assert root is None
    assert findings[0].span.start.line == 5  # the line that would pass the limit


@pytest.mark.parametrize(
    "text", ["*a", "[" * MAX_DEPTH + "*a" + "]" * MAX_DEPTH, "&a [&b [*a, *b], *a]", "&a {*a : *a}"]
)
def test_recursion_ends(text: str) -> None:
    assert {f.code for f in read(text, "t.yaml").findings} <= {"FS013", "FS014", "FS012", "FS007"}


def test_the_limits_themselves_are_legal() -> None:
    assert not read("[" * MAX_DEPTH + "x" + "]" * MAX_DEPTH, "t.yaml").findings
    assert not read("- x\n" * (MAX_NODES - 1), "t.yaml").findings
    assert not read("a: 1\n#" + "x" * (MAX_BYTES - 6), "t.yaml").findings
    root, findings = read("a: &a [" + "x," * 99 + "x]\nb: [" + "*a, " * 480 + "]\n", "t.yaml")
    assert not findings
    assert sum(1 for _ in walk(root)) <= MAX_NODES


def test_a_full_file_is_read_in_a_moment(parser: type) -> None:
    line = "- {conv: 64, kernel: [3, 3], in: x, name: 'abcdefghijklmnopqrstuvwxyz'}  # why\n"
    text = line * (MAX_BYTES // len(line))
    start = time.process_time()
    assert not read(text, "t.yaml").findings
    assert time.process_time() - start < (20 if parser.__name__ == "CParser" else 60)


ENCODINGS = [
    (b"a: \xff", "byte 0xff at offset 3"),
    (b"a: \xe9", "byte 0xe9 at offset 3"),
    (b"\xff\xfea\0:\0", "byte 0xff at offset 0"),
    (b"a: \xed\xa0\x80", "byte 0xed at offset 3"),
]


@pytest.mark.parametrize(("data", "said"), ENCODINGS)
def test_other_encodings_are_named(data: bytes, said: str) -> None:
    text, finding = decode(data, "t.yaml")
    assert finding.code == "FS001"
    assert said in finding.message
    assert finding.span.start.column == int(said[-1]) + 1
    assert isinstance(text, str)


def test_a_byte_order_mark_in_front_counts_nowhere() -> None:
    text, finding = decode(b"\xef\xbb\xbfa: 1", "t.yaml")
    assert finding is None
    root = read(text, "t.yaml").root
    assert plain(root) == {"a": 1}
    assert root.span.start.column == 1


def test_nothing_is_built_from_a_tag() -> None:
    root, findings = read("a: !!python/object/apply:os.system ['touch /nonexistent/x']\n", "t.yaml")
    assert [f.code for f in findings] == ["FS010"]
    assert plain(root) == {"a": ["touch /nonexistent/x"]}
