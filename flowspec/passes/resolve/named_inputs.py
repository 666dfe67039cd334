"""Ops that tell their inputs apart by name, such as the query, key and value of attention."""

from __future__ import annotations

from flowspec.ops.base import NetOp
from flowspec.passes.resolve.references import References
from flowspec.syntax.steps import Step
from flowspec.syntax.tree import Mapping, Node, site


def named_inputs(net: References, op: type[NetOp], step: Step, node: Node) -> list[int]:
    """What `in` says: one value for all inputs, a value with outputs of their names, or `{input: value}`."""
    if isinstance(node, Mapping):
        return _mapped(net, op, step, node)
    bundle = net.bundle_at(node)
    if bundle.unknown or (len(bundle.outputs) == 1 and not set(op.named) & set(bundle.outputs)):
        return list(bundle.outputs.values())[:1]
    return _completed(net, op, step, bundle.outputs)


def _mapped(net: References, op: type[NetOp], step: Step, node: Mapping) -> list[int]:
    found: dict[str, int] = {}
    for entry in node.entries:
        if entry.key.text in op.named:
            found[entry.key.text] = net.value_at(entry.value)
        else:
            what = f"input of `{op.name}`"
            net.session.unknown_name("FS138", what, entry.key.text, op.named, site(entry.key))
    if len(found) < len(node.entries):
        return [found.get(name, net.unknown()) for name in op.named]
    return _completed(net, op, step, found)


def _completed(net: References, op: type[NetOp], step: Step, found: dict[str, int]) -> list[int]:
    """The inputs in the order of the op, with stand-ins for what is missing, after reporting it."""
    missing = [name for name in op.named if name not in found]
    if missing:
        listed = " and ".join(f"`{name}`" for name in missing)
        helps = f"add `in: {{{', '.join(f'{name}: VALUE' for name in op.named)}}}`, or name one value for all of them"
        net.session.report("FS138", f"`{op.name}` is not given its input {listed}", site(step.op), helps)
    stand_in = net.unknown(found.values()) if missing else 0
    return [found.get(name, stand_in) for name in op.named]
