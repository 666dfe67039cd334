"""Definitions that nothing unfolds: they are reported as unused, and read for their own faults all the same."""

from __future__ import annotations

from flowspec.graph.model import Context, Data
from flowspec.graph.support import UNKNOWN
from flowspec.passes.resolve.densities import Place
from flowspec.passes.resolve.flows import FlowBuilder
from flowspec.passes.resolve.loops import block_inputs, block_scope
from flowspec.passes.resolve.nets import NetBuilder
from flowspec.passes.resolve.session import Definition, Scope, Session
from flowspec.passes.resolve.values import NOTHING, Bundle
from flowspec.syntax.tree import Mapping, site


def rehearse(scope: Scope, givens: tuple[Data, ...], session: Session) -> None:
    """Reports nets and blocks that are never used, and looks for faults in them.

    A definition that is mentioned where something failed is in use, as far as anyone can tell.
    """
    mentioned = session.mentioned()
    for table, what in ((scope.nets, "net"), (scope.blocks, "block")):
        for definition in table.values():
            if definition in session.used:
                continue
            if definition.name not in mentioned:
                message = f"{what} `{definition.name}` is never used"
                session.report("FS141", message, site(definition.key), "use it or delete it")
            if what == "net":
                _net(definition, session)
            else:
                _block(definition, givens, session)


def _net(definition: Definition, session: Session) -> None:
    net = NetBuilder(session, definition.scope, ("x",), lenient=True)
    net.span = site(definition.key)
    with net.opened(definition):
        net.net(definition.node, net.unknown())


def _block(definition: Definition, givens: tuple[Data, ...], session: Session) -> None:
    body = definition.node
    assert isinstance(body, Mapping)
    scope = block_scope(definition, {}, None, definition.scope, session)
    if (flow := body.get("flow")) is not None:
        everywhere = tuple(Context(d.name, f"given:{d.name}", d.span) for d in givens)
        place = Place(UNKNOWN, {c.name: c.origin for c in everywhere}, everywhere)
        builder = FlowBuilder(session, scope, place)
        builder.open.append(definition)
        builder.chain(flow.value, 0)
        return
    net = NetBuilder(session, scope, (), lenient=False)
    net.span = site(definition.key)
    inputs = {name: net.unknown() for name in block_inputs(definition)}
    entry, out = body.get("net"), body.get("out")
    assert entry is not None
    starts = len(inputs) == 1 and not (isinstance(entry.value, Mapping) and net.is_graph(entry.value))
    with net.opened(definition), net.own_names({name: Bundle.one(value) for name, value in inputs.items()}):
        net.net(entry.value, next(iter(inputs.values())) if starts else NOTHING)
        for item in out.value.entries if out is not None and isinstance(out.value, Mapping) else ():
            net.value_at(item.value)
