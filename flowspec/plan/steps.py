"""Steps of a method body before their values have names. A value is any hashable key."""

from __future__ import annotations

import re
from collections.abc import Hashable, Sequence
from dataclasses import dataclass

from flowspec.plan.code import Statement

Key = Hashable
Shape = tuple[int, ...]
SLOT = re.compile(r"\{(\d+)\}")


@dataclass(frozen=True, slots=True)
class Def:
    """A value that a step makes: the name it would like ("" for none of its own), and its shape."""

    key: Key
    want: str = ""
    shape: Shape | None = None


@dataclass(frozen=True, slots=True)
class Step:
    """`defs, extra = text`, where {0}, {1}, ... in the text stand for `uses`; `after` are statements that follow."""

    text: str
    uses: tuple[Key, ...]
    defs: tuple[Def, ...]
    extra: tuple[str, ...] = ()
    after: tuple[Statement, ...] = ()
    fuses: bool = True


@dataclass(frozen=True, slots=True)
class Loop:
    """`for item in items: defs, extra = text`, where `states` maps outputs to the inputs that they feed in the next round.

    `uses` are the inputs of the first round. An input that is zipped with the items stands in `zipped` (its place, the
    item's name, and what it runs over). Output k of every round is appended to the list `lists[k]`.
    """

    item: str
    items: str
    text: str
    uses: tuple[Key, ...]
    defs: tuple[Def, ...]
    states: tuple[tuple[int, int], ...]  # (output, input)
    extra: tuple[str, ...] = ()
    after: tuple[Statement, ...] = ()
    zipped: tuple[tuple[int, str, str], ...] = ()
    lists: tuple[tuple[int, Def], ...] = ()


@dataclass(frozen=True, slots=True)
class Result:
    """`return text`."""

    text: str
    uses: tuple[Key, ...]
    shape: Shape | None = None


Item = Step | Loop | Result


def slots(text: str) -> list[int]:
    """The numbers of the slots in a template, in writing order."""
    return [int(n) for n in SLOT.findall(text)]


def fill(text: str, values: Sequence[str]) -> str:
    """The template with its slots filled."""
    return SLOT.sub(lambda m: values[int(m[1])], text)
