"""What a step of a net reads: its `in`, and the references there."""

from __future__ import annotations

from flowspec.ops.base import NetOp, Op
from flowspec.passes.resolve.arguments import Arguments
from flowspec.passes.resolve.session import Scope, Session
from flowspec.passes.resolve.values import ZERO, Bundle, follow
from flowspec.syntax.expressions import substitute
from flowspec.syntax.steps import Step
from flowspec.syntax.tree import Node, Scalar, Sequence, site

Names = dict[str, Bundle]


class References:
    """The part of a net under construction that finds values by name."""

    session: Session
    scope: Scope
    names: Names
    read_names: set[str]

    def _inputs(
        self, op: type[Op], step: Step, arguments: Arguments, value: int | None, in_graph: bool
    ) -> list[int | None] | None:
        if issubclass(op, NetOp) and op.inputs == "many":
            return self._listed(op, step)
        if issubclass(op, NetOp) and op.inputs == "none":
            return []
        entry = arguments.modifiers.get("in")
        if entry is not None:
            return [self.value_at(entry.value)]
        if in_graph:
            self.session.report(
                "FS133",
                f"`{step.op.text}` in a graph does not say what it reads",
                step.span,
                "add `in: NAME`; only chains read the step before",
            )
            return None
        return [value]

    def _listed(self, op: type[Op], step: Step) -> list[int | None] | None:
        if isinstance(step.main, Sequence) and step.main.items:
            return [self.value_at(item) for item in step.main.items]
        place = site(step.main) if step.main else step.span
        self.session.report(
            "FS203", f"`{op.name}` needs the list of the values it combines", place, f"write `{op.name}: [a, b]`"
        )
        return None

    def value_at(self, node: Node) -> int | None:
        """The single value that a node refers to."""
        bundle = self.bundle_at(node)
        if bundle is None or bundle.failed:
            return None
        if bundle.single is None:
            outputs = ", ".join(f"`{o}`" for o in bundle.outputs)
            self.session.report(
                "FS134",
                f"`{_text(node)}` has several outputs: {outputs}",
                site(node),
                f"name one: `{_text(node)}.{next(iter(bundle.outputs))}`",
            )
        return bundle.single

    def bundle_at(self, node: Node) -> Bundle | None:
        """What a reference stands for; None after reporting a reference that leads nowhere."""
        if isinstance(node, Scalar) and node.value == 0 and not isinstance(node.value, bool):
            return Bundle.one(ZERO)
        if not isinstance(node, Scalar) or not isinstance(node.value, str):
            if not (isinstance(node, Scalar) and node.bad):
                self.session.report(
                    "FS134", "a reference is the name of a value", site(node), "write `in: NAME` or `in: NAME.OUTPUT`"
                )
            return None
        text = substitute(node.text, self.scope.vars, site(node))
        if not isinstance(text, str):
            self.session.add(text)
            return None
        return self._lookup(text, node)

    def _lookup(self, text: str, node: Scalar) -> Bundle | None:
        head, *path = text.split(".")
        if head not in self.names:
            self.session.unknown_name("FS135", "value", head, list(self.names), site(node))
            return None
        self.read_names.add(head)
        found = follow(self.names[head], path)
        if isinstance(found, str):
            if not self.names[head].failed:
                bundle = self.names[head]
                rounds = f"rounds 0 to {len(bundle.rounds) - 1}" if bundle.rounds else ""
                outputs = ", ".join(f"`{o}`" for o in bundle.outputs if o)
                has = " and ".join(part for part in (rounds, outputs) if part) or "one output without a name"
                self.session.report("FS135", f"`{head}` has no `{found}`", site(node), f"it has {has}")
            return None
        return found


def _text(node: Node) -> str:
    return node.text if isinstance(node, Scalar) else "it"
