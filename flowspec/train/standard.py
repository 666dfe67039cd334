"""Standardising real data, with its log-det, so that figures stay in the units of the file."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from flowspec.train.errors import TrainError
from flowspec.train.traits import Traits
from flowspec.train.values import Array


@dataclass(frozen=True, slots=True, eq=False)
class Standard:
    """z = (x - mean) / std per variable, both of the shape of x, measured on the training rows.

    log p(x) = log p(z) + log_det, with log_det = -sum log std nats: the density that is reported is that of x.
    """

    mean: Array
    std: Array

    @property
    def log_det(self) -> float:
        return -math.fsum(math.log(s) for s in self.std.ravel())

    @classmethod
    def measure(cls, x: Array, traits: Traits, source: str) -> Standard:
        """Mean and deviation of the rows of x; TrainError for values that have bounds, or a constant variable."""
        if not traits.values.unbounded:
            raise TrainError(
                f"--standardize is for real data, and the model is of {traits.values.describe}",
                "drop --standardize: the model takes these values as they are",
            )
        mean, std = x.mean(axis=0, dtype=np.float64), x.std(axis=0, dtype=np.float64)
        if not std.all():
            constant = int(np.flatnonzero(std.ravel() == 0)[0])
            raise TrainError(
                f"variable {constant} of `{source}` is constant in the training rows: it has no density",
                "leave it out with --columns",
            )
        return cls(mean, std)

    def apply(self, x: Array) -> Array:
        return np.asarray((x - self.mean) / self.std)

    def undo(self, z: Array) -> Array:
        return np.asarray(z * self.std + self.mean)
