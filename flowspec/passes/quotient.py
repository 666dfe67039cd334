"""A net by classes: channels that depend on the same and are read alike are one, and which class reads which, where.

What a page (or a test) needs to walk the kept edges backwards from one conditional, as the reach pass walks them
forwards: small, inert, and as exact as the masks themselves.
"""

from __future__ import annotations

import base64
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from flowspec.graph.masks import LabelMask, SiteMask, TapMask
from flowspec.graph.pairing import PlaceMask
from flowspec.ops.edges import AcrossBatch, Channelwise, Dense, Joined, Window
from flowspec.order import TooLarge
from flowspec.passes.facts import NetFacts

MOST_LINKS = 2**22  # pairs of places of one op that are listed
MOST_UNITS = 2**16  # flat units of a layer


@dataclass(frozen=True, slots=True)
class Classes:
    """The classes of the channels of one value: `of` gives that of each channel, `first` a channel of each."""

    of: tuple[int, ...]
    first: tuple[int, ...]

    @staticmethod
    def by(keys: list[Any]) -> Classes:
        index: dict[Any, int] = {}
        first: list[int] = []
        for k, key in enumerate(keys):
            if key not in index:
                index[key] = len(index)
                first.append(k)
        return Classes(tuple(index[key] for key in keys), tuple(first))


