"""Which contexts reach which parameters. Contexts know nothing of x, so a mask drops them only where a layer has no unit
for them, or where a kernel finds no place on the grid."""

from __future__ import annotations

from functools import reduce
from typing import Any

import numpy as np
import numpy.typing as npt

from flowspec.graph.layout import Layout
from flowspec.graph.masks import LabelMask, SiteMask, TapMask
from flowspec.graph.pairing import PlaceMask
from flowspec.ops.edges import AcrossBatch, Channelwise, Dense, Edges, Joined, Window
from flowspec.passes.facts import NetFacts
from flowspec.passes.knowledge.paired import any_seen
from flowspec.passes.knowledge.taps import kept_taps, places_read

Bools = npt.NDArray[np.bool_]


def contexts_seen(facts: NetFacts) -> dict[str, Bools]:
    """For each context of a net, whether the parameters of each variable see it, (D,)."""
    return {context.name: _seen(facts, context.name) for context in facts.conditioner.contexts}


def _seen(facts: NetFacts, name: str) -> Bools:
    """Values are (channels, places), or (channels, 1) where all places are alike."""
    graph, shapes = facts.conditioner.graph, facts.shapes
    found: dict[int, Bools] = {}
    for i in sorted(graph.live()):
        node, layout = graph.nodes[i], shapes[i]
        inputs = [found[j] for j in node.inputs]
        if not node.inputs or not any(value.any() for value in inputs):
            found[i] = np.full((layout.channels, 1), node.op.outside and node.id == name)
            continue
        layouts = tuple(shapes[j] for j in node.inputs)
        found[i] = _through(facts, i, node.op.edges(facts.context, layouts, layout), inputs, layouts)
    head, layout = found[graph.output], shapes[graph.output]
    seen = np.broadcast_to(head, (layout.channels, layout.places))[:: facts.context.size].reshape(-1)
    return np.tile(seen, facts.context.sharing)


def _through(facts: NetFacts, i: int, edges: Edges, inputs: list[Bools], layouts: tuple[Layout, ...]) -> Bools:
    mask, layout = facts.knowledge.masks[i], facts.shapes[i]
    if isinstance(mask, LabelMask) and any(value.any() for value in inputs[1:]):
        return np.ones((layout.channels, 1), dtype=bool)  # the labels of a table select for every variable
    if isinstance(mask, LabelMask):
        return _dense(inputs[0], mask, layouts[0]).reshape(layout.channels, layout.places)
    if isinstance(mask, PlaceMask):
        return any_seen(mask, inputs, layouts, layout)
    match edges:
        case Window():
            return _window(inputs[0], mask, layout)
        case Channelwise():
            sources = [_along(v, own, layout) for v, own in zip(inputs, layouts, strict=True)]
            return _stacked([_either([sources[j][k] for j, k in pairs]) for pairs in edges.sources])
        case Joined():
            return _joined(inputs[0], facts, i)
        case Dense() | AcrossBatch():
            return np.ones((layout.channels, 1), dtype=bool)
    return np.zeros((layout.channels, 1), dtype=bool)


def _either(rows: list[Bools]) -> Bools:
    return reduce(np.logical_or, rows)


def _stacked(rows: list[Bools]) -> Bools:
    places = max(len(row) for row in rows)
    return np.stack([np.broadcast_to(row, (places,)) for row in rows])


def _dense(value: Bools, mask: LabelMask, own: Layout) -> Bools:
    units = np.broadcast_to(value, (own.channels, own.places)).reshape(-1).tolist()
    carried = {r for r, seen in zip(mask.reads[0], units, strict=True) if seen}
    if mask.rule == "prefix":
        least = min(carried)
        return np.array([least <= w for w in mask.writes[0]])
    fits = {w: any(not (r & ~w) for r in carried) for w in set(mask.writes[0])}
    return np.array([fits[w] for w in mask.writes[0]])


def _window(value: Bools, mask: Any, layout: Layout) -> Bools:
    if not isinstance(mask, TapMask | SiteMask):
        return np.ones((layout.channels, 1), dtype=bool)
    classes = np.array(mask.in_class)
    carried = [value[classes == c].any(axis=0) for c in range(max(mask.in_class) + 1)]
    rows = _stacked([_class(mask, o, carried, layout) for o in range(max(mask.out_class) + 1)])
    seen: Bools = rows[np.array(mask.out_class)]
    return seen


def _class(mask: TapMask | SiteMask, o: int, carried: list[Bools], layout: Layout) -> Bools:
    """Whether units of output class o read one that sees the context: where all do, the tap at the centre says so."""
    if isinstance(mask, TapMask):
        here = [t for t, offset in enumerate(mask.offsets) if not any(offset)]
        if any(row.all() and any(mask.kept[o][c][t] for t in here) for c, row in enumerate(carried)):
            return np.ones(1, dtype=bool)
        if not any(row.any() and any(mask.kept[o][c]) for c, row in enumerate(carried)):
            return np.zeros(1, dtype=bool)
    at, inside = places_read(layout.sites, np.array(mask.offsets, dtype=np.int64))
    seen = np.zeros(layout.places, dtype=bool)
    for c, row in enumerate(carried):
        read = kept_taps(mask, o, c, at, inside) & np.broadcast_to(row, (layout.places,))[at]
        seen |= read.any(axis=0)
    return seen


def _joined(value: Bools, facts: NetFacts, i: int) -> Bools:
    bounds = facts.knowledge.bounds[i]
    assert bounds is not None
    of, result = np.array(bounds.of), value.copy()
    for c in range(len(bounds.classes)):
        result[of == c] = value[of == c].any(axis=0)
    return result


def _along(value: Bools, own: Layout, output: Layout) -> Bools:
    """A vector that does not run along the same sites is so many flat units."""
    return np.repeat(value, own.places, axis=0) if own.vector and own.sites != output.sites else value
