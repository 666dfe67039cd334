"""The YAML 1.2 core schema, each form beside its near misses."""

from __future__ import annotations

import math

import pytest

from flowspec.syntax import read
from flowspec.syntax.scalars import resolve

VALUES = [
    *[(text, None) for text in ("", "~", "null", "Null", "NULL")],
    *[(text, True) for text in ("true", "True", "TRUE")],
    *[(text, False) for text in ("false", "False", "FALSE")],
    *[
        ("0", 0),
        ("-0", 0),
        ("007", 7),
        ("+12", 12),
        ("-19", -19),
        ("0o17", 15),
        ("0xFf", 255),
        ("9" * 18, int("9" * 18)),
    ],
    *[("1e-3", 1e-3), ("1E5", 1e5), ("1.", 1.0), (".5", 0.5), ("-.5e2", -50.0), ("+1.5", 1.5), ("12e03", 12000.0)],
    *[(".inf", math.inf), ("-.inf", -math.inf), ("+.INF", math.inf), (".Inf", math.inf)],
    (str(2**63), 2**63),
    ("0" * 3000 + "7", 7),
]
TEXTS = [
    *["no", "No", "on", "off", "yes", "y", "n", "tRUE", "nULL", "none", "None"],
    *["1_000", "12:30:00", "1:30", "2001-12-14", "2001-12-14t21:59:43.10-05:00", "0b101", "0o8", "0xg", "-0x1", "+0o7"],
    *["1e", "e3", ".", "..", "+", "-", "1.2.3", ".e3", ".iNF", "inf", "nan", ".nAN", "+.nan", "0x", "٣", "²", "1 2"],
]


@pytest.mark.parametrize(("text", "value"), VALUES)
def test_values(text: str, value: object) -> None:
    assert resolve(text) == value
    assert type(resolve(text)) is type(value)


@pytest.mark.parametrize("text", [".nan", ".NaN", ".NAN"])
def test_nan(text: str) -> None:
    assert math.isnan(float(resolve(text) or 0))


@pytest.mark.parametrize("text", TEXTS)
def test_texts(text: str) -> None:
    assert resolve(text) == text


@pytest.mark.parametrize(
    "text", [str(2**63 + 1), "-" + str(2**63 + 1), "9" * 200_000, "0x" + "f" * 17, "1e999", "-1e309"]
)
def test_too_large(text: str) -> None:
    with pytest.raises(OverflowError):
        resolve(text)
    root, findings = read(f"a: {text}\nb: 1\n", "t.yaml")
    assert [f.code for f in findings] == ["FS020"]
    assert len(findings[0].message) < 80
    assert root is not None


@pytest.mark.parametrize("text", ["'1'", '"true"', '"null"', "''"])
def test_quoted_is_text(text: str) -> None:
    root, findings = read(text, "t.yaml")
    assert not findings
    assert root.value == root.text == text[1:-1]
    assert root.quoted
