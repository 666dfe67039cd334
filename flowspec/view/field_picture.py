"""Fields as a picture: a panel a channel, with the counts beside it."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from flowspec.order import Grid
from flowspec.passes.blind import at_text
from flowspec.passes.knowledge.reach import Reach
from flowspec.view.cells import Indexed
from flowspec.view.encoded_words import encoded_facts, encoded_title, encoded_whole
from flowspec.view.field import Field
from flowspec.view.pictures import Axis, Figure, Panel, Picture
from flowspec.view.places import fold, panels_of, variable_name
from flowspec.view.tones import (
    BARRED,
    BLANK,
    BLIND,
    DEPENDS,
    EARLIER,
    ITSELF,
    MISSING,
    SEEN,
    SEER,
    UNMOVED,
    UNSEEN,
    Tone,
)
from flowspec.view.words import listed, many, place, share

TONES, LATENT = (BARRED, SEEN, MISSING, ITSELF, BLANK), (UNSEEN, SEEN, MISSING, ITSELF, BLANK)
BACK = (EARLIER, SEER, BLIND, ITSELF, BLANK)
OF_Z = (UNSEEN, DEPENDS, MISSING, ITSELF, BLANK)
ON_X = (UNMOVED, SEER, *OF_Z[2:])
BEHIND = 4  # the code of places behind the last variable of a folded list
SEES, MISSES, SELF = 1, 2, 3  # codes of cells; 0 is what must not be seen, or what a latent does not depend on
AXES = ("frame", "frames"), ("row", "rows"), ("column", "columns")
FRAMES = 9  # of a video shown around the variable


def field_codes(field: Field) -> npt.NDArray[np.uint8]:
    """(D,) the code of every variable: 0 must not be seen, 1 seen, 2 allowed and not seen, 3 the variable itself, if
    it is one of them."""
    codes = np.zeros(field.grid.size, dtype=np.uint8)
    if field.seen is not None:
        codes[field.seen] = SEES
    if field.missing is not None:
        codes[field.missing] = MISSES
    if field.encoded is None:
        codes[field.variable] = SELF
    return codes


def field_picture(title: str, path: str, fields: tuple[Field, ...]) -> Picture:
    """The picture of `fields`, of the spec called `title` in the file `path`."""
    notes = () if fields else ("no conditional of this model reads another variable: there is no field to show",)
    what = ", ".join(dict.fromkeys(_chosen(f) for f in fields if f.of == "x" or f.encoded))
    named = f"field of {what}" if what else "fields"
    if fields and all(f.back for f in fields):
        named = f"who depends on {what or 'an entry'}"
    return Picture(f"{named} in {title}", path, tuple(_figure(f) for f in fields), notes)


def _figure(field: Field) -> Figure:
    return Figure(_title(field), place(field.span), tuple(_facts(field)), tuple(_panels(field)))


def _chosen(field: Field) -> str:
    return variable_name(field.grid, field.variable, field.labels) if field.encoded is None else field.encoded.name


def _title(field: Field) -> str:
    if field.encoded is not None:
        return encoded_title(field)
    if not field.order and field.names != ("z",):
        return f"behind {field.names[0]}: what {variable_name(field.grid, field.variable, field.labels)} has become"
    if not field.order:
        return f"z: what {variable_name(field.grid, field.variable, field.labels)} becomes"
    return f"{listed(list(field.names), 4)}: order {field.order}"


# --- numbers -------------------------------------------------------------------------------------------------------


def _facts(field: Field) -> Iterator[str]:
    if field.encoded is not None:
        yield from encoded_facts(field)
        if field.seen is not None:
            yield from _extent(field)
            yield from _frames(field)
        yield from encoded_whole(field)
        return
    name = variable_name(field.grid, field.variable, field.labels, field.of if field.of == "x" else "entry ")
    if field.seen is None:
        yield f"{name}: {field.grid.size:,} variables are too many to follow one by one"
        return
    if field.back:
        yield _seers(field, name)
    elif field.allowed is None:
        yield f"the latent that {name} becomes depends on {int(field.seen.sum()):,} of {many(field.grid.size, 'variable')}"
    else:
        yield _counts(field, name)
    yield from _extent(field)
    yield from _frames(field)
    if field.levels:
        yield f"drawn at level {field.level:,} of {field.levels:,}"
    yield from _whole(field)
    if field.members > 1:
        yield f"order {field.member} of {field.members} (0 to {field.members - 1}): `--order` picks another"


def _counts(field: Field, name: str) -> str:
    assert field.allowed is not None
    assert field.seen is not None
    allowed, seen = int(field.allowed.sum()), int(field.seen.sum())
    if not allowed:
        return f"{name} may know nothing: it comes first"
    if allowed == seen:
        return f"{name} may know {many(allowed, 'variable')} and sees {'it' if allowed == 1 else 'all of them'}"
    lost = allowed - seen
    return f"{name} may know {many(allowed, 'variable')} and sees {seen:,}: {lost:,} missing ({share(lost, allowed)})"


def _seers(field: Field, name: str) -> str:
    """Who depends on the variable, and who may and does not."""
    assert field.seen is not None
    seen = int(field.seen.sum())
    if field.allowed is None:
        return f"{many(seen, 'latent')} of {field.grid.size:,} depend on {name}"
    allowed = int(field.allowed.sum())
    lost = f": {allowed - seen:,} do not ({share(allowed - seen, allowed)})" if allowed > seen else ""
    return (
        f"{many(allowed, 'variable')} may know {name}, and {seen:,} see it{lost}"
        if allowed
        else f"nobody may know {name}"
    )


def _extent(field: Field) -> Iterator[str]:
    """The box around what is seen, by axis."""
    assert field.seen is not None
    if field.labels or not field.seen.any():
        return
    sites = np.argwhere(field.seen.reshape(field.grid.channels, *field.grid.sites))[:, 1:]
    low, high = sites.min(axis=0).tolist(), sites.max(axis=0).tolist()
    nouns = {1: (("entry", "entries"),), 2: AXES[1:]}.get(field.grid.axes, AXES)
    size = " x ".join(str(b - a + 1) for a, b in zip(low, high, strict=True))
    spans = ", ".join(
        f"{several} {a} to {b}" if a < b else f"{one} {a}"
        for (one, several), a, b in zip(nouns, low, high, strict=True)
    )
    yield f"{'within' if field.back else 'field'} {size}: {spans}"


def _frames(field: Field) -> Iterator[str]:
    shown = _shown(field, fold(field.grid)[0]) if field.grid.axes > 2 else []
    if shown and len(shown) < field.grid.channels * field.grid.sites[0]:
        yield f"frames {shown[0]} to {shown[-1] % field.grid.sites[0]} of {field.grid.sites[0]} are shown"


def _whole(field: Field) -> Iterator[str]:
    reach = field.reach
    if reach is None or reach.missing is None or reach.reached is None:
        return
    if not reach.missing:
        pairs = "the one allowed pair" if reach.allowed == 1 else f"all {reach.allowed:,} allowed pairs"
        yield f"all variables together: {pairs} reached"
        return
    lost = f"{reach.missing:,} missing ({_blind(reach)})"
    yield f"all variables together: {reach.allowed:,} pairs allowed, {reach.reached:,} reached, {lost}"
    if field.other is not None:
        yield f"`--at {at_text(field.grid, field.other)}` shows a variable that misses some"


def _blind(reach: Reach) -> str:
    """Why pairs are missing; the count of blind ones may be known from below only."""
    low, high = reach.possible
    if reach.blind:
        return f"{'at least ' if low < high else ''}{reach.blind:,} out of reach at any depth"
    return "more layers would reach them" if low == high else "more layers may reach them"


# --- panels --------------------------------------------------------------------------------------------------------


def _panels(field: Field) -> Iterator[Panel]:
    if field.seen is None:
        return
    tones = _tones(field)
    tables = panels_of(field.grid, field_codes(field), BEHIND)
    alike: dict[bytes, list[int]] = {}
    for k in _shown(field, len(tables)):
        alike.setdefault(tables[k].tobytes() if field.grid.axes < 3 else bytes([k]), []).append(k)
    rows, columns = axes_of(field.grid)
    for channels in alike.values():
        cells = Indexed(tables[channels[0]], len(tones))
        yield Panel(_panel_title(field, channels), cells, tones, rows, columns)


def _tones(field: Field) -> tuple[Tone, ...]:
    if field.encoded is None:
        return BACK if field.back else LATENT if field.allowed is None else TONES
    return ON_X if field.back else OF_Z


def _shown(field: Field, count: int) -> list[int]:
    """All panels; of a long video the frames around the variable."""
    if field.grid.axes < 3:
        return list(range(count))
    frames = field.grid.sites[0]
    here = field.grid.site(_middle(field))[1][0]
    first = min(max(0, here - FRAMES // 2), max(0, frames - FRAMES))
    return [k for k in range(count) if first <= k % frames < first + FRAMES]


def _middle(field: Field) -> int:
    """The variable; where it is not one of those that are drawn, the middle one of what it depends on."""
    if field.encoded is None:
        return field.variable
    seen = np.flatnonzero(field.seen) if field.seen is not None else np.zeros(0, dtype=np.int64)
    return int(seen[len(seen) // 2]) if len(seen) else 0


def axes_of(grid: Grid) -> tuple[Axis, Axis]:
    """What the rows and the columns of a panel of variables are."""
    _, (rows, columns) = fold(grid)
    if grid.axes > 1:
        return Axis("row", 0, rows - 1), Axis("column", 0, columns - 1)
    if rows == grid.channels:
        return Axis("channel" if rows > 1 else "", 0, rows - 1), Axis("entry", 0, columns - 1)
    return Axis(f"row of {columns} entries", 0, rows - 1), Axis("entry", 0, columns - 1)


def _panel_title(field: Field, alike: list[int]) -> str:
    k = alike[0]
    channels, sites = field.grid.channels, field.grid.sites
    if field.grid.axes > 2:
        frame = f"frame {k % sites[0]}"
        return frame if channels == 1 else f"channel {k // sites[0]}, {frame}"
    if field.grid.axes == 2 or fold(field.grid)[0] > 1:
        words = f"channel{'s' if len(alike) > 1 else ''} {', '.join(map(str, alike))}"
        return words if channels > 1 else ""
    return ", ".join(field.labels) if len(field.labels) <= 16 else ""
