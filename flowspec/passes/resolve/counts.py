"""Counts: how often a step stands where it is written."""

from __future__ import annotations

from flowspec.ops.schema import show
from flowspec.passes.resolve.arguments import Arguments, is_whole, value_of
from flowspec.passes.resolve.session import MAX_STEPS, Scope, Session
from flowspec.syntax.tree import site


def times_of(arguments: Arguments, scope: Scope, session: Session) -> int:
    """What `times` beside a step says; 1 where it is wrong, after reporting it."""
    node = arguments.modifier("times")
    if node is None:
        return 1
    value, ok = value_of(node, scope, session)
    if is_whole(value) and 1 <= value <= MAX_STEPS:
        return int(value)
    if ok:
        session.report("FS203", f"`times` is {show(value)}; it must be an integer from 1 to {MAX_STEPS:,}", site(node))
    return 1
