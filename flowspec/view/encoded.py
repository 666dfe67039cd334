"""Fields behind an encoder, where no entry of z is a variable of x: which variables an entry of z depends on, through the
density that it is drawn from, and which entries of z the decoder uses for a variable. Each also the other way round."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np

from flowspec.diagnostics import Span
from flowspec.graph.layout import Layout
from flowspec.graph.model import Density, Flow, FlowNode, Leaf, Part, value_origin
from flowspec.order import Bits, Grid, centre
from flowspec.passes.dependency import LIMIT, flow_values
from flowspec.passes.drawn_rows import drawn_rows
from flowspec.passes.facts import Facts
from flowspec.view.entries import entries_by_value, is_encoder
from flowspec.view.errors import ViewError
from flowspec.view.field import Encoded, Field
from flowspec.view.places import variable_at, variable_name

Values = Callable[[], dict[int, Bits]]
READ = ".z"  # behind the name of a decoder: what of z it uses


@dataclass(frozen=True, slots=True)
class Side:
    """Entries of z, or variables: one of them is chosen, or all are drawn."""

    layout: Layout
    of: str
    labels: tuple[str, ...] = ()

    @property
    def grid(self) -> Grid:
        return Grid(self.layout.channels, self.layout.sites or (1,))

    def chosen(self, at: str | None) -> int:
        """The number of the one at `at`, or of the centre. Raises ViewError."""
        try:
            return centre(self.grid) if at is None else variable_at(self.grid, at, self.labels)
        except ViewError as fault:
            raise fault if self.of != "z" else ViewError(f"z has no entry at `{at}`", fault.help_text) from None

    def name(self, v: int) -> str:
        return variable_name(self.grid, v, self.labels, self.of)


@dataclass(frozen=True, slots=True)
class Relation:
    """What depends on what: `rows` gives a row of bits for each of `wholes`, over `parts`."""

    role: str
    node: str
    span: Span
    wholes: Side
    parts: Side
    rows: Callable[[], Bits]
    law: str
    direct: bool
    encoder: str

    def followed(self) -> Bits | None:
        """The rows; None where there is too much to follow one by one."""
        if max(self.wholes.grid.size, self.parts.grid.size) > LIMIT:
            return None
        try:
            return self.rows()
        except ValueError:
            return None

    def field(self, at: str | None, back: bool) -> Field:
        """The field of the one at `at`. Raises ViewError where there is none."""
        one, other = (self.parts, self.wholes) if back else (self.wholes, self.parts)
        v = one.chosen(at)
        bits = self.followed()
        pairs, possible = (0, 0) if bits is None else (bits.count(), bits.units * bits.columns)
        encoded = Encoded(
            self.role, one.name(v), one.grid, one.layout.shape, self.law, pairs, possible, self.direct, self.encoder
        )
        seen = None if bits is None else bits.dense()[:, v] if back else bits.row(v)
        return Field(
            (self.node,), self.span, other.grid, other.layout.shape, other.of, v, seen,
            labels=other.labels, back=back, encoded=encoded,
        )  # fmt: skip


def encoder_names(flow: Flow) -> list[str]:
    """The nodes that have such a field: each encoder, its decoder's z, and the z that the last one becomes."""
    found = [name for node in flow.nodes if is_encoder(node) for name in (node.id, _decoder(flow, node).name + READ)]
    return [*found, "z"] if found else []


def encoded_fields(flow: Flow, facts: Facts, node: str | None, at: str | None, back: bool) -> Iterator[Field]:
    """Those of `node`, or all. Without a name a field is left out where it has no such entry or variable, and what z
    becomes where that depends on no more than z does.

    Raises:
        ViewError: where none has it.
    """
    faults: list[ViewError] = []
    found: dict[str, Field] = {}
    for relation in relations(flow, facts):
        if node in (None, relation.node):
            try:
                found[relation.node] = relation.field(at, back)
            except ViewError as fault:
                faults.append(fault)
    if faults and not found:
        raise faults[0]
    yield from _without_repeats(flow, facts, found) if node is None else found.values()


def _without_repeats(flow: Flow, facts: Facts, found: dict[str, Field]) -> Iterator[Field]:
    last = [node for node in flow.nodes if is_encoder(node)][-1]
    latent, steps = found.get("z"), len(_onwards(flow, facts, last))
    for name, field in found.items():
        same = latent is not None and _alike(latent, found.get(last.id))
        if name == last.id and same and steps and field.seen is not None:
            assert field.encoded is not None
            yield replace(field, encoded=replace(field.encoded, idle=steps))
        elif name != "z" or not same:
            yield field


def _alike(one: Field, other: Field | None) -> bool:
    return other is not None and (one.seen is other.seen or np.array_equal(one.seen, other.seen))  # type: ignore[arg-type]


