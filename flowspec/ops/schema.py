"""JSON Schema (draft 7) from the ops' own definitions: it judges arguments, and `flowspec schema` exports it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flowspec.diagnostics import suggest
from flowspec.ops.base import Op, Schema


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a value: where below it, what was found, what is legal, and a proposal."""

    path: tuple[str | int, ...]
    found: str
    legal: str
    help: str = ""


_VALIDATORS: dict[tuple[str, str], Any] = {}


def _validator(op: type[Op], word: str) -> Any:
    """The validator of one argument. jsonschema is loaded for the first value that is not plainly fine."""
    key = (f"{op.family}.{op.name}", word)
    if key not in _VALIDATORS:
        from jsonschema import Draft7Validator

        _VALIDATORS[key] = Draft7Validator(op.arguments()[word].schema)
    return _VALIDATORS[key]


_SIMPLE = {
    "integer": lambda v: isinstance(v, int) and not isinstance(v, bool),
    "number": lambda v: isinstance(v, int | float) and not isinstance(v, bool),
}


def _plainly_fine(schema: Schema, value: Any) -> bool:
    """A quick yes for a number within its limits, the commonest argument there is."""
    if "anyOf" in schema:
        return any(_plainly_fine(option, value) for option in schema["anyOf"])
    test = _SIMPLE.get(schema.get("type", ""))
    if test is None or set(schema) - {"type", "minimum", "maximum"} or not test(value):
        return False
    return bool(schema.get("minimum", value) <= value <= schema.get("maximum", value))


def problems(op: type[Op], word: str, value: Any) -> tuple[Problem, ...]:
    """What is wrong with `value` as argument `word` of `op`; empty when nothing is."""
    schema = op.arguments()[word].schema
    if _plainly_fine(schema, value):
        return ()
    errors = sorted(_validator(op, word).iter_errors(value), key=lambda e: [str(p) for p in e.absolute_path])
    return tuple(_problem(error, value) for error in errors)


def value_problems(schema: Schema, value: Any) -> tuple[Problem, ...]:
    """What is wrong with a value by a schema that belongs to no op; empty when nothing is."""
    if _plainly_fine(schema, value):
        return ()
    from jsonschema import Draft7Validator

    return tuple(_problem(error, value) for error in Draft7Validator(schema).iter_errors(value))


def _problem(error: Any, value: Any) -> Problem:
    best = _deepest(error)
    found = show(best.instance)
    legal = describe(best.schema)
    options = [o for o in _options(best.schema) if isinstance(o, str)]
    near = suggest(best.instance, options) if isinstance(best.instance, str) else None
    return Problem(tuple(best.absolute_path), found, legal, f"did you mean `{near}`?" if near else "")


def _deepest(error: Any) -> Any:
    """The branch of an `anyOf` that came furthest, so that the finding points at the item and not at the list."""
    inner = [e for e in error.context or () if len(e.absolute_path) > len(error.absolute_path)]
    return _deepest(inner[0]) if inner else error


def _options(schema: Schema) -> Iterator[Any]:
    if "enum" in schema:
        yield from schema["enum"]
    if "const" in schema:
        yield schema["const"]
    for option in schema.get("anyOf", ()):
        yield from _options(option)


def show(value: Any) -> str:
    """A value as a message shows it."""
    if value is None:
        return "empty"
    if isinstance(value, bool):
        return f"`{str(value).lower()}`"
    if isinstance(value, str):
        return f"the text `{value[:60]}`"
    if isinstance(value, list):
        return f"a list of {len(value)}" if len(value) != 1 else "a list of one"
    return "a mapping" if isinstance(value, dict) else f"`{value}`"


_TYPES = {
    "integer": "an integer", "number": "a number", "string": "a text", "boolean": "`true` or `false`",
    "array": "a list", "object": "a mapping", "null": "nothing",
}  # fmt: skip


def describe(schema: Schema) -> str:
    """A schema in words."""
    if "anyOf" in schema:
        return " or ".join(describe(option) for option in schema["anyOf"])
    if "enum" in schema:
        return "one of " + ", ".join(f"`{o}`" for o in schema["enum"])
    if "const" in schema:
        return f"`{schema['const']}`"
    text = _TYPES.get(str(schema.get("type")), "a value")
    if schema.get("type") == "array":
        return text + _counted(schema) + (f", each {describe(schema['items'])}" if "items" in schema else "")
    return text + _limits(schema)


def _counted(schema: Schema) -> str:
    low, high = schema.get("minItems"), schema.get("maxItems")
    if low and high:
        return f" of {low}" if low == high else f" of {low} to {high}"
    return f" of {low} or more" if low else ""


def _limits(schema: Schema) -> str:
    low, high = schema.get("minimum"), schema.get("maximum")
    strict_low, strict_high = schema.get("exclusiveMinimum"), schema.get("exclusiveMaximum")
    parts = []
    if low is not None:
        parts.append(f"at least {low}")
    if strict_low is not None:
        parts.append(f"above {strict_low}")
    if strict_high is not None:
        parts.append(f"below {strict_high}")
    if high is not None and high < 2**31 - 1:
        parts.append(f"at most {high}")
    return (" " if parts else "") + " and ".join(parts)
