"""Integers as source text: the shortest honest expression, or a constant of the module where there is none."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import pairwise
from typing import Any

import numpy as np

from flowspec.ops.labels import label_text, spread
from flowspec.ops.lowering import Construct, Expr
from flowspec.plan.code import Constant, Value
from flowspec.plan.numbers import Places, affine, along_places, linear, place_text, progression, table

SHORT = 16  # numbers that still read well inside a call


class Literals:
    """The constants of one module, and the texts that name them."""

    def __init__(self) -> None:
        self.constants: list[Constant] = []
        self._names: dict[Any, str] = {}

    def constant(self, want: str, value: Value, comment: str) -> Expr:
        """A constant of the module, found again where its value occurs again."""
        key = repr(value)
        if key not in self._names:
            same = sum(1 for c in self.constants if c.name.rstrip("_0123456789") == want)
            self._names[key] = f"{want}_{same + 1}" if same else want
            self.constants.append(Constant(self._names[key], value, comment))
        return Expr(self._names[key])

    def shorten(self, value: Value, places: Places | None = None) -> Value:
        """The same value with every long list of integers in it made short, or made a constant."""
        if isinstance(value, Construct):
            args = tuple(self.shorten(v, places) for v in value.args)
            return Construct(value.name, args, tuple((k, self.shorten(v, places)) for k, v in value.kwargs))
        if isinstance(value, list) and value and all(isinstance(v, int) for v in value):
            return self.row(value, places, "INDICES")
        if isinstance(value, list) and value and all(isinstance(v, list | Expr) for v in value):
            return self._rows(value, places)
        if isinstance(value, dict):
            return table(value)
        return value

    def row(self, values: Sequence[int], places: Places | None, want: str, comment: str = "") -> Expr | list[int]:
        """One row of integers."""
        text = self.text(values, places)
        if text:
            return Expr(text)
        if len(values) <= SHORT:
            return list(values)
        if max(values) >= 2**31 and (found := self._sets(values)):
            return Expr(found)
        return self.constant(want, list(values), comment)

    def text(self, values: Sequence[int], places: Places | None) -> str:
        """The short form of a row of integers; empty where there is none."""
        if len(values) < 4:
            return ""
        spread = label_text(values)
        if found := progression(values):
            return found
        if isinstance(spread, Expr):
            return spread.text
        if values[0] == 1 and all(v == 1 << k for k, v in enumerate(values)):
            return f"[1 << k for k in range({len(values)})]"
        if places is not None and len(values) > 6 and (found := self._by_places(values, places)):
            return found
        return (self._repeated(values, places) or self._tiled(values, places)) if len(values) > SHORT else ""

    def _sets(self, values: Sequence[int]) -> str:
        """Units that carry sets of variables in turn; the sets themselves are a constant."""
        sets = list(dict.fromkeys(values))
        if len(sets) == len(values) or list(values) != spread(sets, len(values)):
            return ""
        name = self.constant("SETS", sets, "what units may know: sets of variables, variable k as bit k").text
        return f"spread({name}, {len(values)})"

    def _by_places(self, values: Sequence[int], places: Places) -> str:
        sites = "tij"[4 - len(places.shape) :]
        for shape, letters in ((places.shape, f"c{sites}"), (places.shape[1:], sites)):
            if len(values) == int(np.prod(shape)) and (found := affine(values, shape, letters)):
                return found
        fit = along_places(values, places, 0)
        if fit is None or len(places.place) > 1:
            return ""
        return place_text(fit, len(values) // len(places.place[0]), self.places(places))

    def places(self, places: Places) -> str:
        """The constant that holds the place of each site."""
        value: Value = Expr(places.text) if places.text else self.row([int(p) for p in places.place[0]], None, "PLACES")
        if isinstance(value, Expr) and value.text.isidentifier():
            return value.text
        return self.constant("PLACES", value, "where each variable stands in the order").text

    def _repeated(self, values: Sequence[int], places: Places | None) -> str:
        """Every entry several times in a row: the parameters of a variable."""
        changes = [k for k in range(1, len(values)) if values[k] != values[k - 1]]
        size = int(np.gcd.reduce([*changes, len(values)])) if changes else 0
        if 0 < len(changes) <= 3:
            starts, ends = [0, *changes], [*changes, len(values)]
            return " + ".join(f"[{values[a]}] * {b - a}" for a, b in zip(starts, ends, strict=True))
        if size < 2:
            return ""
        base = self.row(values[::size], places, "INDICES")
        text = base.text if isinstance(base, Expr) else str(base)
        return f"[v for v in {text} for _ in range({size})]"

    def _tiled(self, values: Sequence[int], places: Places | None) -> str:
        """One row for each channel, where few of them differ."""
        sites = int(np.prod(places.shape[1:])) if places is not None else 0
        if sites < 2 or len(values) % sites or len(values) // sites < 2:
            return ""
        blocks = [tuple(values[k : k + sites]) for k in range(0, len(values), sites)]
        runs: list[tuple[tuple[int, ...], int]] = []
        for block in blocks:
            same = bool(runs) and runs[-1][0] == block
            runs[-1:] = [(block, runs[-1][1] + 1)] if same else [*runs[-1:], (block, 1)]
        if len(runs) > 8 or len(runs) == len(blocks):
            return ""
        texts = [_as_list(self.row(block, places, "INDICES")) + f" * {count}" for block, count in runs]
        return texts[0] if len(texts) == 1 else " + ".join(texts)

    # --- ensembles ---------------------------------------------------------------------------------------------------

    def _rows(self, rows: list[Any], places: Places | None) -> Value:
        members = len(places.place) if places is not None else 1
        labels = all(isinstance(row, list) and all(isinstance(v, int) for v in row) for row in rows)
        if labels and places is not None and members == len(rows) > 1 and (found := self.ensemble(rows, places)):
            return Expr(found)
        if labels and places is not None and (found := self._by_channel(rows, places)):
            return Expr(found)
        return [self.shorten(row, places) if isinstance(row, list) else row for row in rows]

    def _by_channel(self, rows: list[Any], places: Places) -> str:
        """Rows of sites that differ by a number from channel to channel."""
        same = all(isinstance(row, list) and len(row) == len(places.place[0]) > SHORT / 4 for row in rows)
        fits = [along_places(row, places, 0) for row in rows] if same else []
        if len(fits) < 2 or len(places.place) > 1 or None in fits:
            return ""
        starts, slopes = [fit[0] for fit in fits if fit], {fit[1] for fit in fits if fit}
        steps = {b - a for a, b in pairwise(starts)}
        if len(slopes) > 1 or len(steps) > 1:
            return ""
        entry = linear([slopes.pop(), steps.pop()], "pc", starts[0])
        return f"[[{entry} for p in {self.places(places)}] for c in range({len(rows)})]"

    def ensemble(
        self,
        rows: Sequence[Sequence[int]],
        places: Places,
        want: str = "LABELS",
        comment: str = "by place in the order",
    ) -> str:
        """One row for each member of an ensemble: the same function of the member's places."""
        size, left = divmod(len(rows[0]), len(places.place[0]))
        bases = [row[:: size or 1] for row in rows]
        if left or any(
            list(row) != [v for v in base for _ in range(size)] for row, base in zip(rows, bases, strict=True)
        ):
            return ""
        again = f" for _ in range({size})" if size > 1 else ""
        fits = {along_places(base, places, k) for k, base in enumerate(bases)}
        fit = next(iter(fits)) if len(fits) == 1 else None
        if fit is not None:
            entry = linear(fit[1:2], "p", fit[0])
            name = self.places(places)
            return name if entry == "p" and not again else f"[[{entry} for p in row{again}] for row in {name}]"
        table = _by_place(bases, places)
        if not table:
            return ""
        named = self.row(table, None, want, comment)
        text = named.text if isinstance(named, Expr) else str(named)
        return f"[[{text}[p] for p in row{again}] for row in {self.places(places)}]"


def _by_place(rows: Sequence[Sequence[int]], places: Places) -> tuple[int, ...]:
    """What stands at each place of the order, where that is the same for every member; else nothing."""
    tables = {tuple(int(row[v]) for v in np.argsort(p)) for row, p in zip(rows, places.place, strict=True)}
    return tables.pop() if len(tables) == 1 else ()


def _as_list(value: Expr | list[int]) -> str:
    if isinstance(value, list):
        return str(value)
    return f"list({value.text})" if value.text.startswith("range") else value.text
