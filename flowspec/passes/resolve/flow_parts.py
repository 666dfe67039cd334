"""The parts of a flow: what leaves at a split, what is left at the end, and the density that each ends in."""

from __future__ import annotations

from flowspec.diagnostics import Label, Span, suggest
from flowspec.graph.model import Context, Density, Part, value_origin
from flowspec.graph.support import UNKNOWN, Support
from flowspec.ops.flow_base import Parting
from flowspec.ops.registry import vocabulary
from flowspec.passes.resolve.densities import Place, density, is_model, unknown_density
from flowspec.passes.resolve.flow_state import FlowState, Leaving
from flowspec.passes.resolve.names import check_name
from flowspec.passes.resolve.session import shortened
from flowspec.syntax.steps import Step
from flowspec.syntax.tree import Entry, Mapping, Node, Scalar, Sequence, site

LAST = "last"  # the unnamed end of a chain


class FlowParts(FlowState):
    """A flow under construction that gives every part its density."""

    def leave(self, op: Parting, step: Step, node_id: str, outputs: tuple[int, ...], span: Span) -> None:
        """All parts of a split but the last leave for their densities."""
        names = op.part_names()
        self._check_names(names, step.get("names"), span)
        own = step.get(op.leaving)
        if own is None and op.leaving != "base":
            message = f"`{op.name}` needs a `{op.leaving}`: the density of what leaves, given what goes on"
            self.session.report("FS202", message, span, f"add `{op.leaving}: {{net: ..., head: ...}}`")
        for k, (name, value) in enumerate(zip(names[:-1], outputs[:-1], strict=True)):
            part = name or (
                self.fresh(op.leaving, True)
                if op.leaving != "base"
                else node_id
                if len(names) == 2
                else f"{node_id}.{k + 1}"
            )
            lost = unknown_density(span, self.place) if op.leaving != "base" else None
            given = (
                lost
                if own is None
                else self._given_what_goes_on(own, names[-1] or op.going_on, outputs[-1], value, part)
            )
            if own is not None:
                self.consumed[value] = span
            self.leaving.append(Leaving(part, value, given, span))
        if names[-1]:
            self.names[outputs[-1]] = names[-1]

    def _check_names(self, names: tuple[str, ...], node: Node | None, span: Span) -> None:
        """Part names may reach source text, and no two parts share one (not even two rounds of a loop)."""
        items = node.items if isinstance(node, Sequence) else ()
        scalars = {item.text: item for item in items if isinstance(item, Scalar)}
        for name in names:
            place = site(scalars[name]) if name in scalars else span
            if name and name in self.part_spans:
                labels = (Label(self.part_spans[name], "first named here"),) if self.part_spans[name] != place else ()
                message = f"`{shortened(name)}` names two parts of one flow"
                helps = "name each part once; parts of a split inside a loop go without names"
                self.session.report("FS131", message, place, helps, labels=labels)
            elif name == LAST:
                message = "`last` cannot name a part: it is the unnamed end of the chain"
                self.session.report("FS131", message, place, "choose another name")
            elif name in scalars:
                check_name(scalars[name], "part", self.session)
            self.part_spans.setdefault(name, place)

    def _given_what_goes_on(self, node: Node, next_name: str, next_value: int, value: int, part: str) -> Density:
        """The density of a part that leaves, given what goes on."""
        on = Context(next_name, value_origin(self.number, next_value), site(node))
        available = {**self.place.available, next_name: on.origin}
        place = Place(self.supports[value], available, self.place.everywhere, (on,), part)
        return density(node, place, self.scope, self.session)

    # --- the end ---------------------------------------------------------------------------------------------------

    def finish(self, base: Entry | None, span: Span) -> list[Part]:
        """Gives every part its density."""
        away = {part.value for part in self.leaving}
        unread = [v for v in range(len(self.supports)) if v not in self.consumed and v not in away]
        ends = [Leaving(self.names.get(value, LAST), value, None, span) for value in unread]
        parts = sorted([*self.leaving, *ends], key=lambda part: part.value)
        table = self._table(base, parts) if base is not None else {}
        origins = {part.name: value_origin(self.number, part.value) for part in parts}
        if self.loose:
            origins = {**{name: f"unknown:{name}" for name in table}, **origins}
            self._read_for_faults(table, origins)
        return [self._part(part, origins, table, span) for part in parts]

    def _part(self, part: Leaving, origins: dict[str, str], table: dict[str, Node], span: Span) -> Part:
        place = self._place(part.name, origins, self.supports[part.value])
        found = part.density
        if found is None and part.name in table:
            found = density(table[part.name], place, self.scope, self.session)
        return Part(part.name, part.value, found or unknown_density(span, place), part.span)

    def _place(self, name: str, origins: dict[str, str], values: Support) -> Place:
        itself = {name: origins[name]}  # which is a circle, and no unknown name
        others = {other: origin for other, origin in origins.items() if other != name}
        return Place(values, {**itself, **self.place.available, **others}, self.place.everywhere, (), name)

    def _read_for_faults(self, table: dict[str, Node], origins: dict[str, str]) -> None:
        """Reads the densities of parts that a step which failed may have made."""
        for name, node in table.items():
            if origins[name].startswith("unknown:"):
                density(node, self._place(name, origins, UNKNOWN), self.scope, self.session)

    def _table(self, base: Entry, parts: list[Leaving]) -> dict[str, Node]:
        """The density of each part that has none of its own: one for all, or a mapping by part name."""
        node, names = base.value, [part.name for part in parts if part.density is None]
        if not isinstance(node, Mapping) or is_model(node) or any(k in vocabulary("density") for k in node.keys()):
            return dict.fromkeys(names, node)
        table = {entry.key.text: entry.value for entry in node.entries}
        if self.loose:
            return table
        settled = {part.name for part in parts if part.density is not None}
        missing = [name for name in names if name not in table]
        for entry in node.entries:
            if entry.key.text not in names:
                self._unknown_part(entry, names, settled, missing)
        for name in missing:
            message = f"part `{name}` reaches no density"
            helps = f"add `{name}: normal` to `base`, or another density"
            self.session.report("FS303", message, site(base.key), helps)
        return table

    def _unknown_part(self, entry: Entry, names: list[str], settled: set[str], missing: list[str]) -> None:
        """Reports a name that is no part; a part that it was probably meant for is not reported as lost."""
        name = entry.key.text
        self.session.give_up(entry.value)
        if name in settled:
            message = f"part `{name}` has its density already, at its split"
            self.session.report("FS302", message, site(entry.key), "drop one of the two")
            return
        self.session.unknown_name("FS302", "part", name, names, site(entry.key))
        if missing:
            meant = suggest(name, missing)
            missing.remove(meant if meant in missing else missing[0])
