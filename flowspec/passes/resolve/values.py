"""Named values of a net: bundles of outputs, with the rounds of a loop, and the grammar of references."""

from __future__ import annotations

import re
from dataclasses import dataclass

ZERO = -1  # the value `0`: adds nothing
_REFERENCE = re.compile(r"[A-Za-z_][A-Za-z0-9_]*(\.[A-Za-z0-9_]+)*\Z")


@dataclass(frozen=True)
class Bundle:
    """What a name stands for: outputs by name ("" when there is one), and the rounds of a loop, `r.0` first.

    An output is the index of a node, ZERO, or None where the value failed.
    """

    outputs: dict[str, int | None]
    rounds: tuple[Bundle, ...] = ()

    @staticmethod
    def one(value: int | None) -> Bundle:
        return Bundle({"": value})

    @property
    def failed(self) -> bool:
        return any(value is None for value in self.outputs.values())

    @property
    def single(self) -> int | None:
        """The value, where there is just one output, or one without a name among what a block carries along."""
        if "" in self.outputs:
            return self.outputs[""]
        return next(iter(self.outputs.values())) if len(self.outputs) == 1 else None


def is_reference(text: str) -> bool:
    """Whether `text` has the form name, name.output or name.round.output."""
    return bool(_REFERENCE.match(text))


def follow(bundle: Bundle, path: list[str]) -> Bundle | str:
    """The bundle at a path of rounds and outputs; the part that does not exist otherwise."""
    for part in path:
        if part.isdigit() and bundle.rounds:
            if int(part) >= len(bundle.rounds):
                return part
            bundle = bundle.rounds[int(part)]
        elif part in bundle.outputs:
            bundle = Bundle.one(bundle.outputs[part])
        else:
            return part
    return bundle
