"""The `train` section: defaults for the train command, judged here so that a wrong one has a place."""

from __future__ import annotations

from typing import Any

from flowspec.ops.schema import value_problems
from flowspec.passes.resolve.session import Session
from flowspec.syntax.tree import Entry, Mapping, plain, site

_COUNT = {"type": "integer", "minimum": 1}
_RATE = {"type": "number", "exclusiveMinimum": 0}
_SHARE = {"type": "number", "minimum": 0, "exclusiveMaximum": 1}
_ANY_OF_BOTH = {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string"}]}
TRAIN: dict[str, Any] = {
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
    "columns": {"anyOf": [{"type": "array", "items": _ANY_OF_BOTH, "minItems": 1}, {"type": "string"}]},
    "binarize": {"type": "boolean"},
    "standardize": {"type": "boolean"},
}


def check_training(entry: Entry | None, session: Session) -> None:
    if entry is None:
        return
    if not isinstance(entry.value, Mapping):
        session.report(
            "FS203",
            "`train` is a mapping of defaults for the train command",
            site(entry.value),
            "write `train: {epochs: 30, lr: 1e-3}`",
        )
        return
    for item in entry.value.entries:
        if item.key.text not in TRAIN:
            session.unknown_name("FS201", "key of `train`", item.key.text, sorted(TRAIN), site(item.key))
            continue
        for problem in value_problems(TRAIN[item.key.text], plain(item.value)):
            session.report(
                "FS203",
                f"`{item.key.text}` of `train` is {problem.found}; it must be {problem.legal}",
                site(item.value),
                problem.help,
            )
