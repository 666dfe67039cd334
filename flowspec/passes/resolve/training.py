"""The `train` section: defaults for the train command, which a check only looks over."""

from __future__ import annotations

from typing import Any

from flowspec.ops.schema import value_problems
from flowspec.passes.resolve.session import Session
from flowspec.syntax.tree import Entry, Mapping, plain, site

_COUNT = {"type": "integer", "minimum": 1}
_RATE = {"type": "number", "exclusiveMinimum": 0}
_WIDTH = {"type": "number", "minimum": 0}
_SHARE = {"type": "number", "minimum": 0, "exclusiveMaximum": 1}
_INDEX_OR_NAME = {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string"}]}
OPTIONS: dict[str, dict[str, Any]] = {
    "epochs": {"type": "number", "exclusiveMinimum": 0},
    "steps": _COUNT,
    "batch": _COUNT,
    "lr": _RATE,
    "betas": {"type": "array", "items": _SHARE, "minItems": 2, "maxItems": 2},
    "weight_decay": {"type": "number", "minimum": 0},
    "clip": {"anyOf": [_RATE, {"type": "null"}]},
    "patience": {"anyOf": [_COUNT, {"type": "null"}]},
    "eval_every": _COUNT,
    "schedule": {"enum": ["constant", "cosine"]},
    "warmup": {"type": "integer", "minimum": 0},
    "ema": {"anyOf": [_SHARE, {"type": "null"}]},
    "seed": {"type": "integer", "minimum": 0},
    "precision": {"enum": ["float32", "bfloat16", "float64"]},
    "compile": {"type": "boolean"},
    "orders": {"enum": ["sample", "all"]},
    "columns": {"anyOf": [{"type": "array", "items": _INDEX_OR_NAME, "minItems": 1}, {"type": "string"}]},
    "binarize": {"type": "boolean"},
    "standardize": {"type": "boolean"},
    "quantize": {"type": "boolean"},
    "mu_law": {"type": "boolean"},
    "patches": {"type": "boolean"},
    "stride": _COUNT,
    "noise": {"anyOf": [_WIDTH, {"type": "array", "items": _WIDTH, "minItems": 1}]},
}


def check_train(entry: Entry | None, session: Session) -> None:
    """Reports options that there are not, and values that they cannot have."""
    if entry is None:
        return
    if not isinstance(entry.value, Mapping):
        message = "`train` is a mapping of defaults for the train command"
        session.report("FS203", message, site(entry.value), "write `train: {epochs: 30, lr: 1e-3}`")
        return
    session.check_keys("FS201", "key of `train`", entry.value, tuple(sorted(OPTIONS)))
    for item in entry.value.entries:
        schema = OPTIONS.get(item.key.text)
        for problem in value_problems(schema, plain(item.value)) if schema else ():
            message = f"`{item.key.text}` of `train` is {problem.found}; it must be {problem.legal}"
            session.report("FS203", message, site(item.value), problem.help)
