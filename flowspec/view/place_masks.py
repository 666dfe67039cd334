"""Masks of ops that reach across places, as panels, words, records and arrays.

Attention and folds are matrices of places that are never held as a whole; strides and recurrences are taps.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from flowspec.graph.layout import Layout
from flowspec.graph.masks import LabelMask, TapMask
from flowspec.graph.pairing import Classes, FoldMask, Labels, PairMask, PlaceMask, ScanMask, StrideMask, counted
from flowspec.view.cells import Dense, dense
from flowspec.view.words import many

Bools = npt.NDArray[np.bool_]
Kept = tuple[tuple[tuple[bool, ...], ...], ...]


@dataclass(frozen=True, eq=False, slots=True)
class Matrix:
    """Places that read (rows) and that are read (columns), by their labels; `width` is how many edges one pair stands for."""

    title: str
    rule: str
    reads: Labels
    writes: Labels
    width: int

    def cells(self, ordered: bool) -> Dense:
        """The cells; `ordered` sorts the places by what they know, which shows the staircase."""
        return dense(LabelMask(self.rule, (self.reads,), (self.writes,)), 0, ordered)

    @property
    def kept(self) -> int:
        return counted(self.rule, self.reads, self.writes)


def matrices(mask: PairMask | FoldMask, member: int) -> Iterator[Matrix]:
    """One matrix for each class of heads; of a fold, for each class read by each class out."""
    if isinstance(mask, PairMask):
        width = len(mask.out_class) // mask.heads
        heads = mask.out_class[::width]
        for o in mask.outs:
            own = [str(h) for h, of in enumerate(heads) if of == o]
            title = "" if len(mask.outs) == 1 else f"head{'s' if len(own) > 1 else ''} {', '.join(own)}"
            yield Matrix(title, mask.rule, *mask.labels(o, member), len(own))
        return
    reads, writes = (side[min(member, len(side) - 1)] for side in (mask.reads, mask.writes))
    several = len(mask.outs) * len(mask.classes()) > 1
    for o in mask.outs:
        for c in mask.classes():
            edges = mask.out_class.count(o) * mask.in_classes[0].count(c)
            yield Matrix(f"in {c}, out {o}" if several else "", mask.rule, reads[c], writes[o], edges)


@dataclass(frozen=True, eq=False, slots=True)
class Taps:
    """Taps of a stride or of one sweep, in the form of a window's."""

    title: str
    mask: TapMask


def taps(mask: StrideMask | ScanMask) -> Iterator[Taps]:
    """The taps of a stride; of a recurrence, for each sweep those into the input and those into the state."""
    if isinstance(mask, StrideMask):
        yield Taps("", TapMask(mask.offsets, mask.kept, mask.in_classes[0], mask.out_class))
        return
    for k, sweep in enumerate(mask.sweeps, 1):
        which = f"sweep {k}, " if len(mask.sweeps) > 1 else ""
        yield Taps(f"{which}input", _window(sweep.taps, sweep.kept, mask.in_classes[0], mask.out_class))
        yield Taps(f"{which}state", _window(sweep.carry, sweep.carried, mask.out_class, mask.out_class))


def _window(offsets: tuple[tuple[int, ...], ...], kept: Kept, in_class: Classes, out_class: Classes) -> TapMask:
    return TapMask(offsets, kept, in_class, out_class)


# --- numbers and words -------------------------------------------------------------------------------------------------


def count(mask: PlaceMask, member: int) -> tuple[int, int]:
    """What is kept, and of how much: pairs of places for each head, edges of a fold, weights of taps."""
    if isinstance(mask, PairMask | FoldMask):
        found = list(matrices(mask, member))
        return sum(m.kept * m.width for m in found), sum(len(m.reads) * len(m.writes) * m.width for m in found)
    assert isinstance(mask, StrideMask | ScanMask)
    kept = possible = 0
    for found_taps in taps(mask):
        own = found_taps.mask
        table = np.array(own.kept, dtype=np.int64).sum(axis=2)
        readers, read = np.bincount(own.out_class), np.bincount(own.in_class)
        kept += int(readers @ table @ read)
        possible += len(own.out_class) * len(own.in_class) * len(own.offsets)
    return kept, possible


def noun(mask: PlaceMask) -> str:
    """What `count` counts."""
    if isinstance(mask, PairMask):
        return "pairs of places" if mask.heads == 1 else f"pairs of places of {mask.heads} heads"
    return "edges" if isinstance(mask, FoldMask) else "weights"


