"""The state of a flow under construction: its steps, the values between them, and what nests."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass

from flowspec.diagnostics import Label, Span
from flowspec.graph.model import Conditioner, Density, FlowNode
from flowspec.graph.net import Frame
from flowspec.graph.support import UNKNOWN, Support
from flowspec.ops.base import OpError
from flowspec.ops.flow_base import FlowOp
from flowspec.ops.unknown import UnknownStep
from flowspec.passes.resolve.densities import Place
from flowspec.passes.resolve.session import Definition, Scope, Session

Args = tuple[tuple[str, Span], ...]


@dataclass(frozen=True, eq=False)
class Leaving:
    """A part that leaves the flow: its name, its value, the density that its split gave it, and where that happens."""

    name: str
    value: int
    density: Density | None
    span: Span


class FlowState:
    """Steps so far. Values are numbers, 0 being x; `supports` says where data lies in each.

    `loose` is set when a step failed that may have used or made any values: which parts there are is then not known.
    """

    def __init__(self, session: Session, scope: Scope, place: Place) -> None:
        self.session = session
        self.scope = scope
        self.place = place
        self.number = session.number_flow()
        self.nodes: list[FlowNode] = []
        self.supports: list[Support] = [place.values]
        self.consumed: dict[int, Span] = {}
        self.leaving: list[Leaving] = []
        self.names: dict[int, str] = {}  # of values: parts that go on, and steps of a graph
        self.part_spans: dict[str, Span] = {}
        self.frames: tuple[Frame, ...] = ()
        self.counts: dict[str, int] = {}
        self.open: list[Definition] = []
        self.loose = False

    def add(
        self, op: FlowOp, value: int, span: Span, label: str, count: int = 1, net: Conditioner | None = None,
        round_: int = 0, frames: tuple[Frame, ...] | None = None, args: Args = (),
    ) -> tuple[str, tuple[int, ...]]:  # fmt: skip
        """Adds a step with `count` outputs; its id and its outputs."""
        self.session.count_step(span)
        self._consume(value, span, label or op.name)
        node_id = self.fresh(label or op.called, bool(label))
        outputs = tuple(range(len(self.supports), len(self.supports) + count))
        self.supports.extend(self._images(op, value, count))
        scope = self.frames if frames is None else frames
        self.nodes.append(FlowNode(node_id, op, value, outputs, span, scope, net, round_, args))
        return node_id, outputs

    def unknown(self, value: int, span: Span, step: UnknownStep | None = None, label: str = "") -> int:
        """Adds the stand-in for a step that failed; without `step` nothing is known of it."""
        if step is None:
            self.loose = True
        return self.add(step or UnknownStep(), value, span, label)[1][0]

    def nowhere(self, span: Span) -> int:
        """A value that nothing gives: what a reference to a value that is not there stands for."""
        self.loose = True
        value = len(self.supports)
        self.supports.append(UNKNOWN)
        self.nodes.append(FlowNode(self.fresh("unknown", False), UnknownStep(), 0, (value,), span))
        return value

    def _images(self, op: FlowOp, value: int, count: int) -> tuple[Support, ...]:
        """Where a step takes the data; unknown after a mistake that the pass over supports will find."""
        values = self.supports[value]
        if not values.unknown and not _takes(op, values):
            values = UNKNOWN
        return op.images(values, count)

    def _consume(self, value: int, span: Span, label: str) -> None:
        """Every value is used once; a second use is reported."""
        first = self.consumed.setdefault(value, span)
        if first is not span:
            message = f"`{label}` uses a value that was used already: every variable reaches exactly one density once"
            helps = "use each value of a flow once; split it to use parts of it"
            self.session.report("FS301", message, span, helps, labels=(Label(first, "first used here"),))

    def fresh(self, word: str, named: bool) -> str:
        """A new id for a step."""
        self.counts[word] = self.counts.get(word, 0) + 1
        return word if named and self.counts[word] == 1 else f"{word}.{self.counts[word]}"

    def use(self, word: str) -> str:
        """A new id for a use of a block, a loop or a step that stands several times."""
        self.counts[f"{word}/"] = self.counts.get(f"{word}/", 0) + 1
        return f"{word}{self.counts[f'{word}/']}"

    @contextmanager
    def within(self, scope: Scope, frame: Frame) -> Iterator[None]:
        """Steps added inside see `scope` and belong to a region of the emitted source."""
        saved = self.scope, self.frames
        self.scope, self.frames = scope, (*self.frames, frame)
        try:
            yield
        finally:
            self.scope, self.frames = saved


def _takes(op: FlowOp, values: Support) -> bool:
    try:
        op.check_values(values)
    except OpError:
        return False
    return True
