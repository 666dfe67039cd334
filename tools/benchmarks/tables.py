"""Tables to train on: rows as other libraries get them too, cut into train, valid and test, standardized."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"
ROWS_SEED = 42  # of the shuffle of the rows and of the noise, as in the preparation of MAF (Papamakarios et al. 2017)
HELD_OUT = 0.1  # of the rows for test, and of the rest for valid


@dataclass(frozen=True, slots=True)
class Source:
    """A table in a file. `noise` is the width of the rounding of each column, 0 where a column is not rounded.

    Uniform noise of that width, drawn once, is added to the rows: the negative log-likelihood of the sum bounds from
    above that of the rounded number (in bins of that width) less the log of the widths. Without it a density of numbers
    that repeat has no bound.
    """

    name: str
    file: Path
    columns: tuple[int, ...] | None = None
    noise: tuple[float, ...] = ()


SOURCES = (
    Source(
        "POWER",
        SHARED / "power_subset" / "power_48k.npz",
        (0, 2, 4, 5, 6, 7),
        (0.002, 0.01, 1.0, 1.0, 1.0, 1.0),
    ),
    Source("MINIBOONE", SHARED / "miniboone_subset" / "miniboone_1523.npz"),
)


@dataclass(frozen=True, slots=True, eq=False)
class Rows:
    """Standardized rows, (N, D) float32 each; `log_det` is what standardization takes off log p, in nats a row."""

    train: torch.Tensor
    valid: torch.Tensor
    test: torch.Tensor
    log_det: float

    @property
    def features(self) -> int:
        """The number of columns."""
        return self.train.shape[1]


def read(source: Source) -> Rows:
    """The rows of a source. Raises FileNotFoundError where the data are not."""
    table = np.load(source.file)["data"].astype(np.float64)
    return prepare(table if source.columns is None else table[:, source.columns], source.noise)


def prepare(table: np.ndarray, noise: tuple[float, ...] = ()) -> Rows:
    """(N, D) numbers with noise, shuffled, cut and standardized by the training rows."""
    draw = np.random.RandomState(ROWS_SEED)
    if noise:
        table = table + np.asarray(noise) * draw.rand(*table.shape)
    table = table[draw.permutation(len(table))]
    test = round(HELD_OUT * len(table))
    valid = round(HELD_OUT * (len(table) - test))
    train = table[: len(table) - test - valid]
    mean, deviation = train.mean(0), train.std(0)
    standard = torch.from_numpy(((table - mean) / deviation).astype(np.float32))
    pieces = standard.split([len(train), valid, test])
    return Rows(*pieces, log_det=math.fsum(-np.log(deviation)))
