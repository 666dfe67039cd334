"""Pictures as data for other programs: everything that a mask or a field consists of, as JSON."""

from __future__ import annotations

import json
from typing import Any

import numpy as np
import numpy.typing as npt

from flowspec.graph.masks import LabelMask, SiteMask, TapMask
from flowspec.graph.pairing import PlaceMask
from flowspec.view import place_masks
from flowspec.view.chart_rounds import Chart
from flowspec.view.field import Encoded, Field
from flowspec.view.masks import Derived, Keep
from flowspec.view.orders import Generation

FORMAT_VERSION = 1


def mask_json(name: str, path: str, sha256: str, masks: tuple[Derived, ...]) -> str:
    """The masks of one spec as one JSON object."""
    return _document("mask", name, path, sha256, "masks", [_mask(mask) for mask in masks])


def field_json(name: str, path: str, sha256: str, fields: tuple[Field, ...]) -> str:
    """The fields of one variable as one JSON object; variables are numbered row-major in the order of x."""
    return _document("field", name, path, sha256, "fields", [_field(field) for field in fields])


def order_json(name: str, path: str, sha256: str, orders: tuple[Generation, ...]) -> str:
    """The generation orders of one spec as one JSON object."""
    return _document("order", name, path, sha256, "orders", [_order(order) for order in orders])


def graph_json(name: str, path: str, sha256: str, charts: tuple[Chart, ...]) -> str:
    """The graphs of one spec as one JSON object; edges are pairs of numbers of nodes, `given` those of values that are
    read by a name besides what is modelled, and `next_round` those that lead from one round of a loop to the next."""
    return _document("graph", name, path, sha256, "graphs", [_chart(chart) for chart in charts])


def _document(kind: str, name: str, path: str, sha256: str, key: str, records: list[dict[str, Any]]) -> str:
    head = {"format_version": FORMAT_VERSION, "picture": kind, "name": name, "spec": path, "spec_sha256": sha256}
    return json.dumps(head | {key: records}) + "\n"


# --- masks ---------------------------------------------------------------------------------------------------------


def _mask(derived: Derived) -> dict[str, Any]:
    count, span = derived.count, derived.span
    common = {
        "node": derived.name,
        "file": span.file,
        "line": span.start.line,
        "order": derived.order or None,
        "member": derived.member,
        "members": derived.members,
        "input": list(derived.source.shape),
        "output": list(derived.output.shape),
        "kept": count.kept,
        "possible": count.possible,
    }
    return common | _content(derived)


def _content(derived: Derived) -> dict[str, Any]:
    mask = derived.mask
    if isinstance(mask, LabelMask):
        reads, writes = mask.member(derived.member)
        return {"kind": "dense", "rule": mask.rule, "labels": _labels(mask.rule, reads, writes)}
    if isinstance(mask, TapMask):
        return {"kind": "taps", **_window(mask), "taps": [[list(map(int, t)) for t in row] for row in mask.kept]}
    if isinstance(mask, SiteMask):
        labels = {
            side: [_label_row(mask.rule, row) for row in rows]
            for side, rows in (("in", mask.reads), ("out", mask.writes))
        }
        return {"kind": "sites", "rule": mask.rule, **_window(mask), "labels": labels}
    if isinstance(mask, PlaceMask):
        return place_masks.record(mask, derived.member)
    return _keep(mask)


def _keep(mask: Keep) -> dict[str, Any]:
    return {"kind": "coupling", "kept_entries": np.flatnonzero(mask.kept).tolist()}


def _window(mask: TapMask | SiteMask) -> dict[str, Any]:
    groups = {"in": list(mask.in_class), "out": list(mask.out_class)}
    return {"offsets": [list(e) for e in mask.offsets], "groups": groups}


def _labels(rule: str, reads: tuple[int, ...], writes: tuple[int, ...]) -> dict[str, Any]:
    return {"in": _label_row(rule, reads), "out": _label_row(rule, writes)}


def _label_row(rule: str, labels: tuple[int, ...]) -> list[int] | list[str]:
    """Integers; bit sets in hexadecimal, for most readers of JSON keep 53 bits of a number."""
    return [f"{label:x}" for label in labels] if rule == "subset" else list(labels)


# --- orders --------------------------------------------------------------------------------------------------------


def _order(order: Generation) -> dict[str, Any]:
    places = order.places
    return {
        "nodes": list(order.names),
        "file": order.span.file,
        "line": order.span.start.line,
        "order": order.order.label,
        "member": order.member,
        "members": order.members,
        "shape": list(order.shape),
        "names": list(order.labels) or None,
        "sequence": order.order.sequence.tolist(),
        "places": None if places is None else places.tolist(),
        "levels": order.levels.tolist(),
    }


# --- graphs --------------------------------------------------------------------------------------------------------


def _chart(chart: Chart) -> dict[str, Any]:
    nodes = [
        {
            "name": box.name, "op": box.words, "kind": box.kind, "shape": box.type, "proof": box.proof,
            "parameters": box.parameters, "rounds": box.rounds, "line": box.line,
        }
        for box in chart.boxes
    ]  # fmt: skip
    ways = {"edges": [list(a) for a in chart.arrows], "next_round": [list(a) for a in chart.backs]}
    given = [{"from": source, "to": target, "name": name} for source, target, name in chart.given]
    return {"title": chart.title, "facts": list(chart.facts), "nodes": nodes, **ways, "given": given}


# --- fields --------------------------------------------------------------------------------------------------------


def _field(field: Field) -> dict[str, Any]:
    encoded = field.encoded
    channel, site = (field.grid if encoded is None else encoded.grid).site(field.variable)
    name = field.labels[field.variable] if field.labels and encoded is None else None
    return _encoded(encoded) | {
        "nodes": list(field.names),
        "file": field.span.file,
        "line": field.span.start.line,
        "order": field.order or None,
        "member": field.member,
        "members": field.members,
        "back": field.back,
        "shape": list(field.shape),
        "variable": {"index": field.variable, "channel": channel, "site": list(site), "name": name},
        "level": field.level or None,
        "levels": field.levels or None,
        "counts": {
            "allowed": _count(field.allowed),
            "seen": _count(field.seen),
            "missing": _count(field.missing),
        },
        "all": _all(field),
        "seen": _indices(field.seen),
        "missing": _indices(field.missing),
    }


def _encoded(encoded: Encoded | None) -> dict[str, Any]:
    """What stands only in fields behind an encoder: `variable` is an entry of `chosen`, and the rest speaks of others."""
    if encoded is None:
        return {}
    chosen = {"name": encoded.name, "shape": list(encoded.shape)}
    counts = {"depending": encoded.pairs, "possible": encoded.possible}
    return {"role": encoded.role, "law": encoded.law or None, "chosen": chosen, "pairs": counts}


def _all(field: Field) -> dict[str, int | None] | None:
    """The counts of all variables together."""
    reach = field.reach
    if reach is None:
        return None
    return {"allowed": reach.allowed, "reached": reach.reached, "missing": reach.missing, "blind": reach.blind}


def _count(row: npt.NDArray[np.bool_] | None) -> int | None:
    return None if row is None else int(row.sum())


def _indices(row: npt.NDArray[np.bool_] | None) -> list[int] | None:
    return None if row is None else np.flatnonzero(row).tolist()
