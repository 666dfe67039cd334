"""The parts of a flow: what leaves where, and the density that each ends in."""

from __future__ import annotations

from flowspec.diagnostics import Span
from flowspec.graph.model import Context, Density, Part
from flowspec.graph.support import Support
from flowspec.ops.flow_shape import Split
from flowspec.ops.registry import vocabulary
from flowspec.passes.resolve.arguments import Arguments
from flowspec.passes.resolve.densities import Place, density
from flowspec.passes.resolve.session import Scope, Session
from flowspec.syntax.steps import Step
from flowspec.syntax.tree import Mapping, Node, site

BASE_WORDS = ("order", "net", "head", "flow", "base", "given")


class Parts:
    """The part of a flow under construction that keeps its ends."""

    session: Session
    scope: Scope
    place: Place
    values: list[Support]
    names: dict[str, int | None]
    consumed: dict[int, Span]
    leaving: list[tuple[str, int, Density | None, Span]]
    last_name: tuple[str, int]
    failed: bool

    def _leave(self, op: Split, arguments: Arguments, node_id: str, outputs: tuple[int, ...], step: Step) -> None:
        """All parts of a split but the last leave for their densities."""
        names = op.part_names()
        own = arguments.nodes.get("base")
        for name, value in zip(names[:-1], outputs[:-1], strict=True):
            part = name or (node_id if len(names) == 2 else f"{node_id}.{names.index(name) + 1}")
            prior = self._prior(own, names[-1], outputs[-1], value, part) if own is not None else None
            self.leaving.append((part, value, prior, step.span))
            self.failed = self.failed or (own is not None and prior is None)
        if names[-1]:
            self.last_name = (names[-1], outputs[-1])

    def _prior(self, node: Node, next_name: str, next_value: int, value: int, part: str) -> Density | None:
        """The density of a part that leaves, given what goes on."""
        if any(c.origin.startswith("value:") for c in self.place.everywhere):
            self.session.report(
                "FS204",
                "a `base` on a split inside the flow of another split's part cannot be given what goes on there",
                site(node),
                "name the part in the `base` of that flow instead",
            )
            return None
        name = next_name or "rest"
        on = Context(name, f"value:{next_value}", site(node))
        place = Place(self.values[value], {**self.place.available, name: on.origin}, self.place.everywhere, (on,), part)
        return density(node, place, self.scope, self.session)

    def finish(self, base: Node, end: int | None, span: Span) -> list[Part] | None:
        """Gives every part its density."""
        parts = [*self.leaving]
        unread = [v for v in range(len(self.values)) if v not in self.consumed and v not in {p[1] for p in parts}]
        for value in unread:
            name = "last" if value == end else next((n for n, v in self.names.items() if v == value), "last")
            if value == self.last_name[1]:
                name = self.last_name[0]
            parts.append((name, value, None, span))
        table = self._base_table(base, [p[0] for p in parts if p[2] is None])
        if table is None:
            return None
        return self._with_densities(parts, table, base)

    def _base_table(self, base: Node, names: list[str]) -> dict[str, Node] | None:
        """The density of each part that has none of its own: one for all, or a mapping by part name."""
        words = vocabulary("density")
        if not isinstance(base, Mapping) or any(k in words or k in BASE_WORDS for k in base.keys()):
            return dict.fromkeys(names, base)
        table = {entry.key.text: entry.value for entry in base.entries}
        for entry in base.entries:
            if entry.key.text not in names:
                self.session.unknown_name("FS302", "part", entry.key.text, names, site(entry.key))
        missing = [name for name in names if name not in table]
        for name in missing:
            self.session.report(
                "FS303",
                f"part `{name}` reaches no density",
                site(base),
                f"add `{name}: normal` to `base`, or another density",
            )
        return None if missing or len(table) > len(names) else table

    def _with_densities(
        self, parts: list[tuple[str, int, Density | None, Span]], table: dict[str, Node], base: Node
    ) -> list[Part] | None:
        origins = {name: f"part:{name}" for name, _, _, _ in parts}
        found: list[Part] = []
        for name, value, own, span in sorted(parts, key=lambda p: p[1]):
            available = {**self.place.available, **{n: o for n, o in origins.items() if n != name}}
            place = Place(self.values[value], available, self.place.everywhere, (), name)
            dense = own or (density(table[name], place, self.scope, self.session) if name in table else None)
            if dense is not None:
                found.append(Part(name, value, dense, span))
        return found if len(found) == len(parts) else None
