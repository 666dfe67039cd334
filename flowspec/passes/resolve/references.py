"""References inside a net: `in`, `given` and the lists of `add`, `concat` and `mul`."""

from __future__ import annotations

from flowspec.graph.bounds import CAPS
from flowspec.passes.resolve.arguments import Arguments, uses_unknown
from flowspec.passes.resolve.names import check_value_name
from flowspec.passes.resolve.net_state import NetState
from flowspec.passes.resolve.session import shortened
from flowspec.passes.resolve.values import ZERO, Bundle, contents, follow
from flowspec.syntax.expressions import substitute
from flowspec.syntax.tree import Mapping, Node, Scalar, Sequence, site


class References(NetState):
    """A net under construction that finds values by their names. What is not there is reported, and becomes unknown."""

    def value_at(self, node: Node) -> int:
        """The single value that a node refers to."""
        bundle = self.bundle_at(node)
        if bundle.single is None:
            outputs = ", ".join(f"`{o}`" for o in bundle.outputs)
            text = node.text if isinstance(node, Scalar) else "it"
            helps = f"name one: `{text}.{next(iter(bundle.outputs), 'OUTPUT')}`"
            self.session.report("FS134", f"`{text}` has several outputs: {outputs}", site(node), helps)
            return self.unknown(bundle.outputs.values())
        return bundle.single

    def bundle_at(self, node: Node) -> Bundle:
        """What a reference stands for."""
        if not isinstance(node, Scalar):
            return self._not_a_name(node)
        if node.bad or uses_unknown(node, self.scope):
            return Bundle.lost(self.unknown())
        if isinstance(node.value, int) and not isinstance(node.value, bool) and node.value == 0:
            return Bundle.one(ZERO)
        if not isinstance(node.value, str):
            return self._not_a_name(node)
        text = substitute(node.text, self.scope.vars, site(node))
        if not isinstance(text, str):
            self.session.add(text)
            return Bundle.lost(self.unknown())
        return self._lookup(text, node)

    def _not_a_name(self, node: Node) -> Bundle:
        what = "a mapping" if isinstance(node, Mapping) else "a list" if isinstance(node, Sequence) else "no name"
        if isinstance(node, Scalar) and node.value is None:
            what = "empty"
        message = f"a reference is the name of one value, and this is {what}"
        self.session.report("FS134", message, site(node), "write `NAME`, `NAME.OUTPUT`, or `0`")
        return Bundle.lost(self.unknown())

    def _lookup(self, text: str, node: Scalar) -> Bundle:
        head, *path = text.split(".")
        if head not in self.names:
            self._unknown_name(head, node)
            return Bundle.lost(self.unknown())
        self.read_names.add(head)
        found = follow(self.names[head], path)
        if isinstance(found, Bundle):
            return found
        has = contents(self.names[head])
        self.session.report("FS135", f"`{head}` has no `{shortened(found)}`", site(node), f"it has {has}")
        return Bundle.lost(self.unknown())

    def _unknown_name(self, name: str, node: Scalar) -> None:
        if name == "x" and self.without_x:
            message = "`x` cannot be read here: without an order no variable may know another"
            self.session.report("FS135", message, site(node), "declare an `order`, or read a context")
        elif not self.lenient:
            self.session.unknown_name("FS135", "value", name, list(self.names), site(node))

    def write_name(self, name: Scalar | None, bundle: Bundle) -> None:
        """Gives a value the name that its step says."""
        if name is None or not check_value_name(name, self.reserved | self.scope.nets.keys(), self.session):
            return
        first = self.written.setdefault(name.text, name)
        if first is not name:
            self.session.report("FS131", f"`{name.text}` names two values", site(name), "choose another name")
        self.names[name.text] = bundle

    # --- modifiers -------------------------------------------------------------------------------------------------

    def own_name(self, arguments: Arguments) -> Scalar | None:
        """What `name` beside a step says."""
        node = arguments.modifier("name")
        if node is None or (isinstance(node, Scalar) and isinstance(node.value, str)):
            return node
        self.session.report("FS203", "`name` must be a word", site(node), "write `name: h`")
        return None

    def cap_of(self, arguments: Arguments) -> str | None:
        """What `knows` says; empty where it says nothing, None where it is wrong."""
        node = arguments.modifier("knows")
        if node is None:
            return ""
        text = node.text if isinstance(node, Scalar) else "?"
        if isinstance(node, Scalar) and node.bad:
            return None
        if text not in CAPS:
            self.session.unknown_name("FS203", "bound", text or "?", CAPS, site(node))
            return None
        return text

    def contexts_of(self, arguments: Arguments) -> list[int]:
        """The values under `given` beside a step: a name, a list of names, or {local: name}."""
        node = arguments.modifier("given")
        if node is None:
            return []
        items: tuple[Node, ...] = node.items if isinstance(node, Sequence) else (node,)
        if isinstance(node, Mapping):
            items = tuple(entry.value for entry in node.entries)
        return [value for item in items if (value := self.value_at(item)) != ZERO]