def _onwards(flow: Flow, facts: Facts, encoder: FlowNode) -> list[FlowNode]:
    """The steps that z goes through behind its encoder."""
    entries = entries_by_value(flow, facts, encoder.outputs[1])
    return [node for node in flow.nodes if node.input in entries and not is_encoder(node)]


def relations(flow: Flow, facts: Facts) -> Iterator[Relation]:
    """What every encoder draws, what each decoder uses, and what the last one's z becomes where later steps add to it."""
    encoders = [node for node in flow.nodes if is_encoder(node)]
    values = cache(lambda: flow_values(flow, facts))
    for node in encoders:
        yield _drawn(flow, facts, node, values)
        if node is encoders[-1]:
            yield _latent(flow, facts, node, values)
        yield _read(flow, facts, node)


def _drawn(flow: Flow, facts: Facts, node: FlowNode, values: Values) -> Relation:
    z, x = _sides(flow, facts, node, 0)
    law, direct = _law(node.op.drawn), _reads_x(flow, facts, node)
    return Relation("drawn", node.id, node.span, z, x, lambda: values()[node.outputs[1]], law, direct, node.id)


def _read(flow: Flow, facts: Facts, node: FlowNode) -> Relation:
    z, x = _sides(flow, facts, node, node.input)
    part, own = _decoder(flow, node), Bits.identity
    origin, units = value_origin(flow.number, node.outputs[1]), z.layout.units

    def rows() -> Bits:
        return drawn_rows(part.density, facts, {origin: own(units)}, units)

    return Relation("read", part.name + READ, part.density.span, x, z, rows, _law(part.density), x.of == "x", node.id)


def _latent(flow: Flow, facts: Facts, node: FlowNode, values: Values) -> Relation:
    z, x = _sides(flow, facts, node, 0)
    direct = _reads_x(flow, facts, node)
    return Relation("latent", "z", node.span, z, x, lambda: _becomes(flow, facts, node, values()), "", direct, node.id)


def _becomes(flow: Flow, facts: Facts, node: FlowNode, values: dict[int, Bits]) -> Bits:
    """A row for each entry of z, of what it ends in."""
    entries = entries_by_value(flow, facts, node.outputs[1])
    found = values[node.outputs[1]].data.copy()
    for part in flow.parts:
        if part.value in entries:
            there = entries[part.value]
            found[there[there >= 0]] = values[part.value].data[there >= 0]
    return Bits(found, values[0].columns)


def _reads_x(flow: Flow, facts: Facts, node: FlowNode) -> bool:
    return _sides(flow, facts, node, node.input)[1].of == "x"


def _sides(flow: Flow, facts: Facts, node: FlowNode, value: int) -> tuple[Side, Side]:
    """z, and the variables of a value before the encoder."""
    found = facts.densities[flow].flow
    assert found is not None
    data = found.layouts[value]
    here = entries_by_value(flow, facts)[value]
    whole = data == found.layouts[0] and np.array_equal(here, np.arange(data.units))
    x = Side(data, "x", facts.program.x.names) if whole else Side(data, "entry ")
    return Side(found.layouts[node.outputs[1]], "z"), x


def _decoder(flow: Flow, node: FlowNode) -> Part:
    return next(part for part in flow.parts if part.value == node.outputs[0])


def _law(density: Density) -> str:
    if isinstance(density, Leaf):
        return str(density.family.name)
    return "flow" if isinstance(density, Flow) else "autoregressive"


def encoded_layers(flow: Flow, facts: Facts, at: str | None) -> Iterator[Field]:
    """What an entry of each encoder's z depends on, as it is drawn and behind each step that follows.

    Raises:
        ViewError: where no z has such an entry.
    """
    faults: list[ViewError] = []
    values = cache(lambda: flow_values(flow, facts))
    for node in flow.nodes:
        if is_encoder(node):
            try:
                first = _drawn(flow, facts, node, values).field(at, False)
            except ViewError as fault:
                faults.append(fault)
                continue
            yield first
            if first.seen is not None:
                yield from _behind(flow, facts, node, first, values())
    if len(faults) == sum(is_encoder(node) for node in flow.nodes):
        raise faults[0]


def _behind(flow: Flow, facts: Facts, encoder: FlowNode, first: Field, values: dict[int, Bits]) -> Iterator[Field]:
    """The same entry behind each step that its z goes through."""
    entries, about = entries_by_value(flow, facts, encoder.outputs[1]), first.encoded
    assert about is not None
    for node in _onwards(flow, facts, encoder):
        for value in node.outputs:
            for entry in np.flatnonzero(entries[value] == first.variable)[:1].tolist():
                encoded = Encoded("latent", about.name, about.grid, about.shape, encoder=encoder.id)
                seen = values[value].row(entry)
                yield replace(first, names=(node.id,), span=node.span, seen=seen, encoded=encoded)
