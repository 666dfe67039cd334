"""What every reader returns, and how arrays are named in messages."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from flowspec.train.errors import TrainError
from flowspec.train.values import Array


@dataclass(frozen=True, slots=True)
class Wanted:
    """What is asked of a file: its path, the columns to keep (names or numbers; none keeps all), names of givens, and
    whether it is to be read as text whatever it looks like."""

    path: Path
    columns: tuple[str, ...] = ()
    givens: tuple[str, ...] = ()
    text: bool = False

    def head(self) -> bytes:
        """The first bytes, by which binary formats are told apart; none for a folder."""
        if self.path.is_dir():
            return b""
        with self.path.open("rb") as file:
            return file.read(16)


@dataclass(frozen=True, slots=True, eq=False)
class Stream:
    """What has no rows of its own: recordings one after the other, to be cut into windows.

    Recording i is values[offsets[i]:offsets[i + 1]], `kind` what it is (text, sound, video), `unit` its entries in
    words. `labels` has one entry a recording, `rate` is in entries per second where that is known.
    """

    kind: str
    values: Array
    offsets: Array
    labels: Mapping[str, Array] = field(default_factory=dict)
    rate: int = 0
    unit: str = "entries"

    def __len__(self) -> int:
        return len(self.offsets) - 1

    def recording(self, i: int) -> Array:
        return self.values[self.offsets[i] : self.offsets[i + 1]]


@dataclass(frozen=True, slots=True)
class Table:
    """The named arrays of one file, rows first.

    `columns` names the last axis where the file does; `selected` tells that the reader kept the wanted columns itself;
    `stream` is what the file holds instead of rows.
    """

    file: str
    arrays: Mapping[str, Array]
    columns: tuple[str, ...] = ()
    selected: bool = False
    stream: Stream | None = None

    def where(self, key: str) -> str:
        """How messages call one array: the file alone when it holds just one, else FILE:KEY."""
        return f"`{self.file}`" if len(self.arrays) == 1 else f"`{self.file}:{key}`"

    def inventory(self) -> str:
        """The keys with their shapes, for messages."""
        return ", ".join(f"{key} {'x'.join(map(str, array.shape)) or 'scalar'}" for key, array in self.arrays.items())


def column_numbers(wanted: tuple[str, ...], names: tuple[str, ...], width: int, where: str) -> list[int]:
    """The positions of the wanted columns, each a name of `names` or a number counted from 0, and each once."""
    found = [_column_number(column, names, width, where) for column in wanted]
    for place, (number, column) in enumerate(zip(found, wanted, strict=True)):
        if number in found[:place]:
            raise TrainError(
                f"column `{column}` of {where} is named twice: two variables that are always equal have no density",
                "name each column once",
            )
    return found


def _column_number(column: str, names: tuple[str, ...], width: int, where: str) -> int:
    if column in names:
        return names.index(column)
    if column.isdigit() and int(column) < width:
        return int(column)
    known = f"its columns are {', '.join(names)}" if names else "its columns have no names"
    raise TrainError(f"{where} has no column `{column}`", f"{known}; numbers run from 0 to {width - 1}")
