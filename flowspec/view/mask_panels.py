"""The panels of one derived mask: matrices, taps by group, one mask a position, halves of a coupling."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from itertools import product

import numpy as np
import numpy.typing as npt

from flowspec.graph.layout import Layout
from flowspec.graph.masks import LabelMask, SiteMask, TapMask
from flowspec.graph.pairing import FoldMask, Labels, PairMask, ScanMask, StrideMask
from flowspec.view import place_masks
from flowspec.view.cells import Indexed, Shaded, dense
from flowspec.view.counts import site_taps
from flowspec.view.masks import Derived, Keep
from flowspec.view.pictures import Axis, Panel
from flowspec.view.tones import DROPPED, HERE_DROPPED, HERE_KEPT, KEPT, MOVED, PASSED

MOST = 16  # panels that differ before alike ones are drawn once
EDGES, TAPS, HALVES = (DROPPED, KEPT), (DROPPED, KEPT, HERE_DROPPED, HERE_KEPT), (MOVED, PASSED)
Bools = npt.NDArray[np.bool_]


def mask_panels(derived: Derived, ordered: bool = False) -> tuple[Panel, ...]:
    """The panels of a mask; `ordered` sorts the units of a dense one by what they may know."""
    mask = derived.mask
    if isinstance(mask, LabelMask):
        return (_matrix(mask, derived.member, ordered),)
    if isinstance(mask, TapMask):
        return tuple(_taps(mask))
    if isinstance(mask, SiteMask):
        return tuple(_sites(mask, derived.source.sites))
    if isinstance(mask, PairMask | FoldMask):
        return tuple(_places(mask, derived.member, ordered))
    if isinstance(mask, StrideMask | ScanMask):
        return tuple(panel for found in place_masks.taps(mask) for panel in _titled(found))
    assert isinstance(mask, Keep)
    return tuple(_halves(mask, derived.source))


def across(derived: Derived) -> int:
    """How many panels of a mask make a row: one an input group."""
    mask = derived.mask
    if isinstance(mask, TapMask) and not _single(mask):
        groups, frames = max(mask.in_class) + 1, len(_frames(mask))
        return groups * frames if len(mask.kept) * groups <= MOST else frames
    return 0


def _matrix(mask: LabelMask, member: int, ordered: bool) -> Panel:
    cells = dense(mask, member, ordered)
    by = ", sorted" if ordered else ""
    rows, columns = cells.shape
    return Panel("", cells, EDGES, Axis(f"unit out{by}", 0, rows - 1), Axis(f"unit in{by}", 0, columns - 1))


# --- ops that reach across places ---


def _places(mask: PairMask | FoldMask, member: int, ordered: bool) -> Iterator[Panel]:
    """Which places read which; matrices that look alike are drawn once."""
    found: dict[tuple[Labels, Labels], list[str]] = {}
    cells = {}
    for matrix in place_masks.matrices(mask, member):
        key = (matrix.reads, matrix.writes)
        found.setdefault(key, []).append(matrix.title)
        cells[key] = matrix.cells(ordered)
    by = ", sorted" if ordered else ""
    for key, titles in list(found.items())[:MOST]:
        rows, columns = cells[key].shape
        title = titles[0] + (f" and {len(titles) - 1} more" if len(titles) > 1 else "")
        sides = Axis(f"place that reads{by}", 0, rows - 1), Axis(f"place that is read{by}", 0, columns - 1)
        yield Panel(title, cells[key], EDGES, *sides)


def _titled(found: place_masks.Taps) -> Iterator[Panel]:
    for panel in _taps(found.mask):
        title = ": ".join(part for part in (found.title, panel.title) if part)
        yield replace(panel, title=title)


# --- one mask for all positions ------------------------------------------------------------------------------------


def _single(mask: TapMask) -> bool:
    """Whether the kernel is one tap: then the groups themselves are the picture."""
    return len(mask.offsets) == 1


def _taps(mask: TapMask) -> Iterator[Panel]:
    if _single(mask):
        table = np.array(mask.kept, dtype=np.uint8)[:, :, 0]
        rows, columns = table.shape
        yield Panel("", Indexed(table, 2), EDGES, Axis("group out", 0, rows - 1), Axis("group in", 0, columns - 1))
        return
    pairs = list(product(range(len(mask.kept)), range(len(mask.kept[0]))))
    for (o, i), alike in _distinct(mask, pairs):
        name = "" if len(pairs) == 1 else f"in {i}, out {o}"
        name += f" and {alike - 1} more" if alike > 1 else ""
        name = "every pair of groups" if alike == len(pairs) > 1 else name
        for frame in _frames(mask):
            yield _kernel(mask, mask.kept[o][i], frame, name)


def _distinct(mask: TapMask, pairs: list[tuple[int, int]]) -> Iterator[tuple[tuple[int, int], int]]:
    """The pairs (out, in) to draw and how many look alike; each for itself while they are few and differ."""
    first: dict[tuple[bool, ...], list[tuple[int, int]]] = {}
    for o, i in pairs:
        first.setdefault(mask.kept[o][i], []).append((o, i))
    if len(first) > 1 and len(pairs) <= MOST:
        yield from ((pair, 1) for pair in pairs)
        return
    yield from ((found[0], len(found)) for found in first.values())


def _frames(mask: TapMask) -> tuple[int | None, ...]:
    """The displacements in time, of a video; one None elsewhere."""
    return tuple(sorted({e[0] for e in mask.offsets})) if len(mask.offsets[0]) == 3 else (None,)


def _kernel(mask: TapMask, taps: tuple[bool, ...], frame: int | None, name: str) -> Panel:
    """One kernel as a picture; taps of a dilated kernel stand side by side."""
    chosen = [t for t, e in enumerate(mask.offsets) if frame is None or e[0] == frame]
    places = [(0, *mask.offsets[t])[-2:] for t in chosen]
    ys, xs = sorted({y for y, _ in places}), sorted({x for _, x in places})
    codes = np.zeros((len(ys), len(xs)), dtype=np.uint8)
    for t, (y, x) in zip(chosen, places, strict=True):
        here = not any(mask.offsets[t])
        codes[ys.index(y), xs.index(x)] = int(taps[t]) + (2 if here else 0)
    title = name if frame is None else f"{name}{', ' if name else ''}frame {frame:+d}" if frame else _now(name)
    vertical = "row" if len(mask.offsets[0]) > 1 else ""
    return Panel(title, Indexed(codes, 4), TAPS, Axis(vertical, ys[0], ys[-1]), Axis(_across(mask), xs[0], xs[-1]))


def _now(name: str) -> str:
    return f"{name}{', ' if name else ''}this frame"


def _across(mask: TapMask) -> str:
    return "column" if len(mask.offsets[0]) > 1 else "step"


# --- one mask a position -------------------------------------------------------------------------------------------


def _sites(mask: SiteMask, sites: tuple[int, ...]) -> Iterator[Panel]:
    """For each pair of classes the share of taps kept at every position, then the taps at some positions."""
    pairs = list(product(range(len(mask.writes)), range(len(mask.reads))))[:MOST]
    for o, i in pairs:
        kept, inside = site_taps(mask, i, o, sites)
        share = kept.sum(axis=0) / np.maximum(1, inside.sum(axis=0))
        name = "" if len(pairs) == 1 else f"in {i}, out {o}"
        yield _on_sites(Shaded(_flat(share)), name or "taps kept at each site", sites)
    kept = np.moveaxis(site_taps(mask, 0, 0, sites)[0], 0, -1)
    for site in _samples(sites) if len(mask.offsets) > 1 else ():
        yield _taps_at(mask, kept[site], site)


def _taps_at(mask: SiteMask, kept: Bools, site: tuple[int, ...]) -> Panel:
    whole = TapMask(mask.offsets, ((tuple(kept.tolist()),),), (0,), (0,))
    frame = _frames(whole)[0]
    return _kernel(whole, whole.kept[0][0], 0 if frame is not None else None, f"at {','.join(map(str, site))}")


def _samples(sites: tuple[int, ...]) -> list[tuple[int, ...]]:
    """The middle of the grid and points half way to its corners."""
    spots = [sorted({size // 4, size // 2, (3 * size) // 4}) for size in sites]
    return list(product(*spots))[:9]


def _flat(values: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """(rows, columns): a sequence is one row, frames of a video stand below each other."""
    return values.reshape(-1, values.shape[-1])


# --- couplings -----------------------------------------------------------------------------------------------------


def _halves(mask: Keep, layout: Layout) -> Iterator[Panel]:
    """What is kept by channel, by site, or by both: the fewest panels that tell everything."""
    table = mask.kept.reshape(layout.channels, -1)
    if (table == table[:, :1]).all() and layout.channels > 1:
        row = Axis("channel", 0, layout.channels - 1)
        yield Panel("every site alike", Indexed(table[:, :1].T.astype(np.uint8), 2), HALVES, Axis(""), row)
        return
    sites = layout.sites or (1,)
    rows: dict[bytes, list[int]] = {}
    for c in range(layout.channels):
        rows.setdefault(table[c].tobytes(), []).append(c)
    for channels in rows.values():
        codes = _flat(table[channels[0]].reshape(sites).astype(np.float64)).astype(np.uint8)
        yield _on_sites(Indexed(codes, 2), _channels(channels, layout.channels), sites)


def _on_sites(cells: Indexed | Shaded, title: str, sites: tuple[int, ...]) -> Panel:
    tones = HALVES if isinstance(cells, Indexed) else EDGES
    rows, columns = cells.shape
    vertical = {1: "", 2: "row"}.get(len(sites), "frame and row")
    horizontal = "column" if len(sites) > 1 else "entry"
    return Panel(title, cells, tones, Axis(vertical, 0, rows - 1), Axis(horizontal, 0, columns - 1))


def _channels(channels: list[int], total: int) -> str:
    """Channels in words: runs of them as 0-5."""
    if len(channels) == total:
        return "" if total == 1 else "every channel alike"
    runs: list[list[int]] = []
    for c in channels:
        if runs and c == runs[-1][-1] + 1:
            runs[-1].append(c)
        else:
            runs.append([c])
    shown = ", ".join(str(run[0]) if len(run) == 1 else f"{run[0]}-{run[-1]}" for run in runs[:6])
    return f"channel{'s' if len(channels) > 1 else ''} {shown}{', ...' if len(runs) > 6 else ''}"
