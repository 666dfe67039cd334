"""The masks of a model's nets for a page: the panels that `flowspec mask` draws, as bytes of shares."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import numpy.typing as npt

from flowspec.graph.masks import LabelMask
from flowspec.graph.pairing import FoldMask, PairMask
from flowspec.passes.facts import NetFacts
from flowspec.view.blocks import LEAST
from flowspec.view.mask_panels import mask_panels
from flowspec.view.mask_picture import mask_words
from flowspec.view.masks import Derived, mask_of
from flowspec.view.pictures import Panel
from flowspec.view.pools import Tables
from flowspec.view.words import joined

MOST_CELLS = 128  # along the longer side of a matrix on a page
MOST_UNITS = 2**13  # along a side of a matrix of sets of variables: longer ones take too long to count cell by cell
ALL = 255  # the byte of a cell that is open as a whole


class Masks:
    """Masks by number; those that look alike share a record, and panels that look alike their bytes."""

    def __init__(self, tables: Tables) -> None:
        self.records: list[dict[str, Any]] = []
        self._tables = tables
        self._known: dict[Any, int] = {}

    def number(self, net: NetFacts, i: int) -> int | None:
        """The number of the mask of node i under the first order; None where it has none."""
        derived = mask_of(net, i)
        if derived is None:
            return None
        key = (derived.alike, derived.inputs, derived.output, derived.members)
        if key not in self._known:
            self._known[key] = len(self.records)
            self.records.append(self._record(derived))
        return self._known[key]

    def _record(self, derived: Derived) -> dict[str, Any]:
        count = derived.count
        words = mask_words(derived)
        if derived.members > 1:
            words += [f"under order 0 of {derived.members}, as all on this page"]
        if _too_large(derived):
            words += ["too large to draw on a page"]
        panels = [self._panel(panel) for panel in _panels(derived)]
        return {"open": count.kept, "of": count.possible, "words": words, "panels": panels}

    def _panel(self, panel: Panel) -> dict[str, Any]:
        rows, columns = _grid(panel)
        return {
            "title": panel.title, "rows": rows, "columns": columns, "full": list(panel.shape),
            "joined": "" if (rows, columns) == panel.shape else joined(panel.shape, (rows, columns)),
            "sides": [[axis.name, axis.first, axis.last] for axis in (panel.rows, panel.columns)],
            "site": not panel.binary, "shaded": panel.mixed, "shares": self._tables.octets(cell_bytes(panel, rows, columns)),
        }  # fmt: skip


def _grid(panel: Panel) -> tuple[int, int]:
    """How many cells show a panel on a page: blocks that keep the proportions; taps are never joined."""
    rows, columns = panel.shape
    scale = min(1.0, MOST_CELLS / max(rows, columns)) if panel.binary else 1.0
    return min(rows, max(round(rows * scale), LEAST)), min(columns, max(round(columns * scale), LEAST))


def cell_bytes(panel: Panel, rows: int, columns: int) -> npt.NDArray[np.uint8]:
    """(rows, columns) the share of each cell that is open in 255ths, where 0 is none and 255 is all, exactly; of taps, that
    are never joined, the number of the tone."""
    shares = panel.cells.shares(rows, columns)
    if not panel.binary:
        return np.asarray(shares.argmax(axis=0), dtype=np.uint8)
    on = shares[1]
    inner = np.clip(np.rint(on * ALL), 1, ALL - 1)
    found: npt.NDArray[np.uint8] = np.where(on <= 0, 0, np.where(on >= 1, ALL, inner)).astype(np.uint8)
    return found


def _panels(derived: Derived) -> list[Panel]:
    """The panels of a mask; a dense one is drawn as the weight has it and, where that is another picture, sorted too."""
    if _too_large(derived):
        return []
    panels = list(mask_panels(derived))
    if _in_order(derived):
        return panels
    ways = ((panels[0], "as in the weight"), (mask_panels(derived, ordered=True)[0], "sorted by what units may know"))
    return [replace(panel, title=title) for panel, title in ways]


def _too_large(derived: Derived) -> bool:
    mask = derived.mask
    if not isinstance(mask, LabelMask | PairMask | FoldMask) or mask.rule == "prefix":
        return False
    return max(derived.source.units, derived.output.units) > MOST_UNITS


def _in_order(derived: Derived) -> bool:
    """Whether the units of a dense mask stand sorted by what they may know; other masks have no other order."""
    mask = derived.mask
    if not isinstance(mask, LabelMask):
        return True
    return all(list(labels) == sorted(labels) for labels in mask.member(derived.member))
