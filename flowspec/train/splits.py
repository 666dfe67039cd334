"""Which arrays of a file are x, which are labels, and to which split they belong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from flowspec.train.errors import TrainError
from flowspec.train.readers import Table
from flowspec.train.readers.csv import LABELS
from flowspec.train.values import Array

NAMES = {
    "train": ("train", "training", "trn"),
    "valid": ("valid", "validation", "val", "dev"),
    "test": ("test", "testing", "tst"),
}
ALL = "all"
WHOLE = ("x", "data", "images", "samples", "arr_0")
BITS = "n_vars"
HELD_OUT = 0.1
HELD_OUT_SEED = 20150214


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys of one split: where x is, and where each given is."""

    x: str
    given: Mapping[str, str]


def find(table: Table, key: str | None, givens: tuple[str, ...]) -> dict[str, Keys]:
    """The splits of a file: train, valid, test as far as its keys name them, else the one split `all`.

    `key` names the array to use when the file holds several. Raises TrainError when it is absent, or when a choice is
    needed and none was made.
    """
    if key is not None:
        return {ALL: Keys(_exact(table, key), _labels(table, givens, ALL))}
    named = {split: found for split in NAMES if (found := _first(table, _spellings(WHOLE, split)))}
    if named:
        return {split: Keys(x, _labels(table, givens, split)) for split, x in named.items()}
    return {ALL: Keys(_whole(table, givens), _labels(table, givens, ALL))}


def bits(table: Table) -> int | None:
    """The number of binary variables that the file declares for its packed bits, under `n_vars`."""
    declared = table.arrays.get(BITS)
    return int(declared) if declared is not None and declared.ndim == 0 and declared.dtype.kind in "iu" else None


def held_out(rows: int) -> tuple[Array, Array]:
    """Row numbers (kept, held out): a tenth, at least one, chosen by a fixed permutation, each in rising order.

    The choice depends on the number of rows alone, so every run on one file validates on the same rows.
    """
    if rows < 2:
        raise TrainError("one row is not enough: a validation split is held out of the training rows")
    shuffled = np.argsort(np.random.PCG64(HELD_OUT_SEED).random_raw(rows), kind="stable")  # raw bits never change
    count = max(1, round(rows * HELD_OUT))
    return np.sort(shuffled[count:]), np.sort(shuffled[:count])


def _exact(table: Table, key: str) -> str:
    if key in table.arrays:
        return key
    raise TrainError(f"`{table.file}` has no array `{key}`", f"it holds {table.inventory()}")


def _spellings(stems: tuple[str, ...], split: str) -> Iterator[str]:
    """train, x_train, train_x, data_train, ... in the order of preference."""
    for word in NAMES.get(split, ()):
        yield word
        for stem in stems:
            yield from (f"{stem}_{word}", f"{word}_{stem}")
    if split == ALL:
        yield from stems


def _first(table: Table, spellings: Iterator[str]) -> str | None:
    keys = {key.lower(): key for key in table.arrays}
    return next((keys[spelling] for spelling in spellings if spelling in keys), None)


def _labels(table: Table, givens: tuple[str, ...], split: str) -> dict[str, str]:
    found = {given: _first(table, _label_spellings((given,), split)) for given in givens}
    if len(givens) == 1 and found[givens[0]] is None:
        found = {givens[0]: _first(table, _label_spellings(LABELS, split))}
    return {given: key for given, key in found.items() if key is not None}


def _label_spellings(stems: tuple[str, ...], split: str) -> Iterator[str]:
    names = set(NAMES.get(split, ()))
    return (spelling for spelling in _spellings(stems, split) if spelling not in names)


def _whole(table: Table, givens: tuple[str, ...]) -> str:
    """The array of a file without splits: the only one, or the one with a usual name."""
    labels = {*_labels(table, givens, ALL).values(), *LABELS, BITS}
    rest = [key for key in table.arrays if key not in labels]
    if len(rest) == 1:
        return rest[0]
    usual = _first(table, iter(WHOLE))
    if usual is not None:
        return usual
    raise TrainError(
        f"`{table.file}` holds several arrays and no train split: {table.inventory()}",
        f"choose one: --data {table.file}:{rest[0] if rest else 'KEY'}",
    )
