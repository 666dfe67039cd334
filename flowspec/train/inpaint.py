"""Completing what is partly known: rows of data of which a model sees some variables, and texts that begin as told."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from flowspec.train import files
from flowspec.train.compute import limits
from flowspec.train.errors import TrainError
from flowspec.train.pictures import comparison
from flowspec.train.readers import Wanted, read
from flowspec.train.request import locate
from flowspec.train.samples import Samples, contexts, draw, original_units
from flowspec.train.session import Trained, shown_rows
from flowspec.train.traits import Traits
from flowspec.train.values import Array

ROWS = 10  # of data that are completed when nobody says how many


@dataclass(frozen=True, slots=True, eq=False)
class Evidence:
    """Rows x (N, *shape) of which a model sees what `mask`, (*shape) booleans, keeps, and what the rows are given."""

    x: Array
    mask: Array
    given: Mapping[str, Array]


@dataclass(frozen=True, slots=True, eq=False)
class Completed:
    """Samples given each row of the evidence, `each` of them one after the other, in the units of the data."""

    samples: Samples
    originals: Array
    mask: Array
    each: int

    def text(self) -> str:
        """The completions as text, or as lines of numbers; TrainError when these would be too long."""
        return self.samples.text()

    def write(self, path: Path) -> None:
        """A picture has one row for each row of data: what is seen, the completions, the original. Arrays (.npz) hold
        x, the originals and the mask; everything else is as for samples."""
        if path.suffix == ".png":
            self._write_picture(path)
        elif path.suffix == ".npz":
            buffer = io.BytesIO()
            arrays = {"x": self.samples.x, "original": self.originals, "mask": self.mask, **self.samples.given}
            np.savez_compressed(buffer, allow_pickle=False, **arrays)
            files.write(path, buffer.getvalue())
        else:
            self.samples.write(path)

    def _write_picture(self, path: Path) -> None:
        shape = self.samples.traits.shape
        drawn = self.samples.x.reshape(-1, self.each, *shape)
        rows = np.concatenate([self.originals[:, None], drawn, self.originals[:, None]], axis=1)
        seen = np.ones((len(rows), self.each + 2, *shape), dtype=bool)
        seen[:, 0] = self.mask
        buffer = io.BytesIO()
        shown = comparison(rows.reshape(-1, *shape), seen.reshape(-1, *shape), self.samples.traits, self.each + 2)
        shown.save(buffer, format="PNG")
        files.write(path, buffer.getvalue())


def kept(what: str, traits: Traits) -> Array:
    """The mask that --keep names: rows:K, columns:K or first:K (entries, row-major), or a file of booleans.

    A vector of square length is an image, as in pictures. TrainError for other words and for more rows than there are.
    """
    word, _, count = what.partition(":")
    axis = {"rows": -2, "columns": -1}.get(word)
    mask = np.zeros(traits.shape, dtype=bool)
    if (axis is None and word != "first") or not count.isdigit():
        return _mask(what, traits)
    side = math.isqrt(traits.variables)
    image = mask.reshape(side, side) if traits.shape == (side**2,) else mask
    if axis is not None and (image.ndim < 2 or traits.shape[:-1] == (1,)):
        raise TrainError(f"`--keep {what}`: x has shape {list(traits.shape)}, without {word}", f"say `first:{count}`")
    size = traits.variables if axis is None else image.shape[axis]
    if int(count) > size:
        raise TrainError(f"`--keep {what}` keeps more than the {size} {'variables' if axis is None else word} of x")
    if axis is None:
        mask.reshape(-1)[: int(count)] = True
    else:
        np.moveaxis(image, axis, 0)[: int(count)] = True
    return mask


def _mask(what: str, traits: Traits) -> Array:
    path, key = locate(what)
    if not path.exists():
        raise TrainError(
            f"`--keep {what}` is neither rows:K, columns:K, first:K nor a file",
            "a file holds one boolean for each variable of x: mask.npy",
        )
    table = read(Wanted(path))
    array = table.arrays.get(key or next(iter(table.arrays)), np.zeros(()))
    binary = array.dtype.kind in "biuf" and np.isin(array, (0, 1)).all()
    if not binary or array.size != traits.variables:
        raise TrainError(
            f"`{what}` holds {array.dtype} of shape {list(array.shape)}; a mask has {list(traits.shape)} booleans"
        )
    return array.reshape(traits.shape).astype(bool)


def evidence(trained: Trained, what: str, source: str | None, n: int | None) -> Evidence:
    """n rows of a source, evenly spread, by default of the test split of the data that the run was trained on."""
    mask = kept(what, trained.traits)
    rows = shown_rows(trained, source)
    rows = rows.rows(np.linspace(0, len(rows) - 1, min(len(rows), n or ROWS)).astype(int))
    return Evidence(rows.x, mask, rows.given)


def prompt(trained: Trained, text: str) -> Evidence:
    """One row that begins with a text; TrainError when the model is not of text, or the text is too long."""
    medium, traits = trained.run.medium, trained.traits
    if medium is None or not medium.characters:
        raise TrainError("--prompt is for models of text, and this one was trained on other data")
    if len(text) > traits.variables:
        raise TrainError(f"the prompt has {len(text)} characters, and a sample has {traits.variables}")
    x = np.zeros(traits.variables, dtype=traits.values.dtype())
    x[: len(text)] = medium.encode(np.frombuffer(text.encode("utf-32-le"), dtype="<u4"), "the prompt")
    mask = np.arange(traits.variables) < len(text)
    return Evidence(x.reshape(1, *traits.shape), mask.reshape(traits.shape), {})


def complete(
    trained: Trained,
    seen: Evidence,
    each: int,
    chosen: Mapping[str, str],
    seed: int,
    batch: int,
    order: int | None = None,
    temperature: float = 1.0,
) -> Completed:
    """`each` samples of the rest for every row of the evidence. TrainError where the model cannot draw them exactly."""
    traits, run = trained.traits, trained.run
    n = len(seen.x) * each
    own = {name: np.repeat(array, each, axis=0) for name, array in seen.given.items() if name not in chosen}
    rest = replace(traits, given={name: given for name, given in traits.given.items() if name not in own})
    given = {**own, **contexts(rest, chosen, n)}
    observed = np.repeat(seen.x, each, axis=0)
    with limits(batch):
        known = (observed, seen.mask)
        x = draw(trained.model, traits, given, trained.compute, n, seed, batch, known, order, temperature)
    standard = run.load_standard()
    samples = Samples(original_units(x, standard), given, traits, run.medium)
    return Completed(samples, original_units(seen.x, standard), seen.mask, each)
