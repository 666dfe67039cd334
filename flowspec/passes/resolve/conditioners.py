"""Conditioners: a net together with its contexts and the last projection that a head or a transform owns."""

from __future__ import annotations

from dataclasses import dataclass

from flowspec.diagnostics import Span
from flowspec.graph.model import Conditioner, Context
from flowspec.graph.net import NetGraph
from flowspec.ops.elementwise import Concat
from flowspec.ops.weighted import Head
from flowspec.passes.resolve.nets import NetBuilder
from flowspec.passes.resolve.session import Scope, Session
from flowspec.syntax.tree import Mapping, Node, Scalar, Sequence, site


@dataclass(frozen=True, eq=False)
class Request:
    """What a conditioner is built from.

    `own` are the contexts that this step or density was given; `outer` those that have names everywhere. `reads_x`
    says whether anything of x may be known at all.
    """

    net: Node | None
    own: tuple[Context, ...]
    outer: tuple[Context, ...]
    size: int
    span: Span
    kernel: int | tuple[int, ...] = 1
    head_input: Node | None = None
    reads_x: bool = True
    label: str = "net"


def conditioner(request: Request, scope: Scope, session: Session) -> Conditioner | None:
    """Builds (or finds again) the net. None after reporting what is wrong with it."""
    contexts = {c.name: c for c in (*request.outer, *request.own)}
    key = (
        "net",
        request.net,
        request.head_input,
        scope.key,
        tuple(contexts),
        tuple(c.name for c in request.own),
        request.kernel,
        request.reads_x,
    )
    if key not in session.memo:
        session.memo[key] = _build(request, tuple(contexts), scope, session)
    graph: NetGraph | None = session.memo[key]
    if graph is None:
        return None
    live = graph.live()
    used = {graph.nodes[i].id for i in live if not graph.nodes[i].inputs}
    for context in request.own:
        if context not in request.outer and context.name not in used and not context.origin.startswith("value:"):
            unread(context, session)
    return Conditioner(graph, tuple(c for c in contexts.values() if c.name in used), request.size)


def unread(context: Context, session: Session) -> None:
    """A context that was asked for by name and that nothing reads."""
    session.report(
        "FS424",
        f"`{context.name}` is given here, and no parameter can see it",
        context.span,
        "name it in the net, or drop it: a net that names none of its contexts reads them all",
    )


def _build(request: Request, names: tuple[str, ...], scope: Scope, session: Session) -> NetGraph | None:
    """Unfolds the net; a chain that names none of its own contexts is unfolded again, reading them with x."""
    own = [c.name for c in request.own]
    graph, named = _unfold(request, names, [], scope, session)
    joins = own and not (set(own) & named) and not _is_graph(request, scope, session)
    if joins or (not request.reads_x and own and not named):
        graph, _ = _unfold(request, names, own, scope, session)
    return graph


def _is_graph(request: Request, scope: Scope, session: Session) -> bool:
    node = request.net
    while isinstance(node, Scalar) and node.text in scope.nets:
        node = scope.nets[node.text].node
    return isinstance(node, Mapping) and NetBuilder(session, scope, ())._is_graph(node)


def _unfold(
    request: Request, names: tuple[str, ...], joined: list[str], scope: Scope, session: Session
) -> tuple[NetGraph | None, set[str]]:
    net = NetBuilder(session, scope, ("x", *names))
    value: int | None = 0
    net.span = request.span
    if joined:
        parts = [net.names[name].single for name in ((["x"] if request.reads_x else []) + joined)]
        value = net.apply(Concat(), parts) if len(parts) > 1 else parts[0]
    if request.net is not None:
        last = net.net(request.net, value)
        value = last.single
        if value is None and not last.failed and request.head_input is None:
            outputs = ", ".join(f"`{name}`" for name in last.outputs)
            message = f"the net ends in a value with several outputs: {outputs}"
            session.report(
                "FS134", message, site(request.net), "let the last value be one of them, or say `in` on the head"
            )
    if request.head_input is not None:
        value = net.value_at(request.head_input)
    head = Head(request.kernel)
    return net.finish(_label(request, scope), value, head, request.span), net.read_names


def _label(request: Request, scope: Scope) -> str:
    """What the net is called: its name under `nets`, where it is used by name."""
    named = isinstance(request.net, Scalar) and request.net.text in scope.nets
    return _name(request.net).rpartition(".")[2] if named and request.net is not None else request.label


def contexts_of(entry_node: Node | None, available: dict[str, str], session: Session) -> tuple[Context, ...] | None:
    """What a `given` names: a name, a list of names, or {local: name}. `available` maps names to origins."""
    if entry_node is None:
        return ()
    pairs: list[tuple[str, Node]]
    if isinstance(entry_node, Mapping):
        pairs = [(e.key.text, e.value) for e in entry_node.entries]
    elif isinstance(entry_node, Sequence):
        pairs = [(_name(item), item) for item in entry_node.items]
    else:
        pairs = [(_name(entry_node), entry_node)]
    found = []
    for local, node in pairs:
        name = _name(node)
        if name not in available:
            session.unknown_name("FS135", "context", name or "?", list(available), site(node))
            return None
        found.append(Context(local, available[name], site(node)))
    return tuple(found)


def _name(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else ""
