"""Named values of a net: bundles of outputs, with the rounds of a loop, and the grammar of references."""

from __future__ import annotations

from dataclasses import dataclass

ZERO = -1  # the value `0`: adds nothing
NOTHING = -2  # what a step reads that does not stand behind another: it has to say `in`


@dataclass(frozen=True)
class Bundle:
    """What a name stands for: outputs by name ("" when there is one), and the rounds of a loop, `r.0` first.

    An output is the index of a node, or ZERO. `unknown` marks a bundle of which not even the outputs are known.
    """

    outputs: dict[str, int]
    rounds: tuple[Bundle, ...] = ()
    unknown: bool = False

    @staticmethod
    def one(value: int) -> Bundle:
        return Bundle({"": value})

    @staticmethod
    def lost(stand_in: int) -> Bundle:
        """What a step gives that failed before its outputs were known."""
        return Bundle({"": stand_in}, unknown=True)

    @property
    def single(self) -> int | None:
        """The value, where there is just one output."""
        return next(iter(self.outputs.values())) if len(self.outputs) == 1 else None


def follow(bundle: Bundle, path: list[str]) -> Bundle | str:
    """The bundle at a path of rounds and outputs; the part that does not exist otherwise."""
    for part in path:
        if bundle.unknown:
            return bundle
        if part.isdecimal() and bundle.rounds:
            if len(part) > 5 or int(part) >= len(bundle.rounds):
                return part
            bundle = bundle.rounds[int(part)]
        elif part and part in bundle.outputs:
            bundle = Bundle.one(bundle.outputs[part])
        else:
            return part
    return bundle


def contents(bundle: Bundle) -> str:
    """What a reference into a bundle may name, in words."""
    rounds = f"rounds `0` to `{len(bundle.rounds) - 1}`" if bundle.rounds else ""
    outputs = ", ".join(f"`{o}`" for o in bundle.outputs if o)
    return " and ".join(part for part in (rounds, outputs) if part) or "one output without a name"
