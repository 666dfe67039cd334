"""Attribute vectors: the way in latent space from rows without an attribute to rows with it (Kingma and Dhariwal 2018)."""

from __future__ import annotations

import io
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch

from flowspec.train import files, toy
from flowspec.train.compute import Feed
from flowspec.train.counting import Counter
from flowspec.train.data import Data, Split, load, load_rows
from flowspec.train.errors import TrainError
from flowspec.train.grid import RETRIEVE, Grid
from flowspec.train.latents import Part, decoded, encoded, need_latents, need_real, parts_of, weights_of
from flowspec.train.readers import Wanted, read
from flowspec.train.readers.csv import LABELS
from flowspec.train.request import locate
from flowspec.train.session import Trained, shown_rows
from flowspec.train.traits import Given
from flowspec.train.values import Array, Values

ROWS = 8  # of data that are shown along a direction when nobody says which


@dataclass(frozen=True, slots=True, eq=False)
class Attribute:
    """`direction` (D,) is the mean latent of `counts[0]` rows with the attribute less that of `counts[1]` rows without."""

    direction: Array
    mean_with: Array
    mean_without: Array
    counts: tuple[int, int]
    weights: str

    @property
    def length(self) -> float:
        return float(np.linalg.norm(self.direction))

    def text(self) -> str:
        with_it, without = self.counts
        return f"{len(self.direction)} numbers of length {self.length:.4f}, from {without} rows without to {with_it} rows with it"

    def as_json(self) -> dict[str, Any]:
        return {"with": self.counts[0], "without": self.counts[1], "size": len(self.direction), "length": self.length}

    def write(self, path: Path) -> None:
        """As .npz."""
        buffer = io.BytesIO()
        arrays = {"direction": self.direction, "mean_with": self.mean_with, "mean_without": self.mean_without}
        counts, weights = np.array(self.counts), np.array(self.weights)
        np.savez_compressed(buffer, allow_pickle=False, **arrays, counts=counts, weights=weights)
        files.write(path, buffer.getvalue())


@dataclass(frozen=True, slots=True)
class Wish:
    """Which rows: those of `source` (None: the data of the run) in `split` whose label `name` is one of `values`, or none
    of them; without a name all rows."""

    source: str | None
    split: str
    name: str = ""
    values: tuple[int, ...] = ()
    equal: bool = True


def attribute(
    trained: Trained, wanted: tuple[Wish, Wish], n: int | None, batch: int, seed: int, counter: Counter | None = None
) -> Attribute:
    """The difference of the mean latents of rows with and rows without an attribute, at most n rows of each.

    Raises TrainError for labels that the data does not have, empty sets, equal ones, latents that hold integers, and
    models without latents.
    """
    need_latents(trained, RETRIEVE)
    means, counts = [], []
    for wish in wanted:
        rows = chosen_rows(trained, wish)
        rows = rows if n is None else rows.rows(np.arange(min(n, len(rows))))
        z = encoded(trained, rows, batch, seed, counter).z
        need_real(_parts(trained, rows, z), "direction")
        means.append(z.mean(axis=0, dtype=np.float64))
        counts.append(len(rows))
    if not (means[0] - means[1]).any():
        raise TrainError(
            "rows with the attribute and rows without it have the same mean latent: there is no direction",
            "choose other rows for one of them",
        )
    return Attribute(means[0] - means[1], means[0], means[1], (counts[0], counts[1]), weights_of(trained))


def chosen_rows(trained: Trained, wish: Wish) -> Split:
    """The rows of a wish, prepared as the run prepared its own."""
    data = _labelled(trained, wish)
    rows = data.split(wish.split)
    if not wish.name:
        return rows
    labels = rows.given[wish.name].reshape(len(rows))
    found = np.flatnonzero(np.isin(labels, wish.values) == wish.equal)
    if not len(found):
        known = ", ".join(f"{v:g}" for v in np.unique(labels)[:20])
        words = " or ".join(map(str, wish.values))
        raise TrainError(
            f"no row of the {wish.split} split has {wish.name} {'' if wish.equal else 'other than '}{words}",
            f"its values are {known}",
        )
    return _plain(rows, trained).rows(found)


