"""An order as a film: which variables are drawn together, level after level. Frames are data; writers show them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from flowspec.view.blocks import Block, Ink, block_of
from flowspec.view.cells import Indexed, Numbered
from flowspec.view.errors import ViewError
from flowspec.view.items import GAP, MARGIN, SIZE, SMALLEST, WIDTH, Item, Page, Placed, Words
from flowspec.view.letters import long
from flowspec.view.order_picture import order_picture
from flowspec.view.orders import Generation
from flowspec.view.page import lay_out
from flowspec.view.pictures import Figure, Panel, Picture
from flowspec.view.tones import BARRED, BLANK, MISSING, SEEN
from flowspec.view.words import many

Ints = npt.NDArray[np.int64]
MOST_FRAMES = 120
SECONDS, SHORTEST, LONGEST, HELD = 8.0, 0.06, 0.6, 2.0  # of a film, of a frame, and of the last frame besides
LEGEND = (replace(BARRED, label="not yet"), replace(MISSING, label="together, now"), replace(SEEN, label="before"))
TONES = (*LEGEND, BLANK)
LATER, NOW, BEFORE, EMPTY = range(4)
MARK = "what is drawn in this frame, order "  # stands where the words of a frame go


@dataclass(frozen=True, eq=False, slots=True)
class Slot:
    """A panel of the film: item `item` of the page shows `panel`, the variables of order `order`, by level."""

    item: int
    order: int
    panel: Panel
    levels: Ints


@dataclass(frozen=True, eq=False, slots=True)
class Movie:
    """A film of orders side by side.

    Attributes:
        page: what stands still; `slots` are the panels that change, and `captions` the items with the words of a frame,
            one for each order.
        ends: for each frame the last level that it shows.
        orders: what is shown.
        seconds: how long a frame is shown; the last one longer, by HELD.
    """

    page: Page
    slots: tuple[Slot, ...]
    captions: tuple[int, ...]
    ends: tuple[int, ...]
    orders: tuple[Generation, ...]

    @property
    def seconds(self) -> float:
        return round(min(LONGEST, max(SHORTEST, SECONDS / len(self.ends))), 2)

    def span(self, frame: int) -> tuple[int, int]:
        """(level before the first, the last level) of a frame."""
        return (self.ends[frame - 1] if frame else 0), self.ends[frame]

    def block(self, slot: Slot, frame: int) -> Block:
        """The squares of a panel in a frame."""
        first, last = self.span(frame)
        levels = slot.levels
        codes = np.where(levels > last, LATER, np.where(levels > first, NOW, BEFORE))
        codes[levels == 0] = EMPTY
        return block_of(replace(slot.panel, cells=Indexed(codes.astype(np.uint8), len(TONES))))

    def words(self, order: int, frame: int) -> str:
        """What a frame shows of an order."""
        found = self.orders[order]
        most, (first, last) = int(found.levels.max()), self.span(frame)
        verb = "solved for" if found.solved else "drawn"
        done = int((found.levels <= last).sum())
        if first >= most:
            return f"all {many(found.grid.size, 'variable')} {verb}"
        last = min(last, most)
        now = int(((found.levels > first) & (found.levels <= last)).sum())
        which = f"level {last:,}" if last == first + 1 else f"levels {first + 1:,} to {last:,}"
        together = " together" if last == first + 1 and now > 1 else ""
        return f"{which} of {most:,}: {many(now, 'variable')} {verb}{together}; {done:,} of {found.grid.size:,} so far"


def order_movie(title: str, path: str, orders: tuple[Generation, ...], steps: int) -> Movie:
    """The film of `orders`; the arguments are those of `order_picture`.

    Raises:
        ViewError: where nothing is generated one after the other.
    """
    if not orders:
        raise ViewError("nothing is generated one after the other: there is no order to show", "leave `--animate` out")
    still = order_picture(title, path, orders, steps)
    most = max(int(order.levels.max()) for order in orders)
    per = -(-most // MOST_FRAMES)
    ends = tuple(min(most, end) for end in range(per, most + per, per))
    figures = tuple(_figure(k, figure) for k, figure in enumerate(still.figures))
    page = lay_out(Picture(still.title, still.subtitle, figures, tuple(_notes(per, len(orders)))))
    moved = (replace(item, y=item.y + SIZE + GAP) for item in page.items[2:] if not _is_number(item))
    items = [*page.items[:2], *_legend(), *moved]
    captions = tuple(k for k, item in enumerate(items) if isinstance(item, Words) and item.text.startswith(MARK))
    places = [k for k, item in enumerate(items) if isinstance(item, Placed) and k >= 2 + 2 * len(LEGEND)]
    panels = [(k, panel) for k, figure in enumerate(figures) for panel in figure.panels]
    slots = tuple(
        Slot(place, order, panel, _levels(panel)) for place, (order, panel) in zip(places, panels, strict=True)
    )
    return Movie(Page(max(WIDTH, page.width), page.height + SIZE + GAP, tuple(items)), slots, captions, ends, orders)


def _is_number(item: Item) -> bool:
    """Whether something is the number of a cell: those stand out from one colour of the cell alone, and it changes."""
    return isinstance(item, Words) and item.size == SMALLEST


def _figure(k: int, figure: Figure) -> Figure:
    """The panels of levels, which come last, with a place for the words of a frame."""
    panels = tuple(panel for panel in figure.panels if "level" in panel.title)
    titles = [panel.title.removeprefix("level, ").removeprefix("place in the order, and level") for panel in panels]
    named = tuple(
        replace(panel, title=title.removeprefix(", ").removeprefix("level"), tones=TONES)
        for panel, title in zip(panels, titles, strict=True)
    )
    return replace(figure, facts=(*figure.facts, f"{MARK}{k}"), panels=named)


def _notes(per: int, count: int) -> Iterator[str]:
    if per > 1:
        yield f"a frame shows {per} levels, one after the other: there are too many for a frame each"
    if count > 1:
        yield "the orders run side by side, each from its own first level"


def _legend() -> Iterator[Item]:
    x, y = float(MARGIN), MARGIN + 20 + 1.5 * SIZE + GAP
    for tone in LEGEND:
        yield Placed(x, y, Block.of_ink(Ink(tone, tone), SIZE))
        yield Words(x + SIZE + 6, y + SIZE - 2, tone.label)
        x += SIZE + 6 + long(tone.label, SIZE) + GAP


def _levels(panel: Panel) -> Ints:
    assert isinstance(panel.cells, Numbered)
    return panel.cells.values
