"""The ops as text: a list of all of them, and the page of one. The same name may stand in several places."""

from __future__ import annotations

import dataclasses
import inspect
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowspec.ops.base import Arg, Op

_TITLES = {
    "net": "in a net",
    "flow": "in a flow",
    "density": "as a density",
    "transform": "as a transform",
    "order": "as an order",
}


def op_names() -> tuple[str, ...]:
    """The names of all ops, each once, sorted."""
    from flowspec.ops.registry import every_op

    return tuple(sorted({op.name for _, op in every_op()}))


def overview() -> str:
    """All ops by the place where they stand, one line each."""
    from flowspec.ops.registry import VOCABULARIES

    width = max(map(len, op_names()))
    rows = {
        place: "".join(f"  {op.name:<{width}}  {op.summary()}\n" for op in ops) for place, ops in VOCABULARIES.items()
    }
    return "\n".join(f"{_TITLES.get(place, place)}:\n{text}" for place, text in rows.items())


def describe(name: str) -> str:
    """The documentation and the arguments of an op; what differs between the places where it stands is told apart."""
    from flowspec.ops.registry import every_op

    places: dict[type[Op], list[str]] = {}
    for place, op in every_op():
        if op.name == name:
            places.setdefault(op, []).append(_TITLES.get(place, place))
    return "\n".join(_page(op, ", ".join(where)) for op, where in places.items())


def _page(op: type[Op], where: str) -> str:
    heading = f"# {op.name} ({where})\n\n{inspect.cleandoc(op.__doc__ or '')}\n"
    arguments = op.arguments()
    if not arguments:
        return f"{heading}\nIt has no arguments: `{op.name}`.\n"
    rows = "".join(_argument(op, name, declared) for name, declared in arguments.items())
    return f"{heading}\n## Arguments\n{rows}"


def _argument(op: type[Op], name: str, declared: Arg) -> str:
    default = _defaults(op).get(name, dataclasses.MISSING)
    need = "required" if default is dataclasses.MISSING else f"default {_shown(default)}"
    main = f", the value in `{{{op.name}: ...}}`" if name == op.main else ""
    return f"- `{name}` ({need}{main}): {declared.doc}\n"


def _defaults(op: type[Op]) -> dict[str, Any]:
    return {f.name: f.default for f in dataclasses.fields(op)} if dataclasses.is_dataclass(op) else {}


def _shown(value: Any) -> str:
    """A default as it would stand in a spec."""
    if value is None:
        return "none"
    return f"`{value}`" if isinstance(value, str) else f"`{json.dumps(value, default=str)}`"
