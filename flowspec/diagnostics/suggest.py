"""Did you mean: the option closest to a misspelt word."""

from __future__ import annotations

from collections.abc import Iterable


def suggest(word: str, options: Iterable[str]) -> str | None:
    """Return the option that `word` most likely stands for, or None when none is close.

    Close means one edit (insertion, deletion, substitution, swap of neighbours) for each three letters, rounded up, but
    always fewer edits than the shorter of both has letters; an option of which the word is the beginning, or the other
    way round, up to an underscore (`kernel_size`, `kernel`) comes after those. Case, `-` and spaces do not count; ties
    go to the option that shares more of its beginning, then to the longer, then to the earlier one.
    """
    scored = ((_rank(word, option), option) for option in options if option != word)
    near = [(rank, option) for rank, option in scored if rank is not None]
    return min(near, key=lambda pair: pair[0])[1] if near else None


def _rank(word: str, option: str) -> tuple[int, int, int] | None:
    """The edits between the two, minus their shared beginning, minus the option's length; None when too far apart."""
    a, b = _plain(word), _plain(option)
    shorter, longer = sorted((len(a), len(b)))
    limit = min(-(-longer // 3), shorter - 1)
    tie = (-_shared(a, b), -len(b))
    if a == b:
        return (0, *tie)
    if longer - shorter <= limit and (edits := _distance(a, b)) <= limit:
        return (edits, *tie)
    begins = shorter > 1 and (a.startswith(f"{b}_") or b.startswith(f"{a}_"))
    return (longer, *tie) if begins else None


def _plain(word: str) -> str:
    return word[:64].lower().replace("-", "_").replace(" ", "_").strip("_")


def _shared(a: str, b: str) -> int:
    return next((i for i, (p, q) in enumerate(zip(a, b, strict=False)) if p != q), min(len(a), len(b)))


def _distance(a: str, b: str) -> int:
    """The optimal string alignment distance: Levenshtein with swaps of neighbours (Damerau 1964)."""
    before, last = list[int](), list(range(len(b) + 1))
    for i, p in enumerate(a, 1):
        row = [i]
        for j, q in enumerate(b, 1):
            cost = min(row[-1] + 1, last[j] + 1, last[j - 1] + (p != q))
            if i > 1 and j > 1 and p == b[j - 2] and a[i - 2] == q:
                cost = min(cost, before[j - 2] + 1)
            row.append(cost)
        before, last = last, row
    return last[-1]
