"""Dependencies as packed bit sets, one row a unit: for relations without any regularity (semantics D5)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce

import numpy as np
from numpy.typing import NDArray

from flowspec.order.errors import TooLarge
from flowspec.order.grid import BoolArray, IntArray

LIMIT = 1 << 32  # bits
_BLOCK = 1 << 24  # entries of a matrix product at a time


@dataclass(frozen=True, eq=False)
class Bits:
    """What each of `units` units depends on among `columns` variables.

    Attributes:
        data: (units, ceil(columns / 8)), little bits first; padding bits are 0.
        columns: the number of variables.
    """

    data: NDArray[np.uint8]
    columns: int

    def __post_init__(self) -> None:
        _check(len(self.data), self.columns)

    @staticmethod
    def nothing(units: int, columns: int) -> Bits:
        """Units that depend on nothing."""
        _check(units, columns)
        return Bits(np.zeros((units, (columns + 7) // 8), np.uint8), columns)

    @staticmethod
    def identity(columns: int) -> Bits:
        """x itself."""
        bits = Bits.nothing(columns, columns)
        v = np.arange(columns)
        bits.data[v, v // 8] = 1 << (v % 8)
        return bits

    @staticmethod
    def of(dense: BoolArray) -> Bits:
        """From a (units, columns) matrix."""
        _check(*dense.shape)
        return Bits(np.packbits(dense, axis=1, bitorder="little"), dense.shape[1])

    @property
    def units(self) -> int:
        """The number of units."""
        return len(self.data)

    def dense(self) -> BoolArray:
        """(units, columns)."""
        return np.unpackbits(self.data, axis=1, count=self.columns, bitorder="little").astype(np.bool_)

    def row(self, unit: int) -> BoolArray:
        """(columns,) what one unit depends on."""
        return np.unpackbits(self.data[unit], count=self.columns, bitorder="little").astype(np.bool_)

    @cached_property
    def sizes(self) -> IntArray:
        """(units,) how many variables each unit depends on."""
        sizes: IntArray = _POPULATION[self.data].sum(axis=1, dtype=np.int64)
        return sizes

    def count(self) -> int:
        """The number of pairs."""
        return int(self.sizes.sum())

    def inside(self, other: Bits) -> BoolArray:
        """(units,) whether each row lies inside the row of `other`."""
        return np.asarray(((self.data & ~other.data) == 0).all(axis=1))

    def take(self, units: IntArray) -> Bits:
        """The rows of `units`: a permutation, a slice, a repetition."""
        return Bits(self.data[units], self.columns)

    def union(self, *others: Bits) -> Bits:
        """Row by row, as for elementwise ops; rows of one unit are broadcast."""
        return Bits(reduce(np.bitwise_or, [bits.data for bits in others], self.data), self.columns)

    def through(self, mask: BoolArray) -> Bits:
        """Units that read the units where `mask` (outputs, units) is true."""
        _check(len(mask), self.columns)
        rows, back = np.unique(np.packbits(mask, axis=1), axis=0, return_inverse=True)
        kinds = np.unpackbits(rows, axis=1, count=mask.shape[1]).astype(np.float32)
        step = max(1, _BLOCK // max(self.units, 1) // 8)
        pieces = [_product(kinds, self.data[:, at : at + step]) for at in range(0, self.data.shape[1], step)]
        return Bits(np.concatenate(pieces, axis=1)[back.reshape(-1)], self.columns)

    def gather(self, index: IntArray) -> Bits:
        """Units that read the units listed in `index` (outputs, k); -1 reads nothing."""
        if len(self.data) and (self.data == self.data[0]).all():  # as behind the first steps of a deep flow
            reads = np.asarray(index >= 0).any(axis=1, keepdims=True)
            return Bits(np.where(reads, self.data[0], 0).astype(np.uint8), self.columns)
        found = np.zeros((len(index), self.data.shape[1]), np.uint8)
        for column in index.T:
            found |= np.where(column[:, None] >= 0, self.data[column], 0)
        return Bits(found, self.columns)

    def repeat(self, reads: Sequence[IntArray], sequence: Iterable[int]) -> Bits:
        """The units of an op's output when the op is applied once or any number of times more.

        `reads[u]` lists the units that u reads; `sequence` visits all units, best after those they read.
        """
        data = np.stack([np.bitwise_or.reduce(self.data[read], axis=0) for read in reads])
        walk, grew = list(sequence), True
        while grew:
            grew = False
            for u in walk:
                row = data[u] | np.bitwise_or.reduce(data[reads[u]], axis=0)
                if (row != data[u]).any():
                    data[u], grew = row, True
        return Bits(data, self.columns)


_POPULATION = np.array([n.bit_count() for n in range(256)], np.uint8)


def _product(kinds: NDArray[np.float32], data: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """The boolean product with a block of packed columns."""
    columns = np.unpackbits(data, axis=1, bitorder="little").astype(np.float32)
    return np.packbits(kinds @ columns > 0, axis=1, bitorder="little")


def _check(units: int, columns: int) -> None:
    if units * columns > LIMIT:
        raise TooLarge(f"{units} x {columns} dependencies are more than the 2^32 that are followed one by one")
