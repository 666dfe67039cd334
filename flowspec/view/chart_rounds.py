"""A chart of boxes, in which rounds of a loop that look alike are one box: a picture of 32 equal steps shows one."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

from flowspec.graph.net import Frame
from flowspec.view.spelling import spelt_together

Path = tuple[tuple[str, int], ...]


@dataclass(frozen=True, slots=True)
class Box:
    """One op, value from outside, or density.

    Attributes:
        name: as findings name it; `words` the op with its arguments.
        kind: source | weighted | plain | step | bound | density.
        type: the shape of the value that it gives.
        proof: what its channels may know, or where its values lie.
        parameters: learned numbers of one round; `rounds` how many rounds it stands for.
        line: of the spec, 0 for none.
        within: the outermost loop or use of a block around it, empty for none.
    """

    name: str
    words: str
    kind: str
    type: str
    proof: str
    parameters: int = 0
    rounds: int = 1
    line: int = 0
    within: str = ""


@dataclass(frozen=True, slots=True)
class Chart:
    """Boxes in an order in which each stands after what it reads, and arrows between their numbers.

    `given` are the arrows of values that a density or the net of a step is given besides what it models, each with the name
    that the value has there. `backs` are the ways from a round of a loop to the next one: the later box feeds the earlier one again.
    """

    title: str
    place: str
    facts: tuple[str, ...]
    boxes: tuple[Box, ...]
    arrows: tuple[tuple[int, int], ...]
    backs: tuple[tuple[int, int], ...] = ()
    given: tuple[tuple[int, int, str], ...] = ()


@dataclass
class Merging:
    """Boxes so far, and for each original number the box that stands for it."""

    boxes: list[Box] = field(default_factory=list)
    of: dict[int, int] = field(default_factory=dict)
    arrows: dict[tuple[int, int], None] = field(default_factory=dict)
    backs: dict[tuple[int, int], None] = field(default_factory=dict)
    given: dict[tuple[int, int, str], None] = field(default_factory=dict)
    ops: list[list[Any]] = field(default_factory=list)
    _known: dict[Any, int] = field(default_factory=dict)
    _seen: dict[Any, int] = field(default_factory=dict)
    _uses: dict[Any, dict[tuple[str, str], int]] = field(default_factory=dict)

    def add(
        self,
        number: int,
        box: Box,
        reads: tuple[int, ...],
        scope: tuple[Frame, ...] = (),
        op: Any = None,
        given: tuple[tuple[int, str], ...] = (),
    ) -> None:
        """A box, or one round more of one that differs from it in arguments alone."""
        here = _exact(scope)
        ordinal = self._seen[here] = self._seen.get(here, 0) + 1
        plain = _without_rounds(box.name, scope)
        place = (self._path(scope), plain if plain != box.name else ordinal)
        key = (place, type(op), box.kind, box.type, box.proof, box.parameters) if here else number
        if key not in self._known:
            self._known[key] = len(self.boxes)
            self.boxes.append(replace(box, within=scope[0].use if scope else ""))
            self.ops.append([])
        self.of[number] = self._known[key]
        self.ops[self.of[number]].append(op)
        for j in reads:
            if j in self.of:
                ways = self.arrows if self.of[j] < self.of[number] else self.backs
                ways[self.of[j], self.of[number]] = None
        for j, name in given:
            if self.of[j] < self.of[number]:
                self.given[self.of[j], self.of[number], name] = None
            else:
                self.backs[self.of[j], self.of[number]] = None

    def _path(self, scope: tuple[Frame, ...]) -> Path:
        """Where something stands, whichever the rounds of the loops around it: a use within a round is known by its
        label and by which of that label it is there."""
        path: list[tuple[str, int]] = []
        for k, frame in enumerate(scope):
            uses = self._uses.setdefault(_exact(scope[:k]), {})
            alike = sum(label == frame.label for label, _ in uses)
            path.append((frame.label, uses.setdefault((frame.label, frame.use), alike)))
        return tuple(path)

    def chart(self, title: str, where: str, facts: tuple[str, ...]) -> Chart:
        """What was added, as a chart."""
        boxes = tuple(_of_rounds(box, ops) for box, ops in zip(self.boxes, self.ops, strict=True))
        return Chart(title, where, facts, boxes, tuple(self.arrows), tuple(self.backs), tuple(self.given))


def _of_rounds(box: Box, ops: list[Any]) -> Box:
    words = box.words if len(ops) == 1 else spelt_together(ops)
    return replace(box, words=words, rounds=len(ops))


def _exact(scope: tuple[Frame, ...]) -> tuple[tuple[str, str, int], ...]:
    return tuple((frame.label, frame.use, frame.round) for frame in scope)


def _without_rounds(name: str, scope: tuple[Frame, ...]) -> str:
    """A name in which rounds of a loop cannot be told apart: those of the inner loops first, whose names hold the outer
    ones' rounds."""
    for frame in reversed(scope):
        name = name.replace(f"{frame.use}.{frame.round}.", f"{frame.use}.", 1)
    return name
