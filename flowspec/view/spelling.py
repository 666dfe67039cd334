"""Ops in words, as a spec would write them."""

from __future__ import annotations

from typing import Any


def spelt(op: Any) -> str:
    """An op as a spec would write it: its name, its main argument, and the others that are not at their defaults."""
    return spelt_together([op])


def spelt_together(ops: list[Any]) -> str:
    """Ops of one kind, those of a loop's rounds: what an argument is in each is said once: dilation 1/2/4."""
    first = ops[0]
    declared = first.arguments()
    defaults = {f.name: f.default for f in type(first).__dataclass_fields__.values()} if declared else {}
    given = {name: list(dict.fromkeys(_given(op, name) for op in ops)) for name in declared}
    main = given.get(first.main, [""]) if first.main else [""]
    parts = [f"{first.name} {_listed(main)}".strip()]
    for name, values in given.items():
        usual = all(getattr(op, name, None) == defaults.get(name) for op in ops)
        if name != first.main and any(values) and not usual:
            parts.append(f"{name} {_listed(values)}")
    if (drawn := getattr(first, "drawn", None)) is not None:
        parts.append(f"draws from {drawn.id}")
    return ", ".join(parts)


def _listed(values: list[str]) -> str:
    return "/".join(value or "none" for value in values) if len(values) > 1 else values[0]


def _given(op: Any, name: str) -> str:
    """An argument in words; a main one however long, others where they are short."""
    value = getattr(op, name, None)
    return _value(value) if name == op.main and value is not None else _text(value)


def _text(value: Any) -> str:
    return _value(value) if value not in (None, ()) and _is_short(value) else ""


def _is_short(value: Any) -> bool:
    """Whether an argument can be said in a word or two: a number, a name, an op, an order, or a few of them."""
    if isinstance(value, tuple | list):
        return all(isinstance(v, int | float | str) for v in value)
    if isinstance(value, dict):
        return all(isinstance(v, int | float | str) for v in value.values())
    return isinstance(value, int | float | str) or hasattr(value, "arguments") or hasattr(value, "op")


def _value(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, dict):
        return ", ".join(f"{key} {_value(part)}" for key, part in value.items())
    if isinstance(value, tuple | list):
        if len(value) > 4:
            return f"{len(value)} entries"
        words = ", ".join(map(_value, value))
        return f"[{words}]" if len(value) > 1 or any(isinstance(v, str) for v in value) else words
    if hasattr(value, "arguments"):
        return spelt(value)
    return spelt(value.op) if hasattr(value, "op") else str(value)
