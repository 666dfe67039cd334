"""Nets under `nets`, which act as ops by their names."""

from __future__ import annotations

from flowspec.ops.registry import vocabulary
from flowspec.passes.resolve.arguments import Arguments
from flowspec.passes.resolve.counts import times_of
from flowspec.passes.resolve.references import References
from flowspec.passes.resolve.session import Definition
from flowspec.passes.resolve.values import Bundle
from flowspec.syntax.tree import Mapping, Node, Scalar, site

_WORDS = ("in", "knows", "name", "times")


class NamedNets(References):
    """A net under construction that may use nets by name."""

    def named_net(self, node: Node) -> Definition | None:
        """The definition that a step uses, if it is one by name."""
        if isinstance(node, Scalar) and isinstance(node.value, str):
            return self.scope.nets.get(node.value) if node.value not in vocabulary("net") else None
        if not isinstance(node, Mapping) or any(key in vocabulary("net") for key in node.keys()):
            return None
        return next((self.scope.nets[key] for key in node.keys() if key in self.scope.nets), None)

    def use_net(self, definition: Definition, node: Node, value: int, name: str) -> Bundle:
        """One use of a net, with weights of its own."""
        key = node if isinstance(node, Scalar) else self._key(node, definition)
        arguments = self._modifiers(definition, node)
        entry = arguments.modifiers.get("in")
        reads = self.value_at(entry.value) if entry else self.behind(value, key)
        label, cap = self.own_name(arguments), self.cap_of(arguments)
        times = times_of(arguments, self.scope, self.session)
        if not self.may_open(definition, "net", site(key)):
            return Bundle.lost(self.unknown([reads]))
        bundle = Bundle.one(reads)
        with self.at(site(key), name or (label.text if label else ""), cap or ""), self.opened(definition):
            for _ in range(times):
                with self.in_scope(definition.scope), self.own_names():
                    bundle = self.net(definition.node, self.single(bundle, node))
        if not arguments.ok or cap is None:
            bundle = Bundle.lost(self.unknown(bundle.outputs.values()))
        if not name:
            self.write_name(label, bundle)
        return bundle

    def _key(self, node: Node, definition: Definition) -> Scalar:
        assert isinstance(node, Mapping)
        return next(e.key for e in node.entries if self.scope.nets.get(e.key.text) is definition)

    def _modifiers(self, definition: Definition, node: Node) -> Arguments:
        """What stands beside the name of a net: modifiers, and nothing else."""
        if not isinstance(node, Mapping):
            return Arguments({}, {}, (), {})
        modifiers, ok = {}, True
        for entry in node.entries:
            word = entry.key.text
            if word in _WORDS:
                modifiers[word] = entry
            elif self.scope.nets.get(word) is definition:
                ok = self._takes_nothing(definition, entry.value) and ok
            else:
                what = f"argument of a net used by name, `{definition.name}`"
                self.session.unknown_name("FS201", what, word, _WORDS, site(entry.key))
                ok = False
        return Arguments({}, {}, (), modifiers, ok)

    def _takes_nothing(self, definition: Definition, value: Node) -> bool:
        if (isinstance(value, Scalar) and value.value is None) or (isinstance(value, Mapping) and not value.entries):
            return True
        helps = (
            f"write `{{{definition.name}: {{}}, in: NAME}}`",
            "what differs between uses is set in a block's `vars`",
        )
        self.session.report("FS204", f"the net `{definition.name}` takes no value", site(value), helps)
        return False

    # --- what the builder of nets adds -----------------------------------------------------------------------------

    def net(self, node: Node, value: int) -> Bundle:
        """Unfolds a net as written."""
        raise NotImplementedError

    def single(self, bundle: Bundle, node: Node) -> int:
        """The one value of a bundle."""
        raise NotImplementedError

    def behind(self, value: int, op: Scalar) -> int:
        """What a step without `in` reads."""
        raise NotImplementedError
