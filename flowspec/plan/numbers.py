"""Rows of integers as expressions: progressions, linear functions of coordinates or of places, tables."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from flowspec.plan.code import Expr, Value

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False)
class Places:
    """The order of a net as it appears in its labels: `place[k]` is where each site (or variable) stands for member k.

    Rows of labels are linear in the place and the channel, as long as every site has the same channels in turn.
    `texts` says how the runtime computes them, where a generator does.
    """

    shape: tuple[int, ...]  # channels, then sites
    place: tuple[Ints, ...]
    texts: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """All members in one expression, where a generator makes them."""
        if len(self.texts) < 2:
            return "".join(self.texts)
        return f"[{self.texts[0].replace(', 0))', ', k))')} for k in range({len(self.texts)})]"


def progression(values: Sequence[int]) -> str:
    """`range(...)` where the values have one distance; empty where they do not."""
    if len(values) < 2:
        return ""
    step = values[1] - values[0]
    if not step or any(b - a != step for a, b in pairwise(values)):
        return ""
    end = values[-1] + (1 if step > 0 else -1)
    if step == 1:
        return f"range({values[0]}, {end})" if values[0] else f"range({end})"
    return f"range({values[0]}, {end}, {step})"


def linear(coefficients: Sequence[int], letters: Sequence[str], constant: int) -> str:
    """`2 * i + j + 1`."""
    terms = [letter if c == 1 else f"{c} * {letter}" for c, letter in zip(coefficients, letters, strict=True) if c]
    if constant or not terms:
        terms.append(str(constant))
    return " + ".join(terms).replace("+ -", "- ")


def affine(values: Sequence[int], shape: tuple[int, ...], letters: str) -> str:
    """A comprehension over coordinates where the values are linear in them; empty where they are not."""
    array = np.array(values, dtype=np.int64).reshape(shape)
    start = int(array[(0,) * len(shape)])
    steps = [int(np.take(array, 1, axis).flat[0]) - start if n > 1 else 0 for axis, n in enumerate(shape)]
    found = start + sum(
        s * np.arange(n).reshape(-1, *[1] * (len(shape) - a - 1))
        for a, (s, n) in enumerate(zip(steps, shape, strict=True))
    )
    if not np.array_equal(np.broadcast_to(found, shape), array):
        return ""
    loops = [(letter if s else "_", n) for letter, s, n in zip(letters, steps, shape, strict=True) if n > 1]
    over = " ".join(f"for {letter} in range({n})" for letter, n in loops)
    return f"[{linear(steps, letters, start)} {over}]"


def along_places(values: Sequence[int] | Ints, places: Places, member: int) -> tuple[int, int, int] | None:
    """(a, s, t) with value = a + s * place + t * channel; None where the values have no such form."""
    place = places.place[member]
    if len(values) % len(place):
        return None
    rows = np.array(values, dtype=object).reshape(-1, len(place)).astype(np.int64)
    first, second = (int(np.argmax(place == p)) for p in (0, 1))
    a, s = int(rows[0, first]), int(rows[0, second]) - int(rows[0, first])
    t = int(rows[1, first]) - a if len(rows) > 1 else 0
    fits = np.array_equal(rows, a + s * place[None] + t * np.arange(len(rows))[:, None])
    return (a, s, t) if fits else None


def place_text(fit: tuple[int, int, int], channels: int, name: str) -> str:
    """Every value as a function of the place `p` that `name` holds, and of the channel."""
    a, s, t = fit
    if channels == 1:
        return name if (a, s) == (0, 1) else f"[{linear([s], 'p', a)} for p in {name}]"
    letter = "c" if t else "_"
    return f"[{linear([s, t], 'pc', a)} for {letter} in range({channels}) for p in {name}]"


def table(values: dict[Any, Any]) -> Value:
    """A table by (output, input) group that tells earlier groups from later ones, as a comprehension."""
    n = 1 + max((max(key) for key in values), default=0)
    kinds = [
        {values.get((o, i)) for o in range(n) for i in range(n) if (i > o) - (i < o) == side} for side in (-1, 0, 1)
    ]
    if n < 3 or any(len(kind) != 1 for kind in kinds):
        return values
    before, own, after = (kind.pop() for kind in kinds)
    if before is None or (own is None) > (after is None):
        return values
    over = f"for o in range({n}) for i in range({'o' if own is None else 'o + 1' if after is None else n})"
    if own in (before, None) and after in (before, None):
        return Expr(f'{{(o, i): "{before}" {over}}}')
    test, other = ("i <= o", after) if own == before else ("i < o", own) if after in (own, None) else ("", "")
    return Expr(f'{{(o, i): "{before}" if {test} else "{other}" {over}}}') if test else values
