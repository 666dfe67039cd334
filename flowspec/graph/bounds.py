"""Bounds: what a unit may know at most (semantics K)."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Kind(Enum):
    """The kinds of bounds. `ROW` is a row of the family F (units about nothing); `ALL` knows everything."""

    NONE = "none"
    SELF = "self"
    ABOVE = "above"
    BEFORE = "before"
    UPTO = "upto"
    ROW = "row"
    ALL = "all"


CAPS = ("none", "above", "before", "upto")


@dataclass(frozen=True, slots=True, order=False)
class Bound:
    """The bound of one channel: a kind, and the channel group (or the row of F) that it is about."""

    kind: Kind
    group: int = 0

    def __str__(self) -> str:
        return self.kind.value if self.group == 0 else f"{self.kind.value}({self.group})"


KNOWS_NOTHING = Bound(Kind.NONE)
KNOWS_ALL = Bound(Kind.ALL)


@dataclass(frozen=True, slots=True)
class Bounds:
    """The bounds of a value: its distinct classes, and for each channel the index of its class."""

    classes: tuple[Bound, ...]
    of: tuple[int, ...]

    @staticmethod
    def uniform(bound: Bound, channels: int) -> Bounds:
        return Bounds((bound,), (0,) * channels)

    @staticmethod
    def per_channel(bounds: list[Bound]) -> Bounds:
        """Collects equal bounds into classes, in order of first appearance."""
        index: dict[Bound, int] = {}
        of = tuple(index.setdefault(bound, len(index)) for bound in bounds)
        return Bounds(tuple(index), of)

    def channel(self, k: int) -> Bound:
        return self.classes[self.of[k]]

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many channels each class has."""
        count = [0] * len(self.classes)
        for k in self.of:
            count[k] += 1
        return tuple(count)


def same_kinds(a: Bounds | None, b: Bounds | None) -> bool:
    """Whether two values know the same kinds about the same groups, whatever their widths."""
    return a is not None and b is not None and set(a.classes) == set(b.classes)
