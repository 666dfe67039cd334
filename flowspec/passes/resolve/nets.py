"""Nets: from written steps to a graph of ops."""

from __future__ import annotations

from contextlib import nullcontext
from typing import Any

from flowspec.ops.base import NetOp, Op
from flowspec.ops.elementwise import Gate, Merge
from flowspec.ops.lookup import Lookup
from flowspec.ops.recurrent import RecurrentLayer
from flowspec.ops.registry import vocabulary
from flowspec.ops.structure import Loop, Structure
from flowspec.ops.table import Table
from flowspec.ops.weighted import Weighted
from flowspec.passes.resolve import net_loops
from flowspec.passes.resolve.arguments import Arguments, is_excused, read_arguments, read_step
from flowspec.passes.resolve.counts import times_of
from flowspec.passes.resolve.lookups import looked_up
from flowspec.passes.resolve.loops import EXTRA
from flowspec.passes.resolve.named_inputs import named_inputs
from flowspec.passes.resolve.named_nets import NamedNets
from flowspec.passes.resolve.net_state import MAX_NESTING
from flowspec.passes.resolve.tables import table_inputs
from flowspec.passes.resolve.values import NOTHING, ZERO, Bundle
from flowspec.syntax.steps import Step
from flowspec.syntax.tree import Mapping, Node, Scalar, Sequence, site


