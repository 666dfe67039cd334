"""The one integer generator behind every random order and keep.

It is defined here to the bit, so that a spec means the same permutation whatever library runs it; the runtime holds a
second implementation of this page, and a test compares the two. All arithmetic is on unsigned 64-bit integers.

    GAMMA = 0x9E3779B97F4A7C15
    mix(z):  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9;  z = (z ^ (z >> 27)) * 0x94D049BB133111EB;  return z ^ (z >> 31)
    stream(state):  repeatedly  state += GAMMA;  yield mix(state)                            (SplitMix64, Steele 2014)
    below(n):  draw r until r < 2**64 - 2**64 % n;  return r % n                             (unbiased)
    permutation(n, seed, member):  draws from stream(mix(seed + (member + 1) * GAMMA));
        items = [0, ..., n-1];  for i = n-1 down to 1: j = below(i + 1); swap items[i], items[j]   (Fisher-Yates)

So member k is seeded by the (k+1)-th draw of stream(seed): ensembles of neighbouring seeds share no member.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

_WORD = (1 << 64) - 1
_GAMMA = 0x9E3779B97F4A7C15


def _mix(z: int) -> int:
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & _WORD
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & _WORD
    return z ^ (z >> 31)


def stream(state: int) -> Iterator[int]:
    """SplitMix64: the endless 64-bit draws from `state`."""
    while True:
        state = (state + _GAMMA) & _WORD
        yield _mix(state)


def _below(n: int, draws: Iterator[int]) -> int:
    limit = (1 << 64) - (1 << 64) % n
    return next(r for r in draws if r < limit) % n


def permutation(n: int, seed: int, member: int = 0) -> list[int]:
    """A uniformly random permutation of 0..n-1, the `member`-th of the ensemble of `seed` (see the module's page)."""
    start = _mix((seed + (member + 1) * _GAMMA) & _WORD)
    items = list(range(n))
    for i, j in zip(range(n - 1, 0, -1), _choices(n, start), strict=True):
        items[i], items[j] = items[j], items[i]
    return items


def _choices(n: int, start: int) -> list[int]:
    """below(n), below(n - 1), ..., below(2) from stream(start), all at once unless a draw is refused, which is rare."""
    below = np.arange(n, 1, -1, dtype=np.uint64)
    draws = _mixed(np.uint64(start) + np.arange(1, n, dtype=np.uint64) * np.uint64(_GAMMA))
    excess = (np.uint64(_WORD) % below + np.uint64(1)) % below  # 2**64 % below
    if (draws > np.uint64(_WORD) - excess).any():
        slow = stream(start)
        return [_below(int(b), slow) for b in below]
    found: list[int] = (draws % below).tolist()
    return found


def _mixed(z: npt.NDArray[np.uint64]) -> npt.NDArray[np.uint64]:
    """`_mix` of each entry."""
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return z ^ (z >> np.uint64(31))
