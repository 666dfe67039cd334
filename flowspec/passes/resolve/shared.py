"""Contexts that a step under `given` of a flow computes once, for all the steps and densities of the flow to read."""

from __future__ import annotations

from flowspec.graph.model import Computed, Conditioner, Context
from flowspec.passes.resolve.conditioners import own_source
from flowspec.passes.resolve.contexts import Given
from flowspec.passes.resolve.nets import NetBuilder
from flowspec.passes.resolve.session import Scope, Session
from flowspec.passes.resolve.values import NOTHING, Bundle
from flowspec.syntax.tree import Entry, site


def computed_origin(flow: int, name: str) -> str:
    """Where a context comes from that a flow computes."""
    return f"computed:{flow}/{name}"


def shared_contexts(given: Given, number: int, scope: Scope, session: Session) -> tuple[Computed, ...]:
    """The contexts that the steps under `given` compute; they read what is available there, and nothing of x."""
    return tuple(_computed(name, entry, given, number, scope, session) for name, entry in given.computed.items())


def _computed(name: str, entry: Entry, given: Given, number: int, scope: Scope, session: Session) -> Computed:
    place = site(entry.key)
    net = NetBuilder(session, scope, ("x",))
    net.span, net.without_x = place, True
    sources: dict[str, Context] = {}
    around = {}
    for word, origin in given.available.items():
        local = own_source(word, sources)
        sources[local] = Context(local, origin, place)
        around[word] = Bundle.one(net.source(local))
    with net.own_names(around):
        value = net.single(net.step(entry.value, NOTHING, name), entry.value)
    graph = net.finish_bare(name, value, place)
    used = {graph.nodes[i].id for i in graph.live() if graph.nodes[i].op.outside}
    contexts = tuple(c for local, c in sources.items() if local in used)
    return Computed(name, computed_origin(number, name), Conditioner(graph, contexts), place)
