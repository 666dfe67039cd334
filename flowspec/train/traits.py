"""What an emitted module says about itself, read once."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from flowspec.train.errors import TrainError
from flowspec.train.values import Values

LIKELIHOODS = ("exact", "bound", "estimate")


@dataclass(frozen=True, slots=True)
class Given:
    """One declared piece of context: a class label below `classes`, or an array of `shape` and `values`."""

    shape: tuple[int, ...]
    values: Values
    classes: int = 0


@dataclass(frozen=True, slots=True)
class Traits:
    """The class attributes of an emitted module, parsed: what data it models and how it is to be trained."""

    name: str
    sha256: str
    likelihood: str
    shape: tuple[int, ...]
    values: Values
    given: Mapping[str, Given]
    orders: int

    @property
    def variables(self) -> int:
        """D, the number of scalar variables of x."""
        return math.prod(self.shape)

    @classmethod
    def of(cls, model: Any) -> Traits:
        """Read a module or its class; raise TrainError when it is no emitted module."""
        missing = [a for a in ("NAME", "SPEC_SHA256", "LIKELIHOOD", "SHAPE", "VALUES") if not hasattr(model, a)]
        if missing:
            raise TrainError(f"the model has no attribute {missing[0]}: it is not a module that flowspec emitted")
        return cls(
            name=model.NAME,
            sha256=model.SPEC_SHA256,
            likelihood=model.LIKELIHOOD,
            shape=tuple(model.SHAPE),
            values=Values.of(model.VALUES),
            given=MappingProxyType({name: _given(entry) for name, entry in getattr(model, "GIVEN", {}).items()}),
            orders=int(getattr(model, "ORDERS", 1)),
        )


def _given(entry: Mapping[str, Any]) -> Given:
    if "classes" in entry:
        classes = int(entry["classes"])
        return Given(shape=(), values=Values(count=classes, low=0, high=classes - 1), classes=classes)
    return Given(shape=tuple(entry["shape"]), values=Values.of(entry["values"]))
