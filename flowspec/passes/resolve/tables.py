"""What a table reads: x itself and labels, never what other ops made of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowspec.ops.elementwise import Concat
from flowspec.ops.unknown import UnknownValue
from flowspec.passes.resolve.arguments import Arguments
from flowspec.passes.resolve.values import NOTHING
from flowspec.syntax.tree import site

if TYPE_CHECKING:
    from flowspec.passes.resolve.references import References


def table_inputs(net: References, arguments: Arguments, value: int) -> list[int]:
    """The nodes that a table reads: x, where it may be read, and the labels it is given. Others are reported."""
    entry, cap = arguments.modifiers.get("in"), arguments.modifiers.get("knows")
    if cap is not None:
        message = "`knows` on `table`, which reads all that each variable may know"
        net.session.report("FS204", message, site(cap.key), "drop it")
    if entry is not None:
        value = net.value_at(entry.value)
    elif value == NOTHING and "x" in net.names:
        value = net.names["x"].single or 0
    found = list(dict.fromkeys([*_parts(net, value), *net.contexts_of(arguments)]))
    if any(i >= 0 and isinstance(net.nodes[i].op, UnknownValue) for i in found):
        return [net.unknown(found)]
    wrong = any(i >= 0 and not net.nodes[i].op.outside for i in found) or not (net.without_x or 0 in found)
    if wrong or not found:
        message = "`table` looks up the values of x themselves, and it is given something else to read"
        net.session.report(
            "FS442", message, net.span, "drop what stands before it, or `in`: a table reads x and labels"
        )
        return [net.unknown(found)]
    return sorted(found, key=lambda i: i != 0)


def _parts(net: References, value: int) -> tuple[int, ...]:
    """What a table is to read; of values that are joined each one."""
    if value == NOTHING:
        return ()
    if value >= 0 and isinstance(net.nodes[value].op, Concat):
        return net.nodes[value].inputs
    return (value,)
