"""Models by `flow` and `base`."""

from __future__ import annotations

from dataclasses import replace

from flowspec.graph.model import Context, Density, Flow, origins_of
from flowspec.passes.resolve.conditioners import report_unseen
from flowspec.passes.resolve.contexts import read_given
from flowspec.passes.resolve.densities import FLOW_KEYS, Place, unknown_density
from flowspec.passes.resolve.flows import FlowBuilder
from flowspec.passes.resolve.session import Scope, Session
from flowspec.passes.resolve.shared import shared_contexts
from flowspec.syntax.tree import Mapping, site


def flow_model(node: Mapping, place: Place, scope: Scope, session: Session) -> Density:
    """Reads a density by `flow` and `base`; what is wrong in it is reported, and unknown."""
    meant = frozenset[str]() if place.top else session.check_keys("FS201", "key of a flow model", node, FLOW_KEYS)
    entry = None if place.top else node.get("given")
    given = read_given(entry.value if entry else None, place.available, session)
    flow, base = node.get("flow"), node.get("base")
    if flow is None:
        assert base is not None
        if "flow" not in meant:
            session.report("FS108", "a `base` without a `flow`", site(base.key), "add `flow: [...]`")
        session.give_up(base.value)
        return unknown_density(site(base.key), place)
    if base is None and "base" not in meant:
        message = "a flow needs a `base`: the density that its parts end in"
        session.report("FS202", message, site(flow.key), "add `base: normal`")
    builder = FlowBuilder(session, scope, place)
    computed = shared_contexts(given, builder.number, scope, session)
    contexts = (*given.contexts, *(Context(c.name, c.origin, c.span) for c in computed))
    builder.place = replace(
        place,
        available={**place.available, **{c.name: c.origin for c in (*contexts, *place.offered)}},
        everywhere=(*place.everywhere, *contexts, *place.offered),
        offered=(),
    )
    builder.run(flow.value)
    parts = builder.finish(base, site(flow.key))
    found = Flow(tuple(builder.nodes), tuple(parts), site(flow.key), given.contexts, place.id, builder.number, computed)
    seen = origins_of(found)
    for context in contexts:
        if not builder.loose and context.origin not in seen:
            report_unseen(context.name, context.span, session)
    return found
