"""Where the boxes and the arrows of a chart stand, by the layout of Sugiyama, Tagawa and Toda (1981)."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise

from flowspec.view.chart_fold import Folded
from flowspec.view.errors import ViewError

Point = tuple[float, float]


@dataclass(frozen=True, slots=True)
class Plan:
    """The middle of each box, the bends of each arrow from its source to its target, and the size of it all.

    Units are columns and ranks: boxes of one rank are at least 1 apart.
    """

    boxes: tuple[Point, ...]
    arrows: tuple[tuple[Point, ...], ...]
    width: float
    height: float


def arranged(chart: Folded) -> Plan:
    """The layout of a chart, top to bottom.

    Raises:
        ViewError: when the layout library is not installed.
    """
    try:
        import fast_sugiyama
    except ImportError:
        raise ViewError(
            "a drawn graph needs fast-sugiyama, which is not installed",
            "install it (`pip install fast-sugiyama`), or read the graph as text: leave `-o` out",
        ) from None
    if not chart.arrows:
        return Plan(tuple((float(k), 0.0) for k in range(len(chart.boxes))), (), float(len(chart.boxes)), 1.0)
    aside = _leaving(chart)
    stay = [pair for pair in chart.arrows if pair[1] not in aside]
    found = fast_sugiyama.from_edges(stay, vertex_spacing=2, dummy_vertices=True, dummy_size=0.5)
    places: dict[int, Point] = {}
    links: list[tuple[int, int]] = []
    left = 0.0
    for positions, _, _, edges in found:
        low = min(x for _, (x, _) in positions)
        ranks = sorted({y for _, (_, y) in positions}, reverse=True)
        places.update({int(v): (left + x - low, float(ranks.index(y))) for v, (x, y) in positions})
        links += [(int(a), int(b)) for a, b in edges or ()]
        left = max(x for v, (x, _) in ((v, places[int(v)]) for v, _ in positions)) + 1.5
    return _scaled(chart, places, links, aside)


def _leaving(chart: Folded) -> dict[int, int]:
    """The densities of parts that leave while others go on, each with the one step that it reads: they stand to the side."""
    out: dict[int, list[int]] = {}
    for a, b in chart.arrows:
        out.setdefault(a, []).append(b)
    ends = {k for k, drawn in enumerate(chart.boxes) if drawn.box.kind == "density" and k not in out}
    ends -= {b for b in ends if sum(b in readers for readers in out.values()) > 1}
    return {b: a for a, readers in out.items() if any(r not in ends for r in readers) for b in readers if b in ends}


def _scaled(chart: Folded, places: dict[int, Point], links: list[tuple[int, int]], aside: dict[int, int]) -> Plan:
    """Columns so wide that no two boxes of a rank are less than 1 apart."""
    ranks: dict[float, list[float]] = {}
    for v in range(len(chart.boxes)):
        if v in aside:
            continue
        x, y = places.setdefault(v, (0.0, 0.0))
        ranks.setdefault(y, []).append(x)
    gaps = [b - a for row in ranks.values() for a, b in _pairs(sorted(row)) if b > a]
    scale = 1.0 / min(gaps) if gaps else 1.0
    moved = {v: (x * scale, y) for v, (x, y) in places.items()}
    if _mirrored(chart, moved):
        widest = max(x for x, _ in moved.values())
        moved = {v: (widest - x, y) for v, (x, y) in moved.items()}
    for v, source in aside.items():  # beside all that stands on the next rank
        rank = moved[source][1] + 1
        right = max((x for x, y in moved.values() if y == rank), default=moved[source][0])
        moved[v] = (right + 1, rank)
    boxes = tuple(moved[v] for v in range(len(chart.boxes)))
    arrows = tuple(tuple(moved[v] for v in _route(pair, links, len(chart.boxes))) for pair in chart.arrows)
    width, height = (max(p[axis] for p in moved.values()) + 1 for axis in (0, 1))
    return Plan(boxes, arrows, width, height)


def _mirrored(chart: Folded, places: dict[int, Point]) -> bool:
    """Whether more boxes of one rank stand against the order of writing than along it."""
    here = [k for k in range(len(chart.boxes)) if k in places]
    turned = [places[a][0] > places[b][0] for a in here for b in here if a < b and places[a][1] == places[b][1]]
    return 2 * sum(turned) > len(turned)


def _pairs(row: list[float]) -> Iterator[tuple[float, float]]:
    return pairwise(row)


def _route(pair: tuple[int, int], links: list[tuple[int, int]], count: int) -> list[int]:
    """The way from one box to another, directly or through bends (numbers past those of the boxes)."""
    start, end = pair
    if pair in links:
        return [start, end]
    after: dict[int, list[int]] = {}
    for a, b in links:
        after.setdefault(a, []).append(b)
    for first in (v for v in after.get(start, ()) if v >= count):
        way = [start, first]
        while way[-1] >= count and after.get(way[-1]):
            way.append(after[way[-1]][0])
        if way[-1] == end:
            return way
    return [start, end]
