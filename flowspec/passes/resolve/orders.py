"""Orders as they are written, with their `channels` modifier."""

from __future__ import annotations

from typing import Any

from flowspec.diagnostics import Span
from flowspec.graph.model import OrderChoice
from flowspec.passes.resolve.arguments import Arguments, read_arguments, read_step
from flowspec.passes.resolve.session import Scope, Session
from flowspec.syntax.steps import Step
from flowspec.syntax.tree import Node, Scalar, site

CHANNELS = ("inner", "joint", "first")


def read_order(node: Node, scope: Scope, session: Session, top: bool = False) -> OrderChoice | None:
    """Reads an order with its `channels` modifier."""
    parsed = read_step(node, "order", session, frozenset({"channels"}))
    if parsed is None:
        return None
    op, step = parsed
    arguments = read_arguments(op, step, scope, session, frozenset({"channels"}))
    if arguments is None:
        return None
    channels = _channels(op.name, arguments, session)
    if channels is None:
        return None
    instance: Any = op(**arguments.values)
    if instance.members > 1 and not top:
        session.report(
            "FS402",
            "an ensemble of orders may stand at the top of a spec only",
            _members_span(step),
            "use one order here: `random: 1`",
        )
        return None
    return OrderChoice(instance, channels, site(node))


def _members_span(step: Step) -> Span:
    return site(step.main) if step.main is not None else step.span


def _channels(name: str, arguments: Arguments, session: Session) -> str | None:
    entry = arguments.modifiers.get("channels")
    if entry is None:
        return "joint" if name == "none" else "inner"
    text = entry.value.text if isinstance(entry.value, Scalar) else "?"
    if text not in CHANNELS:
        session.unknown_name("FS203", "`channels` modifier", text, CHANNELS, site(entry.value))
        return None
    return text
