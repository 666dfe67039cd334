"""Lowering of weighted ops: the plain torch layer where nothing is masked, a masked layer of the runtime elsewhere."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

import numpy as np
import numpy.typing as npt

from flowspec.graph.layout import Layout
from flowspec.graph.masks import LabelMask, SiteMask, TapMask
from flowspec.ops.base import NetSite
from flowspec.ops.edges import Window
from flowspec.ops.labels import label_text
from flowspec.ops.lowering import Construct, Expr, Lowered, construct


def digest(mask: npt.NDArray[np.bool_]) -> str:
    """The fingerprint of a proved mask: shape and bytes, as the runtime computes it from the layer's own mask."""
    shape = repr(tuple(int(n) for n in mask.shape)).encode()
    return hashlib.sha256(shape + np.ascontiguousarray(mask, dtype=np.uint8).tobytes()).hexdigest()[:16]


# --- dense ---------------------------------------------------------------------------------------------------------


def label_matrix(mask: LabelMask) -> npt.NDArray[np.bool_]:
    """The dense mask itself, (units out, units in); an ensemble has the members' masks stacked in front."""
    members = max(len(mask.reads), len(mask.writes))
    rows = [_one_matrix(mask, k) for k in range(members)]
    return rows[0] if members == 1 else np.stack(rows)


def _one_matrix(mask: LabelMask, k: int) -> npt.NDArray[np.bool_]:
    reads, writes = mask.reads[min(k, len(mask.reads) - 1)], mask.writes[min(k, len(mask.writes) - 1)]
    if mask.rule == "prefix":
        return np.asarray(reads)[None, :] <= np.asarray(writes)[:, None]
    seen = {(r, w): not (r & ~w) for r in set(reads) for w in set(writes)}
    return np.array([[seen[r, w] for r in reads] for w in writes], dtype=bool)


def dense(site: NetSite) -> Lowered:
    """nn.Linear, MaskedLinear (prefix labels) or SubsetLinear (bit-set labels)."""
    source, output = site.inputs[0], site.output
    before = "{0}.flatten(1)" if not source.flat and not source.vector else "{0}"
    after = "" if output.flat else f".unflatten(1, {(output.channels, *output.sites)})"
    mask = site.mask
    if not isinstance(mask, LabelMask) or mask.full:
        return Lowered(f"{{m}}({before}){after}", construct("nn.Linear", source.units, output.units))
    ensemble = max(len(mask.reads), len(mask.writes)) > 1
    call = f"{{m}}({before}, order)" if ensemble else f"{{m}}({before})"
    return Lowered(call + after, _masked_linear(mask, ensemble))


def _masked_linear(mask: LabelMask, ensemble: bool) -> Construct:
    name = "MaskedLinear" if mask.rule == "prefix" else "SubsetLinear"
    # The masks of an ensemble are many; the digest of the first member stands for the rule that makes them all.
    proved = digest(_one_matrix(mask, 0)) if ensemble else digest(label_matrix(mask))
    return construct(name, _labels(mask.reads), _labels(mask.writes), digest=proved)


def _labels(rows: tuple[tuple[int, ...], ...]) -> Any:
    texts = [label_text(row) for row in rows]
    return texts[0] if len(texts) == 1 else texts


# --- windows -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Cropped:
    """A kernel cut down to the box of the taps that are kept: the displacement of tap 0, the step, and the shape."""

    first: tuple[int, ...]
    shape: tuple[int, ...]
    step: tuple[int, ...]
    taps: tuple[int, ...]


def crop(mask: TapMask) -> Cropped:
    """The smallest box of taps that holds every kept one. Weights outside it would be zeros that cost time."""
    used = [t for t in range(len(mask.offsets)) if any(taps[t] for row in mask.kept for taps in row)]
    used = used or list(range(len(mask.offsets)))
    axes = range(len(mask.offsets[0]))
    levels = [sorted({mask.offsets[t][a] for t in range(len(mask.offsets))}) for a in axes]
    low = [min(mask.offsets[t][a] for t in used) for a in axes]
    high = [max(mask.offsets[t][a] for t in used) for a in axes]
    kept = [[v for v in levels[a] if low[a] <= v <= high[a]] for a in axes]
    index = {offset: t for t, offset in enumerate(mask.offsets)}
    return Cropped(
        first=tuple(low),
        shape=tuple(len(k) for k in kept),
        step=tuple(v[1] - v[0] if len(v) > 1 else 1 for v in levels),
        taps=tuple(index[o] for o in product(*kept)),
    )


def tap_array(mask: TapMask) -> npt.NDArray[np.bool_]:
    """The mask as the layer holds it: (channels out, channels in, *cropped kernel)."""
    box = crop(mask)
    table = np.array(mask.kept, dtype=bool)[:, :, list(box.taps)]
    full = table[np.array(mask.out_class)][:, np.array(mask.in_class)]
    shaped: npt.NDArray[np.bool_] = full.reshape(len(mask.out_class), len(mask.in_class), *box.shape)
    return shaped


