"""The YAML 1.2 core schema: what an unquoted scalar means.

Unlike YAML 1.1, `no`, `on` and `yes` are text, as are `1_000`, `12:30:00` and dates, and `1e-3` is a number.
Reference: YAML 1.2.2, section 10.3.2, https://yaml.org/spec/1.2.2/#103-core-schema
"""

from __future__ import annotations

import math
import re

from flowspec.syntax.limits import MAX_NUMBER

_NULL = frozenset({"", "~", "null", "Null", "NULL"})
_TRUE = frozenset({"true", "True", "TRUE"})
_FALSE = frozenset({"false", "False", "FALSE"})
_INTEGER = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_INFINITE = re.compile(r"([-+]?)\.(?:inf|Inf|INF)")
_NAN = frozenset({".nan", ".NaN", ".NAN"})
_DIGITS = 40  # more than any number within the bound needs without leading zeros


def resolve(text: str) -> str | int | float | bool | None:
    """The value of the unquoted scalar `text`.

    Raises:
        OverflowError: when it is a number too large to hold: an integer beyond 2^63 or a float beyond 1.8e308.
    """
    if text in _NULL:
        return None
    if text in _TRUE or text in _FALSE:
        return text in _TRUE
    first = text[0]
    return _number(text) if first.isdigit() or first in "+-." else text


def _number(text: str) -> str | int | float:
    if _INTEGER.fullmatch(text):
        return _integer(text)
    if _FLOAT.fullmatch(text):
        return _finite(float(text))
    if infinite := _INFINITE.fullmatch(text):
        return -math.inf if infinite[1] == "-" else math.inf
    return math.nan if text in _NAN else text


def _integer(text: str) -> int:
    base = {"0o": 8, "0x": 16}.get(text[:2], 10)
    digits = text[2:] if base != 10 else text
    # Python refuses to convert very long digit strings; ours are refused long before.
    value = int(digits, base) if len(digits.lstrip("+-0")) <= _DIGITS and len(digits) <= 4000 else MAX_NUMBER + 1
    if abs(value) > MAX_NUMBER:
        raise OverflowError(text)
    return value


def _finite(value: float) -> float:
    if math.isinf(value):
        raise OverflowError(value)
    return value
