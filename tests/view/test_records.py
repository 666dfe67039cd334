"""Pictures as JSON: of one form, and enough to rebuild every mask and field."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import pytest
from jsonschema import Draft7Validator

from flowspec.graph.masks import LabelMask, TapMask
from flowspec.ops.lower_weighted import label_matrix
from flowspec.view.masks import Keep
from flowspec.view.records import field_json, graph_json, mask_json, order_json
from tests.view.drawn import SPECS, found_charts, found_fields, found_orders, masks

INT, TEXT = {"type": "integer", "minimum": 0}, {"type": "string"}
INTS = {"type": "array", "items": INT}
MAYBE = {"anyOf": [INT, {"type": "null"}]}


def closed(properties: dict[str, Any], optional: tuple[str, ...] = ()) -> dict[str, Any]:
    """An object with these keys and no others."""
    required = [key for key in properties if key not in optional]
    return {"type": "object", "properties": properties, "required": required, "additionalProperties": False}


def document(kind: str, key: str, record: dict[str, Any]) -> Draft7Validator:
    head = {"format_version": {"const": 1}, "picture": {"const": kind}, "name": TEXT, "spec": TEXT, "spec_sha256": TEXT}
    return Draft7Validator(closed(head | {key: {"type": "array", "items": record}}))


CONTENT = ("rule", "labels", "offsets", "groups", "taps", "kept_entries")
MASKS = document(
    "mask",
    "masks",
    closed(
        {
            "node": TEXT, "file": TEXT, "line": INT, "order": {"type": ["string", "null"]}, "member": INT,
            "members": INT, "input": INTS, "output": INTS, "kept": INT, "possible": INT,
            "kind": {"enum": ["dense", "taps", "sites", "coupling"]}, "rule": {"enum": ["prefix", "subset"]},
            "labels": closed({"in": {"type": "array"}, "out": {"type": "array"}}),
            "offsets": {"type": "array", "items": {"type": "array", "items": {"type": "integer"}}},
            "groups": closed({"in": INTS, "out": INTS}), "taps": {"type": "array"}, "kept_entries": INTS,
        },
        CONTENT,
    ),
)  # fmt: skip
COUNTS = dict.fromkeys(("allowed", "reached", "missing", "blind"), MAYBE)
FIELDS = document(
    "field",
    "fields",
    closed(
        {
            "nodes": {"type": "array", "items": TEXT}, "file": TEXT, "line": INT,
            "order": {"type": ["string", "null"]}, "member": INT, "members": INT, "back": {"type": "boolean"}, "shape": INTS,
            "variable": closed({"index": INT, "channel": INT, "site": INTS, "name": {"type": ["string", "null"]}}),
            "level": MAYBE, "levels": MAYBE,
            "counts": closed({"allowed": MAYBE, "seen": MAYBE, "missing": MAYBE}),
            "all": {"anyOf": [{"type": "null"}, closed(COUNTS)]},
            "seen": {"anyOf": [INTS, {"type": "null"}]}, "missing": {"anyOf": [INTS, {"type": "null"}]},
        }
    ),
)  # fmt: skip


NAMES = {"anyOf": [{"type": "array", "items": TEXT}, {"type": "null"}]}
ORDERS = document(
    "order",
    "orders",
    closed(
        {
            "nodes": {"type": "array", "items": TEXT}, "file": TEXT, "line": INT, "order": TEXT, "member": INT,
            "members": INT, "shape": INTS, "names": NAMES, "sequence": INTS,
            "places": {"anyOf": [INTS, {"type": "null"}]}, "levels": INTS,
        }
    ),
)  # fmt: skip


GRAPHS = document(
    "graph",
    "graphs",
    closed(
        {
            "title": TEXT, "facts": {"type": "array", "items": TEXT}, "edges": {"type": "array", "items": INTS},
            "next_round": {"type": "array", "items": INTS},
            "given": {"type": "array", "items": closed({"from": INT, "to": INT, "name": TEXT})},
            "nodes": {
                "type": "array",
                "items": closed(
                    {
                        "name": TEXT, "op": TEXT, "shape": TEXT, "proof": TEXT, "parameters": INT, "rounds": INT, "line": INT,
                        "kind": {"enum": ["source", "weighted", "plain", "step", "bound", "density"]},
                    }
                ),
            },
        }
    ),
)  # fmt: skip


@pytest.mark.parametrize("name", SPECS)
def test_forms(name: str) -> None:
    MASKS.validate(json.loads(mask_json(name, "a.yaml", "0", masks(name))))
    FIELDS.validate(json.loads(field_json(name, "a.yaml", "0", found_fields(name))))
    GRAPHS.validate(json.loads(graph_json(name, "a.yaml", "0", found_charts(name))))
    ORDERS.validate(json.loads(order_json(name, "a.yaml", "0", found_orders(name))))


@pytest.mark.parametrize("name", SPECS)
def test_masks_can_be_rebuilt(name: str) -> None:
    found = masks(name)
    for derived, row in zip(found, json.loads(mask_json(name, "a", "0", found))["masks"], strict=True):
        mask = derived.mask
        assert row["kept"] == derived.count.kept
        if isinstance(mask, LabelMask):
            labels = [[int(n, 16) if isinstance(n, str) else n for n in row["labels"][side]] for side in ("in", "out")]
            kept = label_matrix(LabelMask(row["rule"], (tuple(labels[0]),), (tuple(labels[1]),)))
            assert kept.sum() == row["kept"]
        elif isinstance(mask, TapMask):
            taps = np.array(row["taps"])[row["groups"]["out"]][:, row["groups"]["in"]]
            assert taps.sum() == row["kept"]
        elif isinstance(mask, Keep):
            assert np.array_equal(np.flatnonzero(mask.kept), row["kept_entries"])


def test_a_field_lists_its_variables() -> None:
    found = found_fields("alarm", at="A")
    row = json.loads(field_json("alarm", "a", "0", found))["fields"][0]
    assert row["variable"] == {"index": 2, "channel": 0, "site": [2], "name": "A"}
    assert row["seen"] == [0, 1]
    assert row["counts"] == {"allowed": 2, "seen": 2, "missing": 0}
    assert row["all"] == {"allowed": 4, "reached": 4, "missing": 0, "blind": 0}
