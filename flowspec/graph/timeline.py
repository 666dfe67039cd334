"""A fold along an order as a row of events: when each unit of the input comes in, and when each unit of the output reads."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

Ints = npt.NDArray[np.int64]
Labels = tuple[int, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Timeline:
    """At event e the units of class c at site takes[c, e] come in, none where that is the number of sites; class o of the
    output at site i reads what is there after the first `reads[o, i]` of `events` events."""

    takes: Ints
    reads: Ints
    events: int


def timeline(reads: tuple[Labels, ...], writes: tuple[Labels, ...]) -> Timeline:
    """Events sorted by label, of equal labels by site; classes with the same label and turn come in together."""
    turns = [_turns(np.array(row, dtype=np.int64)) for row in reads]
    slots = np.concatenate([np.stack([np.array(row), turn], axis=1) for row, turn in zip(reads, turns, strict=True)])
    distinct, place = np.unique(slots, axis=0, return_inverse=True)
    sites = len(reads[0])
    takes = np.full((len(reads), len(distinct)), sites, dtype=np.int64)
    for c, at in enumerate(place.reshape(len(reads), sites)):
        takes[c, at] = np.arange(sites)
    read = np.searchsorted(distinct[:, 0], np.array(writes, dtype=np.int64), side="right").astype(np.int64)
    return Timeline(takes, read, len(distinct))


def _turns(labels: Ints) -> Ints:
    """For each site how many earlier sites have its label."""
    order = np.argsort(labels, kind="stable")
    ranked = labels[order]
    first = np.searchsorted(ranked, ranked, side="left")
    turns = np.empty_like(labels)
    turns[order] = np.arange(len(labels)) - first
    return turns