class NetBuilder(NamedNets):
    """Unfolds the steps of one net into nodes. A step that fails becomes an unknown value, and the others go on."""

    def chain(self, steps: Node, value: Any) -> int:
        """Unfolds the steps of a structure, the first of which reads `value`."""
        with self.own_names() if isinstance(steps, Mapping) else nullcontext():
            return self.single(self.net(steps, value), steps)

    def net(self, node: Node, value: int) -> Bundle:
        """A net as written: a chain, a graph of named values, or one step. Its first step reads `value`."""
        self.depth += 1
        try:
            if self.depth > MAX_NESTING:
                self.session.report("FS105", "nets are nested too deeply", site(node), "unfold some of them by hand")
                return Bundle.lost(self.unknown([value]))
            if isinstance(node, Sequence):
                return self._chain(node, value)
            if isinstance(node, Mapping) and self.is_graph(node):
                return self._graph(node, value)
            return self.step(node, value)
        finally:
            self.depth -= 1

    def _chain(self, node: Sequence, value: int) -> Bundle:
        bundle = Bundle.one(value)
        if not node.items:
            self.session.report("FS203", "a chain holds one step or more, and this one is empty", site(node))
            bundle = Bundle.lost(self.unknown([value]))
        for k, item in enumerate(node.items):
            before = value if k == 0 else self.single(bundle, node.items[k - 1])
            bundle = self.net(item, before) if isinstance(item, Sequence) else self.step(item, before)
        return bundle

    def single(self, bundle: Bundle, node: Node) -> int:
        """The one value that a step gives to the next; of several, the spec has to name one."""
        if bundle.single is not None:
            return bundle.single
        outputs = ", ".join(f"`{o}`" for o in bundle.outputs)
        helps = f"name it (`name: a`) and read one output: `in: a.{next(iter(bundle.outputs), 'h')}`"
        self.session.report("FS134", f"this gives several outputs: {outputs}", site(node), helps)
        return self.unknown(bundle.outputs.values())

    def _graph(self, node: Mapping, value: int) -> Bundle:
        """A mapping of named values; its value is the last in writing."""
        if value != NOTHING:
            self.names["x"] = Bundle.one(value)
        if not node.entries:
            self.session.report("FS203", "a graph holds one value or more, and this one is empty", site(node))
            return Bundle.lost(self.unknown())
        for entry in node.entries:
            last = self.step(entry.value, NOTHING, entry.key.text)
            self.write_name(entry.key, last)
        return last

    # --- one step --------------------------------------------------------------------------------------------------

    def step(self, node: Node, value: int, name: str = "") -> Bundle:
        """One step that reads `value` unless it says otherwise; in a graph `name` is what it is called."""
        self.session.count_visit(site(node))
        definition = self.named_net(node)
        if definition is not None:
            return self.use_net(definition, node, value, name)
        if isinstance(node, Sequence):
            helps = "write `{chain: [...], in: NAME}`"
            self.session.report("FS133", f"`{name}` is a chain that does not say what it reads", site(node), helps)
            return Bundle.lost(self.chain(node, self.unknown()))
        parsed = read_step(node, "net", self.scope, self.session, EXTRA)
        return self._failed(node, value) if parsed is None else self._apply_step(*parsed, value, name)

    def _failed(self, node: Node, value: int) -> Bundle:
        """A step without an op: what it reads may be wrong as well."""
        entry = node.get("in") if isinstance(node, Mapping) and not is_excused(node, self.scope) else None
        if entry is None or isinstance(entry.value, Mapping):
            return Bundle.lost(self.unknown([value]))
        return Bundle.lost(self.unknown(self.bundle_at(entry.value).outputs.values()))

    def _apply_step(self, op: type[Op], step: Step, value: int, name: str) -> Bundle:
        arguments = self._read(op, step)
        label, cap = self.own_name(arguments), self.cap_of(arguments)
        unmasked = arguments.values.get("mask") == "none"
        prefix = name or (label.text if label else "")
        with self.at(site(step.op), prefix, cap or "", args=arguments.spans, unmasked=unmasked):
            if issubclass(op, Loop):
                bundle = net_loops.unfold(self, op, step, arguments, value)
            else:
                bundle = Bundle.one(self._plain(op, step, arguments, value))
            if not arguments.ok or cap is None:
                bundle = Bundle.lost(self.unknown(bundle.outputs.values()))
        if not name:
            self.write_name(label, bundle)
        return bundle

    def _read(self, op: type[Op], step: Step) -> Arguments:
        key = ("args", step.node, self.scope.key)
        if key not in self.session.memo:
            extra = EXTRA if issubclass(op, Loop) else frozenset()
            self.session.memo[key] = read_arguments(op, step, self.scope, self.session, extra)
        found: Arguments = self.session.memo[key]
        return found

    def _plain(self, op: type[Op], step: Step, arguments: Arguments, value: int) -> int:
        inputs = self._inputs(op, step, arguments, value)
        contexts = self.contexts_of(arguments)
        times = times_of(arguments, self.scope, self.session)
        self._check_modifiers(op, arguments, times)
        if not arguments.ok:
            for node in arguments.nodes.values() if issubclass(op, Structure) else ():
                self.chain(node, self.unknown())
            return self.unknown(inputs)
        for _ in range(times):
            inputs = [self._once(op, arguments, inputs, contexts)]
        return inputs[0]

    def _once(self, op: type[Op], arguments: Arguments, inputs: list[int], contexts: list[int]) -> int:
        if issubclass(op, Structure):
            structure = op(**arguments.values, **arguments.nodes)
            return int(structure.unfold(self, inputs[0]))
        instance: Any = op(**arguments.values)
        inputs = inputs * len(instance.named) if instance.named and len(inputs) == 1 else inputs
        if isinstance(instance, Merge):
            return self._merge(instance, inputs)
        if isinstance(instance, Lookup) and inputs[0] > 0:
            return looked_up(self, instance, inputs[0])
        if isinstance(instance, Gate):
            return self.apply(instance, [self.join_contexts(inputs[0], contexts)])
        result = self.apply(instance, inputs)
        return self.join_contexts(result, contexts) if isinstance(instance, Weighted | RecurrentLayer) else result

    def _merge(self, op: Merge, inputs: list[int]) -> int:
        real = [value for value in inputs if value != ZERO]
        if len(real) < len(inputs) and not op.zero_adds_nothing:
            return self.apply(op, inputs)
        if not real:
            return ZERO
        return real[0] if len(real) == 1 and len(inputs) > 1 else self.apply(op, list(real))

    def _check_modifiers(self, op: type[Op], arguments: Arguments, times: int) -> None:
        """Modifiers that do nothing where they stand."""
        given, counted = arguments.modifiers.get("given"), arguments.modifiers.get("times")
        if given is not None and not issubclass(op, Weighted | Gate | Table | RecurrentLayer):
            message = f"`given` on `{op.name}`, which has no weights of its own to add a context to"
            self.session.report("FS204", message, site(given.key), "give the context to a weighted op or a gate")
        if counted is not None and times > 1 and issubclass(op, NetOp) and op.inputs != "one":
            message = f"`times` on `{op.name}`, which does not read the step before"
            self.session.report("FS204", message, site(counted.key), "drop it")

    # --- inputs ----------------------------------------------------------------------------------------------------

    def _inputs(self, op: type[Op], step: Step, arguments: Arguments, value: int) -> list[int]:
        reads = op.inputs if issubclass(op, NetOp) else "one"
        if reads == "table":
            return table_inputs(self, arguments, value)
        entry = arguments.modifiers.get("in")
        if reads != "one" and entry is not None:
            what = "reads nothing" if reads == "none" else "names what it reads in its list"
            self.session.report("FS204", f"`in` on `{op.name}`, which {what}", site(entry.key), "drop it")
        if reads == "none":
            return []
        if reads == "many":
            return self._listed(op, step)
        if entry is not None and issubclass(op, NetOp) and op.named:
            return named_inputs(self, op, step, entry.value)
        if entry is not None:
            return [self.value_at(entry.value)]
        return [self.behind(value, step.op)]

    def behind(self, value: int, op: Scalar) -> int:
        """What a step without `in` reads: the one before it, if there is one."""
        if value != NOTHING:
            return value
        message = f"`{op.text}` does not say what it reads"
        self.session.report(
            "FS133", message, site(op), "add `in: NAME`; only in a chain does a step read the one before"
        )
        return self.unknown()

    def _listed(self, op: type[Op], step: Step) -> list[int]:
        if isinstance(step.main, Sequence) and step.main.items:
            return [self.value_at(item) for item in step.main.items]
        place = site(step.main if step.main is not None else step.op)
        message = f"`{op.name}` needs the list of the values it combines"
        self.session.report("FS203", message, place, f"write `{op.name}: [a, b]`")
        return [self.unknown()]

    # --- what a mapping is -----------------------------------------------------------------------------------------

    def is_graph(self, node: Mapping) -> bool:
        """Whether a mapping is a graph of named values, and not one step.

        It is when no key is an op. Where one is by mistake, or where none is because an op is misspelt, the values tell:
        those of a graph are steps themselves.
        """
        if any(self._is_op(key) for key in node.keys()):
            return len(node.entries) > 1 and all(self._is_value(entry.value) for entry in node.entries)
        return not node.entries or any(self._is_value(entry.value) for entry in node.entries)

    def _is_op(self, word: str) -> bool:
        return word in vocabulary("net") or word in self.scope.nets

    def _is_value(self, node: Node) -> bool:
        """Whether a node can only be a step: a mapping that says what it reads, or names an op that could be there."""
        if isinstance(node, Mapping):
            return "in" in node or any(self._is_op(key) for key in node.keys())
        return isinstance(node, Scalar) and isinstance(node.value, str) and self._is_op(node.value)
