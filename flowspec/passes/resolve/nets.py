"""Nets: from written steps to a graph of ops."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from flowspec.diagnostics import Span
from flowspec.graph.net import Frame, NetGraph, NetNode
from flowspec.ops.base import NetOp, Op
from flowspec.ops.elementwise import AddContext, Gate, Merge
from flowspec.ops.lookup import Lookup, Source
from flowspec.ops.registry import vocabulary
from flowspec.ops.structure import Loop, Structure
from flowspec.ops.weighted import Head, Project, Weighted
from flowspec.passes.resolve import loops
from flowspec.passes.resolve.arguments import MODIFIERS, Arguments, read_arguments, read_step
from flowspec.passes.resolve.lookups import looked_up
from flowspec.passes.resolve.nesting import Nesting
from flowspec.passes.resolve.references import Names, References
from flowspec.passes.resolve.session import Definition, Scope, Session
from flowspec.passes.resolve.values import ZERO, Bundle, is_reference
from flowspec.syntax.steps import Step, unknown_op
from flowspec.syntax.tree import Mapping, Node, Scalar, Sequence, site


class NetBuilder(Nesting, References):
    """Unfolds the steps of one net into nodes. Indices of nodes are values; None is a value that failed."""

    def __init__(self, session: Session, scope: Scope, sources: tuple[str, ...]) -> None:
        self.session = session
        self.scope = scope
        self.nodes: list[NetNode] = []
        self.names: Names = {}
        self.read_names: set[str] = set()
        self.cap = "before"
        self.span: Span | None = None
        self.frames: tuple[Frame, ...] = ()
        self.prefix = ""
        self.counts: dict[str, int] = {}
        self.unmasked = False
        self.args: tuple[tuple[str, Span], ...] = ()
        self.depth = 0
        self.open: list[Definition] = []
        for name in sources:
            self.names[name] = Bundle.one(self._source(name))

    def _source(self, name: str) -> int:
        self.nodes.append(NetNode(name, Source(name), (), _NOWHERE))
        return len(self.nodes) - 1

    # --- what structures use ---------------------------------------------------------------------------------------

    def apply(self, op: NetOp, inputs: list[Any]) -> int | None:
        """Adds a node, unless an input failed."""
        if any(value is None for value in inputs):
            return None
        span = self.span or _NOWHERE
        self.session.count_step(span)
        if ZERO in inputs:
            self.session.report("FS132", f"`{op.name}` reads `0`, which is no value", span, "`0` may only be added")
            return None
        node_id = self._fresh(op.name)
        node = NetNode(node_id, op, tuple(inputs), span, self.cap, self.unmasked, self.frames, self.args)
        self.nodes.append(node)
        return len(self.nodes) - 1

    def chain(self, steps: Node, value: Any) -> int | None:
        """Unfolds steps, the first of which reads `value`."""
        return self.net(steps, value).single

    def named(self, label: str, build: Callable[[Any], Any], value: Any) -> Any:
        """Unfolds `build(value)` as a region of its own in the emitted source."""
        with self.inside(Frame(label, self._fresh(label), 0)):
            return build(value)

    # --- nets, graphs and chains -----------------------------------------------------------------------------------

    def net(self, node: Node, value: int | None) -> Bundle:
        """A net as written: a chain, a graph of named values, or one step."""
        self.depth += 1
        try:
            if self.depth > 200:
                self.session.report("FS105", "nets are nested too deeply", site(node), "unfold it by hand")
                return Bundle.one(None)
            if isinstance(node, Sequence):
                for item in node.items:
                    value = self.step(item, value).single if value is not None else self._skip(item)
                return Bundle.one(value)
            if isinstance(node, Mapping) and self._is_graph(node):
                return self.graph(node, value)
            return self.step(node, value)
        finally:
            self.depth -= 1

    def _skip(self, item: Node) -> int | None:
        """Reads a step behind a failed one for its own faults; its value is unknown."""
        for inner in item.items if isinstance(item, Sequence) else ():
            self._skip(inner)
        if isinstance(item, Sequence):
            return None
        parsed = read_step(item, "net", self.session) if not self._named_net(item) else None
        if parsed:
            self._read(*parsed)
        return None

    def _is_graph(self, node: Mapping) -> bool:
        words = vocabulary("net")
        return not any(key in words or key in self.scope.nets for key in node.keys())

    def chain_input(self, node: Node, inputs: Bundle) -> int | None:
        """What the first step of a block's chain reads: its one input. Graphs name what they read."""
        if isinstance(node, Mapping) and self._is_graph(node):
            return None
        return inputs.single

    def graph(self, node: Mapping, value: int | None) -> Bundle:
        """A mapping of named values; its value is the last in writing."""
        if not node.entries:
            self.session.report(
                "FS212", "a net without a step", site(node), "write `[]` for a net that passes its input on"
            )
        outer = dict(self.names)
        if value is not None:
            self.names["x"] = Bundle.one(value)
        last = Bundle.one(None)
        for entry in node.entries:
            name = entry.key.text
            if not is_reference(name) or "." in name:
                self.session.report(
                    "FS131", f"`{name}` cannot name a value", site(entry.key), "use letters, digits and `_`"
                )
            elif name in vocabulary("net") or name in ("x",):
                self.session.report(
                    "FS131",
                    f"`{name}` cannot name a value: it has a meaning already",
                    site(entry.key),
                    "choose another name",
                )
            last = self.names[name] = self.step(entry.value, None, name)
        self.names = {**outer, **{k: v for k, v in self.names.items() if k not in outer}}
        return last

    # --- one step --------------------------------------------------------------------------------------------------

    def step(self, node: Node, value: int | None, name: str = "") -> Bundle:
        """One step. In a chain `value` is what the step before gave; in a graph `name` is what the step is called."""
        if isinstance(node, Sequence) and not name:
            return self.net(node, value)
        definition = self._named_net(node)
        if definition is not None:
            self.session.count_step(site(node))
            return self._use_net(definition, node, value, name)
        if isinstance(node, Mapping) and not any(k in vocabulary("net") for k in node.keys()):
            self.session.add(unknown_op(node, {**vocabulary("net"), **self.scope.nets}, MODIFIERS))
            return Bundle.one(None)
        parsed = read_step(node, "net", self.session, loops.EXTRA)
        if parsed is None:
            return Bundle.one(None)
        return self._apply_step(*parsed, value, name)

    def _apply_step(self, op: type[Op], step: Step, value: int | None, name: str) -> Bundle:
        arguments = self._read(op, step)
        label = name or self._own_name(arguments)
        with self.at(step.span, arguments, label):
            if issubclass(op, Loop):
                bundle = (
                    loops.unfold_net(self, op, step, arguments, value, bool(name)) if arguments else Bundle.one(None)
                )
            else:
                bundle = Bundle.one(self._plain(op, step, arguments, value, bool(name)))
        if not name and label:
            self.names[label] = bundle
        return bundle

    def _own_name(self, arguments: Arguments | None) -> str:
        entry = arguments.modifiers.get("name") if arguments else None
        return entry.value.text if entry and isinstance(entry.value, Scalar) else ""

    def _read(self, op: type[Op], step: Step) -> Arguments | None:
        key = ("args", step.node, self.scope.key)
        if key not in self.session.memo:
            self.session.memo[key] = read_arguments(
                op, step, self.scope, self.session, loops.EXTRA if issubclass(op, Loop) else frozenset()
            )
        found: Arguments | None = self.session.memo[key]
        return found

    def _plain(
        self, op: type[Op], step: Step, arguments: Arguments | None, value: int | None, in_graph: bool
    ) -> int | None:
        if arguments is None:
            return None
        inputs = self._inputs(op, step, arguments, value, in_graph)
        if inputs is None:
            return None
        if issubclass(op, Structure):
            if len(inputs) != 1:
                return None
            structure = op(**arguments.values, **arguments.nodes)
            return None if inputs[0] is None else structure.unfold(self, inputs[0])
        if not issubclass(op, NetOp):
            return None
        instance = self._instance(op, arguments, step)
        if isinstance(instance, Lookup) and inputs[0] not in (None, 0):
            return looked_up(self, instance, inputs[0], step)
        contexts = self._contexts(arguments)
        if isinstance(instance, Gate):
            return self.apply(instance, [self._join_contexts(inputs[0], contexts)])
        if isinstance(instance, Merge):
            return self._merge(instance, inputs)
        result = self.apply(instance, inputs)
        return self._join_contexts(result, contexts) if isinstance(instance, Weighted) else result

    def _instance(self, op: type[Op], arguments: Arguments, step: Step) -> Any:
        values = dict(arguments.values)
        instance = op(**values)
        if "given" in arguments.modifiers and not isinstance(instance, Weighted | Gate):
            entry = arguments.modifiers["given"]
            self.session.report(
                "FS204",
                f"`given` on `{op.name}`, which has no weights to add a context to",
                site(entry.key),
                "give the context to a weighted op or a gate",
            )
        return instance

    def _merge(self, op: Merge, inputs: list[int | None]) -> int | None:
        if any(v is None for v in inputs):
            return None
        real = [v for v in inputs if v != ZERO]
        if len(real) < len(inputs) and not op.zero_adds_nothing:
            return self.apply(op, inputs)
        if not real:
            return ZERO
        return real[0] if len(real) == 1 and len(inputs) > 1 else self.apply(op, list(real))

    # --- contexts --------------------------------------------------------------------------------------------------

    def _contexts(self, arguments: Arguments) -> list[int | None]:
        entry = arguments.modifiers.get("given")
        if entry is None:
            return []
        items: tuple[Node, ...] = (entry.value,)
        if isinstance(entry.value, Sequence):
            items = entry.value.items
        elif isinstance(entry.value, Mapping):
            items = tuple(local.value for local in entry.value.entries)
        return [value for item in items if (value := self.value_at(item)) != ZERO]

    def _join_contexts(self, value: int | None, contexts: list[int | None]) -> int | None:
        for context in contexts:
            projected = self.apply(Project(), [context, value])
            value = self.apply(AddContext(), [value, projected])
        return value

    # --- named nets ------------------------------------------------------------------------------------------------

    def _named_net(self, node: Node) -> Definition | None:
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return self.scope.nets.get(node.value) if node.value not in vocabulary("net") else None
        if isinstance(node, Mapping):
            found = [k for k in node.keys() if k in self.scope.nets and k not in vocabulary("net")]
            return self.scope.nets[found[0]] if found and not any(k in vocabulary("net") for k in node.keys()) else None
        return None

    def _use_net(self, definition: Definition, node: Node, value: int | None, name: str) -> Bundle:
        entry = node.get("in") if isinstance(node, Mapping) else None
        if isinstance(node, Mapping):
            self._check_use(definition, node)
        if entry is not None:
            value = self.value_at(entry.value)
        elif name:
            self.session.report(
                "FS133", f"`{definition.name}` in a graph does not say what it reads", site(node), "add `in: NAME`"
            )
            return Bundle.one(None)
        self.session.used.add(definition)
        if definition in self.open:
            self.session.report(
                "FS140", f"net `{definition.name}` uses itself", site(node), "a net cannot contain itself"
            )
            return Bundle.one(None)
        self.open.append(definition)
        try:
            with self.in_scope(definition.scope), self.at(site(node), None, name):
                return self.net(definition.node, value)
        finally:
            self.open.remove(definition)

    def _check_use(self, definition: Definition, node: Mapping) -> None:
        for entry in node.entries:
            if entry.key.text not in (definition.name, "in", "name"):
                self.session.report(
                    "FS201",
                    f"a net used by name takes `in` alone, not `{entry.key.text}`",
                    site(entry.key),
                    "write the argument in the net itself",
                )

    # --- the end ---------------------------------------------------------------------------------------------------

    def finish(self, label: str, value: int | None, head: Head, span: Span) -> NetGraph | None:
        """Adds the last projection and freezes the graph."""
        self.span, self.cap, self.prefix, self.args, self.unmasked, self.frames = span, "before", "", (), False, ()
        if value == ZERO:
            self.session.report("FS132", "the net comes to `0`, which gives no parameters", span, "add a value")
            value = None
        output = self.apply(head, [value])
        return None if output is None else NetGraph(label, tuple(self.nodes), output, span)


def _nowhere() -> Span:
    from flowspec.diagnostics import Position

    return Span("", Position(1, 1), Position(1, 1))


_NOWHERE = _nowhere()
