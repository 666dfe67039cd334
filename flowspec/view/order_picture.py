"""Orders as a picture: the place of each variable, and the levels at which they are drawn, with the counts beside."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from flowspec.view.cells import Numbered
from flowspec.view.field_picture import axes_of
from flowspec.view.orders import Generation
from flowspec.view.pictures import Figure, Panel, Picture
from flowspec.view.places import fold, variable_name
from flowspec.view.tones import DRAWN, LATER
from flowspec.view.words import listed, many, place

Ints = npt.NDArray[np.int64]
FIRST = 6  # variables named at either end of an order
FRAMES = 12  # panels of one kind


def order_picture(title: str, path: str, orders: tuple[Generation, ...], steps: int) -> Picture:
    """The picture of `orders`, of the spec called `title` in the file `path`, which samples in `steps` passes."""
    none = f"nothing is generated one after the other: sampling takes {many(steps, 'pass') if steps == 1 else f'{steps:,} passes'}"
    return Picture(f"order of {title}", path, tuple(_figure(o) for o in orders), () if orders else (none,))


def _figure(order: Generation) -> Figure:
    title = f"{listed(list(order.names), 4)}: order {order.order.label}"
    return Figure(title, place(order.span), tuple(_facts(order)), tuple(_panels(order)))


# --- numbers -------------------------------------------------------------------------------------------------------


def _facts(order: Generation) -> Iterator[str]:
    levels, size = int(order.levels.max()), order.grid.size
    verb = "solved for" if order.solved else "drawn"
    if order.parallel:
        yield f"sampling takes one pass; the density takes {many(levels, 'level')} for {many(size, 'variable')}"
    elif levels == size:
        yield f"{many(size, 'variable')}, {verb} one at a time"
    else:
        yield f"{many(size, 'variable')} in {many(levels, 'level')}: up to {many(order.widest, 'variable')} {verb} together"
    if order.order.rank is not None and order.order.classes != levels:
        yield f"the order alone would take {many(order.order.classes, 'step')}: the net does not use all that it allows"
    yield _ends(order)
    if order.members > 1:
        yield f"order {order.member} of {order.members} (0 to {order.members - 1}): `--order` picks another"


def _ends(order: Generation) -> str:
    sequence = order.order.sequence.tolist()
    named = [variable_name(order.grid, v, order.labels, "x" if order.of == "x" else "entry ") for v in sequence[:FIRST]]
    if len(sequence) <= FIRST:
        return f"in turn: {', '.join(named)}"
    last = variable_name(order.grid, sequence[-1], order.labels, "x" if order.of == "x" else "entry ")
    return f"in turn: {', '.join(named)}, ... and {last} last"


# --- panels --------------------------------------------------------------------------------------------------------


def _panels(order: Generation) -> Iterator[Panel]:
    places = order.places
    same = places is not None and bool((places == order.levels).all())
    if places is not None:
        yield from _numbered(order, places, "place in the order, and level" if same else "place in the order")
    if not same:
        yield from _numbered(order, order.levels, "level")


def _numbered(order: Generation, values: Ints, what: str) -> Iterator[Panel]:
    """A panel a channel and frame; those past the first dozen are left out, which the title of the last says."""
    count, (rows, columns) = fold(order.grid)
    room = np.zeros((count, rows * columns), dtype=np.int64)
    table = values.reshape(count, -1)
    room[:, : table.shape[1]] = table
    most, (down, across) = int(values.max()), axes_of(order.grid)
    for k, cells in enumerate(room.reshape(count, rows, columns)[:FRAMES]):
        more = f" (of {count})" if k == FRAMES - 1 and count > FRAMES else ""
        title = f"{what}{f', {_channel(order, k)}' if count > 1 else ''}{more}"
        yield Panel(title, Numbered(cells, most), (LATER, DRAWN), down, across)


def _channel(order: Generation, k: int) -> str:
    if order.grid.axes < 3:
        return f"channel {k}"
    frames = order.grid.sites[0]
    frame = f"frame {k % frames}"
    return frame if order.grid.channels == 1 else f"channel {k // frames}, {frame}"