def _plain(rows: Split, trained: Trained) -> Split:
    """The rows with what the model is given alone."""
    return Split(rows.x, {name: array for name, array in rows.given.items() if name in trained.traits.given})


def _labelled(trained: Trained, wish: Wish) -> Data:
    """The rows with their labels, read as if the model were given those, too."""
    run, traits = trained.run, trained.traits
    known = not wish.name or wish.name in traits.given
    own = traits if known else replace(traits, given={**traits.given, wish.name: Given((), Values())})
    source = run.request.source if wish.source is None else wish.source
    try:
        if not known:
            _need_labels(source, wish.name)
        if wish.source is None:
            data = load(run.request, own, run.options.wide)
            run.same_data(replace(data, splits={name: _plain(rows, trained) for name, rows in data.splits.items()}))
            return data
        request = replace(run.request, source=source, key=None, valid=None)
        return load_rows(request, own, wish.split, run.load_standard(), run.options.wide, run.medium)
    except TrainError as error:
        if known or f"`{wish.name}`" not in error.message:
            raise
        message = f"`{source}` has no labels `{wish.name}` of its rows"
        raise TrainError(
            message, "store them beside the rows, or name two files: --with A.npz --without B.npz"
        ) from error


def _need_labels(source: str, name: str) -> None:
    """Raise TrainError where labels of another name would be taken for these: a reader that looks for one label takes
    any with a usual name."""
    if name.lower() in LABELS or source.startswith(toy.PREFIX):
        return
    path, _ = locate(source)
    arrays = read(Wanted(path, givens=(name, name))).arrays
    if not any(name.lower() in key.lower() for key in arrays):
        raise TrainError(f"`{path}` has no array `{name}`")


def _parts(trained: Trained, rows: Split, z: Array) -> tuple[Part, ...]:
    """The parts of z, of which two rows tell enough."""
    _, context = Feed(rows.rows(np.arange(len(rows))[:2]), trained.traits, trained.compute).batch(slice(None))
    return parts_of(trained, torch.from_numpy(z[:2]).to(trained.compute.device), context)


def direction_of(trained: Trained, path: Path) -> Array:
    """The direction in a file that `Attribute.write` wrote; TrainError when it is of another model."""
    arrays = read(Wanted(path)).arrays
    if "direction" not in arrays or "weights" not in arrays:
        raise TrainError(
            f"`{path}` holds no attribute", "make one with `flowspec attribute RUN --with label=1 -o FILE.npz`"
        )
    if str(arrays["weights"]) != weights_of(trained):
        raise TrainError(
            f"`{path}` belongs to other weights: a direction means nothing in the latent space of another model",
            f"make it anew: flowspec attribute {trained.run.path} --with ... -o {path.name}",
        )
    return arrays["direction"]


def along(
    trained: Trained,
    direction: Array,
    numbers: tuple[int, ...] | None,
    source: str | None,
    strengths: Array,
    batch: int,
    seed: int,
) -> Grid:
    """Rows of data with the direction added to their latents at each strength: a row of the grid for each row of data.

    The rows are by default the first eight of the test split. Raises TrainError for rows that are not there.
    """
    need_latents(trained, RETRIEVE)
    rows = shown_rows(trained, source)
    chosen = np.array(numbers if numbers is not None else range(min(ROWS, len(rows))))
    if len(bad := chosen[chosen >= len(rows)]):
        raise TrainError(f"there is no row {bad[0]}: rows run from 0 to {len(rows) - 1}")
    own = rows.rows(chosen)
    z = encoded(trained, own, batch, seed).z
    need_real(_parts(trained, own, z), "direction")
    moved = (z[:, None] + strengths[:, None] * direction).reshape(-1, z.shape[1]).astype(z.dtype)
    given = {name: np.repeat(array, len(strengths), axis=0) for name, array in own.given.items()}
    samples = decoded(trained, moved, given, batch, seed)
    words = ", ".join(f"{s:+g}" for s in strengths)
    note = f"each row of data is decoded from its latent with the direction added at {words}"
    return Grid(samples, len(strengths), {"z": moved, "rows": chosen, "strength": strengths}, note)
