"""All derived masks of a spec as a picture: those that look alike are drawn once."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from typing import Any

from flowspec.graph.bounds import Bounds
from flowspec.graph.masks import LabelMask, SiteMask, TapMask
from flowspec.graph.pairing import PlaceMask
from flowspec.view import place_masks
from flowspec.view.mask_panels import across, mask_panels
from flowspec.view.masks import Derived, Keep
from flowspec.view.pictures import Figure, Picture
from flowspec.view.words import listed, many, place

NAMES = 4  # of masks that look alike


def mask_picture(title: str, path: str, masks: tuple[Derived, ...], whole: bool, ordered: bool = False) -> Picture:
    """The picture of `masks`.

    Args:
        title: the name of the spec.
        path: its file.
        whole: whether these are all masks of the spec; then those that drop nothing are only named.
        ordered: sort the units of dense masks by what they may know.
    """
    drawn = [m for m in masks if not (whole and m.full)]
    open_ones = [m.name for m in masks if whole and m.full]
    alike: dict[Any, list[Derived]] = {}
    for mask in drawn:
        alike.setdefault(mask.alike, []).append(mask)
    notes = (f"nothing is dropped by {listed(open_ones, 6)}",) if open_ones else ()
    if not masks:
        notes = ("nothing in this spec is masked",)
    figures = tuple(_figure(group, ordered) for group in alike.values())
    total = many(len(masks), "mask") + (f", {len(figures)} that differ" if len(figures) < len(drawn) else "")
    return Picture(f"masks of {title}", f"{path}: {total}", figures, notes)


def _figure(group: list[Derived], ordered: bool) -> Figure:
    first = group[0]
    return Figure(
        listed([m.name for m in group], NAMES),
        place(first.span),
        tuple(_facts(first, ordered)),
        mask_panels(first, ordered),
        across(first),
    )


def mask_words(derived: Derived) -> list[str]:
    """What a mask keeps and by which rule, in sentences, without the options of the command that draws it."""
    return _facts(replace(derived, members=1), ordered=True)


def _facts(derived: Derived, ordered: bool) -> list[str]:
    mask = derived.mask
    if isinstance(mask, LabelMask):
        return [_dense_text(derived), *_labels(mask, derived), *_unsorted(mask, derived, ordered), *_members(derived)]
    if isinstance(mask, TapMask):
        return [_taps_text(derived, mask), *_groups(mask, derived)]
    if isinstance(mask, SiteMask):
        return [_sites_text(derived, mask), *_groups(mask, derived), *_samples_text(mask)]
    if isinstance(mask, PlaceMask):
        kept = f"keeps {derived.count.of(place_masks.noun(mask))}"
        return [kept, *place_masks.words(mask, derived.inputs, derived.output, derived.member), *_members(derived)]
    return [_halves_text(derived)]


def _dense_text(derived: Derived) -> str:
    return f"{derived.source.units:,} units in, {derived.output.units:,} units out; keeps {derived.count.of('edges')}"


def _labels(mask: LabelMask, derived: Derived) -> list[str]:
    reads, writes = mask.member(derived.member)
    if mask.rule == "subset":
        return ["an edge is kept where all that the unit in knows is among what the unit out may know"]
    return [
        f"an edge is kept where the label in ({min(reads):,} to {max(reads):,}) is at most "
        f"the label out ({min(writes):,} to {max(writes):,})"
    ]


def _unsorted(mask: LabelMask, derived: Derived, ordered: bool) -> list[str]:
    """How to see the staircase, where the units stand in another order."""
    if ordered or all(list(labels) == sorted(labels) for labels in mask.member(derived.member)):
        return []
    return ["units stand as they do in the weight; `--sort` orders them by what they may know"]


def _members(derived: Derived) -> list[str]:
    if derived.members == 1:
        return []
    return [f"order {derived.member} of {derived.members} (0 to {derived.members - 1}): `--order` picks another"]


def _taps_text(derived: Derived, mask: TapMask) -> str:
    kernel, dilation = _kernel(mask.offsets)
    spread = "" if all(d == 1 for d in dilation) else f", dilation {_by(dilation)}"
    channels = f"{many(derived.source.channels, 'channel')} in, {derived.output.channels:,} out"
    return f"kernel {_by(kernel)}{spread}; {channels}; keeps {derived.count.of('weights')}"


def _sites_text(derived: Derived, mask: SiteMask) -> str:
    kernel, _ = _kernel(mask.offsets)
    channels = f"{many(derived.source.channels, 'channel')} in, {derived.output.channels:,} out"
    return f"kernel {_by(kernel)}, a mask for each site; {channels}; keeps {derived.count.of('edges')}"


def _samples_text(mask: SiteMask) -> list[str]:
    """Which groups the taps at single sites belong to, where there are several."""
    if len(mask.offsets) == 1 or len(mask.reads) == len(mask.writes) == 1:
        return []
    return ["the taps at single sites are those from group 0 to group 0"]


def _halves_text(derived: Derived) -> str:
    assert isinstance(derived.mask, Keep)
    count = derived.count
    return f"of a value {derived.source} keeps {count.of('entries')} and moves {count.possible - count.kept:,}"


def _kernel(offsets: tuple[tuple[int, ...], ...]) -> tuple[list[int], list[int]]:
    """The shape and the dilation of a kernel."""
    axes = [sorted({e[a] for e in offsets}) for a in range(len(offsets[0]))]
    return [len(a) for a in axes], [a[1] - a[0] if len(a) > 1 else 1 for a in axes]


def _by(numbers: list[int]) -> str:
    return "x".join(str(n) for n in numbers)


def _groups(mask: TapMask | SiteMask, derived: Derived) -> list[str]:
    """What the groups of channels are, where there are several."""
    if max(mask.in_class) == max(mask.out_class) == 0:
        return []
    return [
        f"groups in: {_group_text(mask.in_class, derived.reads)}; out: {_group_text(mask.out_class, derived.writes)}"
    ]


def _group_text(of: tuple[int, ...], bounds: Bounds | None) -> str:
    sizes = Counter(of)
    known = bounds is not None and bounds.of == of
    words = [
        f"{k} ({bounds.classes[k]}, {many(sizes[k], 'channel')})" if known and bounds else f"{k} ({sizes[k]})"
        for k in sorted(sizes)
    ]
    return listed(words, 6)
