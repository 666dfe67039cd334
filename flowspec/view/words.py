"""Small pieces of text that several pictures share."""

from __future__ import annotations

import textwrap

from flowspec.diagnostics import Span
from flowspec.diagnostics.text import clean

RAREST = " and shows the kind that is rarest in the panel"  # of joined cells of several tones


def many(n: int, noun: str) -> str:
    """A number with its noun: 1 mask, 3 masks."""
    return f"{n:,} {noun}{'' if n == 1 else 's'}"


def listed(names: list[str], most: int) -> str:
    """Names with commas; past `most` the rest is counted."""
    if len(names) <= most:
        return ", ".join(names)
    return f"{', '.join(names[: most - 1])} and {len(names) - most + 1} more"


def place(span: Span) -> str:
    """A step in the spec: file:line."""
    return f"{span.file}:{span.start.line}"


def share(part: int, whole: int) -> str:
    """A part of a whole as a percentage."""
    return f"{100 * part / whole:.1f} %" if whole else "0.0 %"


def spelled(text: str, ascii_only: bool) -> str:
    """The text, with escapes for all that is not ASCII where it must be."""
    return text.encode("ascii", "backslashreplace").decode() if ascii_only else text


def wrapped(text: str, letters: int) -> list[str]:
    """Lines of at most `letters` characters; longer words are cut, and a number stays with its percent sign."""
    lines = textwrap.wrap(clean(text).replace(" %", "\xa0%"), max(1, letters), break_on_hyphens=False)
    return [line.replace("\xa0", " ") for line in lines]


def joined(cells: tuple[int, int], shown: tuple[int, int]) -> str:
    """How many cells one of a coarser grid stands for: 12.5 x 4."""
    return " x ".join(f"{n / m:.1f}".removesuffix(".0") for n, m in zip(cells, shown, strict=True))
