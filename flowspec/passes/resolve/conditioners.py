"""Conditioners: a net together with its contexts and the last projection that a head or a transform owns."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from enum import Enum, auto

from flowspec.diagnostics import Span
from flowspec.graph.model import Conditioner, Context
from flowspec.graph.net import NetGraph
from flowspec.ops.elementwise import Concat
from flowspec.ops.unknown import UnknownValue
from flowspec.ops.weighted import Head
from flowspec.passes.resolve.contexts import OUTER, Given
from flowspec.passes.resolve.nets import NetBuilder
from flowspec.passes.resolve.session import Scope, Session
from flowspec.passes.resolve.values import NOTHING, Bundle
from flowspec.syntax.tree import Mapping, Node, Scalar, site


@dataclass(frozen=True, eq=False)
class Request:
    """What a conditioner is built from.

    Attributes:
        net: the net as written; None where the head reads x or a context itself.
        given: what this step or density was given; a chain that names none of it reads it joined to its input.
        outer: the contexts that have names everywhere.
        offered: further contexts that are joined likewise, but that nobody asked for.
        reads_x: whether anything of x may be known at all.
    """

    net: Node | None
    given: Given
    outer: tuple[Context, ...]
    span: Span
    kernel: int | tuple[int, ...] = 1
    head_input: Node | None = None
    reads_x: bool = True
    label: str = "net"
    offered: tuple[Context, ...] = ()

    @property
    def contexts(self) -> dict[str, Context]:
        """Contexts by local name; what is nearer hides what is further away."""
        return {c.name: c for c in (*self.outer, *self._unasked, *self.given.contexts)}

    @property
    def joined(self) -> tuple[str, ...]:
        """The names that a chain which mentions none of them reads joined to its input."""
        return tuple(dict.fromkeys([*(c.name for c in self._unasked), *self.given.names]))

    @property
    def _unasked(self) -> tuple[Context, ...]:
        """What is offered, but for what is given by another name."""
        asked = {c.origin for c in self.given.contexts}
        return tuple(c for c in self.offered if c.origin not in asked)


@dataclass(frozen=True, eq=False)
class _Built:
    """A net as a graph, the contexts of its sources by name, and the names under `given` that nothing in it sees."""

    graph: NetGraph
    sources: dict[str, Context]
    unseen: tuple[str, ...]


def conditioner(request: Request, scope: Scope, session: Session) -> Conditioner:
    """Builds (or finds again) the net; what is wrong with it is reported, and unknown in it."""
    key = (
        "net", request.net, request.head_input, scope.key, tuple(request.contexts.items()), request.joined,
        tuple(request.given.computed.values()), request.kernel, request.reads_x,
    )  # fmt: skip
    if key not in session.memo:
        session.memo[key] = _build(request, scope, session)
    built: _Built = session.memo[key]
    graph = built.graph
    used = {graph.nodes[i].id for i in graph.live() if graph.nodes[i].op.outside}
    return Conditioner(graph, tuple(c for name, c in built.sources.items() if name in used))


def _build(request: Request, scope: Scope, session: Session) -> _Built:
    """Unfolds the net; a chain that names none of its own contexts is unfolded again, reading them with x."""
    steps = session.steps
    unfolding = _Unfolding(
        request, scope, session, _Start.PROBE if request.joined and not request.reads_x else _Start.X
    )
    unnamed = bool(request.joined) and not set(request.joined) & unfolding.net.read_names
    join = unnamed and not _is_graph(request, scope, session)
    if join or unfolding.start is _Start.PROBE:
        session.steps = steps
        unfolding = _Unfolding(request, scope, session, _Start.JOINED if join else _Start.X)
    built = unfolding.built()
    for name in built.unseen:
        place = next(c.span for c in request.given.contexts if c.name == name) if name in request.contexts else None
        report_unseen(name, place or site(request.given.computed[name].key), session)
    return built


def report_unseen(name: str, place: Span, session: Session) -> None:
    """A context that was asked for by name and that nothing reads."""
    message = f"`{name}` is given here, and no parameter can see it"
    session.report("FS424", message, place, "name it in the net, or drop it: a chain that names none reads them all")


def _is_graph(request: Request, scope: Scope, session: Session) -> bool:
    node, seen = request.net, set[str]()
    while isinstance(node, Scalar) and node.text in scope.nets and node.text not in seen:
        definition = scope.nets[node.text]
        seen.add(node.text)
        node, scope = definition.node, definition.scope
    return isinstance(node, Mapping) and NetBuilder(session, scope, ()).is_graph(node)


class _Start(Enum):
    """What the first step of a net reads: x (nothing where it may not be read), x with the contexts, or something that
    is not settled yet."""

    X = auto()
    JOINED = auto()
    PROBE = auto()


class _Unfolding:
    """One way of unfolding a request."""

    def __init__(self, request: Request, scope: Scope, session: Session, start: _Start) -> None:
        self.request = request
        self.start = start
        self.sources = request.contexts
        self.net = NetBuilder(session, scope, ("x", *self.sources))
        self.net.span = request.span
        self.net.without_x = not request.reads_x
        self._compute()
        self.own = {n: v for n in request.joined if (v := self.net.names[n].single) is not None}
        self.graph = self._unfold(_label(request, scope))

    def _first(self) -> int:
        """What the first step reads."""
        net = self.net
        x = [] if net.without_x else [0]
        if self.start is _Start.PROBE:
            return net.unknown()
        if self.start is _Start.X:
            return x[0] if x else NOTHING
        parts = [*x, *self.own.values()]
        return net.apply(Concat(), parts) if len(parts) > 1 else parts[0]

    def _unfold(self, label: str) -> NetGraph:
        request, net = self.request, self.net
        value = self._first()
        if net.without_x:
            del net.names["x"]
            if OUTER in net.names:
                net.names["x"] = net.names[OUTER]
        bundle = Bundle.one(value)
        if request.net is not None:
            bundle = net.net(request.net, value)
        if request.head_input is not None:
            bundle = Bundle.one(net.value_at(request.head_input))
        value = net.single(bundle, request.net) if request.net is not None else next(iter(bundle.outputs.values()))
        return net.finish(label, value, Head(request.kernel), request.span)

    def _compute(self) -> None:
        """Unfolds the steps under `given`; they read the contexts around them, and nothing of x."""
        request, net = self.request, self.net
        if not request.given.computed:
            return
        around = {name: Bundle.one(self._source(name, origin)) for name, origin in request.given.available.items()}
        for name, entry in request.given.computed.items():
            with net.own_names(around):
                value = net.single(net.step(entry.value, NOTHING, name), entry.value)
            net.names[name] = Bundle.one(value)
        net.reserved |= request.given.computed.keys()
        net.read_names.clear()

    def _source(self, name: str, origin: str) -> int:
        """A context from around under a name that no other source has."""
        known = next((c.name for c in self.sources.values() if c.origin == origin), None)
        if known is not None:
            return self.net.names[known].single or 0
        word = own_source(name, self.sources)
        self.sources = {**self.sources, word: Context(word, origin, self.request.span)}
        return self.net.source(word)

    def built(self) -> _Built:
        """The graph, and what of it nobody sees; a net with a fault in it leaves that open."""
        live = self.graph.live()
        failed = any(isinstance(self.graph.nodes[i].op, UnknownValue) for i in live)
        named = () if failed else self.request.given.names
        asked = [n for n in named if self.sources.get(n) not in self.request.outer]
        return _Built(self.graph, self.sources, tuple(n for n in asked if self.own.get(n) not in live))


def own_source(name: str, taken: Collection[str]) -> str:
    """A name for a source that is not taken, and is not x."""
    name = OUTER if name == "x" else name
    while name in taken:
        name = f"{name}_1"
    return name


def _label(request: Request, scope: Scope) -> str:
    """What the net is called: its name under `nets`, where it is used by name."""
    if isinstance(request.net, Scalar) and request.net.text in scope.nets:
        return request.net.text.rpartition(".")[2]
    return request.label
