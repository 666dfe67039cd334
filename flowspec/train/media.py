"""Text, sound and video: streams cut into rows of the length that a model wants, and what leads back from its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from typing import Any

import numpy as np

from flowspec.train.errors import TrainError
from flowspec.train.fit import written
from flowspec.train.readers import Stream, Table
from flowspec.train.splits import ALL, find, held_out
from flowspec.train.traits import Traits
from flowspec.train.values import Array

SHARES = {"train": 0.9, "valid": 0.05, "test": 0.05}  # of one long recording, in this order
UNKNOWN = "\ufffd"  # stands for categories beyond the alphabet


@dataclass(frozen=True, slots=True)
class Medium:
    """What a model's numbers stand for: characters in code-point order, or sound of `rate` samples a second.

    A run keeps it, so that samples become text or sound again.
    """

    characters: str = ""
    rate: int = 0
    mu_law: bool = False

    def encode(self, points: Array, where: str) -> Array:
        """Code points as places in the alphabet; TrainError for a character that is not in it."""
        known = np.frombuffer(self.characters.encode("utf-32-le"), dtype="<u4")
        codes = np.searchsorted(known, points).clip(max=len(known) - 1)
        strange = np.flatnonzero(known[codes] != points)
        if strange.size:
            character = chr(int(points[strange[0]]))
            raise TrainError(
                f"{where} holds {character!r} (character {strange[0]}), which is not among the {len(known)} characters "
                "that the model was trained on",
                f"they are {self.characters!r}",
            )
        return codes

    def decode(self, row: Array) -> str:
        """Places in the alphabet as text; categories that no character has become U+FFFD."""
        n = len(self.characters)
        return "".join(self.characters[code] if code < n else UNKNOWN for code in row.ravel().tolist())

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, record: Mapping[str, Any] | None) -> Medium | None:
        """The inverse of `as_json`; TrainError for anything else."""
        try:
            return None if record is None else cls(**record)
        except TypeError as error:
            raise TrainError(f"the medium in run.json is damaged: {error}") from error


def stream_of(table: Table, key: str | None, traits: Traits) -> Stream | None:
    """What a file holds instead of rows, as far as the model is of such data: text, recordings, one long video."""
    if table.stream is not None:
        return table.stream
    if {"samples", "offsets"} <= set(table.arrays) and key in (None, "samples"):
        return _recorded(table)
    if len(traits.shape) == 4 and not table.selected:
        return _video(table, key, traits)
    return None


def _recorded(table: Table) -> Stream:
    """Recordings as `samples` one after the other with their `offsets`, and the arrays with an entry for each."""
    samples, offsets = table.arrays["samples"], table.arrays["offsets"]
    rising = offsets.ndim == 1 and len(offsets) > 1 and offsets.dtype.kind in "iu" and (np.diff(offsets) >= 0).all()
    if samples.ndim != 1 or not rising or offsets[0] != 0 or offsets[-1] != len(samples):
        raise TrainError(
            f"`{table.file}`: `offsets` does not divide `samples` into recordings",
            "recording i is samples[offsets[i]:offsets[i + 1]]: offsets rise from 0 to the number of samples",
        )
    labels = {n: a for n, a in table.arrays.items() if a.shape == (len(offsets) - 1,) and a.dtype.kind in "biuf"}
    rate = table.arrays.get("sample_rate", np.zeros(()))
    return Stream("sound", samples, offsets, labels, int(rate) if rate.ndim == 0 else 0, "samples")


def _video(table: Table, key: str | None, traits: Traits) -> Stream | None:
    """An array (T, H, W), or (T, H, W, C) in colour, is one video where x is of clips [C, T, H, W]."""
    keys = find(table, key, tuple(traits.given))
    array = table.arrays[keys[ALL].x] if ALL in keys else np.zeros(())
    gray = array.ndim == 3 and traits.shape[0] == 1
    if not gray and not (array.ndim == 4 and array.shape[-1] == traits.shape[0] != 1):
        return None
    return Stream("video", array, np.array([0, len(array)]), unit="frames")


def window(stream: Stream, traits: Traits, where: str) -> int:
    """How many entries of a stream make one row of x; TrainError when x is no such thing."""
    shape = traits.shape
    if stream.kind == "video":
        return shape[1]
    if len(shape) == 1 or (len(shape) == 2 and shape[0] == 1):
        return shape[-1]
    raise TrainError(
        f"{where} is {stream.kind}, a sequence of numbers, and x has shape {written(shape)}",
        "declare a sequence in the spec: `x: {shape: [T], ...}` or `x: {shape: [1, T], ...}`",
    )


def numbered(
    stream: Stream, traits: Traits, mu_law: bool, known: Medium | None, where: str
) -> tuple[Stream, Medium | None]:
    """The stream as the numbers of a model, and what these stand for; characters keep the places they are `known` by."""
    if stream.kind == "sound":
        return stream, Medium(rate=stream.rate, mu_law=mu_law)
    if stream.kind != "text":
        return stream, None
    medium = known if known is not None and known.characters else alphabet(stream, traits, where)
    return replace(stream, values=medium.encode(stream.values, where)), medium


def alphabet(stream: Stream, traits: Traits, where: str) -> Medium:
    """The characters of a text in code-point order; TrainError when x has fewer values than there are characters."""
    points = np.unique(stream.values)
    if not traits.values.discrete:
        raise TrainError(
            f"{where} is text, and the model is of {traits.values.describe}",
            f"declare `values: {len(points)}` in the spec",
        )
    if len(points) > traits.values.count:
        raise TrainError(
            f"{where} has {len(points)} distinct characters, and x has {traits.values.count} values",
            f"declare `values: {len(points)}` in the spec",
        )
    return Medium("".join(map(chr, points.tolist())))


@dataclass(frozen=True, slots=True)
class Cut:
    """How streams become rows: `stride` entries from one training window to the next (0: their length), whether parts
    are held out for validation and test, and which recordings are the test: those whose label has one of some values.
    """

    stride: int = 0
    divide: bool = True
    test: tuple[str, tuple[int, ...]] | None = None


def cut(table: Table, stream: Stream, length: int, how: Cut) -> tuple[Table, tuple[str, ...]]:
    """The windows of a stream as x_train, x_valid, ... with the labels of their recordings, and notes on the cut.

    One recording is divided by position, 90 : 5 : 5; several are divided as wholes, a tenth at random for validation.
    Raises TrainError when there is no room for a window in a split.
    """
    parts = _divided(stream, how, table.file)
    steps = {"train": how.stride, ALL: how.stride}  # rows to score do not overlap: they would not be independent
    found = {name: windows(part, length, steps.get(name, 0)) for name, part in parts.items()}
    where = f"`{table.file}`"
    for name, (x, _) in found.items():
        if not len(x):
            split = "" if name == ALL else f" for the {name} split"
            raise TrainError(
                f"{where} has no window of {length} {stream.unit}{split}: it has {len(stream.values)} in all",
                "use a longer file, or a spec with a shorter x",
            )
    arrays: dict[str, Array] = {}
    for name, (x, owner) in found.items():
        ending = "" if name == ALL else f"_{name}"
        arrays[f"x{ending}"] = x
        arrays |= {f"{label}{ending}": values[owner] for label, values in parts[name].labels.items()}
    return Table(table.file, arrays, selected=True), _notes(stream, found, length, how, where)


def windows(stream: Stream, length: int, stride: int = 0) -> tuple[Array, Array]:
    """All whole windows of a stream, (n, length, ...), and the recording that each is from, (n,)."""
    rows, owners = [], []
    for i in range(len(stream)):
        recording = stream.recording(i)
        if len(recording) >= length:
            view = np.lib.stride_tricks.sliding_window_view(recording, length, axis=0)[:: stride or length]
            rows.append(np.moveaxis(view, -1, 1))
            owners.append(np.full(len(view), i))
    if not rows:
        return stream.values[:0].reshape(0, length, *stream.values.shape[1:]), np.zeros(0, np.int64)
    return np.concatenate(rows), np.concatenate(owners)


def _divided(stream: Stream, how: Cut, file: str) -> dict[str, Stream]:
    """The parts of a stream by split; all of it under `all` where nothing is to be divided."""
    rest = np.arange(len(stream))
    found: dict[str, Stream] = {}
    if how.test is not None:
        chosen = _chosen(stream, how.test, file)
        found["test"], rest = _recordings(stream, np.flatnonzero(chosen)), np.flatnonzero(~chosen)
    if not how.divide:
        return found or {ALL: stream}
    if len(rest) > 1:
        kept, held = held_out(len(rest))
        return {"train": _recordings(stream, rest[kept]), "valid": _recordings(stream, rest[held]), **found}
    if found:
        raise TrainError(f"`{file}` has {len(rest)} recordings that are not for testing, and training needs two")
    return _by_position(stream)


def _by_position(stream: Stream) -> dict[str, Stream]:
    ends = np.round(len(stream.values) * np.cumsum([0.0, *SHARES.values()])).astype(int)
    pieces = zip(SHARES, ends, ends[1:], strict=False)
    return {name: _part(stream, stream.values[start:end], [end - start], [0]) for name, start, end in pieces}


def _recordings(stream: Stream, numbers: Array) -> Stream:
    parts = [stream.recording(int(i)) for i in numbers]
    values = np.concatenate(parts) if parts else stream.values[:0]
    return _part(stream, values, [len(part) for part in parts], numbers)


def _part(stream: Stream, values: Array, lengths: list[int], numbers: Any) -> Stream:
    labels = {name: array[numbers] for name, array in stream.labels.items()}
    return Stream(stream.kind, values, np.cumsum([0, *lengths]), labels, stream.rate, stream.unit)


def _chosen(stream: Stream, test: tuple[str, tuple[int, ...]], file: str) -> Array:
    """Which recordings are for the test split."""
    name, wanted = test
    if name not in stream.labels:
        known = ", ".join(stream.labels)
        raise TrainError(
            f"`{file}` has no label `{name}` of its recordings", f"it has {known}" if known else "it has none"
        )
    chosen = np.isin(stream.labels[name], wanted)
    if not chosen.any():
        raise TrainError(f"no recording of `{file}` has {name} {' or '.join(map(str, wanted))}")
    return chosen


def _notes(
    stream: Stream, found: Mapping[str, tuple[Array, Array]], length: int, how: Cut, where: str
) -> tuple[str, ...]:
    """What was cut, and what fell out."""
    rows = sum(len(x) for x, _ in found.values())
    overlap = f", one every {how.stride} for training" if how.stride else ""
    notes = [f"{where} is {stream.kind}: {rows} windows of {length} {stream.unit}{overlap}"]
    short = int((np.diff(stream.offsets) < length).sum())
    if len(stream) > 1 and short:
        notes.append(f"{short} of {len(stream)} recordings are shorter than {length} {stream.unit} and left out")
    if len(stream) == 1 and how.divide:
        notes.append("divided by position: the first 90 % for training, then 5 % for validation and 5 % for testing")
    elif how.divide and how.test is None:
        notes.append(
            "divided by recording: a tenth is held out for validation; `--test LABEL=VALUES` chooses a test split"
        )
    return tuple(notes)
