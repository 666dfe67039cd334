"""Models by `order`, `net` and `head`: autoregressive ones, and variables that are independent given contexts."""

from __future__ import annotations

from flowspec.diagnostics import Span
from flowspec.graph.model import Autoregressive, Density, Leaf, OrderChoice
from flowspec.passes.resolve.conditioners import Request, conditioner
from flowspec.passes.resolve.contexts import Given, read_given
from flowspec.passes.resolve.densities import MODEL_KEYS, Place, has_parameters, unknown_density, with_net
from flowspec.passes.resolve.heads import HeadChoice, read_head, unknown_head
from flowspec.passes.resolve.orders import read_order
from flowspec.passes.resolve.session import Scope, Session
from flowspec.syntax.tree import Mapping, site


def autoregressive(node: Mapping, place: Place, scope: Scope, session: Session) -> Density:
    """Reads a model by `order`, `net` and `head`."""
    meant = frozenset[str]() if place.top else session.check_keys("FS201", "key of a model", node, MODEL_KEYS)
    given_entry = None if place.top else node.get("given")
    given = read_given(given_entry.value if given_entry else None, place.available, session)
    order_entry = node.get("order")
    order = read_order(order_entry.value, scope, session, place.top) if order_entry else None
    head = unknown_head(_first(node)) if "head" in meant else _head(node, place, scope, session)
    if order is None or (order.op.independent and order.channels == "joint"):
        return _independent(node, order is not None and order.joint, head, given, place, scope, session)
    return _ordered(node, order, head, given, place, scope, session)


def _head(node: Mapping, place: Place, scope: Scope, session: Session) -> HeadChoice:
    entry = node.get("head")
    if entry is not None:
        head = read_head(entry.value, place.values, scope, session)
        if head.given is not None:
            message = "`given` on the head of a model does nothing"
            session.report("FS204", message, site(head.given), "put `given` beside `net` and `head`")
        return head
    message = "a model with an order or a net needs a `head`: the density of each variable"
    session.report("FS202", message, _first(node), "add `head: bernoulli`, `categorical`, `normal`, ...")
    return unknown_head(_first(node))


def _first(node: Mapping) -> Span:
    """Where a model is declared: its first key that says so."""
    return site(next(entry.key for entry in node.entries if entry.key.text in MODEL_KEYS))


def _independent(
    node: Mapping, joint: bool, head: HeadChoice, given: Given, place: Place, scope: Scope, session: Session
) -> Density:
    """Variables that are independent given the contexts: free parameters, or the parameters that a net gives.

    Under a `joint` head that can, it is the sites that are independent.
    """
    net = node.get("net")
    if net is None and head.input is None and not given and not place.offered:
        return Leaf(head.op, "free", _first(node), id=place.id, joint=joint)
    span = site((net or node.entries[0]).key)
    return with_net(net.value if net else None, head, given, place, scope, session, span, joint)


def _ordered(
    node: Mapping, order: OrderChoice, head: HeadChoice, given: Given, place: Place, scope: Scope, session: Session
) -> Density:
    net = node.get("net")
    if net is None and head.input is None:
        if head.known:
            message = "an order without a net: no conditional reads what the order lets it know"
            reads_x = f"or let the head read x itself: `head: {{{head.op.name}: {{}}, in: x}}`"
            session.report("FS234", message, order.span, ("add a `net`", reads_x))
        return unknown_density(head.span, place)
    if not has_parameters(head, place, session):
        return unknown_density(head.span, place)
    asked = Given(place.everywhere) if place.top and not given else given
    request = Request(
        net.value if net else None, asked, place.everywhere, head.span, head.kernel, head.input, offered=place.offered
    )
    found = conditioner(request, scope, session)
    return Autoregressive(order, head.op, found, head.span, found.contexts, place.id)
