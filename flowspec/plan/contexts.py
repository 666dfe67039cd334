"""What densities and nets are given: where each context comes from, and how it enters a net as numbers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from flowspec.graph.layout import Layout
from flowspec.graph.model import TIME, Conditioner, Context, Density, Flow
from flowspec.graph.support import Support
from flowspec.passes.facts import NetFacts
from flowspec.plan.names import Namer, local
from flowspec.plan.nets import Entry

Origins = Mapping[str, "Datum"]


@dataclass(frozen=True, slots=True)
class Datum:
    """Data that a net may read: its shape and values, and the number of classes of a label, which has no shape."""

    shape: tuple[int, ...]
    values: Support
    classes: int | None = None

    @property
    def conversion(self) -> str:
        """How it becomes numbers: labels one-hot, integers on [-1, 1]; empty for numbers and bits, which enter as they are."""
        if self.classes is not None:
            return f"F.one_hot({{0}}, {self.classes}).to({{1}}.dtype)"
        count = self.values.count
        if isinstance(count, tuple):
            return f"signed_unit({{0}}, {{0}}.new_tensor({list(count)}))"
        return "" if count in (None, 2) else f"signed_unit({{0}}, {count})"


def datum(layout: Layout, values: Support) -> Datum:
    """Variables of one layout."""
    return Datum(layout.shape, values)


def parameter_names(contexts: tuple[Context, ...], taken: tuple[str, ...] = ("x",)) -> dict[str, str]:
    """The parameter by which each context enters a net or a density, by its local name in the spec."""
    return {c.name: word for c, word in zip(contexts, words_of(contexts, taken), strict=True)}


def words_of(contexts: tuple[Context, ...], taken: tuple[str, ...] = ("x",)) -> tuple[str, ...]:
    """The same, one for each context; in a flow two contexts may have one local name."""
    namer = Namer(taken)
    return tuple(namer.fresh(local(c.name, "context")) for c in contexts)


def entries(facts: NetFacts, conditioner: Conditioner, x: Datum | None, origins: Origins) -> tuple[Entry, ...]:
    """The sources of one use of a net, x first."""
    nodes = {node.id: i for i, node in enumerate(facts.conditioner.graph.nodes) if not node.inputs}
    names = parameter_names(conditioner.contexts)
    found = [Entry(0, "x", x.shape, x.conversion)] if x is not None else []
    for context in conditioner.contexts:
        known = origins[context.origin]
        found.append(Entry(nodes[context.name], names[context.name], known.shape, known.conversion))
    return tuple(found)


# --- contexts of flows inside flows --------------------------------------------------------------------------------------


def contexts_of(density: Density) -> tuple[Context, ...]:
    """What a density must be given, one for each origin, in the order in which it is first named."""
    if not isinstance(density, Flow):
        return density.conditioner.contexts if density.conditioner is not None else ()
    found: dict[str, Context] = {}
    own = {c.origin for c in density.computed}
    for context in _read_in(density):
        if density.own(context.origin) is None and context.origin not in own | {TIME}:
            found.setdefault(context.origin, context)
    return tuple(found.values())


def _read_in(flow: Flow) -> Iterator[Context]:
    """What the nets of a flow read, those of its parts last."""
    for conditioner in [c.conditioner for c in flow.computed] + [n.conditioner for n in flow.nodes if n.conditioner]:
        yield from conditioner.contexts
    for density in [n.op.drawn for n in flow.nodes if n.op.drawn is not None] + [p.density for p in flow.parts]:
        yield from contexts_of(density)
