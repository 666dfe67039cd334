"""Strongly connected classes."""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from typing import TypeVar

import numpy as np

K = TypeVar("K", bound=Hashable)


def components(keys: Iterable[K], edges: Iterable[tuple[K, K]]) -> list[tuple[K, ...]]:
    """The sets of keys that reach each other along edges (reader, read), each after all that it reads."""
    names = list(keys)
    number = {k: n for n, k in enumerate(names)}
    reads = np.eye(len(names), dtype=np.bool_)
    for o, i in edges:
        reads[number[o], number[i]] = True
    for n in range(len(names)):
        reads |= reads[:, n, None] & reads[None, n]
    left = sorted(range(len(names)), key=lambda n: int(reads[n].sum()))  # who reads more reads it later
    found: list[tuple[K, ...]] = []
    while left:
        both = reads[left[0]] & reads[:, left[0]]
        found.append(tuple(names[n] for n in left if both[n]))
        left = [n for n in left if not both[n]]
    return found
