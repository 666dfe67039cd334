"""Densities as they are written: by name, as a model without x, or as a flow."""

from __future__ import annotations

from dataclasses import dataclass

from flowspec.diagnostics import Span
from flowspec.graph.model import Context, Density, Leaf
from flowspec.graph.support import Support
from flowspec.ops.registry import vocabulary
from flowspec.ops.unknown import UnknownDensity
from flowspec.passes.resolve.conditioners import Request, conditioner
from flowspec.passes.resolve.contexts import Given, read_given
from flowspec.passes.resolve.heads import HeadChoice, read_head
from flowspec.passes.resolve.session import Scope, Session
from flowspec.syntax.tree import Mapping, Node

MODEL_KEYS = ("order", "net", "head", "given")
FLOW_KEYS = ("flow", "base", "given")


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

    @property
    def top(self) -> bool:
        """Whether it is the model of a whole spec."""
        return self.id == "model"


def density(node: Node, place: Place, scope: Scope, session: Session) -> Density:
    """Reads a density; one that is wrong becomes unknown, after reporting it."""
    if is_model(node):
        assert isinstance(node, Mapping)
        if "flow" in node or "base" in node:
            from flowspec.passes.resolve.flow_models import flow_model

            return flow_model(node, place, scope, session)
        from flowspec.passes.resolve.models import autoregressive

        return autoregressive(node, place, scope, session)
    head = read_head(node, place.values, scope, session)
    if head.input is not None or head.given is not None:
        given = read_given(head.given, place.available, session)
        return with_net(None, head, given, place, scope, session, head.span)
    return Leaf(head.op, "standard" if head.op.bare else "free", head.span, id=place.id)


def is_model(node: Node) -> bool:
    """Whether a density is written as a model: by `order`, `net` and `head`, or by `flow` and `base`."""
    if not isinstance(node, Mapping) or any(key in vocabulary("density") for key in node.keys()):
        return False
    return any(key in MODEL_KEYS or key in FLOW_KEYS for key in node.keys())


def unknown_density(span: Span, place: Place) -> Leaf:
    """The stand-in for a density that failed."""
    return Leaf(UnknownDensity(), "standard", span, id=place.id)


def with_net(
    net: Node | None, head: HeadChoice, given: Given, place: Place, scope: Scope, session: Session, span: Span,
    joint: bool = False,
) -> Density:  # fmt: skip
    """Variables that are independent given the contexts, with the parameters that a net computes from those."""
    everywhere = Given(place.everywhere) if not given and not place.offered else given
    if not everywhere and not place.offered:
        message = "nothing to read: without an order no variable may know another, and no context is given"
        helps = ("declare an `order`", "give it a context, or drop the net for free parameters")
        session.report("FS232", message, span, helps)
        session.give_up(net)
        return unknown_density(span, place)
    if not has_parameters(head, place, session):
        return unknown_density(span, place)
    request = Request(
        net, everywhere, place.everywhere, head.span, head.kernel, head.input, reads_x=False, offered=place.offered
    )
    found = conditioner(request, scope, session)
    return Leaf(head.op, "net", head.span, found, found.contexts, place.id, joint)


def has_parameters(head: HeadChoice, place: Place, session: Session) -> bool:
    """Whether there is anything for a net to give; reports it if not."""
    if head.op.size(place.values):
        return True
    message = f"`{head.op.name}` has no parameters for a net to give"
    session.report("FS233", message, head.span, "drop the net, or use another density")
    return False
