"""The arrows of a chart as items: of what each box reads, and of what it is given by a name besides."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from flowspec.view.chart_fold import Folded
from flowspec.view.chart_layout import Point
from flowspec.view.items import SMALLEST, Arrow, Item, Words
from flowspec.view.letters import long

ROOM = 60  # pixels for the names of what is given
KNEE = 10  # pixels above the head of an arrow at which it bends at the latest
ASIDE = 64  # pixels from the middle of a box to where it reads what it is given


def arrow_items(drawn: Folded, ways: Iterable[tuple[Point, ...]]) -> Iterator[Item]:
    """An arrow for each way. What a box is given has an arrow of its own, which ends at the left of the box's head; the
    name that it has there stands beside its end."""
    for pair, points in zip(drawn.arrows, ways, strict=True):
        if pair not in drawn.beside:
            yield Arrow(0, 0, points)
        if pair in drawn.given:
            way = _aside(points)
            yield Arrow(0, 0, way)
            x, y = way[-1]
            yield Words(x - 6, y - 1, _label(drawn.given[pair]), SMALLEST, faint=True, anchor="end")


def _aside(points: tuple[Point, ...]) -> tuple[Point, ...]:
    """The same way to the left of where it ends."""
    *before, (x, y) = points
    knee = before.pop()[1] if len(before) > 1 and y - before[-1][1] <= KNEE else y - KNEE
    return (*before, (x - ASIDE, knee), (x - ASIDE, y))


def _label(names: str) -> str:
    """The names, where they fit between the arrow and the box to the left; else how many they are."""
    several = names.count(", ") + 1
    return names if long(names, SMALLEST) <= ROOM else f"{several} values" if several > 1 else "given"
