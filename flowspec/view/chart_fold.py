"""A chart for drawing: functions of each number by itself stand in the box of the op that they follow or prepare."""

from __future__ import annotations

from dataclasses import dataclass

from flowspec.view.chart_rounds import Box, Chart


@dataclass(frozen=True, slots=True)
class Drawn:
    """One drawn box: the op that gives it its name, and the words of all that stand in it, in order."""

    box: Box
    words: tuple[str, ...]
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Folded:
    """Drawn boxes with the arrows between their numbers, and the ways back to the next round."""

    boxes: tuple[Drawn, ...]
    arrows: tuple[tuple[int, int], ...]
    backs: tuple[tuple[int, int], ...]


def folded(chart: Chart) -> Folded:
    """Joins an op without parameters to the only one that it reads or is read by, where nothing else reads in between
    and neither its shape nor what it may know differs."""
    of = _groups(chart)
    roots = sorted(set(of))
    number = {root: n for n, root in enumerate(roots)}
    boxes = tuple(_drawn(chart, [k for k, group in enumerate(of) if group == root]) for root in roots)
    arrows = {(number[of[a]], number[of[b]]): None for a, b in chart.arrows if of[a] != of[b]}
    backs = {(number[of[a]], number[of[b]]): None for a, b in chart.backs}
    return Folded(boxes, tuple(arrows), tuple(backs))


def _groups(chart: Chart) -> list[int]:
    """For each box the first box of its group."""
    into: list[list[int]] = [[] for _ in chart.boxes]
    out: list[list[int]] = [[] for _ in chart.boxes]
    for a, b in chart.arrows:
        into[b].append(a)
        out[a].append(b)
    looped = {k for pair in chart.backs for k in pair}
    of = list(range(len(chart.boxes)))
    weighted = [box.kind == "weighted" for box in chart.boxes]
    for b, box in enumerate(chart.boxes):
        if len(into[b]) != 1 or out[into[b][0]] != [b]:
            continue
        a = into[b][0]
        first = chart.boxes[a]
        between = (a in looped) or (b in looped)
        if between or first.rounds != box.rounds or first.kind == "source" or "density" in (first.kind, box.kind):
            continue
        follows = box.kind == "plain" and _alike(first, box)
        prepares = (
            first.kind == "plain" and box.kind == "weighted" and not weighted[of[a]] and _pointwise(chart, into, of[a])
        )
        if follows or prepares:
            of[b] = of[a]
            weighted[of[a]] |= weighted[b]
    return of


def _alike(a: Box, b: Box) -> bool:
    return (a.type, a.proof) == (b.type, b.proof)


def _pointwise(chart: Chart, into: list[list[int]], k: int) -> bool:
    """Whether a box without parameters is a function of each number of the one value that it reads."""
    return len(into[k]) == 1 and _alike(chart.boxes[into[k][0]], chart.boxes[k])


def _drawn(chart: Chart, members: list[int]) -> Drawn:
    boxes = [chart.boxes[k] for k in members]
    named = next((box for box in boxes if box.kind == "weighted"), boxes[0])
    return Drawn(named, tuple(box.words for box in boxes), tuple(box.name for box in boxes))
