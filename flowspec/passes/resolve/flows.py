"""Flows as they are written: chains or graphs of steps from x to parts, each of which ends in one density."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from flowspec.diagnostics import Label, Span
from flowspec.graph.model import Conditioner, Density, Flow, FlowNode
from flowspec.graph.net import Frame
from flowspec.graph.support import Support
from flowspec.ops.base import Op
from flowspec.ops.coupling import AutoregressiveStep, Conditioned
from flowspec.ops.flow_base import FlowOp
from flowspec.ops.flow_shape import Split
from flowspec.ops.registry import vocabulary
from flowspec.ops.structure import Loop
from flowspec.passes.resolve.arguments import MODIFIERS, Arguments, read_arguments, read_step, value_of
from flowspec.passes.resolve.conditioners import Request, conditioner, contexts_of, unread
from flowspec.passes.resolve.densities import FLOW_KEYS, Place
from flowspec.passes.resolve.loops import EXTRA, block_scope, rounds_of
from flowspec.passes.resolve.orders import read_order
from flowspec.passes.resolve.parts import Parts
from flowspec.passes.resolve.session import Definition, Scope, Session
from flowspec.syntax.steps import Step, unknown_op
from flowspec.syntax.tree import Mapping, Node, Scalar, Sequence, site


def flow_model(node: Mapping, place: Place, scope: Scope, session: Session, top: bool = False) -> Density | None:
    """A density by `flow` and `base`."""
    if not top:
        for entry in node.entries:
            if entry.key.text not in FLOW_KEYS:
                session.unknown_name("FS201", "key of a flow model", entry.key.text, FLOW_KEYS, site(entry.key))
    given = None if top else node.get("given")
    contexts = contexts_of(given.value if given else None, place.available, session)
    flow, base = node.get("flow"), node.get("base")
    assert flow is not None
    if base is None:
        session.report(
            "FS202", "a flow needs a `base`: the density that its parts end in", site(flow.key), "add `base: normal`"
        )
    available = {**place.available, **{c.name: c.origin for c in contexts or ()}}
    inner = replace(
        place, available=available, everywhere=(*place.everywhere, *(contexts or ()), *place.offered), offered=()
    )
    builder = FlowBuilder(session, scope, inner)
    ends = builder.run(flow.value)
    if base is None or contexts is None:
        return None
    parts = builder.finish(base.value, ends, site(flow.key))
    if parts is None or builder.failed:
        return None
    found = Flow(tuple(builder.nodes), tuple(parts), site(flow.key), contexts, place.id)
    for context in contexts:
        if context.origin not in _origins(found):
            unread(context, session)
    return found


def _origins(density: Density) -> set[str]:
    """Where the contexts come from that some net of a density reads."""
    if not isinstance(density, Flow):
        return {c.origin for c in density.contexts}
    nets = [c for node in density.nodes if node.conditioner for c in node.conditioner.contexts]
    return {c.origin for c in nets}.union(*(_origins(part.density) for part in density.parts))


class FlowBuilder(Parts):
    """Unfolds flow steps into nodes. Values are numbers, 0 being x; None is a value that failed."""

    def __init__(self, session: Session, scope: Scope, place: Place) -> None:
        self.session = session
        self.scope = scope
        self.place = place
        self.nodes: list[FlowNode] = []
        self.values: list[Support] = [place.values]
        self.names: dict[str, int | None] = {}
        self.consumed: dict[int, Span] = {}
        self.leaving: list[tuple[str, int, Density | None, Span]] = []
        self.frames: tuple[Frame, ...] = ()
        self.counts: dict[str, int] = {}
        self.open: list[Definition] = []
        self.failed = False
        self.last_name: tuple[str, int] = ("", -1)

    # --- chains and graphs -----------------------------------------------------------------------------------------

    def run(self, node: Node) -> int | None:
        """The whole flow; the value that goes on at the end of a chain."""
        if isinstance(node, Mapping) and not any(k in vocabulary("flow") for k in node.keys()):
            return self._graph(node)
        return self.chain(node, 0)

    def chain(self, node: Node, value: int | None) -> int | None:
        """Steps one after the other."""
        items = node.items if isinstance(node, Sequence) else (node,)
        for item in items:
            value = self.step(item, value)
        return value

    def _graph(self, node: Mapping) -> int | None:
        """Named steps; every one says what it reads, and every value is used exactly once."""
        self.names["x"] = 0
        last: int | None = 0
        for entry in node.entries:
            body = entry.value
            reference = body.get("in") if isinstance(body, Mapping) else None
            if reference is None:
                self.session.report(
                    "FS133",
                    f"`{entry.key.text}` in a graph does not say what it reads",
                    site(entry.key),
                    "add `in: NAME`",
                )
                self.failed = True
                continue
            before = len(self.leaving)
            value = self.step(body, self._reference(reference.value), entry.key.text)
            self.names[entry.key.text] = last = value
            self._name_parts(entry.key.text, before, value)
        return last

    def _name_parts(self, name: str, before: int, value: int | None) -> None:
        """`name.part` refers to a part of a split in a graph; a part that is read no longer leaves."""
        for part, number, _, _ in self.leaving[before:]:
            self.names[f"{name}.{part.rpartition('.')[2]}"] = number
        last = self.nodes[-1] if self.nodes else None
        if last is not None and isinstance(last.op, Split) and last.op.names:
            self.names[f"{name}.{last.op.names[-1]}"] = value

    def _reference(self, node: Node) -> int | None:
        text = node.text if isinstance(node, Scalar) else ""
        if text not in self.names:
            self.session.unknown_name("FS135", "value", text or "?", list(self.names), site(node))
            self.failed = True
            return None
        value = self.names[text]
        self.leaving = [part for part in self.leaving if part[1] != value]
        return value

    # --- one step --------------------------------------------------------------------------------------------------

    def step(self, node: Node, value: int | None, name: str = "") -> int | None:
        """One step; None when it, or what it reads, failed. A list is a chain."""
        if isinstance(node, Sequence):
            return self.chain(node, value)
        if isinstance(node, Mapping) and not any(k in vocabulary("flow") for k in node.keys()):
            self.session.add(unknown_op(node, vocabulary("flow"), MODIFIERS))
            return self._fail()
        extra = EXTRA | {"in"}
        parsed = read_step(node, "flow", self.session, extra)
        if parsed is None:
            return self._fail()
        op, step = parsed
        arguments = self._read(op, step)
        if arguments is None:
            self._read_inner_anyway(op, step)
            return self._fail()
        if issubclass(op, Loop):
            return self._loop(op, step, arguments, value)
        label = name or self._own_name(arguments)
        if issubclass(op, Conditioned):
            return self._conditioned(op, step, arguments, value, label)
        return self._plain(op, step, arguments, value, label)

    def _fail(self) -> int | None:
        """The value of a step that failed: unknown. Marks the flow as one without facts; the fault has been reported."""
        self.failed = True
        return None

    def _own_name(self, arguments: Arguments) -> str:
        entry = arguments.modifiers.get("name")
        return entry.value.text if entry and isinstance(entry.value, Scalar) else ""

    def _read(self, op: type[Op], step: Step) -> Arguments | None:
        key = ("flow", step.node, self.scope.key)
        if key not in self.session.memo:
            extra = EXTRA if issubclass(op, Loop) else frozenset()
            self.session.memo[key] = read_arguments(op, step, self.scope, self.session, extra)
        found: Arguments | None = self.session.memo[key]
        if found is not None and "knows" in found.modifiers:
            entry = found.modifiers["knows"]
            self.session.report(
                "FS204",
                "`knows` caps an op of a net; a flow step has no bound of its own",
                site(entry.key),
                "drop it, or put it into the net",
            )
        return found

    def _read_inner_anyway(self, op: type[Op], step: Step) -> None:
        """Looks for independent faults inside a loop whose own arguments are wrong."""
        do = step.get("do")
        if issubclass(op, Loop) and do is not None:
            self.chain(do, None)

    def _plain(self, op: type[Op], step: Step, arguments: Arguments, value: int | None, label: str) -> int | None:
        if (entry := arguments.modifiers.get("given")) is not None:
            self.session.report(
                "FS204",
                f"`given` on `{op.name}`, which has no net to read a context",
                site(entry.key),
                "give the context to a coupling or an autoregressive step",
            )
            return self._fail()
        key = ("op", step.node, self.scope.key)
        if key not in self.session.memo:
            self.session.memo[key] = op(**arguments.values)
        instance: FlowOp = self.session.memo[key]
        result = value
        for _ in range(self._times(arguments)):
            result = self._add(instance, result, step, arguments, None, label)
        return result

    def _times(self, arguments: Arguments) -> int:
        entry = arguments.modifiers.get("times")
        if entry is None:
            return 1
        value, ok = value_of(entry.value, self.scope, self.session)
        self.failed = self.failed or not ok
        if ok and not (isinstance(value, int) and not isinstance(value, bool) and 1 <= value <= 10_000):
            self.session.report(
                "FS203", f"`times` is {value!r}; it must be an integer from 1 to 10000", site(entry.value)
            )
        return value if isinstance(value, int) and 1 <= value <= 10_000 else 1

    def _add(
        self, op: FlowOp, value: int | None, step: Step, arguments: Arguments, net: Conditioner | None, label: str,
        use: tuple[str, int] | None = None,
    ) -> int | None:  # fmt: skip
        self.session.count_step(step.span)
        if value is None:
            return self._fail()
        if not self._consume(value, step.span, label or op.name):
            return None
        node_id = self._fresh(label or op.name, bool(label))
        frames = self.frames if use is None else (*self.frames, Frame(op.name, use[0], use[1]))
        count = len(op.part_names()) if isinstance(op, Split) else 1
        outputs = tuple(range(len(self.values), len(self.values) + count))
        image = op.image(self.values[value])
        self.values.extend([image] * count)
        self.nodes.append(
            FlowNode(node_id, op, value, outputs, step.span, frames, net, use[1] if use else 0, arguments.spans)
        )
        if isinstance(op, Split):
            self._leave(op, arguments, node_id, outputs, step)
        return outputs[-1]

    def _consume(self, value: int, span: Span, label: str) -> bool:
        if value in self.consumed:
            self.session.report(
                "FS301",
                f"`{label}` uses a value that was used already: every variable reaches exactly one density once",
                span,
                "use each value of a flow once; split it to use parts of it",
                labels=(Label(self.consumed[value], "first used here"),),
            )
            self.failed = True
            return False
        self.consumed[value] = span
        return True

    def _fresh(self, word: str, named: bool) -> str:
        self.counts[word] = self.counts.get(word, 0) + 1
        return word if named and self.counts[word] == 1 else f"{word}.{self.counts[word]}"

    # --- steps with a net ------------------------------------------------------------------------------------------

    def _conditioned(self, op: type[Op], step: Step, arguments: Arguments, value: int | None, label: str) -> int | None:
        instance = self._instance(op, step, arguments)
        net = self._net(instance, arguments, step) if instance is not None else None
        if instance is None or net is None:
            return self._fail()
        use = self._use(label or op.name)
        for k in range(instance.times):
            turned = instance.turned() if k % 2 and instance.flip and _turns(instance) else instance
            value = self._add(turned, value, step, arguments, net, label, (use, k + 1) if instance.times > 1 else None)
        return value

    def _use(self, word: str) -> str:
        self.counts[f"{word}/"] = self.counts.get(f"{word}/", 0) + 1
        return f"{word}{self.counts[f'{word}/']}"

    def _instance(self, op: type[Op], step: Step, arguments: Arguments) -> Any:
        key = ("op", step.node, self.scope.key)
        if key in self.session.memo:
            return self.session.memo[key]
        values: dict[str, Any] = dict(arguments.values)
        ok = True
        if "keep" in arguments.nodes:
            values["keep"], fine = value_of(arguments.nodes["keep"], self.scope, self.session)
            ok = ok and fine
        if "transform" in arguments.nodes:
            values["transform"] = self._transform(arguments.nodes["transform"])
            ok = ok and values["transform"] is not None
        if "order" in arguments.nodes:
            values["order"] = read_order(arguments.nodes["order"], self.scope, self.session)
            ok = ok and values["order"] is not None
        if "net" not in arguments.nodes:
            self.session.report(
                "FS202",
                f"`{op.name}` needs a `net`: it gives the parameters of the transform",
                step.span,
                "add `net: ...`",
            )
            ok = False
        self.session.memo[key] = op(**values) if ok else None
        return self.session.memo[key]

    def _transform(self, node: Node) -> Any:
        parsed = read_step(node, "transform", self.session)
        arguments = read_arguments(*parsed, self.scope, self.session) if parsed else None
        return parsed[0](**arguments.values) if parsed and arguments else None

    def _net(self, op: Any, arguments: Arguments, step: Step) -> Conditioner | None:
        given = arguments.modifiers.get("given")
        contexts = contexts_of(given.value if given else None, self.place.available, self.session)
        if contexts is None:
            return None
        kernel = getattr(op.transform, "kernel", 1)
        request = Request(
            arguments.nodes["net"],
            contexts,
            self.place.everywhere,
            op.transform.size,
            site(step.op),
            kernel,
            None,
            True,
            op.name,
        )
        return conditioner(request, self.scope, self.session)

    # --- loops and blocks ------------------------------------------------------------------------------------------

    def _loop(self, op: type[Op], step: Step, arguments: Arguments, value: int | None) -> int | None:
        loop = rounds_of(op, step, arguments, self.scope, self.session)
        if loop is None:
            return self._fail()
        label = loop.block.name.rpartition(".")[2] if loop.block else "round"
        use = self._use(label)
        for k, values in enumerate(loop.values, 1):
            self.session.count_step(step.span)
            frame = Frame(label, use, k if loop.looping else 0)
            if loop.block is not None:
                value = self._block(loop.block, values, step, value, frame)
            else:
                assert loop.do is not None
                with self._within(self.scope.in_loop(values), frame):
                    value = self.chain(loop.do, value)
        return value

    def _block(
        self, definition: Definition, values: dict[str, Any], step: Step, value: int | None, frame: Frame
    ) -> int | None:
        body = definition.node
        entry = body.get("flow") if isinstance(body, Mapping) else None
        if entry is None:
            self.session.report(
                "FS139",
                f"block `{definition.name}` has no `flow`, so it cannot stand in a flow",
                step.span,
                "add `flow:` to the block",
            )
            return self._fail()
        scope = block_scope(definition, values, step, self.scope, self.session)
        if scope is None or definition in self.open:
            if scope is not None:
                self.session.report(
                    "FS140", f"block `{definition.name}` uses itself", step.span, "a block cannot contain itself"
                )
            return self._fail()
        self.open.append(definition)
        try:
            with self._within(scope, frame):
                return self.chain(entry.value, value)
        finally:
            self.open.pop()

    @contextmanager
    def _within(self, scope: Scope, frame: Frame) -> Iterator[None]:
        saved = self.scope, self.frames
        self.scope, self.frames = scope, (*self.frames, frame)
        try:
            yield
        finally:
            self.scope, self.frames = saved


def _turns(op: Any) -> bool:
    """Whether `times` swaps or reverses: couplings always, orders that may be total."""
    if not isinstance(op, AutoregressiveStep):
        return True
    return op.order is not None and bool(op.order.op.turns)
