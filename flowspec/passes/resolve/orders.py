"""Orders as they are written, with their `channels` modifier."""

from __future__ import annotations

from typing import Any

from flowspec.graph.model import OrderChoice
from flowspec.ops.orders import OrderOp
from flowspec.ops.unknown import UnknownOrder
from flowspec.passes.resolve.arguments import Arguments, read_arguments, read_step
from flowspec.passes.resolve.session import Scope, Session
from flowspec.syntax.steps import Step
from flowspec.syntax.tree import Node, Scalar, site

CHANNELS = ("inner", "joint", "first")
_EXTRA = frozenset({"channels"})


def read_order(node: Node, scope: Scope, session: Session, top: bool = False) -> OrderChoice:
    """Reads an order; one that is wrong becomes unknown. `top` says whether it may be an ensemble."""
    parsed = read_step(node, "order", scope, session, _EXTRA)
    if parsed is None:
        return OrderChoice(UnknownOrder(), "inner", site(node))
    op, step = parsed
    arguments = read_arguments(op, step, scope, session, _EXTRA)
    refuse_modifiers(arguments, "an order", session)
    assert issubclass(op, OrderOp)
    written = _channels(op, arguments, session)
    channels = written.text if written else op.channels
    if not arguments.ok or (written is None and "channels" in arguments.modifiers):
        return OrderChoice(UnknownOrder(), channels, site(step.op))
    instance: Any = op(**arguments.values)
    if instance.members > 1 and not top:
        _refuse_ensemble(step, session)
        return OrderChoice(UnknownOrder(), channels, site(step.op))
    return OrderChoice(instance, channels, site(node), site(written) if written else None)


def _refuse_ensemble(step: Step, session: Session) -> None:
    place = site(step.main if step.main is not None else step.op)
    message = "an ensemble of orders may stand at the top of a spec only"
    session.report("FS402", message, place, "use one order here: `random: 1`")


def refuse_modifiers(arguments: Arguments, place: str, session: Session, words: tuple[str, ...] = ()) -> None:
    """Reports the modifiers of steps beside something that is no step; `words` are those that may stand there."""
    for word, entry in arguments.modifiers.items():
        if word in ("in", "knows", "name", "given", "times") and word not in words:
            session.report("FS204", f"`{word}` does nothing on {place}", site(entry.key), "drop it")


def _channels(op: type[OrderOp], arguments: Arguments, session: Session) -> Scalar | None:
    """What `channels` says; None where it is not written, or after reporting that it is wrong."""
    node = arguments.modifier("channels")
    if node is None:
        return None
    text = node.text if isinstance(node, Scalar) else "?"
    if text not in CHANNELS:
        session.unknown_name("FS203", "`channels` modifier", text, CHANNELS, site(node))
        return None
    if not op.sited:
        message = f"`channels` does nothing on `{op.name}`, which ranks no sites"
        session.report("FS204", message, site(arguments.modifiers["channels"].key), "drop it")
        return None
    assert isinstance(node, Scalar)
    return node
