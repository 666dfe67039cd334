"""A bar over work whose end is known, where somebody looks on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from tqdm import tqdm

from flowspec.train.progress import Stream

Item = TypeVar("Item")


@dataclass(frozen=True, slots=True)
class Counter:
    """Counts batches on a stream; on none by default."""

    stream: Stream | None = None

    def over(self, items: Iterable[Item], unit: str, total: int | None = None) -> Iterator[Item]:
        """The items, one by one."""
        if self.stream is None:
            yield from items
        else:
            yield from tqdm(items, total=total, file=self.stream, unit=unit, dynamic_ncols=True, leave=False)