def window(site: NetSite, edges: Window) -> Lowered:
    """nn.ConvNd, Conv (shifted), MaskedConv (one mask for all sites) or LocalConv (one mask a position)."""
    source, mask = site.inputs[0], site.mask
    before = "{0}.unsqueeze(1)" if source.vector else "{0}"
    call = f"{{m}}({before})"
    if isinstance(mask, SiteMask):
        return Lowered(call, _local(site, edges, mask))
    if isinstance(mask, TapMask):
        return Lowered(call, _masked(site, mask))
    return Lowered(call, _free(source, site.output, edges))


def _one(values: tuple[int, ...]) -> int | tuple[int, ...]:
    return values[0] if len(set(values)) == 1 else values


def _free(source: Layout, output: Layout, edges: Window) -> Construct:
    first = tuple(-(k // 2) * d for k, d in zip(edges.shape, edges.dilation, strict=True))
    return _plain(source.channels, output.channels, edges.shape, first, edges.dilation)


def _plain(n_in: int, n_out: int, shape: tuple[int, ...], first: tuple[int, ...], step: tuple[int, ...]) -> Construct:
    centred = all(k % 2 == 1 and f == -(k // 2) * d for k, f, d in zip(shape, first, step, strict=True))
    if not centred:
        return construct("Conv", n_in, n_out, shape, first=first, dilation=_steps(shape, step))
    name, pad = f"nn.Conv{len(shape)}d", _one(tuple(-f for f in first))
    dilation = _one(step) if _steps(shape, step) else None
    return construct(name, n_in, n_out, _one(shape), padding=pad or None, dilation=dilation)


def _steps(shape: tuple[int, ...], step: tuple[int, ...]) -> tuple[int, ...] | None:
    """The dilation, where it means anything."""
    return step if any(d > 1 and k > 1 for k, d in zip(shape, step, strict=True)) else None


def _masked(site: NetSite, mask: TapMask) -> Construct:
    box = crop(mask)
    if all(taps[t] for row in mask.kept for taps in row for t in box.taps):
        return _plain(site.inputs[0].channels, site.output.channels, box.shape, box.first, box.step)
    single = len(mask.kept) == len(mask.kept[0]) == 1
    table = {
        (o, i): taps_text([taps[t] for t in box.taps], box.shape)
        for o, row in enumerate(mask.kept)
        for i, taps in enumerate(row)
        if single or any(taps)  # a pair that is left out keeps nothing
    }
    return construct(
        "MaskedConv",
        site.inputs[0].channels,
        site.output.channels,
        box.shape,
        table[0, 0] if single else table,
        first=box.first,
        in_groups=None if single else class_text(mask.in_class),
        out_groups=None if single else class_text(mask.out_class),
        dilation=_steps(box.shape, box.step),
        digest=digest(tap_array(mask)),
    )


def class_text(of: tuple[int, ...]) -> Expr | list[int]:
    """The class of each channel, as `groups(width, channels)` where it is the even layout of semantics K4."""
    n, count = len(of), max(of) + 1
    for slices in (1, 2):
        if n % slices == 0 and list(of) == [k * count // (n // slices) for k in range(n // slices)] * slices:
            tail = "" if slices == 1 else f", slices={slices}"
            return Expr(f"groups({n}, {count}{tail})", ("groups",))
    return list(of)


def taps_text(kept: list[bool], shape: tuple[int, ...]) -> str:
    """Rows of 0 and 1: rows of an image behind `/`, frames of a video behind `|`."""
    digits = "".join("1" if tap else "0" for tap in kept)
    row = shape[-1]
    rows = [digits[i : i + row] for i in range(0, len(digits), row)]
    if len(shape) < 3:
        return "/".join(rows)
    return "|".join("/".join(rows[i : i + shape[-2]]) for i in range(0, len(rows), shape[-2]))


def site_array(mask: SiteMask, sites: tuple[int, ...]) -> npt.NDArray[np.bool_]:
    """The mask as the layer holds it: (classes out, classes in, taps, sites)."""
    place = np.stack(np.unravel_index(np.arange(prod(sites)), sites))
    at = place[None] + np.array(mask.offsets)[:, :, None]
    inside = ((at >= 0) & (at < np.array(sites)[:, None])).all(1)
    seen = np.ravel_multi_index(tuple(np.moveaxis(at, 1, 0)), sites, mode="clip")
    reads, writes = (
        np.array(mask.reads)[:, seen],
        np.array(mask.writes),
    )  # (classes in, taps, sites), (classes out, sites)
    kept: npt.NDArray[np.bool_] = (reads[None] <= writes[:, None, None]) & inside
    return kept


def _local(site: NetSite, edges: Window, mask: SiteMask) -> Construct:
    groups = {"in_groups": mask.in_class, "out_groups": mask.out_class}
    single = len(mask.reads) == len(mask.writes) == 1
    return construct(
        "LocalConv",
        site.inputs[0].channels,
        site.output.channels,
        site.output.sites,
        edges.shape,
        first=tuple(mask.offsets[0]),
        reads=[label_text(row) for row in mask.reads],
        writes=[label_text(row) for row in mask.writes],
        **{} if single else {name: class_text(of) for name, of in groups.items()},
        dilation=_steps(edges.shape, edges.dilation),
        digest=digest(site_array(mask, site.output.sites)),
    )
