"""Flows: from written steps to a chain or graph of bijections, from x to parts that each end in one density."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from flowspec.graph.net import Frame
from flowspec.ops.base import Op
from flowspec.ops.coupling import Conditioned
from flowspec.ops.flow_base import FlowOp, Parting
from flowspec.ops.registry import vocabulary
from flowspec.ops.structure import Loop
from flowspec.ops.unknown import unknown_step
from flowspec.passes.resolve.arguments import Arguments, read_arguments, read_step
from flowspec.passes.resolve.conditioned import read_conditioned, turns
from flowspec.passes.resolve.counts import times_of
from flowspec.passes.resolve.drawn import read_drawn
from flowspec.passes.resolve.flow_parts import FlowParts
from flowspec.passes.resolve.inner_ops import make
from flowspec.passes.resolve.loops import EXTRA, block_scope, body_of, rounds_of
from flowspec.passes.resolve.names import check_value_name
from flowspec.passes.resolve.net_state import MAX_NESTING
from flowspec.passes.resolve.session import Definition, Scope
from flowspec.syntax.steps import Step
from flowspec.syntax.tree import Entry, Mapping, Node, Scalar, Sequence, site


class FlowBuilder(FlowParts):
    """Unfolds flow steps into nodes. A step that fails becomes an unknown one, and the others go on."""

    def run(self, node: Node) -> int:
        """The whole flow; the value that goes on at the end of a chain, or that is written last in a graph."""
        if isinstance(node, Mapping) and self._is_graph(node):
            return self._graph(node)
        return self.chain(node, 0)

    def chain(self, node: Node, value: int) -> int:
        """Steps one after the other."""
        items = node.items if isinstance(node, Sequence) else (node,)
        if not items:
            self.session.report("FS203", "a flow holds one step or more, and this one is empty", site(node))
        for item in items:
            if isinstance(item, Mapping) and (entry := item.get("in")) and self._is_step(item):
                message = "`in` in a chain: a step of a flow reads the one before"
                self.session.report("FS204", message, site(entry.key), "write the flow as a graph of named steps")
            value = self.chain(item, value) if isinstance(item, Sequence) else self.step(item, value)
        return value

    def _is_step(self, node: Mapping) -> bool:
        return any(key in vocabulary("flow") for key in node.keys())

    def _is_graph(self, node: Mapping) -> bool:
        """Whether a mapping is a graph of named steps, and not one step: its values are steps then."""
        steps = [self._is_value(entry.value) for entry in node.entries]
        return len(steps) > 1 and all(steps) if self._is_step(node) else not steps or any(steps)

    def _is_value(self, node: Node) -> bool:
        if isinstance(node, Mapping):
            return "in" in node or self._is_step(node)
        return isinstance(node, Scalar) and node.text in vocabulary("flow")

    def _graph(self, node: Mapping) -> int:
        """Named steps; every one says what it reads, and every value is used exactly once."""
        if not node.entries:
            self.session.report("FS203", "a flow holds one step or more, and this one is empty", site(node))
        table: dict[str, int] = {"x": 0}
        last = 0
        for entry in node.entries:
            before = len(self.leaving)
            self._check_step_name(entry)
            last = self.step(entry.value, self._read_by(entry, table), entry.key.text)
            table[entry.key.text] = last
            table.update({f"{entry.key.text}.{part.name}": part.value for part in self.leaving[before:]})
            if last in self.names:
                table[f"{entry.key.text}.{self.names[last]}"] = last
            else:
                self.names[last] = entry.key.text
        return last

    def _check_step_name(self, entry: Entry) -> None:
        if entry.key.text in vocabulary("flow"):
            message = f"`{entry.key.text}` cannot name a step: it is an op"
            self.session.report("FS131", message, site(entry.key), "choose another name")
        else:
            check_value_name(entry.key, frozenset(), self.session, "a step")

    def _read_by(self, entry: Entry, table: dict[str, int]) -> int:
        """The value that a step of a graph reads."""
        node = entry.value.get("in") if isinstance(entry.value, Mapping) else None
        if node is None:
            message = f"`{entry.key.text}` does not say what it reads, and in a graph every step does"
            self.session.report("FS133", message, site(entry.key), "add `in: NAME`")
            return self.nowhere(site(entry.key))
        text = node.value.text if isinstance(node.value, Scalar) else ""
        value = table.get(text)
        if value is None:
            if not (isinstance(node.value, Scalar) and node.value.bad) and not self._is_lost(text, table):
                self.session.unknown_name("FS135", "value", text or "?", list(table), site(node.value))
            return self.nowhere(site(node.value))
        self.leaving = [part for part in self.leaving if part.value != value or part.density is not None]
        return value

    def _is_lost(self, text: str, table: dict[str, int]) -> bool:
        """Whether a reference is to a part of a step that failed."""
        return self.loose and text.partition(".")[0] in table

    # --- one step --------------------------------------------------------------------------------------------------

    def step(self, node: Node, value: int, name: str = "") -> int:
        """One step that uses `value`; in a graph `name` is what it is called."""
        self.session.count_visit(site(node))
        parsed = read_step(node, "flow", self.scope, self.session, EXTRA | {"in"})
        if parsed is None:
            return self.unknown(value, site(node), label=name)
        op, step = parsed
        arguments = self._read(op, step)
        if issubclass(op, Loop):
            return self._loop(op, step, arguments, value)
        label = name or self._own_name(arguments)
        if issubclass(op, Conditioned):
            return self._conditioned(op, step, arguments, value, label)
        return self._plain(op, step, arguments, value, label)

    def _read(self, op: type[Op], step: Step) -> Arguments:
        key = ("flow", step.node, self.scope.key)
        if key not in self.session.memo:
            extra = EXTRA if issubclass(op, Loop) else frozenset()
            self.session.memo[key] = read_arguments(op, step, self.scope, self.session, extra)
        found: Arguments = self.session.memo[key]
        useless = {"knows": "caps an op of a net, and a flow step has no bound of its own"}
        if not issubclass(op, Conditioned | Loop):
            useless["given"] = f"is read by a net, and `{op.name}` has none"
        for word, why in useless.items():
            if word in found.modifiers:
                self.session.report("FS204", f"`{word}` {why}", site(found.modifiers[word].key), "drop it")
        return found

    def _own_name(self, arguments: Arguments) -> str:
        node = arguments.modifier("name")
        if node is None:
            return ""
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            self.session.report("FS203", "`name` must be a word", site(node), "write `name: first`")
            return ""
        return node.text if check_value_name(node, frozenset(), self.session, "a step") else ""

    def _plain(self, op: type[Op], step: Step, arguments: Arguments, value: int, label: str) -> int:
        place = site(step.op)
        made = self._made(op, step, arguments)
        if made is None:
            self.loose = self.loose or issubclass(op, Parting)
            return self.unknown(value, place, unknown_step(op) if issubclass(op, FlowOp) else None, label)
        instance: Any = self._drawing(made, arguments, value)
        count = len(instance.part_names()) if isinstance(instance, Parting) else 1
        for _ in range(times_of(arguments, self.scope, self.session)):
            node_id, outputs = self.add(instance, value, place, label, count, args=arguments.spans)
            if isinstance(instance, Parting):
                self.leave(instance, step, node_id, outputs, place)
            value = outputs[-1]
        return value

    def _made(self, op: type[Op], step: Step, arguments: Arguments) -> Op | None:
        """The op with its arguments, one for all uses in loops; None where they are wrong."""
        key = ("op", step.node, self.scope.key)
        if key not in self.session.memo:
            self.session.memo[key] = make(op, step, arguments, self.scope, self.session)
        found: Op | None = self.session.memo[key]
        return found

    def _drawing(self, op: Any, arguments: Arguments, value: int) -> Any:
        """The op with the density that it draws from, if it has one: every use has its own."""
        node = arguments.nodes.get(op.draws)
        if node is None:
            return op
        return replace(op, **{op.draws: read_drawn(op, node, value, self.number, self.place, self.scope, self.session)})

    def _conditioned(self, op: type[Op], step: Step, arguments: Arguments, value: int, label: str) -> int:
        found, net = read_conditioned(op, step, arguments, self.place, self.scope, self.session)
        if found is None:
            return self.unknown(value, site(step.op), unknown_step(op) if issubclass(op, FlowOp) else None, label)
        instance: Any = found
        use = self.use(label or op.name)
        for k in range(1, instance.times + 1):
            turned = instance.turned() if k % 2 == 0 and instance.flip and turns(instance) else instance
            frames, round_ = self.frames, 0
            if instance.times > 1:
                frames, round_ = (*self.frames, Frame(op.name, use, k)), k
            _, outputs = self.add(turned, value, site(step.op), label, 1, net, round_, frames, arguments.spans)
            value = outputs[0]
        return value

    # --- loops and blocks ------------------------------------------------------------------------------------------

    def _loop(self, op: type[Op], step: Step, arguments: Arguments, value: int) -> int:
        loop = rounds_of(op, step, arguments, self.scope, self.session)
        if loop is None:
            return self.unknown(value, site(step.op))
        use = self.use(loop.word)
        for k, values in enumerate(loop.values, 1):
            self.session.count_visit(site(step.op))
            frame = Frame(loop.word, use, k if loop.looping else 0)
            if loop.block is not None:
                value = self._block(loop.block, values, step, value, frame)
            else:
                assert loop.do is not None
                with self.within(self.scope.in_loop(values), frame):
                    value = self.chain(loop.do, value)
        return value if arguments.ok else self.unknown(value, site(step.op))

    def _block(self, definition: Definition, values: dict[str, Any], step: Step, value: int, frame: Frame) -> int:
        place = site(step.op)
        body = body_of(definition, "flow", place, self.session)
        if body is None or not self._may_open(definition, step):
            return self.unknown(value, place)
        scope: Scope = block_scope(definition, values, step.get("vars"), self.scope, self.session)
        self.open.append(definition)
        try:
            with self.within(scope, frame):
                return self.chain(body, value)
        finally:
            self.open.pop()

    def _may_open(self, definition: Definition, step: Step) -> bool:
        if definition in self.open:
            path = " -> ".join(d.name for d in (*self.open[self.open.index(definition) :], definition))
            message = f"block `{definition.name}` uses itself: {path}"
            self.session.report("FS140", message, site(step.op), "use `repeat` instead")
            return False
        if len(self.open) >= MAX_NESTING:
            message = f"blocks are nested more than {MAX_NESTING} deep"
            self.session.report("FS105", message, site(step.op), "unfold some of them by hand")
            return False
        return True
