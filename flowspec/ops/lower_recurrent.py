"""Lowering of folds and recurrences, and of the projection whose weights differ from site to site."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from flowspec.graph.closing import link
from flowspec.graph.layout import Layout
from flowspec.graph.masks import SiteMask, TapMask
from flowspec.graph.pairing import FoldMask, ScanMask
from flowspec.graph.timeline import Timeline, timeline
from flowspec.ops.base import NetSite
from flowspec.ops.labels import label_text
from flowspec.ops.lower_weighted import class_text, digest
from flowspec.ops.lowering import Lowered, construct

SCANS: dict[tuple[tuple[int, ...], int], str] = {
    ((0, 1), 1): "raster",
    ((0, 1), -1): "reverse",
    ((1, 0), 1): "columns",
    ((1, 0), -1): "columns reversed",
}


def _sites(source: Layout) -> str:
    """The input with an axis of channels."""
    return "{0}.unsqueeze(1)" if source.vector else "{0}"


# --- along the order ---------------------------------------------------------------------------------------------------


def events(mask: FoldMask) -> Timeline:
    """The row of events of a fold under one order."""
    return timeline(mask.reads[0], mask.writes[0])


def along_order(site: NetSite, mask: FoldMask, cell: str, both: bool) -> Lowered:
    """Recurrence: a state that reads the input in the order of the variables."""
    source, output = site.inputs[0], site.output
    writes = mask.reads if both else mask.writes  # each of two states reads up to its own site
    own = FoldMask(mask.in_classes, mask.out_class, mask.rule, mask.reads, writes)
    module = construct(
        "Recurrence", cell, source.channels, output.channels, output.sites, **_labels(own), both=both or None,
        digest=_fold_digest(own),
    )  # fmt: skip
    return Lowered(f"{{m}}({_sites(source)})", module)


def prefix_sum(site: NetSite, mask: FoldMask) -> Lowered:
    """PrefixSum: a running sum of columns of one weight."""
    source, output = site.inputs[0], site.output
    module = construct(
        "PrefixSum", source.channels, output.channels, output.sites, **_labels(mask), digest=_fold_digest(mask)
    )
    return Lowered(f"{{m}}({_sites(source)})", module)


def _labels(mask: FoldMask) -> dict[str, Any]:
    """When each class of the input comes in and each class of the output reads, one label a site."""
    single = len(mask.reads[0]) == len(mask.writes[0]) == 1
    return {
        "reads": [label_text(row) for row in mask.reads[0]],
        "writes": [label_text(row) for row in mask.writes[0]],
        "in_groups": None if single else class_text(mask.in_classes[0]),
        "out_groups": None if single else class_text(mask.out_class),
    }


def _fold_digest(mask: FoldMask) -> str:
    """Of what comes in at each event, and of how many events each unit has behind it."""
    line = events(mask)
    whole = np.concatenate([line.takes.reshape(-1), line.reads.reshape(-1)])
    return digest(whole.astype("<i8").view(np.uint8))


# --- over lines --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Box:
    """One sweep in the direction of the scan, (lines, places along the line): where the kernel on the input starts, its
    shape, the place of each tap in it, and how many states are read."""

    first: tuple[int, int]
    shape: tuple[int, int]
    at: tuple[tuple[int, int], ...]
    carries: int

    @property
    def taps(self) -> int:
        return self.shape[0] * self.shape[1]


def _directed(mask: ScanMask, steps: tuple[tuple[int, ...], ...]) -> list[tuple[int, int]]:
    """Displacements of sites as displacements in the direction of the scan."""
    return [(mask.sign * step[mask.axes[0]], mask.sign * step[mask.axes[1]]) for step in steps]


def box(mask: ScanMask, sweep: int) -> Box:
    """The smallest kernel that holds the taps of a sweep."""
    taps = _directed(mask, mask.sweeps[sweep].taps)
    lines, places = ([tap[k] for tap in taps] for k in (0, 1))
    first = (min(lines), min(places))
    shape = (max(lines) - first[0] + 1, max(places) - first[1] + 1)
    return Box(first, shape, tuple(taps), len(mask.sweeps[sweep].carry))


def direct_edges(mask: ScanMask, output: Layout) -> int:
    """Pairs of units: of the input and the state that reads it, and of two states of which one reads the other."""
    wide, read = np.bincount(mask.out_class), np.bincount(mask.in_classes[0])
    total = 0
    for sweep in mask.sweeps:
        taps, carry = (np.array([len(link(output.sites, step)[0]) for step in s]) for s in (sweep.taps, sweep.carry))
        total += int(wide @ (np.array(sweep.kept, dtype=np.int64) @ taps) @ read)
        total += int(wide @ (np.array(sweep.carried, dtype=np.int64) @ carry) @ wide)
    return total


def along_lines(site: NetSite, mask: ScanMask, cell: str, along: str) -> Lowered:
    """RowRecurrence or DiagonalRecurrence: a state that goes from line to line."""
    source, output = site.inputs[0], site.output
    classes = len(mask.sweeps[0].kept) * len(mask.sweeps[0].kept[0])
    scan = SCANS[mask.axes, mask.sign]
    module = construct(
        {"rows": "RowRecurrence", "diagonals": "DiagonalRecurrence"}[along], cell, source.channels, output.channels,
        taps=[_taps(mask, k) for k in range(len(mask.sweeps))],
        carries=_carries(mask),
        kernel=len(mask.sweeps[0].carry) if along == "rows" else None,
        scan=None if scan == "raster" else scan,
        in_groups=None if classes == 1 else class_text(mask.in_classes[0]),
        out_groups=None if classes == 1 else class_text(mask.out_class),
        digest=digest(np.concatenate([_bits(mask, k) for k in range(len(mask.sweeps))])),
    )  # fmt: skip
    return Lowered(f"{{m}}({_sites(source)})", module)


def _taps(mask: ScanMask, sweep: int) -> Any:
    """Where a sweep reads the input: a list of (line, place), or one for each pair of classes that reads anything."""
    found, kept = _directed(mask, mask.sweeps[sweep].taps), mask.sweeps[sweep].kept
    if len(kept) == len(kept[0]) == 1:
        return found
    pairs = [(o, c) for o, row in enumerate(kept) for c, cell in enumerate(row) if any(cell)]
    return {(o, c): [tap for tap, taken in zip(found, kept[o][c], strict=True) if taken] for o, c in pairs}


def _carries(mask: ScanMask) -> list[tuple[int, int]] | None:
    """The pairs (state that reads, state that is read) of classes; None where each may read each."""
    kept = mask.sweeps[0].carried
    pairs = [(o, k) for o, row in enumerate(kept) for k, cell in enumerate(row) if all(cell)]
    return None if len(pairs) == len(kept) ** 2 else pairs


def _bits(mask: ScanMask, k: int) -> npt.NDArray[np.bool_]:
    """All masks of a sweep in one row: (out, in, *kernel), then (out, out, carries)."""
    sweep, around = mask.sweeps[k], box(mask, k)
    classes_in, classes_out = np.array(mask.in_classes[0]), np.array(mask.out_class)
    table = np.zeros((len(sweep.kept), len(sweep.kept[0]), *around.shape), dtype=bool)
    for t, (line, place) in enumerate(around.at):
        table[:, :, line - around.first[0], place - around.first[1]] |= np.array(sweep.kept)[:, :, t]
    carried = np.array(sweep.carried, dtype=bool)[classes_out][:, classes_out]
    return np.concatenate([table[classes_out][:, classes_in].reshape(-1), carried.reshape(-1)])


# --- weights of each site's own ---------------------------------------------------------------------------------------


def site_linear(site: NetSite) -> Lowered:
    """SiteLinear: each site reads its own units through weights of its own, as NADE's V."""
    source, output, mask = site.inputs[0], site.output, site.mask
    kept = None
    if isinstance(mask, TapMask | SiteMask):
        kept = own_mask(mask)
        kept = None if kept.all() else kept
    classes = (class_text(mask.in_class), class_text(mask.out_class)) if isinstance(mask, TapMask | SiteMask) else None
    module = construct(
        "SiteLinear", source.channels, output.channels, source.sites,
        kept=None if kept is None else _kept_text(kept),
        in_groups=None if kept is None or classes is None else classes[0],
        out_groups=None if kept is None or classes is None else classes[1],
        digest=None if kept is None else digest(kept),
    )  # fmt: skip
    return Lowered("{m}({0})", module)


def own_mask(mask: TapMask | SiteMask) -> npt.NDArray[np.bool_]:
    """(classes out, classes in, sites) which classes of its own units a site reads; one site where all are alike."""
    if isinstance(mask, TapMask):
        return np.array(mask.kept, dtype=bool)
    reads, writes = np.array(mask.reads), np.array(mask.writes)
    kept: npt.NDArray[np.bool_] = reads[None] <= writes[:, None]
    return kept if not (kept == kept[:, :, :1]).all() else kept[:, :, :1]


def _kept_text(kept: npt.NDArray[np.bool_]) -> dict[tuple[int, int], str]:
    """For each pair of classes 1 where it is read: one digit a site, or one for all."""
    rows, columns = kept.shape[:2]
    cells = {(o, c): "".join("01"[int(v)] for v in kept[o, c]) for o in range(rows) for c in range(columns)}
    return {pair: text for pair, text in cells.items() if "1" in text}
