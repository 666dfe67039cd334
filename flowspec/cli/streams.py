"""What a command reads from and writes to, and what it may know of its surroundings."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TextIO

PLAIN_WIDTH = 120  # of output that goes to no terminal


class Output:
    """A text stream whose reader may leave early; what is written after that goes nowhere, and nobody complains."""

    def __init__(self, stream: TextIO) -> None:
        self._stream = stream
        self.broken = False

    def write(self, text: str) -> None:
        """Write text as it is."""
        if self.broken:
            return
        try:
            self._stream.write(text)
        except BrokenPipeError:
            self.broken = True

    def flush(self) -> None:
        """Hand over what was written."""
        if self.broken:
            return
        try:
            self._stream.flush()
        except BrokenPipeError:
            self.broken = True

    @property
    def encoding(self) -> str:
        """How the stream encodes text; one in memory takes all of it."""
        return self._stream.encoding or "utf-8"

    def isatty(self) -> bool:
        """Whether a terminal shows this stream."""
        return self._stream.isatty()


@dataclass(frozen=True, slots=True)
class Streams:
    """The surroundings of one command: streams, environment, and the width of the terminal in cells.

    Findings, code and answers go to `stdout`; progress and complaints about the command line go to `stderr`.
    """

    stdin: TextIO
    stdout: Output
    stderr: Output
    environ: Mapping[str, str]
    width: int
