"""A chart in pixels: boxes as high as what they say, and tall charts laid in columns from left to right."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from flowspec.view.chart_arrows import arrow_items
from flowspec.view.chart_fold import Drawn, Folded, folded
from flowspec.view.chart_layout import Plan, Point, arranged
from flowspec.view.chart_rounds import Chart
from flowspec.view.items import GAP, SIZE, SMALL, Arrow, Frame, Item, Words
from flowspec.view.letters import lines, long, pieces
from flowspec.view.words import many

BOX_WIDTH, BOX_GAP, RANK_GAP, LINE_HEIGHT = 224, 26, 26, 15
ROOM, NAME = BOX_WIDTH - 14, 12  # pixels for the text of a box, and the size of the letters of its name
LANE = 8  # pixels between lines that run side by side
TALL, BROAD = 1150, 2000  # pixels from which a chart is laid in columns, and that they may take together
MOST_CROSSING = 4  # values that may go on from one column to the next
OUTLINES = {"source": "fs-itself", "weighted": "fs-seen", "bound": "fs-missing", "density": "fs-seen"}
LEGEND = {
    "source": ("fs-itself", "comes from outside"),
    "weighted": ("fs-seen", "learned"),
    "plain": ("fs-faint", "not learned"),
    "step": ("fs-faint", "a step"),
    "bound": ("fs-missing", "likelihood becomes a bound or an estimate"),
    "density": ("fs-seen", "a density"),
}


def chart_legend(charts: list[Chart], room: float) -> tuple[list[Item], float]:
    """What the outlines of the boxes mean, those that occur, in lines of `room` pixels; the height that they take."""
    items: list[Item] = []
    x = y = 0.0
    for sign, words in _meanings(charts):
        width = (sign[1] if sign else 0) + long(words, SIZE)
        if x and x + width > room:
            x, y = 0.0, y + LINE_HEIGHT + 5
        items += [replace(sign[0], x=x, y=y + sign[0].y)] if sign else []
        items.append(Words(x + width - long(words, SIZE), y + 11, words, faint=not sign))
        x += width + GAP
    return items, y + SIZE


def _meanings(charts: list[Chart]) -> Iterator[tuple[tuple[Frame | Arrow, int] | None, str]]:
    """The signs of a legend, each with the pixels that it takes, and what they mean; a remark has no sign."""
    kinds = {box.kind for chart in charts for box in chart.boxes}
    found: dict[str, list[str]] = {}
    for kind, (key, words) in LEGEND.items():
        if kind in kinds:
            found.setdefault(key, []).append(words)
    for key, names in found.items():
        yield (Frame(0, 0, SIZE, SIZE, key), 19), " or ".join(names)
    if any(chart.backs for chart in charts):
        yield (Arrow(0, 6, ((0, 0), (22, 0)), dashed=True), 28), "feeds the next round"
    if any(drawn.whole for chart in charts for drawn in folded(chart).boxes):
        yield None, "a loop or a use of a block is one box; the graph as text has a line for each op"


def chart_items(chart: Chart) -> tuple[list[Item], float, float]:
    """The boxes and arrows of a chart; the width and height that they take."""
    drawn = folded(chart)
    plan, texts = arranged(drawn), [_box_lines(box) for box in drawn.boxes]
    page = _Columns(plan, [len(lines) * LINE_HEIGHT + 10.0 for lines in texts], drawn)
    items: list[Item] = list(arrow_items(drawn, page.arrows()))
    items += [Arrow(0, 0, points, dashed=True) for points in page.backs()]
    for k, (box, written) in enumerate(zip(drawn.boxes, texts, strict=True)):
        items += _box(box, written, *page.corner(k), page.heights[k])
    return items, page.width, page.height


def _box(drawn: Drawn, written: list[str], x: float, y: float, height: float) -> Iterator[Item]:
    hint = "; ".join(f"{name}: {words}" for name, words in zip(drawn.names, drawn.words, strict=True))
    line = f" (line {drawn.box.line})" if drawn.box.line else ""
    yield Frame(x, y, BOX_WIDTH, height, OUTLINES.get(drawn.box.kind, "fs-faint"), hint + line)
    names = len(_name_lines(drawn))
    for k, text in enumerate(written):
        faint = k >= names + len(_word_lines(drawn))
        yield Words(x + 8, y + 4 + (k + 0.75) * LINE_HEIGHT, text, SMALL if k >= names else NAME, faint, k < names)


def _box_lines(drawn: Drawn) -> list[str]:
    """The name, the ops, the shape and size, and what is proved."""
    box = drawn.box
    size = f"{box.type}; {many(box.parameters, 'parameter')}" if box.parameters else box.type
    rest = [piece for text in (size, box.proof) for piece in _small(text)]
    return [*_name_lines(drawn), *_word_lines(drawn), *rest]


def _name_lines(drawn: Drawn) -> list[str]:
    times = f"  x {drawn.box.rounds} rounds" if drawn.box.rounds > 1 else ""
    if long(drawn.box.name + times, NAME, bold=True) <= ROOM:
        return [drawn.box.name + times]
    return [*pieces(drawn.box.name, ROOM, NAME, bold=True), *([times.strip()] if times else [])]


def _word_lines(drawn: Drawn) -> list[str]:
    return [piece for words in _listed(drawn) for piece in _small(words)]


def _listed(drawn: Drawn) -> Iterator[str]:
    """What stands in a box; in that of a loop or use each op with its name there."""
    for name, words in zip(drawn.names, drawn.words, strict=True):
        inner = re.sub(r"^(\d+\.)", "", name.removeprefix(f"{drawn.box.name}."))
        yield f"{inner}: {words}" if drawn.whole else words


def _small(text: str) -> list[str]:
    """Lines of small letters; a word that is too long for one is cut."""
    return [piece for line in lines(text, ROOM, SMALL) for piece in pieces(line, ROOM, SMALL)]


# --- columns -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Block:
    """Ranks from `first` to before `last`, drawn from pixel `left` on; `low` is the leftmost place in them."""

    first: int
    last: int
    left: float
    right: float
    low: float


class _Columns:
    """Where things of a chart stand in pixels: its ranks below each other, in as many columns as are readable."""

    def __init__(self, plan: Plan, heights: list[float], drawn: Folded) -> None:
        self.plan, self.heights, self.drawn = plan, heights, drawn
        ranks = int(plan.height)
        self.high = [0.0] * ranks
        for (_, y), height in zip(plan.boxes, heights, strict=True):
            self.high[int(y)] = max(self.high[int(y)], height)
        self.lanes: dict[int, int] = {}  # a lane for each box whose value goes on in another column
        self.blocks = self._blocks(self._cuts())
        self.above = LANE * (len(self.lanes) + 1) if len(self.blocks) > 1 else 0
        self.top = [0.0] * ranks
        for block in self.blocks:
            y = float(self.above)
            for r in range(block.first, block.last):
                self.top[r], y = y, y + self.high[r] + RANK_GAP
        self.height = max(self.top[b.last - 1] + self.high[b.last - 1] for b in self.blocks) + self.above
        self.width = self.blocks[-1].right

    def _cuts(self) -> list[int]:
        """Where the ranks go on in the next column: where few values cross, and columns are of like height."""
        total = sum(self.high) + RANK_GAP * len(self.high)
        broad = self.plan.width * (BOX_WIDTH + BOX_GAP)
        wanted = total / max(1, min(-(-total // max(TALL, broad)), BROAD // broad))
        cuts, start = [0], 0.0
        y = 0.0
        best: tuple[float, int] | None = None
        for r in range(1, len(self.high)):
            y += self.high[r - 1] + RANK_GAP
            crossing = len({a for a, b in self.drawn.arrows if self.plan.boxes[a][1] < r <= self.plan.boxes[b][1]})
            if y - start > 0.6 * wanted and crossing <= MOST_CROSSING and total - y > 0.3 * wanted:
                loops = sum(self.plan.boxes[b][1] < r <= self.plan.boxes[a][1] for a, b in self.drawn.backs)
                cost = crossing + 2 * loops + abs(y - start - wanted) / wanted * 4
                best = min(best, (cost, r)) if best else (cost, r)
            if best and y - start > wanted:
                cuts.append(best[1])
                start, best = y - sum(self.high[k] + RANK_GAP for k in range(best[1], r)), None
        return cuts

    def _blocks(self, cuts: list[int]) -> list[_Block]:
        column, left = BOX_WIDTH + BOX_GAP, 0.0
        found: list[_Block] = []
        for first, last in zip(cuts, [*cuts[1:], len(self.high)], strict=True):
            points = [p for way in (self.plan.boxes, *self.plan.arrows) for p in way if first <= p[1] < last]
            low, high = min(x for x, _ in points), max(x for x, _ in points)
            right = left + (high - low) * column + BOX_WIDTH
            loops = len({b for a, b in self.drawn.backs if a != b and first <= self.plan.boxes[b][1] < last})
            found.append(_Block(first, last, left, right + LANE * (loops + 1 if loops else 0), low))
            left = found[-1].right + BOX_GAP + LANE
        if len(found) > 1:
            for a, b in (*self.drawn.arrows, *self.drawn.backs):
                ends = {
                    next(k for k, o in enumerate(found) if o.first <= self.plan.boxes[v][1] < o.last) for v in (a, b)
                }
                if len(ends) > 1:
                    self.lanes.setdefault(a, len(self.lanes))
        return found

    def block(self, rank: float) -> _Block:
        return next(b for b in self.blocks if b.first <= rank < b.last)

    def corner(self, k: int) -> Point:
        """The upper left corner of a box."""
        x, y = self.plan.boxes[k]
        block = self.block(y)
        return block.left + (x - block.low) * (BOX_WIDTH + BOX_GAP), self.top[int(y)]

    def _middle(self, x: float, rank: float) -> float:
        block = self.block(rank)
        return block.left + (x - block.low) * (BOX_WIDTH + BOX_GAP) + BOX_WIDTH / 2

    def arrows(self) -> Iterator[tuple[Point, ...]]:
        """The points of each arrow, from the foot of a box to the head of another."""
        for (a, b), way in zip(self.drawn.arrows, self.plan.arrows, strict=True):
            start, end = self.corner(a), self.corner(b)
            points: list[Point] = [(start[0] + BOX_WIDTH / 2, start[1] + self.heights[a])]
            for (_, r), (x, y) in pairwise(way):
                here, there = self.block(r), self.block(y)
                target = self._middle(x, y)
                if here is not there:
                    points += self._across(a, here, target)
                elif self.heights[a] < self.high[int(r)] and (x, y) != way[0] and len(points) == 1:
                    points.append((points[0][0], self.top[int(r)] + self.high[int(r)]))  # clear of higher neighbours
                last = (x, y) == way[-1]
                head = end[1] if last else self.top[int(y)]
                if last and points[-1][0] != target:
                    points.append((target, head - 1.25 * LANE))  # so that the head of the arrow is in line with its end
                points.append((target, head))
                if not last:
                    points.append((target, self.top[int(y)] + self.high[int(y)]))
            yield tuple(points)

    def _across(self, a: int, here: _Block, x: float) -> Iterator[Point]:
        """From a column down to its foot, up in the gutter beside it, and along the top to a place in another."""
        lane = LANE * (self.lanes[a] + 1)
        foot, gutter = self.top[here.last - 1] + self.high[here.last - 1] + lane, here.right + lane - LANE / 2
        up = self.above - lane
        yield from ((self._below(a, here), foot), (gutter, foot), (gutter, up), (x, up))

    def _below(self, a: int, here: _Block) -> float:
        """Where the line of a box leaves its column: at its last bend there, or under the box itself."""
        bends = [p for (s, _), way in zip(self.drawn.arrows, self.plan.arrows, strict=True) if s == a
                 for p in way if here.first <= p[1] < here.last]  # fmt: skip
        x, rank = max(bends, key=lambda p: p[1])
        return self._middle(x, rank)

    def _free(self, k: int) -> bool:
        """Whether no box stands on the right of one."""
        x, y = self.plan.boxes[k]
        return not any(other > x and rank == y for other, rank in self.plan.boxes)

    def _leaves(self, k: int, y: float) -> tuple[Point, ...]:
        """Where a way to the next round leaves a box: at its side, or below it where another box is on that side."""
        x, top = self.corner(k)
        if self._free(k):
            return ((x + BOX_WIDTH, y),)
        foot = top + self.heights[k]
        clear = max(foot, self.top[int(self.plan.boxes[k][1])] + self.high[int(self.plan.boxes[k][1])]) + LANE
        return (x + 0.9 * BOX_WIDTH, foot), (x + 0.9 * BOX_WIDTH, clear)

    def _up(self, a: int, here: _Block, there: _Block, lane: float, y: float) -> tuple[Point, ...]:
        """From the height of a box to its lane: there, or over the top to that of another column."""
        if here is there:
            return ((lane, y),)
        up, gutter = self.above - LANE * (self.lanes[a] + 1), here.right + LANE / 2
        return (gutter, y), (gutter, up), (lane, up)

    def _enters(self, k: int, y: float) -> tuple[Point, ...]:
        """Where it comes back to a box: at its side, or from above."""
        x, top = self.corner(k)
        if self._free(k):
            return ((x + BOX_WIDTH, y),)
        return (x + 0.9 * BOX_WIDTH, top - 1.5 * LANE), (x + 0.9 * BOX_WIDTH, top)

    def _side(self, a: int, b: int) -> float:
        """Where the lanes of ways back to a box end on the right: beside all that stands between it and where they come
        from, or beside the whole column where they come from another one."""
        (_, last), (_, first) = self.plan.boxes[a], self.plan.boxes[b]
        here, there = self.block(last), self.block(first)
        if here is not there:
            return there.right
        passed = [x for way in (self.plan.boxes, *self.plan.arrows) for x, y in way if first <= y <= last]
        column = max(x for way in (self.plan.boxes, *self.plan.arrows) for x, y in way if here.first <= y < here.last)
        return here.right - (column - max(passed)) * (BOX_WIDTH + BOX_GAP)

    def backs(self) -> Iterator[tuple[Point, ...]]:
        """The points of each way to the next round: beside the column, upwards."""
        used: dict[int, list[int]] = {}  # boxes with a lane of their own, by column
        for a, b in self.drawn.backs:
            (ax, ay), (_, by) = self.corner(a), self.corner(b)
            ay, by = ay + 0.6 * self.heights[a], by + 0.3 * self.heights[b]
            here, there = self.block(self.plan.boxes[a][1]), self.block(self.plan.boxes[b][1])
            if a == b:
                side = ax + BOX_WIDTH
                yield (side, ay), (side + LANE, ay), (side + LANE, by), (side, by)
                continue
            own = used.setdefault(there.first, [])
            if b not in own:
                own.append(b)
            lane = self._side(a, b) - LANE * (own.index(b) + 0.5)
            away, back = self._leaves(a, ay), self._enters(b, by)
            yield (*away, *self._up(a, here, there, lane, away[-1][1]), (lane, back[0][1]), *back)
