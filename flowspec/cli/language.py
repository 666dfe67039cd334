"""The JSON Schema of a whole spec (draft 7), for editors: assembled from the ops' own argument schemas.

An editor's schema judges one node at a time. It knows every word of the language and the form of every argument; what
a name refers to, which shapes fit and who may know whom is for `check`. It never rejects what `check` accepts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from flowspec.ops.base import Op, Schema
from flowspec.ops.registry import VOCABULARIES

NAME: Schema = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,47}$"}
_MODIFIERS = ("in", "knows", "name", "given", "times")
_KEEPS = ("checkerboard", "channel", "half", "rows", "columns", "even_odd")
_KNOWS = ("none", "above", "before", "upto")
_COUNT: Schema = {"type": "integer", "minimum": 1}
_INDEX: Schema = {"type": "integer", "minimum": 0}


def language() -> Schema:
    """The schema of a spec: its top-level keys, and the definitions that they refer to."""
    return {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "title": "flowspec, version 1",
        "description": "A likelihood-based generative model: an order with a net and a head, or a flow with a base.",
        **_closed(_top(), ["flowspec", "x"]),
        "definitions": {**_small(), **_places(), **_models()},
    }


def _top() -> dict[str, Schema]:
    named: Schema = {"type": "object", "propertyNames": NAME}
    return {
        "flowspec": {"const": 1, "description": "the version of the language"},
        "name": {**NAME, "description": "the name of the model and of the emitted class"},
        "x": _ref("x"),
        "given": {**named, "additionalProperties": _ref("context"), "description": "what the model is conditioned on"},
        "vars": {**named, "additionalProperties": _or_expression({"type": "number"})},
        "nets": {**named, "additionalProperties": _ref("net"), "description": "nets that act as ops by their names"},
        "blocks": {**named, "additionalProperties": _ref("block")},
        "use": {**named, "additionalProperties": {"type": "string"}, "description": "other specs by local names"},
        "train": {"type": "object", "description": "defaults for the train command"},
        **_model_keys(),
    }


def _model_keys() -> dict[str, Schema]:
    parts: Schema = {"type": "object", "additionalProperties": _ref("density")}
    return {
        "order": _ref("order"),
        "net": _ref("net"),
        "head": _ref("density"),
        "flow": _ref("flow"),
        "base": {"anyOf": [_ref("density"), parts]},
    }


# --- the parts of the language that are no ops ---------------------------------------------------------------------


def _small() -> dict[str, Schema]:
    values = _any([{"enum": ["real", "binary", "positive"]}, {**_COUNT, "minimum": 2}, _list({"type": "number"}, 2, 2)])
    shape = _list(_COUNT, 1, 4)
    names = {"anyOf": [_list({"type": "string"}, 1), {"type": "object", "minProperties": 1}]}
    return {
        "expression": {"type": "string", "pattern": "^[-+*/() .$a-z0-9_]*$", "description": "a number from `vars`"},
        "values": relaxed(values),
        "x": relaxed(_closed({"shape": shape, "names": names, "values": _ref("values")})),
        "context": relaxed(_closed({"classes": _COUNT, "shape": shape, "values": _ref("values")})),
        "given": _any([{"type": "string"}, _list({"type": "string"}), {"type": "object"}]),
        "keep": relaxed(_keep()),
    }


def _keep() -> Schema:
    half = _closed({"half": {"enum": ["rows", "columns", "channel"]}}, ["half"])
    random = _closed({"random": {"const": 1}, "seed": _INDEX}, ["random"])
    negated = _closed({"not": _ref("keep")}, ["not"])
    return _any([{"enum": list(_KEEPS)}, {"type": "string", "pattern": "^not "}, half, random, negated, _list(_INDEX)])


def _models() -> dict[str, Schema]:
    """A block, and what may stand for a density: an op or a model without x."""
    body = _model_keys()
    autoregressive = {key: body[key] for key in ("order", "net", "head")} | {"given": _ref("given")}
    flow = {key: body[key] for key in ("flow", "base")} | {"given": _ref("given")}
    outputs = _any([{"type": "string"}, {"type": "object", "additionalProperties": {"type": "string"}}])
    inputs = _any([{"type": "string"}, _list({"type": "string"}), {"type": "object"}])
    block = {"in": inputs, "vars": {"type": "object"}, "net": _ref("net"), "out": outputs, "flow": _ref("flow")}
    models = [_closed(autoregressive, ["head"]), _closed(flow, ["flow", "base"])]
    return {
        "block": _closed(block),
        "density": _any([_ref("density_op"), *models]),
    }


# --- ops -----------------------------------------------------------------------------------------------------------


def _places() -> dict[str, Schema]:
    beside = {name: _ref("given") if name == "given" else {} for name in _MODIFIERS}
    beside |= {"knows": {"enum": list(_KNOWS)}, "name": {"type": "string"}, "times": relaxed(_COUNT)}
    kernel = relaxed(_any([_COUNT, _list(_COUNT, 1, 3)]))
    channels = {"enum": ["inner", "joint", "first"]}
    return {
        "net": _chain_or_graph("net"),
        "net_step": _step("net", beside),
        "flow": _chain_or_graph("flow"),
        "flow_step": _step("flow", beside),
        "transform": _any(_written("transform", {})),
        "density_op": _any(_written("density", {**beside, "kernel": kernel})),
        "order": _any(_written("order", {"channels": channels})),
    }


def _chain_or_graph(place: str) -> Schema:
    return _any([_list(_ref(f"{place}_step")), _ref(f"{place}_step")])


def _step(place: str, beside: dict[str, Schema]) -> Schema:
    """An op of the place, the name of a net, or a mapping without an op's name: named values or the use of a net."""
    words = [op.name for op in VOCABULARIES[place]]
    own: Schema = {"type": "object", "minProperties": 1, "propertyNames": {"not": {"enum": words}}}
    bare: Schema = {"type": "string", "pattern": "^[a-z][a-z0-9_.]*$"}
    return _any([*_written(place, beside), bare, own])


