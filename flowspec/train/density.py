"""The density of a trained model of one or two variables on a grid, before training and after it."""

from __future__ import annotations

import io
import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from flowspec.train import files
from flowspec.train.compute import Feed, limits
from flowspec.train.counting import Counter
from flowspec.train.data import Split
from flowspec.train.errors import TrainError
from flowspec.train.latents import contexts_of, encoded, need_one
from flowspec.train.metrics import LABELS, log_probs
from flowspec.train.samples import draw, original_units
from flowspec.train.session import Trained, shown_rows
from flowspec.train.traits import Traits
from flowspec.train.values import Array

SHOWN = 5000  # rows of data, and samples, in a picture
POINTS = {1: 1000, 2: 200}  # of the grid, along an axis
MOST_CELLS = 2**24
ROOM = 0.25  # by how much of its length the range of the data is widened at either end


@dataclass(frozen=True, slots=True, eq=False)
class Mesh:
    """The middles of the cells of a box: `axes` holds one array for each variable, `steps` the lengths of their cells;
    `measure` is what the whole comes to, in a word."""

    axes: tuple[Array, ...]
    steps: tuple[float, ...]
    measure: str = "integral"

    @property
    def box(self) -> tuple[tuple[float, float], ...]:
        """The ends of each axis."""
        ends = ((a[0] - s / 2, a[-1] + s / 2) for a, s in zip(self.axes, self.steps, strict=True))
        return tuple((float(low), float(high)) for low, high in ends)

    @property
    def shape(self) -> tuple[int, ...]:
        return tuple(len(axis) for axis in self.axes)

    def points(self) -> Array:
        """(cells, D), the last variable fastest."""
        return np.stack(np.meshgrid(*self.axes, indexing="ij"), axis=-1).reshape(-1, len(self.axes))


@dataclass(frozen=True, slots=True, eq=False)
class Side:
    """One model, before or after training: its log-density on the mesh in nats, and the mean nats of the rows of data."""

    step: int
    log_p: Array
    nats: float
    mesh: Mesh
    z: Array | None

    @property
    def density(self) -> Array:
        return np.exp(self.log_p)

    @property
    def integral(self) -> float:
        """The integral over the box by the midpoint rule; the sum, of integers."""
        return float(self.density.sum() * math.prod(self.mesh.steps))


@dataclass(frozen=True, slots=True, eq=False)
class Densities:
    """What `flowspec density` shows: both sides, rows of data and samples (n, D) in the units of the data, and, for a flow
    of as many latents, those of the mesh (one variable: both sides have them) and of the rows. `count` is how many rows
    were scored, of which the first are shown."""

    traits: Traits
    before: Side
    after: Side
    rows: Array
    samples: Array
    z_rows: Array | None
    count: int

    @property
    def mesh(self) -> Mesh:
        return self.after.mesh

    def as_json(self) -> dict[str, Any]:
        """Integrals, mean nats, and the box."""
        sides = {
            name: {
                "step": side.step,
                "integral": _known(side.integral),
                "nats": _known(side.nats),
            }
            for name, side in (("before", self.before), ("after", self.after))
        }
        box, cells = [list(ends) for ends in self.mesh.box], list(self.mesh.shape)
        measures = LABELS[self.traits.likelihood]
        return {
            "name": self.traits.name,
            "box": box,
            "cells": cells,
            "measures": measures,
            "rows": self.count,
            **sides,
        }

    def arrays(self) -> dict[str, Array]:
        """Everything by name."""
        names = "xy"[: len(self.mesh.axes)]
        found = dict(zip(names, self.mesh.axes, strict=True))
        found |= {"log_p_before": self.before.log_p, "log_p_after": self.after.log_p}
        found |= {"data": self.rows, "samples": self.samples}
        latents = {"z_data": self.z_rows, "z_before": self.before.z, "z_after": self.after.z}
        return found | {name: z for name, z in latents.items() if z is not None}

    def write_arrays(self, path: Path) -> None:
        """As .npz."""
        buffer = io.BytesIO()
        np.savez_compressed(buffer, allow_pickle=False, **self.arrays())
        files.write(path, buffer.getvalue())


def _known(value: float) -> float | None:
    return value if math.isfinite(value) else None


@dataclass(frozen=True, slots=True)
class Frame:
    """What a user asks for: the box (two ends a variable), cells along an axis, rows of another source, the context."""

    box: tuple[float, ...] | None
    cells: int | None
    source: str | None
    chosen: Mapping[str, str]
    seed: int
    batch: int


def densities(fresh: Trained, trained: Trained, frame: Frame, counter: Counter | None = None) -> Densities:
    """Both sides on one mesh; `fresh` is the model with the weights that training began with.

    Raises TrainError for models of more than two variables: their marginals are integrals without a closed form.
    """
    traits = trained.traits
    if traits.variables > 2:
        raise TrainError(
            f"the model has {traits.variables} variables, and a density is drawn of one or two: a marginal of more is an "
            "integral without a closed form",
            "`flowspec sample RUN -o x.png` draws pairs of variables as heat maps of samples",
        )
    given = contexts_of(traits, traits.given.keys(), _one_each(traits, frame.chosen), 1)
    rows = _rows(trained, frame.source, given)
    mesh = mesh_of(trained, rows, frame)
    after = _side(trained, mesh, rows, given, frame, counter)
    before = _side(fresh, mesh, rows, given, frame, counter)
    shown = _same(rows, given).rows(np.arange(min(SHOWN, len(_same(rows, given)))))
    samples = _samples(trained, given, frame)
    z_rows = _latents(trained, shown, frame)
    flat = original_units(shown.x, trained.run.load_standard()).reshape(len(shown), -1)
    return Densities(traits, before, after, flat, samples, z_rows, len(rows))


