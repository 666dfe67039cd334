"""Pieces of a net that become modules of their own, and the loops that equal pieces make."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

from flowspec.plan.lowered import LoweredOp
from flowspec.plan.regions import Region
from flowspec.plan.steps import Key

Ops = Mapping[int, LoweredOp]
Link = tuple[str, Any]


@dataclass(frozen=True, eq=False)
class Piece:
    """One region with the values that go in and come out.

    `pattern` is what it computes but for the constructors of its modules; `key` is all of it. Pieces of one key are
    uses of one class.
    """

    region: Region[int]
    inputs: tuple[Key, ...]
    outputs: tuple[int, ...]
    pattern: Any
    key: Any
    ordered: bool


def piece_of(region: Region[int], ops: Ops, readers: Mapping[Key, Sequence[int]]) -> Piece:
    """Describes a region without the names and numbers that tell one use of it from another."""
    nodes = list(region.nodes())
    place: dict[Key, int] = {i: k for k, i in enumerate(nodes)}
    read = dict.fromkeys(key for i in nodes for key in ops[i].reads if key not in place)
    inputs = sorted(read, key=lambda key: key not in ops and key not in (0, ("raw", 0)))  # contexts last
    outputs = tuple(i for i in nodes if any(r not in place for r in readers[i]))
    depth = len(ops[nodes[0]].scope) - len(_inner(ops[nodes[0]], region))
    pattern, modules = [], []
    for i in nodes:
        op = ops[i]
        reads = tuple(("in", inputs.index(k)) if k not in place else ("at", place[k]) for k in op.reads)
        frames = tuple((f.label, f.round) for f in op.scope[depth:])
        kind = op.module.name if op.module else ""
        pattern.append((op.text, reads, kind, op.shape, frames))
        modules.append(repr(op.module))
    shape = (tuple(pattern), tuple(place[i] for i in outputs), region.frame.label)
    return Piece(region, tuple(inputs), outputs, shape, (shape, tuple(modules)), any(ops[i].ordered for i in nodes))


def _inner(op: LoweredOp, region: Region[int]) -> tuple[Any, ...]:
    """The frames of an op inside the region."""
    uses = [(f.use, f.round) for f in op.scope]
    at = uses.index((region.frame.use, region.frame.round))
    return op.scope[at + 1 :]


@dataclass(frozen=True, eq=False)
class Series:
    """Pieces one after the other that differ in their weights alone: a loop, or a single piece.

    `links` says for every input where rounds after the first read it: ("state", output), ("same", key), or
    ("list", (key of the list, first index, step)). `lists` are the outputs of earlier rounds that others read.
    """

    pieces: tuple[Piece, ...]
    links: tuple[Link, ...] = ()
    lists: tuple[int, ...] = ()

    @property
    def states(self) -> tuple[tuple[int, int], ...]:
        """(output, input) pairs: what a round hands to the next."""
        return tuple((link[1], place) for place, link in enumerate(self.links) if link[0] == "state")


Elements = Mapping[Key, tuple[Key, int]]


def series_of(pieces: Sequence[Piece], elements: Elements, readers: Mapping[Key, Sequence[int]]) -> list[Series]:
    """Cuts consecutive rounds into the longest loops; `elements` are values that earlier loops keep in lists."""
    found: list[Series] = []
    start = 0
    while start < len(pieces):
        links: tuple[Link, ...] | None = None
        end = start + 1
        while end < len(pieces):
            now = _links(pieces[end - 1], pieces[end], elements, links)
            if now is None:
                break
            links, end = now, end + 1
        rounds = tuple(pieces[start:end])
        found.append(Series(rounds, links or (), _kept(rounds, readers)))
        start = end
    return found


def _links(before: Piece, piece: Piece, elements: Elements, links: tuple[Link, ...] | None) -> tuple[Link, ...] | None:
    """How a round reads what the round before gave; None when it is no further round of the same loop."""
    if before.pattern != piece.pattern:
        return None
    found: list[Link] = []
    for place, (old, new) in enumerate(zip(before.inputs, piece.inputs, strict=True)):
        if new in before.outputs:
            found.append(("state", before.outputs.index(new)))
        elif new == old:
            found.append(("same", new))
        elif (link := _listed(old, new, elements, links[place] if links else None)) is not None:
            found.append(link)
        else:
            return None
    return tuple(found) if links is None or tuple(found) == links else None


def _listed(old: Key, new: Key, elements: Elements, link: Link | None) -> Link | None:
    """Rounds that read neighbouring entries of one list, forwards or backwards."""
    if old not in elements or new not in elements:
        return None
    (one, i), (other, j) = elements[old], elements[new]
    if one != other or abs(j - i) != 1:
        return None
    first = link[1][1] if link is not None and link[0] == "list" else i
    return ("list", (one, first, j - i))


def _kept(rounds: tuple[Piece, ...], readers: Mapping[Key, Sequence[int]]) -> tuple[int, ...]:
    """The outputs that somebody reads from a round that is not the last."""
    kept = set()
    for piece, then in pairwise(rounds):
        inside = {*piece.region.nodes(), *then.region.nodes()}
        kept |= {k for k, i in enumerate(piece.outputs) if any(r not in inside for r in readers[i])}
    return tuple(sorted(kept))


def majority(keys: Sequence[Any]) -> Any:
    """The most frequent key, the first of several."""
    count = Counter(keys)
    return max(dict.fromkeys(keys), key=lambda key: count[key])
