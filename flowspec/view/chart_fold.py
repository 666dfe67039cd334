"""A chart for drawing: functions of each number by itself stand in the box of the op that they follow or prepare.

In a chart of many boxes each loop, and each use of a block, is one box that lists its ops.
"""

from __future__ import annotations

from dataclasses import dataclass

from flowspec.view.chart_rounds import Box, Chart

MOST_BOXES = 60  # past which each loop and each use of a block is one box


@dataclass(frozen=True, slots=True)
class Drawn:
    """One drawn box: the op that gives it its name, and the words of all that stand in it, in order.

    `whole` tells of a loop or a use of a block, whose ops are listed by name.
    """

    box: Box
    words: tuple[str, ...]
    names: tuple[str, ...]
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Folded:
    """Drawn boxes with the arrows between their numbers, and the ways back to the next round.

    `given` has the names of values that are given besides what is modelled, by arrow; those in `beside` are not read
    otherwise too, and so are among the arrows for this alone.
    """

    boxes: tuple[Drawn, ...]
    arrows: tuple[tuple[int, int], ...]
    backs: tuple[tuple[int, int], ...]
    given: dict[tuple[int, int], str]
    beside: frozenset[tuple[int, int]]


def folded(chart: Chart) -> Folded:
    """Joins an op without parameters to the only one that it reads or is read by, where nothing else reads in between
    and neither its shape nor what it may know differs."""
    of = _groups(chart)
    crowded = len(set(of)) > MOST_BOXES
    if crowded:
        of = _by_use(chart, of)
    roots = sorted(set(of))
    number = {root: n for n, root in enumerate(roots)}
    boxes = tuple(_drawn(chart, [k for k, group in enumerate(of) if group == root], crowded) for root in roots)
    arrows = {(number[of[a]], number[of[b]]): None for a, b in chart.arrows if of[a] != of[b]}
    backs = {(number[of[a]], number[of[b]]): None for a, b in chart.backs}
    names: dict[tuple[int, int], list[str]] = {}
    for a, b, name in chart.given:
        names.setdefault((number[of[a]], number[of[b]]), []).append(name)
    given = {pair: ", ".join(dict.fromkeys(found)) for pair, found in names.items()}
    beside = frozenset(given.keys() - arrows.keys())
    return Folded(boxes, tuple(dict.fromkeys((*arrows, *given))), tuple(backs), given, beside)


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


def _by_use(chart: Chart, of: list[int]) -> list[int]:
    """For each box the first one of its loop or use of a block; others stay as they are. A use is written in one piece,
    so that boxes of uses read each other in the order of writing."""
    members: dict[str, list[int]] = {}
    for k, box in enumerate(chart.boxes):
        members.setdefault(box.within, []).append(k)
    joined = {within: ks[0] for within, ks in members.items() if within and ks[-1] - ks[0] + 1 == len(ks)}
    alone = [root if chart.boxes[root].within not in joined else k for k, root in enumerate(of)]
    return [joined.get(box.within, alone[k]) for k, box in enumerate(chart.boxes)]


def _alike(a: Box, b: Box) -> bool:
    return (a.type, a.proof) == (b.type, b.proof)


def _pointwise(chart: Chart, into: list[list[int]], k: int) -> bool:
    """Whether a box without parameters is a function of each number of the one value that it reads."""
    return len(into[k]) == 1 and _alike(chart.boxes[into[k][0]], chart.boxes[k])


def _drawn(chart: Chart, members: list[int], crowded: bool) -> Drawn:
    boxes = [chart.boxes[k] for k in members]
    words, names = tuple(box.words for box in boxes), tuple(box.name for box in boxes)
    if _is_use(chart, members, crowded):
        return Drawn(_whole(chart, members), words, names, True)
    named = next((box for box in boxes if box.kind == "weighted"), boxes[0])
    return Drawn(named, words, names)


def _is_use(chart: Chart, members: list[int], crowded: bool) -> bool:
    """Whether boxes were joined because they stand in one loop or use."""
    within = {chart.boxes[k].within for k in members}
    return crowded and len(members) > 1 and len(within) == 1 and within != {""}


def _whole(chart: Chart, members: list[int]) -> Box:
    """A loop or use as one box: what others read of it, and the parameters of one round."""
    boxes, inside = [chart.boxes[k] for k in members], set(members)
    read = {a for a, b in chart.arrows if a in inside and b not in inside}
    given = [chart.boxes[k] for k in sorted(read)] or boxes[-1:]
    proof = "; ".join(dict.fromkeys(box.proof for box in given if box.proof))
    type_ = " + ".join(box.type for box in given)
    rounds, lines = max(box.rounds for box in boxes), [box.line for box in boxes if box.line]
    size = sum(box.parameters for box in boxes)
    kind = "weighted" if any(box.kind == "weighted" for box in boxes) else "plain"
    return Box(boxes[0].within, "", kind, type_, proof, size, rounds, min(lines, default=0), boxes[0].within)
