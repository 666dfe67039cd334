"""What states know in the end when each reads the states at a few fixed displacements: one pass in the order of the scan."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import product
from math import prod

import numpy as np
import numpy.typing as npt

from flowspec.order import TooLarge

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]
Steps = tuple[tuple[int, ...], ...]  # displacements on the sites
Kept = tuple[tuple[tuple[bool, ...], ...], ...]  # [reader][read][step]

MANY = 1 << 26  # pairs of places up to which they are told one by one


def closed(
    sites: tuple[int, ...], taps: Steps, kept: Kept, carry: Steps, carried: Kept
) -> dict[tuple[int, int], Bools]:
    """For each (class of the state, class of the input) the matrix (places, places) of what is read in the end.

    Raises:
        TooLarge: past 2^26 pairs of places.
    """
    places, states, inputs = prod(sites), range(len(kept)), range(len(kept[0]))
    if places**2 > MANY:
        raise TooLarge(f"{places} x {places} places are more than the 2^26 pairs that are told one by one")
    found = {(o, c): np.zeros((places, places), dtype=bool) for o in states for c in inputs}
    for t, step in enumerate(taps):
        readers, read = link(sites, step)
        for (o, c), at in found.items():
            at[readers, read] |= kept[o][c][t]
    sources = [_sources(sites, step) for step in carry]
    for front in fronts(sites, carry):
        for t, source in enumerate(sources):
            readers = front[source[front] >= 0]
            for o, k in product(states, states):
                if carried[o][k][t]:
                    for c in inputs:
                        found[o, c][readers] |= found[k, c][source[readers]]
    return found


def link(sites: tuple[int, ...], step: tuple[int, ...]) -> tuple[Ints, Ints]:
    """The places that read through a displacement without leaving the sites, and the places they read."""
    source = _sources(sites, step)
    readers = np.flatnonzero(source >= 0)
    return readers, source[readers]


def _sources(sites: tuple[int, ...], step: tuple[int, ...]) -> Ints:
    """(places,) the place that each place reads through a displacement, -1 off the sites."""
    at = _coordinates(sites) + np.array(step)
    fits = ((at >= 0) & (at < np.array(sites))).all(axis=1)
    source: Ints = np.ravel_multi_index(tuple(np.where(fits[:, None], at, 0).T), sites).astype(np.int64)
    return np.where(fits, source, -1)


def fronts(sites: tuple[int, ...], carry: Steps) -> Iterator[Ints]:
    """The places in sets, each after all that it reads: lines of equal distance along a direction that every step opposes."""
    directions = product((0, 1, -1), repeat=len(sites))
    along = next(w for w in directions if all(np.dot(w, step) < 0 for step in carry))
    distance = _coordinates(sites) @ np.array(along)
    for n in np.unique(distance):
        yield np.flatnonzero(distance == n)


def _coordinates(sites: tuple[int, ...]) -> Ints:
    return np.stack(np.unravel_index(np.arange(prod(sites)), sites), axis=1).astype(np.int64)
