"""Data as a model wants it: splits of rows that fit its shape and values, with context, checked once."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from flowspec.train import splits, toy
from flowspec.train.dither import dithered
from flowspec.train.errors import TrainError
from flowspec.train.fit import fitted, patches, quantized
from flowspec.train.media import Cut, Medium, cut, numbered, stream_of, window
from flowspec.train.readers import Table, Wanted, column_numbers, read
from flowspec.train.request import Request, locate
from flowspec.train.sound import companded
from flowspec.train.standard import Standard
from flowspec.train.traits import Given, Traits
from flowspec.train.values import Array, checked


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """Rows of data: x as (N, *shape) in a compact type, and each given with N rows."""

    x: Array
    given: Mapping[str, Array]

    def __len__(self) -> int:
        return len(self.x)

    def rows(self, numbers: Array) -> Split:
        """The rows of these numbers, in that order."""
        return Split(self.x[numbers], {name: array[numbers] for name, array in self.given.items()})

    def fingerprint(self) -> str:
        """The sha256 of the types, shapes and bytes of all arrays."""
        digest = hashlib.sha256()
        for name, array in (("x", self.x), *sorted(self.given.items())):
            digest.update(f"{name} {array.dtype.str} {array.shape};".encode())
            digest.update(np.ascontiguousarray(array).data)
        return digest.hexdigest()


@dataclass(frozen=True, slots=True, eq=False)
class Data:
    """The splits of one source, prepared; `standard` is what was done to real data, `notes` what a user should know,
    `medium` what the numbers stand for, where they are text or sound."""

    source: str
    splits: Mapping[str, Split]
    standard: Standard | None = None
    notes: tuple[str, ...] = ()
    medium: Medium | None = None

    def fingerprints(self) -> dict[str, str]:
        return {name: split.fingerprint() for name, split in self.splits.items()}

    def split(self, name: str) -> Split:
        """One split by name; TrainError names those there are."""
        if name in self.splits:
            return self.splits[name]
        known = ", ".join(self.splits)
        raise TrainError(
            f"`{self.source}` has no {name} split",
            f"it has {known}: choose with --split, or give other data with --data",
        )


def load(request: Request, traits: Traits, wide: bool = False) -> Data:
    """Read, fit and check data for training: `train`, `valid` (held out of `train` if there is none), maybe `test`.

    Raises TrainError for every fault of the file or mismatch with the model.
    """
    read = _read(request.source, request, traits, wide, Cut(request.stride, request.valid is None, request.tested()))
    found, notes = dict(read.splits), [*read.notes, *_idle(request, read.cut)]
    train = found.get("train", found.get(splits.ALL))
    if train is None:
        raise TrainError(f"`{request.source}` has no train split, only {', '.join(found)}")
    notes.extend(_repeats(train, traits))
    if request.valid is not None:
        other = _read(request.valid, request, traits, wide, Cut(divide=False), "valid", read.medium)
        found["valid"] = _one(other.splits, "valid", request.valid)
    if "valid" not in found:
        kept, held = splits.held_out(len(train))
        found["valid"], train = train.rows(held), train.rows(kept)
        notes.append(f"no validation split: {len(held)} of {len(kept) + len(held)} training rows are held out for it")
    standard = Standard.measure(train.x, traits, request.source) if request.standardize else None
    parts = {"train": train} | {name: found[name] for name in ("valid", "test") if name in found}
    return Data(request.source, _standardized(parts, standard, wide), standard, tuple(notes), read.medium)


def load_rows(
    request: Request,
    traits: Traits,
    split: str,
    standard: Standard | None,
    wide: bool = False,
    medium: Medium | None = None,
) -> Data:
    """One split of other data than a model was trained on; all rows of a file that names no splits.

    `medium` is what the model was trained on: characters keep their places.
    """
    read = _read(request.source, request, traits, wide, Cut(divide=False), split, medium)
    rows = _one(read.splits, split, request.source)
    return Data(request.source, _standardized({split: rows}, standard, wide), standard, medium=read.medium)


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """What one source holds: its splits, what their numbers stand for, notes on how they were made, and the kind of what
    was cut into rows, if anything was."""

    splits: Mapping[str, Split]
    medium: Medium | None = None
    notes: tuple[str, ...] = ()
    cut: str = ""


def _read(
    source: str,
    request: Request,
    traits: Traits,
    wide: bool,
    how: Cut,
    only: str | None = None,
    medium: Medium | None = None,
) -> Found:
    """The splits of a source, or the one named `only` if it is there."""
    notes: tuple[str, ...] = ()
    if source.startswith(toy.PREFIX):
        table, key = toy.table(source, traits), None
    else:
        path, key = locate(source)
        table = read(Wanted(path, request.columns, tuple(traits.given), request.text))
    key = request.key or key
    if (stream := stream_of(table, key, traits)) is not None:
        stream, medium = numbered(stream, traits, request.mu_law, medium, f"`{table.file}`")
        (table, notes), key = cut(table, stream, window(stream, traits, f"`{table.file}`"), how), None
    keys = splits.find(table, key, tuple(traits.given))
    wanted = {only: keys[only]} if only in keys else keys
    found = {name: _split(table, k, request, traits, wide) for name, k in wanted.items()}
    return Found(found, medium, notes, stream.kind if stream else "")


def _idle(request: Request, kind: str) -> list[str]:
    """A note on a stride (a spec may have it for other data) where nothing is cut into rows of x; TrainError where the
    command line asks for what the data cannot have."""
    if request.text and kind != "text":
        raise TrainError(
            f"`{request.source}` is not read as text: it is of another format that is known", "drop --text"
        )
    if request.test and not kind:
        raise TrainError(
            f"--test chooses recordings, and `{request.source}` holds rows",
            "drop it: rows to test on stand in the file as `x_test`",
        )
    return [f"`{request.source}` holds rows already: a stride is for what is cut into rows"] * bool(
        request.stride and not kind
    )


def _split(table: Table, keys: splits.Keys, request: Request, traits: Traits, wide: bool) -> Split:
    where = table.where(keys.x)
    array = _columns(table, table.arrays[keys.x], request, where)
    whole = len(array)
    if request.patches:
        array = patches(array, traits.shape, where)
    pieces = len(array) // max(1, whole)
    array = fitted(array, traits.shape, traits.values, where, splits.bits(table))
    if request.mu_law:
        array = companded(array, traits.values, where)
    if request.binarize:
        array = _binarized(array, where)
    if request.quantize:
        array = quantized(array, traits.values, where)
    if request.noise:
        array = dithered(checked(array, traits.values, where, True), request.noise, traits.values, where, keys.x)
    x = checked(array, traits.values, where, wide)
    given = {name: _given(table, keys, name, entry, whole, wide) for name, entry in traits.given.items()}
    return Split(x, {name: np.repeat(array, pieces, axis=0) for name, array in given.items()} if pieces > 1 else given)


def _columns(table: Table, array: Array, request: Request, where: str) -> Array:
    if not request.columns or table.selected:
        return array
    if array.ndim != 2:
        raise TrainError(f"--columns needs rows of numbers, and {where} has {array.ndim} axes")
    return array[:, column_numbers(request.columns, table.columns, array.shape[1], where)]


def _given(table: Table, keys: splits.Keys, name: str, entry: Given, rows: int, wide: bool) -> Array:
    if name not in keys.given:
        raise TrainError(
            f"the model is conditional on `{name}`, and `{table.file}` has no array for it beside `{keys.x}`",
            f"store it in the same file as `{name}`, or `{name}_train` and so on; it holds {table.inventory()}",
        )
    where = table.where(keys.given[name])
    array = fitted(table.arrays[keys.given[name]], entry.shape or (1,), entry.values, where, what=name)
    if len(array) != rows:
        raise TrainError(f"{where} has {len(array)} rows, and `{keys.x}` has {rows}")
    return checked(array.reshape(rows, *entry.shape), entry.values, where, wide)


def _binarized(array: Array, where: str) -> Array:
    if array.dtype.kind == "b":
        return array
    high = 1 if array.dtype.kind == "f" or array.max() <= 1 else 255
    if not ((array >= 0) & (array <= high)).all():
        raise TrainError(f"--binarize cuts bytes 0..255 or numbers between 0 and 1, and {where} holds others")
    return np.asarray(array > high / 2, dtype=np.uint8)


def _one(found: Mapping[str, Split], split: str, source: str) -> Split:
    if splits.ALL in found:
        return found[splits.ALL]
    if split in found:
        return found[split]
    raise TrainError(f"`{source}` has no {split} split", f"it has {', '.join(found)}: choose one with --split")


def _standardized(parts: dict[str, Split], standard: Standard | None, wide: bool) -> dict[str, Split]:
    if standard is None:
        return parts
    dtype = np.float64 if wide else np.float32
    return {name: Split(standard.apply(part.x).astype(dtype), part.given) for name, part in parts.items()}


def _repeats(train: Split, traits: Traits) -> list[str]:
    """A note on real variables that take few distinct values: no density on them is bounded."""
    if traits.values.discrete or len(train) < 1000:
        return []
    rows = train.x[:10_000].reshape(min(len(train), 10_000), -1)
    few = [i for i, column in enumerate(rows.T) if len(np.unique(column)) < len(rows) / 20]
    if not few:
        return []
    shown = ", ".join(map(str, few[:5])) + (", ..." if len(few) > 5 else "")
    return [
        f"{'variable' if len(few) == 1 else 'variables'} {shown} with few distinct values: the likelihood of a density there can grow without bound; "
        "add noise of the width of their rounding with --noise, or model integers"
    ]
