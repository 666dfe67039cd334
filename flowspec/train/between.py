"""From one row of data to another: along the latent space of a flow, or past the rows whose scores lie between.

A flow has an inverse, so each step of a path through its latent space is a sample. An autoregressive model has none:
there the steps are rows of the training data, the nearest to the path in the space of Fisher scores (Jaakkola and
Haussler 1999). That is retrieval, not generation.
"""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from flowspec.train import files
from flowspec.train.compute import Feed
from flowspec.train.data import Split, load
from flowspec.train.errors import TrainError
from flowspec.train.latents import Part, decoded, placed, shared_context
from flowspec.train.pictures import comparison
from flowspec.train.samples import Samples, original_units
from flowspec.train.session import Trained, shown_rows
from flowspec.train.values import Array

SEARCHED = 2000  # training rows among which the nearest are looked for
SCORED = 100  # rows whose scores are computed at a time, at most
SKETCH = 1024  # dimensions in which scores are compared


@dataclass(frozen=True, slots=True, eq=False)
class Between:
    """Steps from one row to another: samples, or rows that were found (`rows` has their numbers in `among`)."""

    samples: Samples
    ends: Array
    steps: Array
    found: Mapping[str, Array]
    note: str

    def text(self) -> str:
        return self.samples.text()

    def write(self, path: Path) -> None:
        """A picture has one row: the first end, the steps, the last end. Arrays (.npz) hold everything by name."""
        if path.suffix == ".png":
            x = np.concatenate([self.ends[:1], self.samples.x, self.ends[1:]])
            buffer = io.BytesIO()
            comparison(x, np.ones(x.shape, dtype=bool), self.samples.traits, len(x)).save(buffer, format="PNG")
            files.write(path, buffer.getvalue())
        elif path.suffix == ".npz":
            buffer = io.BytesIO()
            arrays = {"x": self.samples.x, "ends": self.ends, "t": self.steps, **self.found, **self.samples.given}
            np.savez_compressed(buffer, allow_pickle=False, **arrays)
            files.write(path, buffer.getvalue())
        else:
            self.samples.write(path)


def between(
    trained: Trained,
    first: int,
    last: int,
    source: str | None,
    n: int,
    chosen: Mapping[str, str],
    seed: int,
    batch: int = 500,
) -> Between:
    """n steps from row `first` to row `last` of a source, by default of the test split of the data of the run; `batch` of
    them are computed at a time.

    Raises TrainError for rows that are not there, ends with different contexts, and latents that hold integers.
    """
    rows = shown_rows(trained, source)
    for number in (first, last):
        if not 0 <= number < len(rows):
            raise TrainError(f"there is no row {number}: rows run from 0 to {len(rows) - 1}")
    ends = rows.rows(np.array([first, last]))
    with trained.compute.aside(seed):
        if hasattr(trained.model, "decode"):
            return _decoded(trained, ends, n, chosen, seed, batch)
        return _retrieved(trained, ends, n, seed, batch)


def _decoded(trained: Trained, ends: Split, n: int, chosen: Mapping[str, str], seed: int, batch: int) -> Between:
    """The path through the latent space, one context for all of it."""
    given = shared_context(trained, ends, chosen, n, "a path")
    z, parts = placed(trained, ends, given, seed, "path")
    t = torch.linspace(0, 1, n, dtype=z.dtype)
    pieces = torch.split(z, [part.size for part in parts], 1)
    way = [_circle(piece, t) if part.round else _line(piece, t) for part, piece in zip(parts, pieces, strict=True)]
    path = torch.cat(way, 1).numpy()
    samples = decoded(trained, path, given, batch, seed)
    note = f"each step is decoded from a latent: {_words(parts)}"
    ends_x = original_units(ends.x, trained.run.load_standard())
    return Between(samples, ends_x, t.numpy(), {"z": path}, note)


def _words(parts: tuple[Part, ...]) -> str:
    """On great circles in parts with a standard normal density, else on straight lines, as a part of one number is."""
    words = {len(parts): "on a great circle", 0: "on a straight line"}
    mixed = "on great circles in its normal parts, on straight lines in the others"
    return words.get(sum(part.round and part.size > 1 for part in parts), mixed)


def _line(ends: Tensor, t: Tensor) -> Tensor:
    return ends[0] + t[:, None] * (ends[1] - ends[0])


def _circle(ends: Tensor, t: Tensor) -> Tensor:
    """Spherical interpolation (Shoemake 1985), which keeps to the radius at which a normal density has its mass."""
    unit = ends / ends.norm(dim=1, keepdim=True).clamp(min=1e-12)
    angle = (unit[0] @ unit[1]).clamp(-1, 1).acos()
    if angle.sin() < 1e-6:
        return _line(ends, t)
    weights = torch.stack([((1 - t) * angle).sin(), (t * angle).sin()], 1) / angle.sin()
    path: Tensor = weights @ ends
    return path


def _retrieved(trained: Trained, ends: Split, n: int, seed: int, batch: int) -> Between:
    """For each step the training row whose score, as a direction, is nearest to the one between those of the ends."""
    traits, run = trained.traits, trained.run
    data = load(run.request, traits, run.options.wide)
    train = data.splits["train"]
    numbers = np.linspace(0, len(train) - 1, min(len(train), SEARCHED)).astype(int)
    among = train.rows(numbers)
    t = np.linspace(0, 1, n)
    a, b = _directions(trained, ends, seed, batch)
    target = (1 - t)[:, None] * a + t[:, None] * b
    likeness = target @ _directions(trained, among, seed, batch).T
    likeness /= np.linalg.norm(target, axis=1, keepdims=True)
    best = likeness.argmax(axis=1)
    shown = among.rows(best)
    found = {"row": numbers[best], "cosine": likeness[np.arange(n), best]}
    note = (
        f"an autoregressive model has no decoder: each step is the one of {len(among)} training rows whose Fisher score "
        "is nearest: retrieval, not generation"
    )
    standard = run.load_standard()
    samples = Samples(original_units(shown.x, standard), shown.given, traits, run.medium)
    return Between(samples, original_units(ends.x, standard), t, found, note)


def _directions(trained: Trained, rows: Split, seed: int, batch: int) -> Array:
    """The sketched scores of rows at length 1, (N, SKETCH)."""
    parts = []
    for x, given in Feed(rows, trained.traits, trained.compute).batches(min(SCORED, batch)):
        score = trained.model.fisher_score(x, projection=SKETCH, seed=seed, **given)  # type: ignore[operator]
        parts.append(score.detach().double().cpu().numpy())
    scores = np.concatenate(parts)
    return np.asarray(scores / np.maximum(np.linalg.norm(scores, axis=1, keepdims=True), 1e-12))
