"""How wide text is, and its lines on pages: the letters of the widest font that a page may be shown in."""

from __future__ import annotations

import re

from flowspec.diagnostics.text import clean

# Widths by size of DejaVu Sans, the broadest of the fonts that `svg.FONT` falls back to, rounded up.
_GROUPS = {
    0.28: "ijl'",
    0.30: "IJ",
    0.32: " ,.",
    0.36: ":;/|-f\\",
    0.40: "t()[]",
    0.42: "r!",
    0.54: 'sz_`?*"',
    0.56: "cL",
    0.60: "kvxyF",
    0.64: "abdeghnopquE0123456789${}",
    0.70: "ABCKPRSTVXYZ",
    0.79: "DGHNOQU&",
    0.84: "w+<>=~#^",
    0.88: "M",
    1.00: "mW%@",
}
WIDTHS = {letter: width for width, group in _GROUPS.items() for letter in group}
USUAL, BROAD = 0.66, 1.05  # of letters that are not in the table: of alphabets, and of scripts with square signs
FIRST_BROAD = 0x1100  # the code from which signs may be square
NUMBER = re.compile(r" (?=-?[\d.]+([,;\])]|$)|%)")  # the blank before a number that ends a phrase
BOLD = 1.12  # how much broader bold letters are


def long(text: str, size: int, bold: bool = False) -> float:
    """How many pixels a line of text takes, at most."""
    return size * (BOLD if bold else 1.0) * sum(WIDTHS.get(letter, _other(letter)) for letter in text)


def _other(letter: str) -> float:
    return BROAD if ord(letter) >= FIRST_BROAD else USUAL


def lines(text: str, room: float, size: int, bold: bool = False) -> list[str]:
    """A paragraph as lines that fit in `room` pixels, where words allow it; `times 4`, `[0, 1)` and `5 %` stay whole."""
    found: list[str] = []
    for word in NUMBER.sub("\xa0", clean(text)).split(" "):
        if word and found and long(f"{found[-1]} {word}", size, bold) <= room:
            found[-1] += f" {word}"
        elif word:
            found.append(word)
    return [line.replace("\xa0", " ") for line in found]


def pieces(text: str, room: float, size: int, bold: bool = False) -> list[str]:
    """A line as pieces that fit in `room` pixels, cut anywhere."""
    found = [""]
    for letter in text:
        if found[-1] and long(found[-1] + letter, size, bold) > room:
            found.append("")
        found[-1] += letter
    return found
