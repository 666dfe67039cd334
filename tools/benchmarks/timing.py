"""Side by side timing: everyone runs once a round, and ratios are taken within a round.

A machine that slows down for a while slows everyone down, so ratios of a round are steadier than ratios of medians.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import median
from time import perf_counter

Clock = Callable[[], float]  # runs the work and says how long one run of it took, in seconds


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """Someone who runs. `clock` is None if it is not installed; `parameters` is None where there are none to count."""

    name: str
    clock: Clock | None
    parameters: int | None = None


@dataclass(frozen=True, slots=True)
class Case:
    """Entries that do the same work; each of ours is compared with each peer. An entry may be ours and a peer."""

    ours: tuple[Entry, ...]
    peers: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True)
class Row:
    """One of ours and one peer: medians in seconds, the median of the rounds' ratios ours/peer, and their quartiles."""

    case: str
    seconds: float
    parameters: int | None
    peer: str | None = None
    peer_seconds: float | None = None  # None: the peer is not installed
    peer_parameters: int | None = None
    ratio: float | None = None
    ratio_low: float | None = None
    ratio_high: float | None = None


def clock(work: Callable[[], object], seconds: float) -> Clock:
    """Times `work`, repeated as often as it takes for a measurement to last about `seconds`. Warms up on the spot."""
    warm_up = min(timed(work, 1) for _ in range(3))
    loops = max(1, math.ceil(seconds / max(warm_up, 1e-9)))
    return lambda: timed(work, loops)


def timed(work: Callable[[], object], loops: int) -> float:
    """Seconds of one run of `work`, over `loops` runs."""
    started = perf_counter()
    for _ in range(loops):
        work()
    return (perf_counter() - started) / loops


def measure(case: Case, rounds: int) -> list[Row]:
    """Runs everyone once a round, in rotating order, and compares."""
    running = {entry.name: entry.clock for entry in (*case.ours, *case.peers) if entry.clock is not None}
    names = list(running)
    times: dict[str, list[float]] = {name: [] for name in names}
    gc.collect()
    for k in range(rounds):
        for i in range(len(names)):
            name = names[(i + k) % len(names)]
            times[name].append(running[name]())
    pairs: list[tuple[Entry, Entry | None]] = [(a, b) for a in case.ours for b in case.peers if a is not b]
    return [compare(a, b, times) for a, b in pairs or [(a, None) for a in case.ours]]


def compare(ours: Entry, peer: Entry | None, times: dict[str, list[float]]) -> Row:
    """The row of two entries, given the times of each round."""
    own = times[ours.name]
    if peer is None:
        return Row(ours.name, median(own), ours.parameters)
    if peer.clock is None:
        return Row(ours.name, median(own), ours.parameters, peer.name)
    other = times[peer.name]
    ratios = sorted(a / b for a, b in zip(own, other, strict=True))
    low, high = ratios[len(ratios) // 4], ratios[-1 - len(ratios) // 4]
    counts = (ours.parameters, peer.parameters)
    return Row(ours.name, median(own), counts[0], peer.name, median(other), counts[1], median(ratios), low, high)
