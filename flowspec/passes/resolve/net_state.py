"""The state of a net under construction: its nodes, and what nests while steps are unfolded."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import Any

from flowspec.diagnostics import Position, Span
from flowspec.graph.net import Frame, NetGraph, NetNode
from flowspec.ops.base import NetOp
from flowspec.ops.elementwise import AddContext
from flowspec.ops.lookup import Source
from flowspec.ops.unknown import UnknownValue
from flowspec.ops.weighted import Head, Project
from flowspec.passes.resolve.session import Definition, Scope, Session
from flowspec.passes.resolve.values import ZERO, Bundle
from flowspec.syntax.tree import Node

NOWHERE = Span("", Position(1, 1), Position(1, 1))
MAX_NESTING = 40  # nets and blocks inside one another


class NetState:
    """Nodes so far, the names that stand for them, and what holds for the nodes that are added next.

    Values are indices of nodes, ZERO, or NOTHING where a step has nothing to read yet. `reserved` names may not be taken
    by values; `written` says which node of the spec gave a name. A `lenient` net is unfolded for its faults alone, without
    knowing what it is given: names that it does not have are not reported. A net `without_x` reads contexts alone.
    """

    def __init__(self, session: Session, scope: Scope, sources: Iterable[str], lenient: bool = False) -> None:
        self.session = session
        self.scope = scope
        self.lenient = lenient
        self.without_x = False
        self.nodes: list[NetNode] = []
        self.names: dict[str, Bundle] = {}
        self.written: dict[str, Node] = {}
        self.read_names: set[str] = set()
        self.cap = "before"
        self.span = NOWHERE
        self.frames: tuple[Frame, ...] = ()
        self.prefix = ""
        self.counts: dict[str, int] = {}
        self.unmasked = False
        self.args: tuple[tuple[str, Span], ...] = ()
        self.depth = 0
        self.open: list[Definition] = []
        for name in sources:
            self.names[name] = Bundle.one(self.source(name))
        self.reserved = frozenset(self.names)

    # --- nodes -----------------------------------------------------------------------------------------------------

    def source(self, name: str) -> int:
        """Adds a value from outside."""
        self.nodes.append(NetNode(name, Source(name), (), NOWHERE))
        self.counts[name] = 1
        return len(self.nodes) - 1

    def apply(self, op: NetOp, inputs: list[Any]) -> int:
        """Adds a node. `0` may only be added."""
        self.session.count_step(self.span)
        if ZERO in inputs:
            helps = "`0` stands for a value that adds nothing, so only `add` and `given` may name it"
            self.session.report("FS132", f"`{op.name}` reads `0`, which is no value", self.span, helps)
            return self.unknown(inputs)
        return self._append(op, inputs)

    def unknown(self, inputs: Iterable[int] = ()) -> int:
        """Adds the stand-in for a step that failed; `inputs` is what it would have read."""
        return self._append(UnknownValue(), inputs)

    def _append(self, op: NetOp, inputs: Iterable[int]) -> int:
        read = tuple(value for value in inputs if value >= 0)
        node_id = self.fresh(op.name)
        self.nodes.append(NetNode(node_id, op, read, self.span, self.cap, self.unmasked, self.frames, self.args))
        return len(self.nodes) - 1

    def join_contexts(self, value: int, contexts: list[int]) -> int:
        """Adds a learned projection of each context."""
        for context in contexts:
            value = self.apply(AddContext(), [value, self.apply(Project(), [context, value])])
        return value

    def named(self, label: str, build: Callable[[Any], Any], value: Any) -> Any:
        """Unfolds `build(value)` as a region of its own in the emitted source."""
        with self.inside(Frame(label, self.fresh(label), 0)):
            return build(value)

    def fresh(self, word: str) -> str:
        """A new id: the name of the value that is being made, or that with the op's name and a number."""
        base = self.prefix.rstrip(".")
        key = f"{self.prefix}{word}"
        self.counts[key] = self.counts.get(key, 0) + 1
        if base and word not in ("add_context", "project") and self.counts.get(base, 0) == 0:
            self.counts[base] = 1
            return base
        return f"{key}.{self.counts[key]}"

    def finish(self, label: str, value: int, head: Head, span: Span) -> NetGraph:
        """Adds the last projection and freezes the graph."""
        self.span, self.cap, self.prefix, self.args, self.unmasked, self.frames = span, "before", "", (), False, ()
        if value == ZERO:
            message = "the net comes to `0`, which gives no parameters"
            self.session.report("FS132", message, span, "add a value that reads something")
        whole = value >= 0 and self.nodes[value].op.last
        if whole and head.kernel != 1:
            message = (
                f"`kernel` on a head behind `{self.nodes[value].op.name}`: there is no projection that could have one"
            )
            self.session.report("FS204", message, span, "drop `kernel`")
        output = self.unknown() if value < 0 else value if whole else self.apply(head, [value])
        self._check_ends(output)
        return NetGraph(label, tuple(self.nodes), output, span)

    def finish_bare(self, label: str, value: int, span: Span) -> NetGraph:
        """Freezes a graph that ends in a value for others to read, and not in parameters."""
        self.span, self.cap, self.prefix, self.args, self.unmasked, self.frames = span, "before", "", (), False, ()
        if value == ZERO:
            self.session.report(
                "FS132", "this comes to `0`, which is no value", span, "add a value that reads something"
            )
        output = value if value >= 0 else self.unknown()
        self._check_ends(-1)
        return NetGraph(label, tuple(self.nodes), output, span, bare=True)

    def _check_ends(self, output: int) -> None:
        """An op that gives the parameters itself stands at the end."""
        for i, node in enumerate(self.nodes):
            if node.op.last and i != output:
                message = (
                    f"`{node.op.name}` gives the parameters of each variable itself, and this is not the end of the net"
                )
                helps = f"write `net: {node.op.name}`: nothing reads it, and nothing stands behind it"
                self.session.report("FS442", message, node.span, helps)

    # --- state that nests ------------------------------------------------------------------------------------------

    @contextmanager
    def at(self, span: Span, name: str, cap: str = "", **more: Any) -> Iterator[None]:
        """Nodes added inside stand at `span`, under the name and the cap of a step; `more` are its `args` and `unmasked`."""
        saved = (self.span, self.cap, self.prefix, self.args, self.unmasked)
        self.span = span
        self.cap = cap or self.cap
        self.args = more.get("args", self.args)
        self.unmasked = more.get("unmasked", self.unmasked)
        if name:
            self.prefix = f"{self.prefix}{name}."
        try:
            yield
        finally:
            self.span, self.cap, self.prefix, self.args, self.unmasked = saved

    @contextmanager
    def inside(self, frame: Frame) -> Iterator[None]:
        """Nodes added inside belong to a region of the emitted source."""
        saved, self.frames = self.frames, (*self.frames, frame)
        try:
            yield
        finally:
            self.frames = saved

    @contextmanager
    def in_scope(self, scope: Scope) -> Iterator[None]:
        """Steps unfolded inside see the variables, nets and blocks of `scope`."""
        saved, self.scope = self.scope, scope
        try:
            yield
        finally:
            self.scope = saved

    @contextmanager
    def own_names(self, names: dict[str, Bundle] | None = None) -> Iterator[None]:
        """Names given inside mean nothing outside. With `names`, nothing else is known inside, and these are reserved."""
        saved = (self.names, self.written, self.reserved)
        self.names, self.written = dict(self.names if names is None else names), {}
        if names is not None:
            self.reserved = frozenset(names)
        try:
            yield
        finally:
            self.names, self.written, self.reserved = saved

    @contextmanager
    def opened(self, definition: Definition) -> Iterator[None]:
        """Unfolds a net or a block; see `may_open`."""
        self.open.append(definition)
        try:
            yield
        finally:
            self.open.pop()

    def may_open(self, definition: Definition, what: str, span: Span) -> bool:
        """Whether a net or a block may be unfolded here; reports one that is inside itself, or too deep."""
        self.session.used.add(definition)
        if definition in self.open:
            path = " -> ".join(d.name for d in (*self.open[self.open.index(definition) :], definition))
            self.session.report(
                "FS140", f"{what} `{definition.name}` uses itself: {path}", span, "use `repeat` instead"
            )
            return False
        if len(self.open) >= MAX_NESTING:
            message = f"nets and blocks are nested more than {MAX_NESTING} deep"
            self.session.report("FS105", message, span, "unfold some of them by hand")
            return False
        return True