def _written(place: str, beside: dict[str, Schema]) -> list[Schema]:
    """Every way to write the ops of a place: the bare words first, then a mapping for each op."""
    ops = VOCABULARIES[place]
    bare: Schema = {"enum": [op.name for op in ops if not op.required()]}
    return [bare, *(_mapping(op, place, beside) for op in ops)]


def _mapping(op: type[Op], place: str, beside: dict[str, Schema]) -> Schema:
    arguments = {name: {**relaxed(a.schema), "description": a.doc} for name, a in op.arguments().items()}
    if op.family == "loop" and "do" in arguments:
        arguments["do"] |= _ref(place)  # a loop in a flow repeats flow steps
    inside = _closed({**beside, **arguments})
    value = _any([arguments.get(op.main, {}), inside]) if op.main else inside  # values to merge are no argument
    others = {name: schema for name, schema in arguments.items() if name != op.main}
    described = {**value, "description": op.summary()}
    return _closed({op.name: described, **beside, **others}, [op.name])


# --- making schemas ------------------------------------------------------------------------------------------------


def relaxed(schema: Schema) -> Schema:
    """The schema with an expression allowed wherever a number is; `vars` are put in before values are judged."""
    if schema.get("type") in ("integer", "number"):
        return _or_expression(schema)
    changed = dict(schema)
    for key in ("items", "additionalProperties"):
        if isinstance(schema.get(key), dict):
            changed[key] = relaxed(schema[key])
    if "anyOf" in schema:
        changed["anyOf"] = [relaxed(option) for option in schema["anyOf"]]
    if "properties" in schema:
        changed["properties"] = {name: relaxed(value) for name, value in schema["properties"].items()}
    return changed


def _or_expression(schema: Schema) -> Schema:
    return _any([schema, _ref("expression")])


def _ref(name: str) -> Schema:
    return {"$ref": f"#/definitions/{name}"}


def _any(options: list[Schema]) -> Schema:
    return {"anyOf": options}


def _closed(properties: dict[str, Schema], required: Iterable[str] = ()) -> Schema:
    needed = list(required)
    return {
        "type": "object",
        "properties": properties,
        **({"required": needed} if needed else {}),
        "additionalProperties": False,
    }


def _list(items: Schema, low: int | None = None, high: int | None = None) -> Schema:
    limits: dict[str, Any] = {"minItems": low, "maxItems": high}
    return {"type": "array", "items": items, **{key: n for key, n in limits.items() if n is not None}}
