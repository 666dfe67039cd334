"""Two specs side by side: what the same variable sees in one and not in the other."""

from __future__ import annotations

import json
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from flowspec.view.cells import Indexed
from flowspec.view.encoded_words import encoded_title
from flowspec.view.errors import ViewError
from flowspec.view.field import Field
from flowspec.view.field_picture import BEHIND, axes_of
from flowspec.view.pictures import Figure, Panel, Picture
from flowspec.view.places import fold, panels_of, variable_name
from flowspec.view.tones import BLANK, BOTH, GAINED, ITSELF, LOST, NEITHER, Tone
from flowspec.view.words import many, place

Pair = tuple[Field, Field]
TONES: tuple[Tone, ...] = (NEITHER, BOTH, GAINED, LOST, BLANK, ITSELF)


def compared(first: tuple[Field, ...], second: tuple[Field, ...]) -> tuple[Pair, ...]:
    """The fields of one spec with those of another, in the order in which they stand.

    Behind encoders they are those of one name.

    Raises:
        ViewError: where there are none, or variables of one have another shape in the other.
    """
    pairs = tuple(_paired(first, second))
    if not pairs:
        raise ViewError("there is nothing to compare", "both specs need a density or a step with an order")
    for a, b in pairs:
        _judge_chosen(a, b)
        if a.shape != b.shape or a.variable != b.variable:
            raise ViewError(
                f"`{a.names[0]}` has variables of shape {list(a.shape)}, and in the other spec {list(b.shape)}",
                "compare specs of one shape, or name a node that both have",
            )
        if a.seen is None or b.seen is None:
            raise ViewError(
                "there are too many variables to follow one by one", "compare smaller versions of the specs"
            )
    return pairs


def _paired(first: tuple[Field, ...], second: tuple[Field, ...]) -> Iterator[Pair]:
    if not any(field.encoded for field in (*first, *second)):
        yield from zip(first, second, strict=False)
        return
    found = {field.names[0]: field for field in second}
    known = [field for field in first if field.names[0] in found]
    if not known:
        names = [", ".join(field.names[0] for field in fields) for fields in (first, second)]
        raise ViewError(
            "the specs have no step or density of one name to compare", f"one has {names[0]}, the other {names[1]}"
        )
    yield from ((field, found[field.names[0]]) for field in known)


def _judge_chosen(a: Field, b: Field) -> None:
    """Raises ViewError where what is chosen in one spec is not there in the other."""
    one, other = a.encoded, b.encoded
    if one is None and other is None:
        return
    if one is None or other is None:
        message = "behind an encoder z is drawn, and in the other spec it is x moved about"
        raise ViewError(f"`{a.names[0]}`: {message}", "compare flows that both have an encoder, or neither")
    if one.shape != other.shape or one.name != other.name:
        shapes = f"of shape {list(one.shape)}, and in the other spec {other.name} of shape {list(other.shape)}"
        raise ViewError(
            f"`{a.names[0]}` shows {one.name} {shapes}", "compare specs of one shape, or choose one that both have"
        )


def diff_codes(pair: Pair) -> npt.NDArray[np.uint8]:
    """(D,) 0 seen in neither, 1 in both, 2 in the second alone, 3 in the first alone, 5 the variable itself, if
    it is one of them."""
    first, second = pair
    assert first.seen is not None
    assert second.seen is not None
    codes = np.zeros(first.grid.size, dtype=np.uint8)
    codes[first.seen & second.seen], codes[~first.seen & second.seen], codes[first.seen & ~second.seen] = 1, 2, 3
    if first.encoded is None:
        codes[first.variable] = 5
    return codes


def diff_picture(names: tuple[str, str], paths: tuple[str, str], pairs: tuple[Pair, ...]) -> Picture:
    """The picture of what changes from the first spec to the second."""
    return Picture(f"from {names[0]} to {names[1]}", " and ".join(paths), tuple(_figure(pair) for pair in pairs))


def _figure(pair: Pair) -> Figure:
    first, second = pair
    name = variable_name(first.grid, first.variable, first.labels)
    title = f"{first.names[0]}: what {'sees' if first.back else 'is seen by'} {name}"
    title = title if first.encoded is None else encoded_title(first)
    return Figure(title, f"{place(first.span)} and {place(second.span)}", tuple(_facts(pair)), tuple(_panels(pair)))


def _facts(pair: Pair) -> Iterator[str]:
    first, second = pair
    codes = diff_codes(pair)
    both, gained, lost = ((codes == k).sum() for k in (1, 2, 3))
    yield f"seen in both {both:,}, gained {gained:,}, lost {lost:,}"
    for field, which in ((first, "first"), (second, "second")):
        reach = field.reach
        if reach is not None and reach.missing is not None:
            yield f"the {which}: {reach.allowed:,} pairs allowed, {many(reach.missing, 'pair')} missing"


def _panels(pair: Pair) -> Iterator[Panel]:
    grid = pair[0].grid
    tables, (rows, columns) = panels_of(grid, diff_codes(pair), BEHIND), axes_of(grid)
    for k, cells in enumerate(tables):
        title = f"channel {k}" if fold(grid)[0] > 1 and grid.axes < 3 else ""
        yield Panel(title, Indexed(cells, len(TONES)), TONES, rows, columns)


def _chosen(field: Field) -> dict[str, str]:
    return {} if field.encoded is None else {"chosen": field.encoded.name}


def diff_json(names: tuple[str, str], paths: tuple[str, str], pairs: tuple[Pair, ...]) -> str:
    """The same as one JSON object; variables are numbered row-major."""
    records = []
    for pair in pairs:
        codes = diff_codes(pair)
        lists = {word: np.flatnonzero(codes == k).tolist() for k, word in ((1, "both"), (2, "gained"), (3, "lost"))}
        records.append(
            {"nodes": [pair[0].names[0], pair[1].names[0]], "variable": pair[0].variable, **_chosen(pair[0]), **lists}
        )
    return (
        json.dumps({"format_version": 1, "picture": "diff", "names": names, "specs": paths, "fields": records}) + "\n"
    )