def words(mask: PlaceMask, inputs: tuple[Layout, ...], output: Layout, member: int) -> list[str]:
    """Sentences about a mask, behind what it keeps."""
    if isinstance(mask, PairMask):
        return [_pairs_text(mask, member), *_projections(mask)]
    if isinstance(mask, FoldMask):
        return [_rule_text(mask, member, "a place folds in another", "folded in")]
    if isinstance(mask, StrideMask):
        way = (
            "coarse to fine: a tap for each phase" if mask.up else "fine to coarse: from the first place of each block"
        )
        return [f"{way}; {many(inputs[0].channels, 'channel')} in, {output.channels:,} out"]
    return [f"{many(inputs[0].channels, 'channel')} in, {output.channels:,} in the state"]


def _pairs_text(mask: PairMask, member: int) -> str:
    return _rule_text(mask, member, "a place reads another", "read")


def _rule_text(mask: PairMask | FoldMask, member: int, reads: str, read: str) -> str:
    if mask.rule == "subset":
        return f"{reads} where all that the one {read} knows is among what the other may know"
    found = list(matrices(mask, member))
    low, high = min(min(m.reads) for m in found), max(max(m.reads) for m in found)
    least, most = min(min(m.writes) for m in found), max(max(m.writes) for m in found)
    return f"{reads} where the label {read} ({low:,} to {high:,}) is at most the label of the reader ({least:,} to {most:,})"


def _projections(mask: PairMask) -> list[str]:
    """What the projections of the heads leave out."""
    left = []
    for word, table, of in zip(("query", "key", "value"), mask.kept, mask.in_classes, strict=True):
        taken = sum(mask.out_class.count(o) * sum(row[c] for c in of) for o, row in enumerate(table))
        possible = len(mask.out_class) * len(of)
        if taken < possible:
            left.append(f"{word} {taken:,} of {possible:,}")
    return [f"weights kept by the projections: {'; '.join(left)}"] if left else []


# --- records and arrays ------------------------------------------------------------------------------------------------


def record(mask: PlaceMask, member: int) -> dict[str, Any]:
    """The mask as JSON: labels of places, or taps by group."""
    if isinstance(mask, PairMask | FoldMask):
        kind = "attention" if isinstance(mask, PairMask) else "fold"
        found = [
            {"name": m.title, "labels": {"in": _labels(m.rule, m.reads), "out": _labels(m.rule, m.writes)}}
            for m in matrices(mask, member)
        ]
        extra: dict[str, Any] = {}
        if isinstance(mask, PairMask):
            extra = {"heads": mask.heads, "projections": [[list(map(int, r)) for r in t] for t in mask.kept]}
        groups = {"in": [list(of) for of in mask.in_classes], "out": list(mask.out_class)}
        return {"kind": kind, "rule": mask.rule, "groups": groups, "places": found, **extra}
    assert isinstance(mask, StrideMask | ScanMask)
    sweeps = [{"name": t.title, **_taps_record(t.mask)} for t in taps(mask)]
    if isinstance(mask, StrideMask):
        return {"kind": "stride", "factors": list(mask.factors), "up": mask.up, **sweeps[0]}
    return {"kind": "recurrence", "sweeps": sweeps}


def _taps_record(mask: TapMask) -> dict[str, Any]:
    groups = {"in": list(mask.in_class), "out": list(mask.out_class)}
    table = [[list(map(int, cell)) for cell in row] for row in mask.kept]
    return {"offsets": [list(e) for e in mask.offsets], "groups": groups, "taps": table}


def _labels(rule: str, labels: Labels) -> list[int] | list[str]:
    return [f"{label:x}" for label in labels] if rule == "subset" else list(labels)


def array(mask: PlaceMask, inputs: tuple[Layout, ...], output: Layout, member: int) -> Bools:
    """The mask as booleans: (classes of heads, queries, keys) of attention; (groups out, groups in, places, places) of a
    fold or a recurrence, read to the end; (groups out, groups in, taps) of a stride. Raises TooLarge past 2^26 pairs."""
    if isinstance(mask, PairMask):
        return np.stack([mask.pairs(o, member) for o in mask.outs])
    if isinstance(mask, StrideMask):
        return np.array(mask.kept, dtype=bool)
    found = np.zeros((len(mask.outs), len(mask.classes()), output.places, inputs[0].places), dtype=bool)
    for reading in mask.readings(inputs, output, member):
        found[reading.out, reading.of] |= reading.at
    return found
