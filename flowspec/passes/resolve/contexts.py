"""What a density or a flow step is given: contexts by name, and contexts that a step computes from them."""

from __future__ import annotations

from dataclasses import dataclass, field

from flowspec.graph.model import Context
from flowspec.passes.resolve.names import check_name
from flowspec.passes.resolve.session import Session
from flowspec.syntax.tree import Entry, Mapping, Node, Scalar, Sequence, site

OUTER = "outer_x"  # what comes into a step, where x is already what the step draws


@dataclass(frozen=True, eq=False)
class Given:
    """What `given` says.

    Attributes:
        contexts: those that are there already, by the names they have here.
        computed: local name -> the step that computes it; it reads names of `available` alone.
        available: every name that `given` may mention, with its origin.
    """

    contexts: tuple[Context, ...] = ()
    computed: dict[str, Entry] = field(default_factory=dict)
    available: dict[str, str] = field(default_factory=dict)

    @property
    def names(self) -> tuple[str, ...]:
        """The local names."""
        return (*(c.name for c in self.contexts), *self.computed)

    def __bool__(self) -> bool:
        return bool(self.contexts or self.computed)


def read_given(node: Node | None, available: dict[str, str], session: Session) -> Given:
    """Reads a name, a list of names, or {local: name or step}. What is not there becomes an unknown context."""
    if node is None:
        return Given()
    if isinstance(node, Mapping):
        return _local(node, available, session)
    items = node.items if isinstance(node, Sequence) else (node,)
    found: dict[str, Context] = {}
    for item in items:
        context = _context(item, None, available, session)
        if context.name in found:
            session.report("FS203", f"`{context.name}` is given twice", site(item), "name it once")
        found.setdefault(context.name, context)
    return Given(tuple(found.values()), {}, available)


def _local(node: Mapping, available: dict[str, str], session: Session) -> Given:
    contexts, computed = [], {}
    for entry in node.entries:
        check_name(entry.key, "context", session)
        local = OUTER if entry.key.text == "x" else entry.key.text  # the x of the net must not become a context
        if isinstance(entry.value, Mapping):
            computed[local] = entry
        else:
            contexts.append(_context(entry.value, local, available, session))
    return Given(tuple(contexts), computed, available)


def _context(node: Node, local: str | None, available: dict[str, str], session: Session) -> Context:
    name = node.text if isinstance(node, Scalar) else ""
    if isinstance(node, Sequence):
        helps = "write `{chain: [...], in: NAME}`"
        session.report("FS134", "a chain of steps does not say what it reads", site(node), helps)
    elif name not in available and not (isinstance(node, Scalar) and node.bad):
        session.unknown_name("FS135", "context", name or "?", list(available), site(node))
    return Context(local or (OUTER if name == "x" else name) or "?", available.get(name, f"unknown:{name}"), site(node))