class Quotient:
    """One net by classes: `classes` of every live node, and its `edges` as plain data.

    Raises:
        TooLarge: where some op has too many units or pairs of places to list.
    """

    def __init__(self, net: NetFacts) -> None:
        self.net, self.graph = net, net.conditioner.graph
        self.classes: dict[int, Classes] = {}
        self.edges: dict[int, dict[str, Any]] = {}
        for i in sorted(self.graph.live()):
            if net.shapes[i].flat and net.shapes[i].units > MOST_UNITS:
                raise TooLarge("a layer has too many units to list")
            self.edges[i] = self._edges(i)

    def _edges(self, i: int) -> dict[str, Any]:
        """Which classes of which inputs a class reads, and where; sets the classes of the value itself."""
        node, layout, mask = self.graph.nodes[i], self.net.shapes[i], self.net.knowledge.masks[i]
        if not node.inputs:
            keys = list(range(layout.channels)) if node.id == "x" else [0] * layout.channels
            self.classes[i] = Classes.by(keys)
            return {"kind": "source", "x": node.id == "x"}
        if isinstance(mask, PlaceMask):
            return self._links(i, mask)
        if isinstance(mask, TapMask | SiteMask):
            return self._window(i, mask)
        edges = node.op.edges(self.net.context, tuple(self.net.shapes[j] for j in node.inputs), layout)
        match edges:
            case Dense() if isinstance(mask, LabelMask):
                return self._dense(i, mask)
            case Window():
                return self._open_window(i, edges)
            case Channelwise():
                return self._channelwise(i, edges)
            case Joined():
                return self._joined(i)
            case Dense() | AcrossBatch():
                self.classes[i] = Classes.by([0] * layout.channels)
                return {"kind": "all"}
        self.classes[i] = Classes.by([0] * layout.channels)
        return {"kind": "source", "x": False}

    def _window(self, i: int, mask: TapMask | SiteMask) -> dict[str, Any]:
        source = self.classes[self.graph.nodes[i].inputs[0]]
        self.classes[i] = Classes.by(list(mask.out_class))
        pairs = _pairs(self.classes[i], mask.out_class, source, mask.in_class)
        offsets = [list(e) for e in mask.offsets]
        if isinstance(mask, TapMask):
            reads = [[o, c, [t for t, k in enumerate(mask.kept[a][b]) if k]] for o, c, a, b in pairs]
            return {"kind": "taps", "offsets": offsets, "reads": [r for r in reads if r[2]]}
        return {
            "kind": "sites", "offsets": offsets, "reads": [[o, c, a, b] for o, c, a, b in pairs],
            "in": [list(row) for row in mask.reads], "out": [list(row) for row in mask.writes],
        }  # fmt: skip

    def _open_window(self, i: int, edges: Window) -> dict[str, Any]:
        self.classes[i] = Classes.by([0] * self.net.shapes[i].channels)
        offsets = [list(e) for e in edges.centred()]
        count = len(self.classes[self.graph.nodes[i].inputs[0]].first)
        return {"kind": "taps", "offsets": offsets, "reads": [[0, c, list(range(len(offsets)))] for c in range(count)]}

    def _dense(self, i: int, mask: LabelMask) -> dict[str, Any]:
        """Labels of every unit; sets of variables as hexadecimal numbers, which JavaScript reads whole."""
        layout, j = self.net.shapes[i], self.graph.nodes[i].inputs[0]
        reads, writes = mask.member(0)
        source, own = self.classes[j], self.net.shapes[j]
        table = np.array(reads, dtype=object).reshape(own.channels, own.places)
        rows = np.array(writes, dtype=object).reshape(layout.channels, layout.places)
        self.classes[i] = Classes.by([tuple(row) for row in rows.tolist()])
        outs = [rows[k].tolist() for k in self.classes[i].first]
        ins = [[c, table[k].tolist()] for k, c in _distinct(source, table)]
        if mask.rule == "subset":
            outs = [[f"{w:x}" for w in row] for row in outs]
            ins = [[c, [f"{r:x}" for r in row]] for c, row in ins]
        return {"kind": "dense", "rule": mask.rule, "in": ins, "out": outs}

    def _channelwise(self, i: int, edges: Channelwise) -> dict[str, Any]:
        inputs, layout = self.graph.nodes[i].inputs, self.net.shapes[i]
        sources, flat = [self.classes[j] for j in inputs], [self._is_flattened(j, i) for j in inputs]
        keys = []
        for pairs in edges.sources:
            keys.append(
                tuple(
                    sorted(
                        {
                            (s, -1 - c) if flat[s] else (s, sources[s].of[min(c, len(sources[s].of) - 1)])
                            for s, c in pairs
                        }
                    )
                )
            )
        keys = keys if len(keys) == layout.channels else [keys[0]] * layout.channels
        self.classes[i] = Classes.by(keys)
        return {"kind": "same", "reads": [[list(pair) for pair in keys[k]] for k in self.classes[i].first]}

    def _is_flattened(self, j: int, i: int) -> bool:
        """Whether the sites of a vector are read as so many flat units."""
        own, output = self.net.shapes[j], self.net.shapes[i]
        return own.vector and own.sites != output.sites

    def _joined(self, i: int) -> dict[str, Any]:
        bounds = self.net.knowledge.bounds[i]
        assert bounds is not None
        source = self.classes[self.graph.nodes[i].inputs[0]]
        self.classes[i] = Classes.by(list(bounds.of))
        groups = [
            sorted({source.of[k] for k, c in enumerate(bounds.of) if c == bounds.of[f]}) for f in self.classes[i].first
        ]
        return {"kind": "same", "reads": [[[0, c] for c in group] for group in groups]}

    def _links(self, i: int, mask: PlaceMask) -> dict[str, Any]:
        layout, inputs = self.net.shapes[i], self.graph.nodes[i].inputs
        layouts = tuple(self.net.shapes[j] for j in inputs)
        if max(own.places for own in layouts) * layout.places > MOST_LINKS:
            raise TooLarge("an op reads from too many pairs of places for a page")
        self.classes[i] = Classes.by(list(mask.out_class))
        of = {mask.out_class[k]: n for n, k in enumerate(self.classes[i].first)}
        links: list[Any] = []
        known: dict[bytes, int] = {}
        tables: list[str] = []
        for reading in mask.readings(layouts, layout):
            rows = np.packbits(reading.at, axis=1).tobytes()
            if rows not in known:
                known[rows] = len(tables)
                tables.append(packed(rows))
            channels = [k for k, c in enumerate(mask.in_classes[reading.source]) if c == reading.of]
            for c in sorted({self.classes[inputs[reading.source]].of[k] for k in channels}):
                links.append([of[reading.out], reading.source, c, known[rows]])
        return {"kind": "links", "tables": tables, "reads": links}


def _pairs(
    outs: Classes, out_class: tuple[int, ...], ins: Classes, in_class: tuple[int, ...]
) -> Iterator[tuple[int, int, int, int]]:
    """(class out, class in, class of the mask out, class of the mask in), each pair that occurs once."""
    inner = sorted({(c, in_class[k]) for k, c in enumerate(ins.of)})
    for o, k in enumerate(outs.first):
        yield from ((o, c, out_class[k], b) for c, b in inner)


def _distinct(source: Classes, table: Any) -> list[tuple[int, int]]:
    """(channel, class) for the channels of each class that have different labels."""
    seen: dict[Any, tuple[int, int]] = {}
    for k, c in enumerate(source.of):
        seen.setdefault((c, tuple(table[k].tolist())), (k, c))
    return list(seen.values())


def packed(data: bytes) -> str:
    """Bytes, deflated, as text."""
    return base64.b64encode(zlib.compress(data, 9)).decode("ascii")
