"""Arguments that are ops themselves: the density whose distribution function is taken, the steps that are inverted."""

from __future__ import annotations

from typing import Any

from flowspec.ops.base import Op, OpError
from flowspec.ops.densities import DensityOp
from flowspec.ops.flow_base import FlowOp
from flowspec.passes.resolve.arguments import Arguments, read_arguments, read_step
from flowspec.passes.resolve.orders import refuse_modifiers
from flowspec.passes.resolve.session import Scope, Session
from flowspec.syntax.steps import Step
from flowspec.syntax.tree import Node, Sequence, site


def make(op: type[Op], step: Step, arguments: Arguments, scope: Scope, session: Session) -> Op | None:
    """The op with its arguments, also with those that are ops themselves; None where they are wrong."""
    values, ok = _with_inner_ops(op, arguments, scope, session)
    made = op(**values) if ok else None
    return made if made is not None and admitted(made, step, arguments, session) else None


def admitted(made: Op, step: Step, arguments: Arguments, session: Session) -> bool:
    """Whether the ops among the arguments fit; reports it if not."""
    try:
        made.admit()
    except OpError as error:
        span = dict(arguments.spans).get(error.argument, site(step.op))
        session.report(error.code, error.message, span, error.help)
        return False
    return True


def _with_inner_ops(op: type[Op], arguments: Arguments, scope: Scope, session: Session) -> tuple[dict[str, Any], bool]:
    """The plain values and the ops among the arguments, and whether all of them could be read."""
    declared, values, ok = op.arguments(), dict(arguments.values), arguments.ok
    for word, node in arguments.nodes.items():
        if declared[word].form == "family":
            values[word] = _family(node, scope, session)
        elif declared[word].form == "bijections":
            values[word] = _bijections(node, scope, session)
        else:
            continue
        ok = ok and values[word] is not None
    return values, ok


def _family(node: Node, scope: Scope, session: Session) -> DensityOp | None:
    """A density by name."""
    parsed = read_step(node, "density", scope, session)
    made = None if parsed is None else _made(*parsed, "a density inside `cdf`", scope, session)
    return made if isinstance(made, DensityOp) else None


def _bijections(node: Node, scope: Scope, session: Session) -> tuple[FlowOp, ...] | None:
    """Steps of a chain, each of them elementwise."""
    items = node.items if isinstance(node, Sequence) else (node,)
    if not items:
        session.report("FS203", "`invert` holds one step or more, and this one is empty", site(node))
    steps = [_bijection(item, scope, session) for item in items]
    found = tuple(step for step in steps if step is not None)
    return found if items and len(found) == len(items) else None


def _bijection(node: Node, scope: Scope, session: Session) -> FlowOp | None:
    parsed = read_step(node, "flow", scope, session)
    if parsed is None:
        return None
    op, step = parsed
    if not (issubclass(op, FlowOp) and op.pointwise):
        message = f"`{op.name}` inside `invert`, which takes elementwise steps"
        helps = "leave it outside; `logit`, `sigmoid`, `log`, `cdf`, `affine`, `spline` and their like can be inverted"
        session.report("FS362", message, site(step.op), helps)
        session.give_up(node)
        return None
    made = _made(op, step, "a step inside `invert`", scope, session)
    return made if isinstance(made, FlowOp) else None


def _made(op: type[Op], step: Step, what: str, scope: Scope, session: Session) -> Op | None:
    arguments = read_arguments(op, step, scope, session)
    refuse_modifiers(arguments, what, session)
    return make(op, step, arguments, scope, session)
