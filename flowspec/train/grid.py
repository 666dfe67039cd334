"""Samples that belong in rows and columns: the grid between four rows of data, and images along an attribute."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import Tensor

from flowspec.train import files
from flowspec.train.errors import TrainError
from flowspec.train.latents import decoded, need_latents, placed, shared_context
from flowspec.train.pictures import comparison
from flowspec.train.samples import Samples
from flowspec.train.session import Trained, shown_rows
from flowspec.train.values import Array

RETRIEVE = "`flowspec sample RUN --between A B` finds the training rows between two by their Fisher scores"


@dataclass(frozen=True, slots=True, eq=False)
class Grid:
    """Samples row by row, `columns` a row, with what they were decoded from by name (`arrays`), and `note` in words."""

    samples: Samples
    columns: int
    arrays: Mapping[str, Array]
    note: str

    def text(self) -> str:
        return self.samples.text()

    def write(self, path: Path) -> None:
        """A picture shows the grid; arrays (.npz) hold everything by name; all else is as for samples."""
        x, buffer = self.samples.x, io.BytesIO()
        if path.suffix == ".png":
            comparison(x, np.ones(x.shape, dtype=bool), self.samples.traits, self.columns).save(buffer, format="PNG")
        elif path.suffix == ".npz":
            np.savez_compressed(buffer, allow_pickle=False, x=x, **self.arrays, **self.samples.given)
        else:
            self.samples.write(path)
            return
        files.write(path, buffer.getvalue())


def corners(
    trained: Trained,
    numbers: tuple[int, ...],
    source: str | None,
    n: int,
    chosen: Mapping[str, str],
    seed: int,
    batch: int = 500,
) -> Grid:
    """The n x n grid between four rows of a source, by default of the test split of the data of the run (Dinh et al. 2017,
    equation 19): from the first corner to the second along a row, to the third down a column; `batch` are decoded at a time.

    Raises TrainError for rows that are not there, other contexts, latents that hold integers, and models without any.
    """
    need_latents(trained, RETRIEVE)
    rows = shown_rows(trained, source)
    for number in numbers:
        if not 0 <= number < len(rows):
            raise TrainError(f"there is no row {number}: rows run from 0 to {len(rows) - 1}")
    four = rows.rows(np.array(numbers))
    given = shared_context(trained, four, chosen, n * n, "a grid")
    z, parts = placed(trained, four, given, seed, "path")
    at = torch.linspace(0, 1, n, dtype=z.dtype)
    pieces = torch.split(z, [part.size for part in parts], 1)
    spread = [
        _sphere(piece, at) if part.round else _sheet(piece, at) for part, piece in zip(parts, pieces, strict=True)
    ]
    path = torch.cat(spread, 1).numpy()
    kinds = {len(parts): "by the angles of equation 19 of Dinh et al. (2017)", 0: "linearly"}
    mixed = "by angles in its normal parts, linearly in the others"
    note = f"each sample is decoded from a latent between the four corners, {kinds.get(sum(p.round for p in parts), mixed)}"
    samples = decoded(trained, path, given, batch, seed)
    return Grid(samples, n, {"z": path, "rows": np.array(numbers), "t": at.numpy()}, note)


def _sphere(z: Tensor, t: Tensor) -> Tensor:
    """cos(a) (cos(b) z1 + sin(b) z2) + sin(a) (cos(b) z3 + sin(b) z4) with angles from 0 to a quarter turn, (n n, D).

    It keeps the radius where the four are orthogonal and equally long, as draws of many normals nearly are.
    """
    angle = t * torch.pi / 2
    weights = torch.stack([angle.cos(), angle.sin()], 1)
    weights[0], weights[-1] = torch.eye(2, dtype=z.dtype)[0], torch.eye(2, dtype=z.dtype)[1]  # the corners to the bit
    return _weighed(weights, z)


def _sheet(z: Tensor, t: Tensor) -> Tensor:
    """The bilinear sheet between four corners, (n n, D)."""
    return _weighed(torch.stack([1 - t, t], 1), z)


def _weighed(weights: Tensor, z: Tensor) -> Tensor:
    sheet: Tensor = torch.einsum("ia,jb,abd->ijd", weights, weights, z.view(2, 2, -1))
    return sheet.flatten(0, 1)
