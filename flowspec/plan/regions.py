"""Regions: parts of a graph that the spec wrote as one (a block, a round of a loop), and the loops they make."""

from __future__ import annotations

import re
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import groupby
from typing import Generic, TypeVar

from flowspec.graph.net import Frame

_NUMBERED = re.compile(r"\.\d+\Z")
T = TypeVar("T", bound=Hashable)


@dataclass(frozen=True, eq=False)
class Region(Generic[T]):
    """One use of a block or one round of a loop: its nodes, and the regions inside it, in writing order."""

    frame: Frame
    items: tuple[T | Region[T], ...]

    def nodes(self) -> Iterator[T]:
        """All nodes, those of inner regions included."""
        for item in self.items:
            if isinstance(item, Region):
                yield from item.nodes()
            else:
                yield item


def tree(nodes: Sequence[T], scope: Callable[[T], tuple[Frame, ...]], depth: int = 0) -> tuple[T | Region[T], ...]:
    """Nodes that share a frame stand in one region. A round that holds one region alone is that region, repeated."""
    found: list[T | Region[T]] = []
    for frame, group in groupby(nodes, key=lambda node: (*scope(node)[depth : depth + 1], None)[0]):
        if frame is None:
            found.extend(group)
            continue
        items = tree(tuple(group), scope, depth + 1)
        only = items[0] if len(items) == 1 else None
        if isinstance(only, Region) and frame.round and not only.frame.round:
            found.append(Region(replace(frame, label=only.frame.label), only.items))
        else:
            found.append(Region(frame, items))
    return tuple(found)


def follows(a: Frame, b: Frame) -> bool:
    """Whether b is the next round after a, or the next of several regions that a macro made."""
    if a.label != b.label:
        return False
    if a.use == b.use:
        return b.round == a.round + 1
    return a.round == b.round == 0 and is_anonymous(a) and is_anonymous(b) and stem(a.use) == stem(b.use)


def stem(use: str) -> str:
    """The use without its number."""
    return _NUMBERED.sub("", use)


def is_anonymous(frame: Frame) -> bool:
    """Whether the spec gives this use no name of its own."""
    return stem(frame.use) != frame.use


def rows(items: Sequence[T | Region[T]]) -> list[list[T | Region[T]]]:
    """Consecutive rounds of one loop together; everything else by itself."""
    found: list[list[T | Region[T]]] = []
    for item in items:
        last = found[-1][-1] if found else None
        if isinstance(item, Region) and isinstance(last, Region) and follows(last.frame, item.frame):
            found[-1].append(item)
        else:
            found.append([item])
    return found
