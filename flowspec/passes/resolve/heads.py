"""Densities by name, and what they are as heads: a family, and the last projection to its parameters."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flowspec.diagnostics import Span
from flowspec.graph.support import Support
from flowspec.ops.base import OpError
from flowspec.ops.densities import DensityOp
from flowspec.ops.unknown import UnknownDensity
from flowspec.passes.resolve.arguments import Arguments, is_whole, read_arguments, read_step, value_of
from flowspec.passes.resolve.orders import refuse_modifiers
from flowspec.passes.resolve.session import Scope, Session
from flowspec.syntax.tree import Mapping, Node, site

HEAD_WORDS = frozenset({"kernel"})


@dataclass(frozen=True, eq=False)
class HeadChoice:
    """A density as a head: the family, the kernel of its projection, and what it reads if `in` says so."""

    op: DensityOp
    kernel: int | tuple[int, ...]
    input: Node | None
    given: Node | None
    span: Span

    @property
    def known(self) -> bool:
        """Whether the family is one of the vocabulary, and no stand-in."""
        return not isinstance(self.op, UnknownDensity)


def read_head(node: Node, values: Support, scope: Scope, session: Session) -> HeadChoice:
    """Reads a density by name with its arguments, which has to be one over `values`; a wrong one becomes unknown."""
    parsed = read_step(node, "density", scope, session, HEAD_WORDS)
    if parsed is None:
        entry = node.get("in") if isinstance(node, Mapping) else None
        return unknown_head(site(node), entry.value if entry else None)
    op, step = parsed
    arguments = read_arguments(op, step, scope, session, HEAD_WORDS)
    refuse_modifiers(arguments, "a density", session, ("in", "given"))
    family: Any = op(**arguments.values) if arguments.ok else UnknownDensity()
    if not _fits(family, values, site(step.op), session):
        family = UnknownDensity()
    kernel = _kernel(arguments, scope, session)
    return HeadChoice(family, kernel, arguments.modifier("in"), arguments.modifier("given"), site(step.op))


def unknown_head(span: Span, reads: Node | None = None) -> HeadChoice:
    """The stand-in for a head that failed; what it reads may be known all the same."""
    return HeadChoice(UnknownDensity(), 1, reads, None, span)


def _kernel(arguments: Arguments, scope: Scope, session: Session) -> int | tuple[int, ...]:
    node = arguments.modifier("kernel")
    if node is None:
        return 1
    value, ok = value_of(node, scope, session)
    sizes = value if isinstance(value, list) else [value]
    if ok and sizes and all(is_whole(v) and 1 <= v < 2**31 for v in sizes):
        return tuple(sizes) if isinstance(value, list) else int(value)
    if ok:
        session.report("FS203", "`kernel` must be an integer at least 1, or one for each axis", site(node))
    return 1


def _fits(family: DensityOp, values: Support, span: Span, session: Session) -> bool:
    """Whether the density is one over these values; reports it if not."""
    if values.unknown:
        return True
    try:
        family.check_values(values)
    except OpError as error:
        session.report(error.code, error.message, span, error.help)
        return False
    return True
