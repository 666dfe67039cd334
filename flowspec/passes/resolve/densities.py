"""Densities as they are written: by name, as a model without x, or as a flow."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flowspec.diagnostics import Span
from flowspec.graph.model import Autoregressive, Conditioner, Context, Density, Leaf, OrderChoice
from flowspec.graph.support import Support
from flowspec.ops.base import OpError
from flowspec.ops.densities import DensityOp
from flowspec.ops.registry import vocabulary
from flowspec.passes.resolve.arguments import Arguments, read_arguments, read_step, value_of
from flowspec.passes.resolve.conditioners import Request, conditioner, contexts_of
from flowspec.passes.resolve.orders import read_order
from flowspec.passes.resolve.session import Scope, Session
from flowspec.syntax.tree import Mapping, Node, site

HEAD_WORDS = frozenset({"kernel"})
MODEL_KEYS = ("order", "net", "head", "given")
FLOW_KEYS = ("flow", "base", "given")
CHANNELS = ("inner", "joint", "first")


@dataclass(frozen=True, eq=False)
class Place:
    """Where a density stands: the values it must fit, and the contexts there are.

    `available` maps names that `given` may mention to origins; `everywhere` are contexts with names in every net;
    `offered` are given without being asked for (what goes on after a split).
    """

    values: Support
    available: dict[str, str]
    everywhere: tuple[Context, ...] = ()
    offered: tuple[Context, ...] = ()
    id: str = "base"
    names: tuple[str, ...] = ()
    spans: dict[str, Span] = field(default_factory=dict)


def density(node: Node, place: Place, scope: Scope, session: Session) -> Density | None:
    """Reads a density. None after reporting what is wrong with it."""
    from flowspec.passes.resolve.flows import flow_model

    if isinstance(node, Mapping) and not any(key in vocabulary("density") for key in node.keys()):
        keys = node.keys()
        if "flow" in keys:
            return flow_model(node, place, scope, session)
        if any(key in MODEL_KEYS for key in keys):
            return autoregressive(node, place, scope, session)
    head = read_head(node, scope, session)
    if head is None:
        return None
    if not fits(head, place.values, node, session):
        return None
    if head.input is not None or head.given is not None:
        return _with_net(None, head, place, scope, session, site(node), given=head.given)
    form = "standard" if head.op.bare else "free"
    return Leaf(head.op, form, site(node), id=place.id)


# --- heads ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class HeadChoice:
    """A density as a head: the family, the kernel of its projection, and what it reads if `in` says so."""

    op: DensityOp
    kernel: int | tuple[int, ...]
    input: Node | None
    given: Node | None
    span: Span


def read_head(node: Node, scope: Scope, session: Session) -> HeadChoice | None:
    """Reads a density by name with its arguments."""
    parsed = read_step(node, "density", session, HEAD_WORDS)
    if parsed is None:
        return None
    op, step = parsed
    arguments = read_arguments(op, step, scope, session, HEAD_WORDS)
    if arguments is None:
        return None
    kernel = _kernel(arguments, scope, session)
    entry, given = arguments.modifiers.get("in"), arguments.modifiers.get("given")
    for word in ("knows", "times", "name"):
        if word in arguments.modifiers:
            session.report(
                "FS204", f"`{word}` does nothing on a density", site(arguments.modifiers[word].key), "drop it"
            )
    family: Any = op(**arguments.values)
    return HeadChoice(family, kernel, entry.value if entry else None, given.value if given else None, site(step.op))


def _kernel(arguments: Arguments, scope: Scope, session: Session) -> int | tuple[int, ...]:
    entry = arguments.modifiers.get("kernel")
    if entry is None:
        return 1
    value, ok = value_of(entry.value, scope, session)
    sizes = value if isinstance(value, list) else [value]
    if ok and all(isinstance(v, int) and not isinstance(v, bool) and v >= 1 for v in sizes) and sizes:
        return tuple(sizes) if isinstance(value, list) else int(value)
    if ok:
        session.report("FS203", "`kernel` must be an integer at least 1, or one an axis", site(entry.value))
    return 1


def fits(head: HeadChoice, values: Support, node: Node, session: Session) -> bool:
    """Whether the density is one over these values; reports it if not."""
    try:
        head.op.check_values(values)
    except OpError as error:
        session.report(error.code, error.message, head.span, error.help)
        return False
    return True


# --- autoregressive models -----------------------------------------------------------------------------------------


def autoregressive(node: Mapping, place: Place, scope: Scope, session: Session, top: bool = False) -> Density | None:
    """A model by `order`, `net` and `head`."""
    if not top:
        for entry in node.entries:
            if entry.key.text not in MODEL_KEYS:
                session.unknown_name("FS201", "key of a model", entry.key.text, MODEL_KEYS, site(entry.key))
    order_entry, net_entry, head_entry = node.get("order"), node.get("net"), node.get("head")
    order = read_order(order_entry.value, scope, session, top) if order_entry else None
    given = None if top else node.get("given")
    contexts = contexts_of(given.value if given else None, place.available, session)
    if head_entry is None:
        session.report(
            "FS202",
            "a model with an order or a net needs a `head`",
            site(node),
            "add `head: bernoulli`, `categorical`, `normal`, ...",
        )
    head = read_head(head_entry.value, scope, session) if head_entry else None
    if head is not None and head.given is not None:
        session.report(
            "FS204",
            "`given` on the head of a model does nothing",
            site(head.given),
            "put `given` beside `net` and `head`",
        )
    if head is not None and not fits(head, place.values, node, session):
        head = None
    bad_order = order_entry is not None and order is None
    if head is None or contexts is None or bad_order:
        _read_net_anyway(net_entry.value if net_entry else None, contexts or (), place, scope, session)
        return None
    own = (*place.offered, *contexts)
    if order is None or _knows_nothing(order):
        choice = order or OrderChoice(vocabulary("order")["none"](), "joint", site(node))
        return _independent(
            net_entry.value if net_entry else None, head, choice, own, place, scope, session, site(node)
        )
    return _ordered(node, order, head, own, place, scope, session)


def _read_net_anyway(
    net: Node | None, contexts: tuple[Context, ...], place: Place, scope: Scope, session: Session
) -> None:
    """Looks for independent faults in the net of a model that failed elsewhere."""
    if net is not None:
        conditioner(Request(net, contexts, place.everywhere, 1, site(net)), scope, session)


def _knows_nothing(order: OrderChoice) -> bool:
    return order.op.independent and order.channels == "joint"


def _independent(
    net: Node | None,
    head: HeadChoice,
    order: OrderChoice,
    own: tuple[Context, ...],
    place: Place,
    scope: Scope,
    session: Session,
    span: Span,
) -> Density | None:
    """Variables that are independent given the contexts: free parameters, or the parameters a net gives."""
    if net is None and head.input is None and not own:
        return Leaf(head.op, "free", span, id=place.id)
    return _with_net(net, head, place, scope, session, span, own=own)


def _with_net(
    net: Node | None, head: HeadChoice, place: Place, scope: Scope, session: Session, span: Span,
    given: Node | None = None, own: tuple[Context, ...] = (),
) -> Density | None:  # fmt: skip
    extra = contexts_of(given, place.available, session)
    if extra is None:
        return None
    own = (*own, *extra) or place.offered
    if not own and not place.everywhere:
        session.report(
            "FS232",
            "a net without an order has nothing to read: no variable may know another, and no context is given",
            span,
            ("declare an `order`", "give it a context, or drop the net for free parameters"),
        )
        return None
    size = head.op.size(place.values)
    if size == 0:
        session.report(
            "FS233",
            f"`{head.op.name}` has no parameters for a net to give",
            head.span,
            "drop the net, or use another density",
        )
        return None
    request = Request(
        net, own or place.everywhere, place.everywhere, size, head.span, head.kernel, head.input, reads_x=False
    )
    found = conditioner(request, scope, session)
    return None if found is None else Leaf(head.op, "net", span, found, found.contexts, place.id)


def _ordered(
    node: Mapping,
    order: OrderChoice,
    head: HeadChoice,
    own: tuple[Context, ...],
    place: Place,
    scope: Scope,
    session: Session,
) -> Density | None:
    net = node.get("net")
    span = site(node)
    if net is None and head.input is None:
        session.report(
            "FS234",
            "an order without a net: no conditional reads what the order lets it know",
            head.span,
            ("add a `net`", f"or let the head read x itself: `head: {{{head.op.name}: {{}}, in: x}}`"),
        )
        return None
    size = head.op.size(place.values)
    if size == 0:
        session.report("FS233", f"`{head.op.name}` has no parameters for a net to give", head.span, "use another head")
        return None
    mine = own or (place.everywhere if place.id == "model" else ())
    request = Request(net.value if net else None, mine, place.everywhere, size, head.span, head.kernel, head.input)
    found: Conditioner | None = conditioner(request, scope, session)
    return None if found is None else Autoregressive(order, head.op, found, span, found.contexts, place.id)
