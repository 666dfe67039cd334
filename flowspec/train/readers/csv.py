"""Comma, semicolon, tab or space separated numbers, with or without a header line, plain or gzipped."""

from __future__ import annotations

import csv
import gzip
import io
import zlib
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from flowspec.train.errors import TrainError
from flowspec.train.readers.table import Table, Wanted, column_numbers
from flowspec.train.values import Array

SUFFIXES = (".csv", ".tsv", ".txt", ".data", ".dat", ".amat")
DELIMITERS = (",", ";", "\t", "|")
LABELS = ("y", "label", "labels", "class", "target")


@dataclass(frozen=True, slots=True)
class Layout:
    """How one file is written: its delimiter (None is white space), header names, and the first line of data."""

    delimiter: str | None
    names: tuple[str, ...]
    width: int
    first: int


class Csv:
    """The wanted columns as one float64 array `data`; a column named like a given stands apart."""

    name = "csv"

    @staticmethod
    def claims(wanted: Wanted) -> bool:
        suffixes = [s.lower() for s in wanted.path.suffixes if s.lower() != ".gz"]
        return bool(suffixes) and suffixes[-1] in SUFFIXES

    @staticmethod
    def read(wanted: Wanted) -> Table:
        """Raise TrainError with the line number of the first cell that is no number."""
        where = f"`{wanted.path}`"
        text = plain_text(wanted.path)
        layout = _layout(text, where)
        apart = _apart(layout.names, wanted.givens)
        if wanted.columns:
            kept = column_numbers(wanted.columns, layout.names, layout.width, where)
        else:
            kept = [i for i in range(layout.width) if i not in apart.values()]
        numbers = _numbers(text, layout, [*kept, *apart.values()], where)
        arrays = {"data": numbers[:, : len(kept)]}
        arrays |= {name: numbers[:, len(kept) + i] for i, name in enumerate(apart)}
        return Table(str(wanted.path), arrays, selected=True)


def _apart(names: tuple[str, ...], givens: tuple[str, ...]) -> dict[str, int]:
    """Where the columns of the givens are: by their own names, or any usual name for labels when there is one given."""
    found = {given: names.index(given) for given in givens if given in names}
    if not found and len(givens) == 1:
        usual = [i for i, name in enumerate(names) if name.lower() in LABELS]
        return {givens[0]: usual[0]} if len(usual) == 1 else {}
    return found


def plain_text(path: Path) -> str:
    """The text of a file, plain or gzipped, in UTF-8; TrainError when it is none."""
    data = path.read_bytes()
    try:
        if data.startswith(b"\x1f\x8b"):
            data = gzip.decompress(data)
        return data.decode("utf-8-sig")
    except (UnicodeDecodeError, EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise TrainError(f"`{path}` is not readable as text: {error}") from error


def _layout(text: str, where: str) -> Layout:
    lines = text.splitlines()
    first = next((i for i, line in enumerate(lines) if line.strip()), None)
    if first is None:
        raise TrainError(f"{where} is empty")
    delimiter = max(DELIMITERS, key=lines[first].count)
    split = delimiter if delimiter in lines[first] else None
    cells = cells_of(lines[first], split)
    if all(is_number(cell) for cell in cells):
        return Layout(split, (), len(cells), first)
    return Layout(split, tuple(cell.strip() for cell in cells), len(cells), first + 1)


def cells_of(line: str, delimiter: str | None) -> list[str]:
    """The cells of one line; no delimiter is white space."""
    return line.split() if delimiter is None else next(csv.reader([line], delimiter=delimiter), [])


def is_number(cell: str) -> bool:
    """Whether a cell is a number."""
    try:
        float(cell)
    except ValueError:
        return False
    return True


def _numbers(text: str, layout: Layout, columns: list[int], where: str) -> Array:
    """The columns as (rows, columns) float64."""
    body = io.StringIO(text)
    for _ in range(layout.first):
        body.readline()
    if not text[body.tell() :].strip():
        raise TrainError(f"{where} has a header but no rows")
    try:
        chosen = None if columns == list(range(layout.width)) else columns
        numbers = np.loadtxt(body, delimiter=layout.delimiter, usecols=chosen, ndmin=2, comments=None, quotechar='"')
    except (ValueError, IndexError) as error:
        raise _fault(text, layout, columns, where) or TrainError(f"{where} cannot be read: {error}") from error
    return numbers


def _fault(text: str, layout: Layout, columns: list[int], where: str) -> TrainError | None:
    """The first line that does not fit, found by going through the file once more, slowly."""
    for number, line in enumerate(text.splitlines()[layout.first :], layout.first + 1):
        cells = cells_of(line, layout.delimiter)
        if cells and len(cells) != layout.width:
            return TrainError(f"{where}, line {number} has {len(cells)} cells where the first line has {layout.width}")
        for column in columns if cells else []:
            if not is_number(cells[column]):
                return _bad_cell(cells[column], layout, column, f"{where}, line {number}")
    return None


def _bad_cell(cell: str, layout: Layout, column: int, where: str) -> TrainError:
    name = f"column {column} (`{layout.names[column]}`)" if layout.names else f"column {column}"
    if not cell.strip():
        return TrainError(f"{where}: {name} is empty", "fill in or remove rows with missing values first")
    helps = "choose the columns that hold numbers with --columns"
    if layout.delimiter == ";" and is_number(cell.replace(",", ".")):
        helps = "write decimals with a point, not with a comma"
    return TrainError(f"{where}: {name} holds `{cell.strip()[:40]}`, which is not a number", helps)