def _one_each(traits: Traits, chosen: Mapping[str, str]) -> Mapping[str, str]:
    """The chosen contexts; TrainError where one is missing, or several are chosen: a density is given one."""
    for name in traits.given.keys() - chosen.keys():
        raise TrainError(
            f"the model is conditional on `{name}`, and a density has one context", f"choose it: --given {name}=..."
        )
    need_one(chosen, "a density")
    return chosen


def _rows(trained: Trained, source: str | None, given: Mapping[str, Array]) -> Split:
    rows = shown_rows(trained, source)
    return rows if len(_same(rows, given)) < 2 else _same(rows, given)


def _same(rows: Split, given: Mapping[str, Array]) -> Split:
    """The rows that are given the same."""
    equal = np.ones(len(rows), dtype=bool)
    for name, array in given.items():
        equal &= (rows.given[name] == array[:1]).reshape(len(rows), -1).all(axis=1)
    return rows.rows(np.flatnonzero(equal))


def mesh_of(trained: Trained, rows: Split, frame: Frame) -> Mesh:
    """All values of integers; else the box, by default the range of the rows with some room, inside the legal values."""
    traits, D = trained.traits, trained.traits.variables
    if traits.values.discrete:
        if frame.box or frame.cells:
            raise TrainError("the model is of integers, which all are shown: --box and --size do not go with it")
        counts = traits.values.counts or (traits.values.count,) * D
        return Mesh(tuple(np.arange(n) for n in counts), (1.0,) * D, "sum")
    ends = _ends(trained, rows) if frame.box is None else np.array(frame.box, dtype=np.float64).reshape(-1, 2)
    if ends.shape != (D, 2):
        raise TrainError(f"--box of {ends.size} numbers for {D} variables", "write two ends for each")
    for low, high in ends[ends[:, 0] >= ends[:, 1]]:
        raise TrainError(f"--box runs from {low:g} to {high:g}", "write the lower end of each variable first")
    cells = frame.cells or POINTS[D]
    if cells**D > MOST_CELLS:
        raise TrainError(f"--size {cells} makes {cells**D:,} cells, and {MOST_CELLS:,} are the most")
    steps = (ends[:, 1] - ends[:, 0]) / cells
    axes = tuple(low + step * (np.arange(cells) + 0.5) for (low, _), step in zip(ends, steps, strict=True))
    return Mesh(axes, tuple(float(step) for step in steps))


def _ends(trained: Trained, rows: Split) -> Array:
    """(D, 2) the range of the rows with some room, cut to the legal values."""
    x = original_units(rows.x, trained.run.load_standard()).reshape(len(rows), -1).astype(np.float64)
    low, high = x.min(axis=0), x.max(axis=0)
    room = np.where(high > low, ROOM * (high - low), 1.0)  # of one row, or a constant variable, there is no range
    legal = trained.traits.values
    return np.stack([np.maximum(low - room, legal.low), np.minimum(high + room, legal.high)], axis=1)


def _side(
    trained: Trained, mesh: Mesh, rows: Split, given: Mapping[str, Array], frame: Frame, counter: Counter | None
) -> Side:
    standard = trained.run.load_standard()
    constant = standard.log_det if standard else 0.0
    points = mesh.points().reshape(-1, *trained.traits.shape)
    own = points if standard is None else standard.apply(points)
    wide = trained.run.options.wide
    x = np.ascontiguousarray(own.astype(trained.traits.values.dtype(wide)))
    grid = Split(x, {name: np.repeat(array, len(x), axis=0) for name, array in given.items()})
    with limits(frame.batch):
        log_p = _scores(trained, grid, frame.batch, counter) + constant
        nats = -float(_scores(trained, rows, frame.batch, None).mean()) - constant
    z = _latents(trained, grid, frame) if len(mesh.axes) == 1 else None
    return Side(trained.step, log_p.reshape(mesh.shape), nats, mesh, z)


def _scores(trained: Trained, rows: Split, batch: int, counter: Counter | None) -> Array:
    """log p of each row, a chunk at a time, so that a bar can tell how far it is."""
    starts = range(0, len(rows), 20 * batch)
    chunks = (counter or Counter()).over(starts, "chunks", len(starts))
    numbers = (np.arange(start, min(start + 20 * batch, len(rows))) for start in chunks)
    feeds = (Feed(rows.rows(own), trained.traits, trained.compute) for own in numbers)
    return np.concatenate([np.asarray(log_probs(trained.model, feed, trained.compute, batch)) for feed in feeds])


def _latents(trained: Trained, rows: Split, frame: Frame) -> Array | None:
    """The latents of rows, where there are as many as variables."""
    if not hasattr(trained.model, "decode") or not len(rows):
        return None
    z = encoded(trained, rows, frame.batch, frame.seed).z
    return z if z.shape[1] == trained.traits.variables else None


def _samples(trained: Trained, given: Mapping[str, Array], frame: Frame) -> Array:
    own = {name: np.repeat(array, SHOWN, axis=0) for name, array in given.items()}
    x = draw(trained.model, trained.traits, own, trained.compute, SHOWN, frame.seed, SHOWN)
    return original_units(x, trained.run.load_standard()).reshape(SHOWN, -1)
