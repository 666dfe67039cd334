"""User text as text: line breaks, characters that must not reach a terminal, and how wide the others are."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

TAB = 4

# What YAML counts as one line break; str.splitlines would also break at form feeds and file separators.
_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")
# Terminal sequences: CSI, then strings (OSC, DCS, SOS, PM, APC) up to their terminator, then two-byte escapes.
_ESCAPE = re.compile(
    "(?:\x1b\\[|\x9b)[0-?]*[ -/]*[@-~]|(?:\x1b[\\]PX^_]|[\x9d\x90\x98\x9e\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\\\|\x9c)?"
    "|\x1b[ -/]*[0-Z\\\\^-~]"
)
_HIDDEN = frozenset({"Cc", "Cf", "Cs", "Zl", "Zp"})


def split_lines(text: str) -> list[str]:
    """Split at the line breaks that YAML knows, dropping a leading byte order mark; the last line may be empty."""
    return _BREAK.split(text.removeprefix("\ufeff"))


def clean(text: str) -> str:
    """Return `text` on one line, without escape sequences, control, format or surrogate characters."""
    spaced = _BREAK.sub(" ", _ESCAPE.sub("", text)).replace("\t", " ")
    return "".join(c for c in spaced if not _hidden(c))


@dataclass(frozen=True, slots=True)
class Layout:
    """A line as a terminal shows it: what each code point draws, and the cells between which it stands.

    `edges` has one entry more than `glyphs`: code point i stands in the cells edges[i] to edges[i + 1].
    """

    glyphs: tuple[str, ...]
    edges: tuple[int, ...]

    @property
    def width(self) -> int:
        """The cells that the whole line takes."""
        return self.edges[-1]

    def cells(self, start: int, end: int) -> tuple[int, int]:
        """The cells, at least one, of the columns `start` up to `end` (from 1); what lies past the line is clipped."""
        i, j = min(start - 1, len(self.glyphs)), min(end - 1, len(self.glyphs))
        while 0 < i < len(self.glyphs) and self.edges[i] == self.edges[i + 1]:
            i -= 1  # a combining mark stands in the cell of its base
        return self.edges[i], max(self.edges[j], self.edges[i] + 1)


def lay_out(line: str) -> Layout:
    """Lay a raw line out in cells: tabs reach the next multiple of 4, hidden characters draw nothing."""
    glyphs: list[str] = []
    edges = [0]
    for char in line:
        tab = " " * (TAB - edges[-1] % TAB)
        glyphs.append(tab if char == "\t" else "" if _hidden(char) else char)
        edges.append(edges[-1] + (len(tab) if char == "\t" else _width(glyphs[-1])))
    return Layout(tuple(glyphs), tuple(edges))


def _hidden(char: str) -> bool:
    return unicodedata.category(char) in _HIDDEN or "\ufe00" <= char <= "\ufe0f"


def _width(glyph: str) -> int:
    if not glyph or unicodedata.category(glyph) in ("Mn", "Me") or "\u1160" <= glyph <= "\u11ff":
        return 0
    return 2 if unicodedata.east_asian_width(glyph) in "WF" else 1
