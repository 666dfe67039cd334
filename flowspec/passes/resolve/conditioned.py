"""Couplings and autoregressive steps: the parts of their arguments that have rules of their own, and their nets."""

from __future__ import annotations

from typing import Any

from flowspec.graph.model import Conditioner, Context
from flowspec.ops.base import Op
from flowspec.ops.coupling import AutoregressiveStep, Conditioned
from flowspec.ops.transforms import Affine, Transform
from flowspec.passes.resolve.arguments import Arguments, read_arguments, read_step
from flowspec.passes.resolve.conditioners import Request, conditioner
from flowspec.passes.resolve.contexts import Given, read_given
from flowspec.passes.resolve.densities import Place
from flowspec.passes.resolve.inner_ops import admitted, make
from flowspec.passes.resolve.keeps import read_keep
from flowspec.passes.resolve.orders import read_order, refuse_modifiers
from flowspec.passes.resolve.session import Scope, Session
from flowspec.passes.resolve.wrong_arguments import unnamed
from flowspec.syntax.steps import Step
from flowspec.syntax.tree import Node, site


def read_conditioned(
    op: type[Op], step: Step, arguments: Arguments, place: Place, scope: Scope, session: Session
) -> tuple[Conditioned | None, Conditioner]:
    """The step and its net. The step is None where its arguments are wrong; its net is read for its own faults then."""
    key = ("op", step.node, scope.key)
    if key not in session.memo:
        session.memo[key] = _instance(op, step, arguments, scope, session)
    instance, transform = session.memo[key]
    net = arguments.nodes.get("net")
    given = read_given(arguments.modifier("given"), place.available, session)
    offered = _offered(op, step, given, session)
    request = Request(net, given, place.everywhere, site(step.op), transform.kernel, label=op.name, offered=offered)
    return instance, conditioner(request, scope, session)


def _offered(op: type[Op], step: Step, given: Given, session: Session) -> tuple[Context, ...]:
    """The contexts that the net of a step has without being given them; another of that name would hide one."""
    assert issubclass(op, Conditioned)
    places = {c.name: c.span for c in given.contexts} | {name: site(e.key) for name, e in given.computed.items()}
    for name in sorted(places.keys() & {name for name, _ in op.offers}):
        message = f"`{name}` is the time in the net of `{op.name}`, and the step is given another `{name}`"
        session.report("FS372", message, places[name], f"give it by another name: `given: {{c: {name}}}`")
    return tuple(Context(name, origin, site(step.op)) for name, origin in op.offers)


def _instance(
    op: type[Op], step: Step, arguments: Arguments, scope: Scope, session: Session
) -> tuple[Conditioned | None, Transform]:
    values: dict[str, Any] = dict(arguments.values)
    ok = arguments.ok
    if "net" not in arguments.nodes:
        ok = False
    if "net" not in arguments.nodes and not unnamed(op, step):
        assert issubclass(op, Conditioned)
        message = f"`{op.name}` needs a `net`: it gives {op.gives}"
        session.report("FS202", message, site(step.op), "add `net: [...]`, or the name of one under `nets`")
    if "keep" in arguments.nodes:
        values["keep"] = read_keep(arguments.nodes["keep"], scope, session)
        ok = ok and values["keep"] is not None
    if "order" in arguments.nodes:
        values["order"] = read_order(arguments.nodes["order"], scope, session)
    transform: Transform = Affine()
    if "transform" in arguments.nodes:
        found = _transform(arguments.nodes["transform"], scope, session)
        values["transform"] = transform = found or transform  # the kernel of the default stands in for a lost one
        ok = ok and found is not None
    instance: Any = op(**values) if ok else None
    if instance is not None and not admitted(instance, step, arguments, session):
        instance = None
    return instance, transform


def _transform(node: Node, scope: Scope, session: Session) -> Transform | None:
    parsed = read_step(node, "transform", scope, session)
    if parsed is None:
        return None
    op, step = parsed
    arguments = read_arguments(op, step, scope, session)
    refuse_modifiers(arguments, "a transform", session)
    found = make(op, step, arguments, scope, session)
    return found if isinstance(found, Transform) else None


def turns(op: Conditioned) -> bool:
    """Whether `times` swaps or reverses: couplings always, orders that may be total."""
    if not isinstance(op, AutoregressiveStep):
        return True
    return op.order is not None and bool(op.order.op.turns)
