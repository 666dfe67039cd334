"""Nets and arrays that several records of a page share: each is written once, and named by its number."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import numpy.typing as npt

from flowspec.passes.facts import NetFacts
from flowspec.passes.quotient import packed


class Nets:
    """Nets by number; uses that share their facts share a record. `record` gives None for a net that is too large."""

    def __init__(self, record: Callable[[NetFacts], dict[str, Any] | None]) -> None:
        self.records: list[dict[str, Any]] = []
        self._record = record
        self._known: dict[int, int | None] = {}

    def number(self, net: NetFacts) -> int | None:
        """The number of a net; None of one that is too large for a page."""
        if id(net) not in self._known:
            found = self._record(net)
            self._known[id(net)] = None if found is None else len(self.records)
            self.records += [] if found is None else [found]
        return self._known[id(net)]


class Tables:
    """Arrays by number, as packed bytes: 32-bit integers with the least byte first, or bits with the highest first."""

    def __init__(self) -> None:
        self.records: list[str] = []
        self._known: dict[bytes, int] = {}

    def integers(self, values: npt.NDArray[np.int64]) -> int:
        """The number of an array of integers."""
        return self._number(values.astype("<i4").tobytes())

    def bits(self, values: npt.NDArray[np.bool_]) -> int:
        """The number of an array of booleans; rows of a matrix begin at whole bytes."""
        return self._number(np.packbits(values, axis=-1).tobytes())

    def octets(self, values: npt.NDArray[np.uint8]) -> int:
        """The number of an array of bytes."""
        return self._number(values.tobytes())

    def _number(self, data: bytes) -> int:
        if data not in self._known:
            self._known[data] = len(self.records)
            self.records.append(packed(data))
        return self._known[data]
