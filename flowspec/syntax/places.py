"""From the parser's marks to spans of one text."""

from __future__ import annotations

import re
from bisect import bisect_right
from typing import Any

from flowspec.diagnostics import Position, Span

# An anchor and a tag in front of a node, in either order, with the space and comments behind them.
_PROPERTIES = re.compile(r"(?:(?:&[^\s,\[\]{}]+|!<[^>\s]*>|![^\s,\[\]{}]*)(?:\s|(?<=\s)#[^\n]*)*){1,2}")


class Places:
    """Indices of `text` as positions: the lines are found once, each look-up is a bisection."""

    def __init__(self, text: str, file: str) -> None:
        self.text, self.file = text, file
        self._starts = [0, *(match.end() for match in re.finditer("\n", text))]

    def position(self, index: int) -> Position:
        """Line and column of the character at `index`."""
        line = bisect_right(self._starts, index) - 1
        return Position(line + 1, index - self._starts[line] + 1)

    def span(self, begin: int, end: int) -> Span:
        """The characters from `begin` up to `end`."""
        return Span(self.file, self.position(begin), self.position(end))

    def of(self, event: Any) -> Span:
        """All that the event covers, its anchor and tag included."""
        return self.span(event.start_mark.index, event.end_mark.index)

    def begin(self, event: Any) -> int:
        """Where the node itself begins, after its anchor and tag; in an empty node, where these end."""
        begin: int = event.start_mark.index
        if event.anchor is None and event.tag is None:
            return begin
        match = _PROPERTIES.match(self.text, begin)
        return min(match.end(), event.end_mark.index) if match else begin
