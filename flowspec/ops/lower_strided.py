"""Lowering of `down` and `up`: the plain torch layer where nothing is masked and the padding is even."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from flowspec.graph.masks import TapMask
from flowspec.graph.pairing import StrideMask
from flowspec.ops.base import NetSite
from flowspec.ops.lower_weighted import Cropped, class_text, crop, digest, tap_array, taps_text
from flowspec.ops.lowering import Construct, Lowered, construct


def as_taps(mask: StrideMask) -> TapMask:
    """The mask of the kernel by itself, without the stride."""
    return TapMask(mask.offsets, mask.kept, mask.in_classes[0], mask.out_class)


def box(mask: StrideMask) -> Cropped:
    """The taps that a kernel of `down` has left."""
    return crop(as_taps(mask))


def phase_array(mask: StrideMask) -> npt.NDArray[np.bool_]:
    """The mask of `up` as the layer holds it: (channels in, channels out, *factors)."""
    table = np.array(mask.kept, dtype=bool)[np.array(mask.out_class)][:, np.array(mask.in_classes[0])]
    shaped: npt.NDArray[np.bool_] = table.transpose(1, 0, 2).reshape(*table.shape[1::-1], *mask.factors)
    return shaped


def down(site: NetSite) -> Lowered:
    """nn.ConvNd, Down (uneven padding) or MaskedDown."""
    assert isinstance(site.mask, StrideMask)
    mask, taps = site.mask, as_taps(site.mask)
    kernel = crop(taps)
    if all(cell[t] for row in taps.kept for cell in row for t in kernel.taps):
        return _call(site, _plain(site, kernel, mask.factors))
    return _call(site, construct(
        "MaskedDown", site.inputs[0].channels, site.output.channels, kernel.shape, *_table(mask, kernel.taps, kernel.shape),
        first=kernel.first, factors=mask.factors, **_groups(mask), digest=digest(tap_array(taps)),
    ))  # fmt: skip


def _plain(site: NetSite, kernel: Cropped, factors: tuple[int, ...]) -> Construct:
    widths = (site.inputs[0].channels, site.output.channels)
    even = all(-s <= -2 * f - k < 0 for f, k, s in zip(kernel.first, kernel.shape, factors, strict=True))
    if not even or any(f > 0 for f in kernel.first):
        return construct("Down", *widths, kernel.shape, first=kernel.first, factors=factors)
    padding = _one(tuple(-f for f in kernel.first))
    name = f"nn.Conv{len(factors)}d"
    return construct(name, *widths, _one(kernel.shape), stride=_one(factors), padding=padding or None)


def up(site: NetSite) -> Lowered:
    """nn.ConvTransposeNd or MaskedUp."""
    assert isinstance(site.mask, StrideMask)
    mask, widths = site.mask, (site.inputs[0].channels, site.output.channels)
    if all(tap for row in mask.kept for cell in row for tap in cell):
        factor = _one(mask.factors)
        return _call(site, construct(f"nn.ConvTranspose{len(mask.factors)}d", *widths, factor, stride=factor))
    phases = tuple(range(len(mask.offsets)))
    return _call(site, construct(
        "MaskedUp", *widths, mask.factors, *_table(mask, phases, mask.factors), **_groups(mask),
        digest=digest(phase_array(mask)),
    ))  # fmt: skip


def _call(site: NetSite, module: Construct) -> Lowered:
    return Lowered("{m}({0}.unsqueeze(1))" if site.inputs[0].vector else "{m}({0})", module)


def _one(values: tuple[int, ...]) -> int | tuple[int, ...]:
    return values[0] if len(set(values)) == 1 else values


def _single(mask: StrideMask) -> bool:
    return len(mask.kept) == len(mask.kept[0]) == 1


def _table(mask: StrideMask, taps: tuple[int, ...], shape: tuple[int, ...]) -> tuple[object]:
    """The kept taps as text: one for all channels, or one for each pair of classes that keeps any."""
    table = {
        (o, i): taps_text([cell[t] for t in taps], shape)
        for o, row in enumerate(mask.kept)
        for i, cell in enumerate(row)
        if _single(mask) or any(cell)
    }
    return (table[0, 0] if _single(mask) else table,)


def _groups(mask: StrideMask) -> dict[str, object]:
    if _single(mask):
        return {}
    return {"in_groups": class_text(mask.in_classes[0]), "out_groups": class_text(mask.out_class)}
