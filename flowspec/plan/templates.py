"""Nets that differ in their first and last widths alone become one class with those widths as parameters."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from flowspec.plan.code import (
    Assign,
    Attribute,
    ClassPlan,
    Construct,
    Expr,
    For,
    Listed,
    Method,
    Return,
    Run,
    Statement,
    Value,
)
from flowspec.plan.names import Namer

WIDTHS = ("n_in", "n_out")  # the first two arguments of every plain layer
_LETTERS = {3: ("B", "C", "L"), 4: ("B", "C", "H", "W"), 5: ("B", "C", "H", "W", "K")}
Widths = dict[str, tuple[int, ...]]


def with_parameters(classes: Sequence[ClassPlan]) -> list[ClassPlan]:
    """The same classes, with those that have one form merged into one of them."""
    groups: dict[Any, list[ClassPlan]] = defaultdict(list)
    for plan in classes:
        groups[_form(plan)].append(plan)
    merged: dict[str, ClassPlan] = {}
    calls: dict[str, Construct] = {}
    for group in groups.values():
        values = _values(group) if len(group) > 1 else None
        if values is None:
            continue
        merged[group[0].name] = _template(group, list(values))
        for k, plan in enumerate(group):
            calls[plan.name] = Construct(group[0].name, tuple(column[k] for column in values.values()))
    kept = [merged.get(plan.name, plan) for plan in classes if plan.name in merged or plan.name not in calls]
    return _renamed([_calling(plan, calls) for plan in kept])


def _renamed(classes: Sequence[ClassPlan]) -> list[ClassPlan]:
    """The names that merging has set free go to those that asked for them."""
    namer = Namer(plan.name for plan in classes if not plan.label)
    names = {plan.name: namer.fresh(plan.label) if plan.label else plan.name for plan in classes}
    calls = {old: new for old, new in names.items() if old != new}
    return [_calling(replace(plan, name=names[plan.name]), calls) for plan in classes]


def _form(plan: ClassPlan) -> Any:
    """A class without its name, the widths of its plain layers, and its comments; its name if it is no net."""
    if plan.bases != ("nn.Module",) or plan.arguments or not any(_plain(a) for a in plan.attributes):
        return plan.name
    attributes = tuple((a.name, _without_widths(a)) for a in plan.attributes)
    bodies = tuple((m.name, m.parameters, _silent(m.body)) for m in plan.methods)
    return (plan.label, plan.doc, repr(attributes), bodies)


def _plain(attribute: Attribute) -> bool:
    return isinstance(attribute.value, Construct) and attribute.value.name.startswith(("nn.Linear", "nn.Conv"))


def _without_widths(attribute: Attribute) -> Any:
    if not _plain(attribute) or not isinstance(attribute.value, Construct):
        return attribute.value
    return (attribute.value.name, attribute.value.args[2:], attribute.value.kwargs)


def _silent(body: Sequence[Statement]) -> tuple[Statement, ...]:
    """The statements without comments."""
    return tuple(
        replace(s, body=_silent(s.body))
        if isinstance(s, For)
        else replace(s, comment="")
        if isinstance(s, Assign | Return)
        else s
        for s in body
    )


def _widths(group: Sequence[ClassPlan]) -> list[tuple[int, int, tuple[int, ...]]]:
    """(attribute, argument, value in every class) of all widths that differ."""
    found = []
    for n, attribute in enumerate(group[0].attributes):
        for k in range(2) if _plain(attribute) else ():
            column = tuple(plan.attributes[n].value.args[k] for plan in group)  # type: ignore[union-attr]
            if len(set(column)) > 1:
                found.append((n, k, column))
    return found


def _values(group: Sequence[ClassPlan]) -> Widths | None:
    """The parameters and their value in every class; None where more than an input and an output width differ."""
    found: Widths = {}
    for _, k, column in _widths(group):
        if found.setdefault(WIDTHS[k], column) != column:
            return None
    return {name: found[name] for name in WIDTHS if name in found} or None


def _template(group: Sequence[ClassPlan], names: list[str]) -> ClassPlan:
    """The first class of a group with its widths as parameters, and letters in comments where sizes differ."""
    attributes = list(group[0].attributes)
    for n, k, _ in _widths(group):
        value = attributes[n].value
        assert isinstance(value, Construct)
        args = tuple(Expr(WIDTHS[k]) if place == k else argument for place, argument in enumerate(value.args))
        attributes[n] = replace(attributes[n], value=replace(value, args=args))
    methods = tuple(_lettered(versions) for versions in zip(*(plan.methods for plan in group), strict=True))
    return replace(group[0], attributes=tuple(attributes), methods=methods, parameters=tuple(names))


def _lettered(versions: Sequence[Method]) -> Method:
    return replace(versions[0], body=_bodies([method.body for method in versions]))


def _bodies(versions: Sequence[Sequence[Statement]]) -> tuple[Statement, ...]:
    found: list[Statement] = []
    for same in zip(*versions, strict=True):
        first = same[0]
        if isinstance(first, For):
            found.append(replace(first, body=_bodies([s.body for s in same if isinstance(s, For)])))
        elif isinstance(first, Assign | Return):
            found.append(replace(first, comment=_comment([s.comment for s in same if isinstance(s, Assign | Return)])))
        else:
            found.append(first)
    return tuple(found)


def _comment(versions: Sequence[str]) -> str:
    """One shape for all: a letter stands where sizes differ."""
    rows = [version.strip("()").split(", ") for version in versions]
    if len(set(versions)) == 1 or len({len(row) for row in rows}) > 1:
        return versions[0] if len(set(versions)) == 1 else ""
    letters = _LETTERS.get(len(rows[0]))
    if letters is None:
        return ""
    sizes = [
        column[0] if len(set(column)) == 1 else letter
        for column, letter in zip(zip(*rows, strict=True), letters, strict=True)
    ]
    return f"({', '.join(sizes)})"


# --- calls ---------------------------------------------------------------------------------------------------------------


Calls = Mapping[str, Construct] | Mapping[str, str]


def _calling(plan: ClassPlan, calls: Calls) -> ClassPlan:
    attributes = tuple(replace(a, value=_called(a.value, calls)) for a in plan.attributes)
    return replace(plan, attributes=attributes, arguments=tuple(_called(v, calls) for v in plan.arguments))


def _called(value: Value, calls: Calls) -> Value:
    """The value with every constructor of a class replaced by another call, or by the same under another name."""
    if isinstance(value, Listed):
        return Listed(tuple(Run(tuple(_called(c, calls) for c in run.items), run.count) for run in value.runs))
    if isinstance(value, Construct):
        found = calls.get(value.name, value.name)
        if isinstance(found, Construct):
            return found
        return replace(value, name=found, args=tuple(_called(v, calls) for v in value.args))
    return value
