"""Plain text, read as a sequence of characters."""

from __future__ import annotations

import numpy as np

from flowspec.train.errors import TrainError
from flowspec.train.readers.csv import DELIMITERS, cells_of, is_number, plain_text
from flowspec.train.readers.table import Stream, Table, Wanted

SUFFIXES = (".txt", ".text", ".md")
LOOKED_AT = 20  # lines by which prose is told from columns of numbers


class Text:
    """One stream of code points. A .txt file that looks like columns of numbers is left to the reader of those."""

    name = "text"

    @staticmethod
    def claims(wanted: Wanted) -> bool:
        if wanted.text:
            return True
        suffixes = [s.lower() for s in wanted.path.suffixes if s.lower() != ".gz"]
        return bool(suffixes) and suffixes[-1] in SUFFIXES and not wanted.path.is_dir() and _is_prose(wanted)

    @staticmethod
    def read(wanted: Wanted) -> Table:
        """Raise TrainError for an empty file, or one that is not UTF-8."""
        text = plain_text(wanted.path)
        if not text:
            raise TrainError(f"`{wanted.path}` is empty")
        points = np.frombuffer(text.encode("utf-32-le"), dtype="<u4")
        stream = Stream("text", points, np.array([0, len(points)]), unit="characters")
        return Table(str(wanted.path), {"text": points}, stream=stream)


def _is_prose(wanted: Wanted) -> bool:
    """Whether most lines near the top, the first one aside, hold no numbers as a table does."""
    with wanted.path.open("rb") as file:
        packed = file.read(2) == b"\x1f\x8b"
        file.seek(0)
        lines = [] if packed else [file.readline(4096).decode("utf-8", "replace") for _ in range(LOOKED_AT)]
    lines = plain_text(wanted.path).splitlines()[:LOOKED_AT] if packed else lines
    written = [line for line in lines if line.strip()]
    tabular = [_is_tabular(line) for line in written[1:] or written]
    return bool(written) and 2 * sum(tabular) <= len(tabular)


def _is_tabular(line: str) -> bool:
    """White space stands in prose too: between such cells, all must be numbers."""
    delimiter = next((d for d in DELIMITERS if d in line), None)
    found = [is_number(cell) for cell in cells_of(line, delimiter)]
    return all(found) if delimiter is None else any(found)
