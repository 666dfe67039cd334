"""Colours: when to use them, and which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from itertools import groupby
from typing import Literal

ColorChoice = Literal["always", "never", "auto"]
Style = Literal["plain", "error", "warning", "note", "message", "frame", "help"]
Segment = tuple[str, Style]

_SGR: dict[Style, str] = {
    "error": "1;31",
    "warning": "1;33",
    "note": "1;36",
    "message": "1",
    "frame": "1;34",
    "help": "1;32",
}


def color_wanted(choice: ColorChoice, environ: Mapping[str, str], isatty: bool) -> bool:
    """Decide on colours: the flag, then NO_COLOR, then FORCE_COLOR (both count when not empty), then the terminal.

    See https://no-color.org and https://force-color.org.
    """
    if choice != "auto":
        return choice == "always"
    if environ.get("NO_COLOR"):
        return False
    if environ.get("FORCE_COLOR"):
        return True
    return isatty and environ.get("TERM") != "dumb"


@dataclass(frozen=True, slots=True)
class Painter:
    """Turns styled segments into text, with escape codes or without."""

    color: bool

    def line(self, segments: Iterable[Segment]) -> str:
        """Join the segments of one line; trailing blanks are dropped."""
        runs = [("".join(t for t, _ in run), style) for style, run in groupby(segments, key=lambda pair: pair[1])]
        while runs and not runs[-1][0].strip():
            runs.pop()
        if runs:
            runs[-1] = (runs[-1][0].rstrip(), runs[-1][1])
        return "".join(self._paint(text, style) for text, style in runs)

    def _paint(self, text: str, style: Style) -> str:
        if not self.color or style not in _SGR or not text.strip():
            return text
        return f"\x1b[{_SGR[style]}m{text}\x1b[0m"
