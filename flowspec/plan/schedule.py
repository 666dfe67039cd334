"""When everything can be computed in sampling: the level of every variable, and the ready level of every unit.

Semantics T1: a unit is ready after the greatest level among the variables it depends on, 0 over nothing. Kept edges
carry that number from x to the head, so no dependency set is needed: ready(u) is the greatest ready level of what u
reads, and x itself is ready at its own level.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from flowspec.graph.layout import Layout
from flowspec.graph.masks import LabelMask, Mask, SiteMask, TapMask
from flowspec.graph.pairing import PlaceMask
from flowspec.ops.edges import Channelwise, Constant, Dense, Window
from flowspec.ops.lookup import Source
from flowspec.passes.facts import NetFacts
from flowspec.passes.knowledge.paired import latest

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]
LIMIT = 4096  # variables up to which every unit's level is worked out


@dataclass(frozen=True, eq=False, slots=True)
class Schedule:
    """The sampling levels of the variables of one net, from 0, one array a member; and the ready levels behind them."""

    owner: str
    levels: tuple[Ints, ...]
    net: NetFacts

    def ready(self, member: int = 0) -> tuple[Ints | None, ...] | None:
        """For each node the level after which each unit (channels, places) can be computed, 0 before any draw.

        None for dead nodes, and as a whole above LIMIT variables.
        """
        if len(self.levels[member]) > LIMIT:
            return None
        return _ready(self.net, self.levels[member] + 1, member)


def _ready(net: NetFacts, levels: Ints, member: int) -> tuple[Ints | None, ...]:
    graph, live = net.conditioner.graph, net.conditioner.graph.live()
    found: list[Ints | None] = []
    for i, node in enumerate(graph.nodes):
        layout = net.shapes.layouts[i]
        if i not in live or layout is None:
            found.append(None)
        elif isinstance(node.op, Source):
            own = levels if i == 0 else np.zeros(layout.units, dtype=np.int64)
            found.append(own.reshape(layout.channels, layout.places))
        else:
            inputs = [value for j in node.inputs if (value := found[j]) is not None]
            found.append(_op(net, i, layout, inputs, member))
    return tuple(found)


def _op(net: NetFacts, i: int, layout: Layout, inputs: list[Ints], member: int) -> Ints:
    node = net.conditioner.graph.nodes[i]
    edges = node.op.edges(net.context, tuple(net.shapes[j] for j in node.inputs), layout)
    mask = net.knowledge.masks[i]
    if isinstance(mask, PlaceMask):
        return latest(mask, inputs, tuple(net.shapes[j] for j in node.inputs), layout, member)
    match edges:
        case Dense():
            return _dense(inputs[0].ravel(), mask, layout, member)
        case Window():
            return _window(inputs[0], mask, edges, layout)
        case Channelwise():
            return _channelwise(inputs, edges, layout)
        case Constant():
            return np.zeros((layout.channels, layout.places), dtype=np.int64)
        case _:
            return _joined(net, i, inputs[0])


def _dense(ready: Ints, mask: Mask | None, layout: Layout, member: int) -> Ints:
    if not isinstance(mask, LabelMask):
        return np.full((layout.channels, layout.places), ready.max(initial=0), dtype=np.int64)
    reads, writes = (np.array(side[min(member, len(side) - 1)], dtype=object) for side in (mask.reads, mask.writes))
    found = _prefixes(ready, reads, writes) if mask.rule == "prefix" else _subsets(ready, reads, writes)
    return found.reshape(layout.channels, layout.places)


def _prefixes(ready: Ints, reads: Any, writes: Any) -> Ints:
    reads, writes = reads.astype(np.int64), writes.astype(np.int64)
    order = np.argsort(reads, kind="stable")
    highest = np.concatenate([[0], np.maximum.accumulate(ready[order])])
    found: Ints = highest[np.searchsorted(reads[order], writes, side="right")]
    return found


def _subsets(ready: Ints, reads: Any, writes: Any) -> Ints:
    table = {
        w: max((int(r) for label, r in zip(reads, ready, strict=True) if not label & ~w), default=0)
        for w in set(writes)
    }
    return np.array([table[w] for w in writes], dtype=np.int64)


def _window(ready: Ints, mask: Mask | None, edges: Window, layout: Layout) -> Ints:
    """The greatest over the kept taps; channels of one class have equal rows, so classes are followed, not channels."""
    if not isinstance(mask, TapMask | SiteMask):
        offsets = _centred(edges)
        in_class, out_class = (0,) * len(ready), (0,) * layout.channels
    else:
        offsets, in_class, out_class = mask.offsets, mask.in_class, mask.out_class
    classes = np.stack([ready[np.array(in_class) == c].max(0) for c in range(max(in_class) + 1)])
    at, inside = _places(layout.sites, np.array(offsets, dtype=np.int64))
    rows = []
    for o in range(max(out_class) + 1):
        kept = [_kept(mask, o, c, at, inside) for c in range(len(classes))]
        rows.append(np.max([np.where(k, classes[c][at], 0).max(0) for c, k in enumerate(kept)], axis=0))
    found: Ints = np.stack(rows)[np.array(out_class)]
    return found


def _kept(mask: Mask | None, o: int, c: int, at: Ints, inside: Bools) -> Bools:
    if isinstance(mask, TapMask):
        return np.array(mask.kept[o][c])[:, None] & inside
    if isinstance(mask, SiteMask):
        kept: Bools = (np.array(mask.reads[c])[at] <= np.array(mask.writes[o])[None]) & inside
        return kept
    return inside


def _centred(edges: Window) -> tuple[tuple[int, ...], ...]:
    axes = [range(-(k // 2) * d, (k - k // 2) * d, d) for k, d in zip(edges.shape, edges.dilation, strict=True)]
    return tuple(product(*axes))


def _places(sites: Sequence[int], offsets: Ints) -> tuple[Ints, Bools]:
    """(taps, places) where each tap reads, and whether that is on the grid."""
    place = np.stack(np.unravel_index(np.arange(prod(sites)), tuple(sites)))
    at = place[None] + offsets[:, :, None]
    size = np.array(sites)[None, :, None]
    inside: Bools = np.all((at >= 0) & (at < size), axis=1)
    flat = np.ravel_multi_index(tuple(np.moveaxis(np.clip(at, 0, size - 1), 1, 0)), tuple(sites))
    return flat.astype(np.int64), inside


def _channelwise(inputs: list[Ints], edges: Channelwise, layout: Layout) -> Ints:
    """Flat values side by side read the sites of a sited one as channels; everything else goes channel by channel."""
    if len(edges.sources) != layout.channels:
        whole: Ints = np.max(inputs, axis=0)
        return whole
    flat = [value.reshape(-1, 1) if layout.flat else value for value in inputs]
    rows = [
        np.max([np.broadcast_to(flat[j][k], (layout.places,)) for j, k in pairs], axis=0) for pairs in edges.sources
    ]
    return np.stack(rows)


def _joined(net: NetFacts, i: int, ready: Ints) -> Ints:
    bounds = net.knowledge.bounds[i]
    assert bounds is not None
    result, of = ready.copy(), np.array(bounds.of)
    for c in range(len(bounds.classes)):
        result[of == c] = ready[of == c].max(0)
    return result
