"""Drawing from a model, and the arrays and texts that come of it."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from flowspec.train import files
from flowspec.train.compute import Compute, limits
from flowspec.train.errors import FAILED, TrainError
from flowspec.train.fit import fitted
from flowspec.train.media import Medium
from flowspec.train.pictures import PAIRS, write_picture
from flowspec.train.readers import Wanted, read
from flowspec.train.request import locate
from flowspec.train.session import Trained
from flowspec.train.sound import as_sound, expanded, write_wav
from flowspec.train.standard import Standard
from flowspec.train.traits import Given, Traits
from flowspec.train.values import Array, checked

_INTEGER = re.compile(r"-?[0-9]+")
TABLE_WIDTH = 16  # variables of x that a text table has room for
BETWEEN = "-" * 40  # stands between texts


def draw(
    model: nn.Module,
    traits: Traits,
    given: Mapping[str, Array],
    compute: Compute,
    n: int,
    seed: int,
    batch: int,
    observed: tuple[Array, Array] | None = None,
    order: int | None = None,
    temperature: float = 1.0,
) -> Array:
    """n samples of x as (n, *shape) in eval mode, `batch` at a time; the same for the same seed and batch.

    Discrete values come as uint8 (or int32 above 256 categories), real ones as float32 or float64. `observed` holds
    values (n, *shape) and a mask (*shape) of those that are kept, `order` is a member of an ensemble, `temperature` is
    for models with scales or logits. Raises TrainError when samples overflow, when the model cannot draw the rest of
    what is observed, and when one of its densities has no temperature.
    """
    if order is not None and traits.orders == 1:
        raise TrainError(f"--order {order} chooses from an ensemble of orders, and `{traits.name}` is none", "drop it")
    model.eval()
    generator = torch.Generator(compute.device).manual_seed(seed)
    parts = []
    with torch.no_grad(), compute.aside(seed):
        for start in range(0, n, batch):
            rows = slice(start, min(start + batch, n))
            context: dict[str, Any] = {
                name: _tensor(array[rows], traits.given[name], compute) for name, array in given.items()
            }
            if order is not None:
                context["order"] = order
            if temperature != 1:
                context["temperature"] = temperature
            if observed is not None:
                values = torch.from_numpy(observed[0][rows]).to(compute.device)
                context["observed"] = values if traits.values.discrete else values.to(compute.dtype)
                context["mask"] = torch.from_numpy(observed[1]).to(compute.device)
            drawn = _drawn(model, rows.stop - rows.start, generator, context)
            parts.append(drawn.float().cpu().numpy() if drawn.dtype == torch.bfloat16 else drawn.cpu().numpy())
    x = np.concatenate(parts)
    if lost := int((~np.isfinite(x.reshape(n, -1)).all(axis=1)).sum()):
        raise TrainError(
            f"{lost} of {n} samples are not finite numbers: decoding overflows",
            "train in --precision float64, or longer, or with a smaller --lr",
            FAILED,
        )
    return x.astype(traits.values.dtype(x.dtype == np.float64)) if traits.values.discrete else x


def _drawn(model: nn.Module, n: int, generator: torch.Generator, arguments: Mapping[str, Any]) -> torch.Tensor:
    try:
        x: torch.Tensor = model.sample(n, generator=generator, **arguments)  # type: ignore[operator]
    except (ValueError, TypeError) as error:
        if not {"observed", "order", "temperature"} & set(arguments):
            raise
        raise TrainError(str(error)) from error
    return x


def _tensor(array: Array, given: Given, compute: Compute) -> torch.Tensor:
    return torch.from_numpy(array).to(compute.device, torch.int64 if given.classes else compute.dtype)


def usual_count(traits: Traits, suffix: str) -> int:
    """How many samples are wanted when nobody says: ten texts, sounds or clips, a hundred images, five thousand
    points."""
    if suffix in ("", ".txt", ".wav") or len(traits.shape) == 4:
        return 10
    return 5000 if suffix == ".png" and len(traits.shape) == 1 and traits.variables <= PAIRS else 100


def contexts(traits: Traits, chosen: Mapping[str, str], n: int) -> dict[str, Array]:
    """What each sample is given, n rows a name.

    `chosen` holds a comma separated list of classes, which repeats, or FILE[:KEY], whose rows repeat. Labels that are
    not chosen run through all classes. Raises TrainError for unknown names, bad values, and givens that must be chosen.
    """
    for name in chosen:
        if name not in traits.given:
            known = f"it is conditional on {', '.join(traits.given)}" if traits.given else "it is not conditional"
            raise TrainError(f"the model has no given `{name}`", known)
    return {name: _context(name, given, chosen.get(name), n) for name, given in traits.given.items()}


def _context(name: str, given: Given, chosen: str | None, n: int) -> Array:
    if given.classes and chosen is None:
        rows = np.arange(given.classes)
    elif given.classes and all(_INTEGER.fullmatch(word.strip()) for word in (chosen or "").split(",")):
        rows = np.array([int(word) for word in (chosen or "").split(",")])
    elif chosen is None:
        raise TrainError(f"the model is conditional on `{name}`", f"choose it: --given {name}=FILE.npy")
    else:
        rows = _rows(name, given, chosen)
    try:
        rows = checked(rows, given.values, f"the given `{name}`")
    except TrainError as error:
        if not given.classes:
            raise
        raise TrainError(error.message, f"the classes of `{name}` run from 0 to {given.classes - 1}") from error
    return rows[np.arange(n) % len(rows)]


def _rows(name: str, given: Given, source: str) -> Array:
    path, key = locate(source)
    table = read(Wanted(path))
    keys = [key] if key else [k for k in (name, *table.arrays) if k in table.arrays]
    if keys[0] not in table.arrays:
        raise TrainError(f"`{path}` has no array `{key}`", f"it holds {table.inventory()}")
    where = table.where(keys[0])
    array = fitted(table.arrays[keys[0]], given.shape or (1,), given.values, where, what=name)
    return array.reshape(len(array), *given.shape)


@dataclass(frozen=True, slots=True, eq=False)
class Samples:
    """x (n, *shape) in the units of the data, what each sample was given, and what its numbers stand for."""

    x: Array
    given: Mapping[str, Array]
    traits: Traits
    medium: Medium | None = None

    def write(self, path: Path) -> None:
        """Write in the form that the suffix of the path names; TrainError when these samples have no such form."""
        if path.suffix in (".png", ".gif"):
            write_picture(path, self.x, self.traits)
        elif path.suffix == ".wav":
            self.write_sound(path)
        elif path.suffix == ".txt":
            files.write(path, self.text().encode())
        else:
            self.write_array(path)

    def write_array(self, path: Path) -> None:
        """Write x as .npy, or x and the givens by name as .npz."""
        buffer = io.BytesIO()
        if path.suffix == ".npz":
            np.savez_compressed(buffer, allow_pickle=False, x=self.x, **self.given)
        else:
            np.save(buffer, self.x, allow_pickle=False)
        files.write(path, buffer.getvalue())

    def write_sound(self, path: Path) -> None:
        """All samples as one .wav, with short pauses between them; TrainError unless the model is of sound."""
        if self.medium is None or not self.medium.rate:
            raise TrainError(
                "the model was not trained on sound of a known rate",
                "train on .wav files, or on a npz with `samples`, `offsets` and `sample_rate`",
            )
        rows = self.x.reshape(len(self.x), -1)
        sounds = expanded(rows, self.traits.values) if self.medium.mu_law else as_sound(rows)
        write_wav(path, sounds, self.medium.rate)

    def text(self) -> str:
        """Characters as text, parted by lines of their own; small vectors as a table, one a line, the givens first.

        TrainError when a line would be too long.
        """
        rows = self.x.reshape(len(self.x), -1)
        if self.medium is not None and self.medium.characters:
            return f"{BETWEEN}\n".join(f"{self.medium.decode(row)}\n" for row in rows)
        if rows.shape[1] > TABLE_WIDTH:
            raise TrainError(
                f"a sample has {rows.shape[1]} variables, too many for a line of text",
                "write a file: -o samples.png or -o samples.npy",
            )
        heads = [*self.given, *(f"x{i}" for i in range(rows.shape[1]))]
        labels = [array.reshape(len(array), -1)[:, :1] for array in self.given.values()]
        return _table([heads, *([_cell(v) for v in np.concatenate(line)] for line in zip(*labels, rows, strict=True))])


def _table(lines: list[list[str]]) -> str:
    """Cells in columns, aligned to the right."""
    widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
    text = ("  ".join(cell.rjust(width) for cell, width in zip(line, widths, strict=True)) for line in lines)
    return "".join(f"{line}\n" for line in text)


def _cell(value: float) -> str:
    return f"{int(value)}" if float(value).is_integer() else f"{value:.4f}"


def original_units(x: Array, standard: Standard | None) -> Array:
    """Samples in the units of the data that the model was trained on."""
    return x if standard is None else standard.undo(x).astype(x.dtype)


def sample(
    trained: Trained,
    n: int | None,
    suffix: str,
    chosen: Mapping[str, str],
    seed: int,
    batch: int,
    order: int | None = None,
    temperature: float = 1.0,
) -> Samples:
    """Draw n samples from the best model of a run, or as many as is usual for a file of that suffix."""
    traits, compute = trained.traits, trained.compute
    count = usual_count(traits, suffix) if n is None else n
    given = contexts(traits, chosen, count)
    with limits(batch):
        x = draw(trained.model, traits, given, compute, count, seed, batch, order=order, temperature=temperature)
    return Samples(original_units(x, trained.run.load_standard()), given, traits, trained.run.medium)
