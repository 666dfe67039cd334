"""The cells of a panel at full resolution, and what share of each block of them has which tone.

Renderers never see more cells than they can show: they ask for `shares(rows, columns)`, the exact share of every tone
in each of rows x columns blocks. Blocks differ by at most one cell; with as many blocks as cells a share is 0 or 1.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
import numpy.typing as npt

from flowspec.graph.masks import LabelMask

Shares = npt.NDArray[np.float64]
Bools = npt.NDArray[np.bool_]


class Cells(Protocol):
    """Cells in rows and columns, each with one tone of its panel, or a mixture."""

    @property
    def shape(self) -> tuple[int, int]:
        """Rows and columns at full resolution."""

    def shares(self, rows: int, columns: int) -> Shares:
        """(tones, rows, columns) exact shares in blocks; rows and columns are at most those of `shape`."""


def starts(size: int, blocks: int) -> npt.NDArray[np.int64]:
    """(blocks,) the first cell of each of `blocks` blocks that cover `size` cells."""
    return np.arange(blocks, dtype=np.int64) * size // blocks


@dataclass(frozen=True, eq=False, slots=True)
class Indexed:
    """Cells given one by one: `codes` (rows, columns) are indices of the panel's tones, of which there are `tones`."""

    codes: npt.NDArray[np.uint8]
    tones: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.codes.shape[0], self.codes.shape[1]

    def shares(self, rows: int, columns: int) -> Shares:
        ones = self.codes[None] == np.arange(self.tones, dtype=np.uint8)[:, None, None]
        return _blocks(ones.astype(np.float64), self.shape, rows, columns)


@dataclass(frozen=True, eq=False, slots=True)
class Shaded:
    """Cells that are shares by themselves: `on` (rows, columns) is the share of the second of two tones."""

    on: Shares

    @property
    def shape(self) -> tuple[int, int]:
        return self.on.shape[0], self.on.shape[1]

    def shares(self, rows: int, columns: int) -> Shares:
        return _blocks(np.stack([1 - self.on, self.on]), self.shape, rows, columns)


@dataclass(frozen=True, eq=False, slots=True)
class Numbered:
    """Cells with a number each: `values` (rows, columns) from 1 to `most`, 0 where there is none. As a share a number is
    how far along it is."""

    values: npt.NDArray[np.int64]
    most: int

    @property
    def shape(self) -> tuple[int, int]:
        return self.values.shape[0], self.values.shape[1]

    def shares(self, rows: int, columns: int) -> Shares:
        on = self.values / max(1, self.most)
        return _blocks(np.stack([1 - on, on]), self.shape, rows, columns)


@dataclass(frozen=True, eq=False, slots=True)
class Dense:
    """A dense mask that is never held as a whole: row i, column j is kept when label j is inside label i.

    `reads` (units in, ...) and `writes` (units out, ...) are integers under the rule `prefix`, packed bit sets (one row
    of bytes a unit) under `subset`.
    """

    rule: str
    reads: npt.NDArray[Any]
    writes: npt.NDArray[Any]

    @property
    def shape(self) -> tuple[int, int]:
        return len(self.writes), len(self.reads)

    def rows(self, start: int, stop: int) -> Bools:
        """(stop - start, units in) the rows of the mask."""
        writes = self.writes[start:stop]
        if self.rule == "prefix":
            kept: Bools = self.reads[None, :] <= writes[:, None]
            return kept
        return np.stack([~(self.reads & ~w).any(axis=1) for w in writes])

    def shares(self, rows: int, columns: int) -> Shares:
        first, edges = starts(self.shape[0], rows), starts(self.shape[1], columns)
        last = [*first[1:].tolist(), self.shape[0]]
        sums = [np.add.reduceat(self._sum(a, b), edges) for a, b in zip(first.tolist(), last, strict=True)]
        area = np.outer(_sizes(self.shape[0], rows), _sizes(self.shape[1], columns))
        on = np.stack(sums) / area
        return np.stack([1 - on, on])

    def _sum(self, start: int, stop: int) -> npt.NDArray[np.int64]:
        """(units in,) how many of the rows keep each column; a few rows at a time, so that memory stays small."""
        step = max(1, 2**22 // max(1, self.shape[1]))
        parts = [self.rows(a, min(a + step, stop)).sum(axis=0) for a in range(start, stop, step)]
        total: npt.NDArray[np.int64] = np.sum(parts, axis=0, dtype=np.int64)
        return total


def dense(mask: LabelMask, member: int = 0, ordered: bool = False) -> Dense:
    """The cells of a dense mask under one order; `ordered` sorts units by their label, which shows the staircase."""
    reads, writes = mask.member(member)
    if ordered:
        reads, writes = (tuple(sorted(row, key=_by_size(mask.rule))) for row in (reads, writes))
    if mask.rule == "prefix":
        return Dense(mask.rule, np.array(reads, dtype=np.int64), np.array(writes, dtype=np.int64))
    width = max(1, (max(*reads, *writes).bit_length() + 7) // 8)
    return Dense(mask.rule, _packed(reads, width), _packed(writes, width))


def _by_size(rule: str) -> Any:
    return (lambda label: (label.bit_count(), label)) if rule == "subset" else None


def _packed(labels: tuple[int, ...], width: int) -> npt.NDArray[np.uint8]:
    data = b"".join(label.to_bytes(width, "little") for label in labels)
    return np.frombuffer(data, dtype=np.uint8).reshape(len(labels), width)


def _blocks(values: Shares, shape: tuple[int, int], rows: int, columns: int) -> Shares:
    """Means of `values` (tones, *shape) over blocks."""
    sums = np.add.reduceat(np.add.reduceat(values, starts(shape[0], rows), axis=1), starts(shape[1], columns), axis=2)
    means: Shares = sums / np.outer(_sizes(shape[0], rows), _sizes(shape[1], columns))
    return means


def _sizes(size: int, blocks: int) -> npt.NDArray[np.int64]:
    return np.diff(np.append(starts(size, blocks), size))
