"""The list of masks: every derived mask once, counted rightly, found by its names."""

from __future__ import annotations

import numpy as np
import pytest

from flowspec.graph.masks import LabelMask, SiteMask, TapMask
from flowspec.ops.lower_weighted import label_matrix, tap_array
from flowspec.view.counts import site_taps
from flowspec.view.errors import ViewError
from flowspec.view.masks import Derived, Keep
from tests.view.drawn import SPECS, masks, picture, report


@pytest.mark.parametrize("name", SPECS)
def test_every_mask_of_the_facts_is_there_once(name: str) -> None:
    facts = report(name).all_facts
    assert facts is not None
    derived = [mask for net in facts.nets.values() for mask in net.knowledge.masks if mask is not None]
    found = [m for m in masks(name) if not isinstance(m.mask, Keep)]
    assert len(found) == len(derived)
    names = [m.name for m in masks(name)]
    assert len(set(names)) == len(names)


@pytest.mark.parametrize("name", SPECS)
def test_counts(name: str) -> None:
    for derived in masks(name):
        assert (derived.count.kept, derived.count.possible) == counted(derived)


def counted(derived: Derived) -> tuple[int, int]:
    """Kept and possible edges, from the mask as the layer holds it."""
    mask = derived.mask
    if isinstance(mask, Keep):
        return int(mask.kept.sum()), derived.source.units
    if isinstance(mask, LabelMask):
        whole = label_matrix(mask)
        whole = whole if whole.ndim == 2 else whole[derived.member]
        return int(whole.sum()), whole.size
    if isinstance(mask, TapMask):
        return int(tap_array(mask).sum()), len(mask.in_class) * len(mask.out_class) * len(mask.offsets)
    return by_hand(mask, derived.source.sites)


def by_hand(mask: SiteMask, sites: tuple[int, ...]) -> tuple[int, int]:
    kept = possible = 0
    for o in mask.out_class:
        for i in mask.in_class:
            for site in np.ndindex(*sites):
                for offset in mask.offsets:
                    there = tuple(a + e for a, e in zip(site, offset, strict=True))
                    if all(0 <= a < size for a, size in zip(there, sites, strict=True)):
                        r = mask.reads[i][int(np.ravel_multi_index(there, sites))]
                        w = mask.writes[o][int(np.ravel_multi_index(site, sites))]
                        possible += 1
                        kept += r <= w
    return kept, possible


def test_positions_outside_the_grid_are_never_kept() -> None:
    derived = masks("hilbert", "conv.1")[0]
    assert isinstance(derived.mask, SiteMask)
    kept, inside = site_taps(derived.mask, 0, 0, derived.source.sites)
    assert not (kept & ~inside).any()
    assert inside.sum() == 256  # a 3x3 kernel on 6x6: (3 * 6 - 2) squared


@pytest.mark.parametrize(
    ("name", "node", "count"),
    [
        ("gated", "v", 1),
        ("gated", "vh.1", 4),
        ("gated", "vh", 8),
        ("gated", "model", 12),
        ("maf", "autoregressive.2", 2),
        ("maf", "autoregressive.2/head.1", 1),
        ("maf", "head.1", 3),
        ("nvp", "coupling.2", 1),
    ],
)
def test_a_node_a_block_or_a_step_picks_its_masks(name: str, node: str, count: int) -> None:
    assert len(masks(name, node)) == count


@pytest.mark.parametrize(
    ("name", "node", "message", "help_text"),
    [
        ("stack", "conv9", "there is no node `conv9`", "did you mean `conv.1`?"),
        ("stack", "relu.1", "`relu.1` has no derived mask", "there are masks of: conv.1, conv.2, conv.3, head.1"),
        ("histogram", "relu", "there is no node `relu`", "nothing in this spec is masked"),
    ],
)
def test_a_node_without_a_mask(name: str, node: str, message: str, help_text: str) -> None:
    with pytest.raises(ViewError) as fault:
        masks(name, node)
    assert (fault.value.message, fault.value.help_text) == (message, help_text)


def test_members_of_an_ensemble() -> None:
    mask = masks("made", "linear.1", 2)[0]
    assert isinstance(mask.mask, LabelMask)
    assert mask.count.kept == label_matrix(mask.mask)[2].sum()
    with pytest.raises(ViewError, match="there is no order 3 in `model`"):
        masks("made", None, 3)
    with pytest.raises(ViewError, match="there is no order 1"):
        masks("stack", None, 1)


def test_masks_that_look_alike_are_drawn_once() -> None:
    titles = [figure.title for figure in picture("mask", "maf").figures]
    assert titles[0] == "autoregressive.1/linear.1, autoregressive.3/linear.1"
    assert [f.title for f in picture("mask", "nvp").figures] == [f"coupling.{k}" for k in range(1, 6)]


def test_open_masks_are_named_and_not_drawn_unless_asked_for() -> None:
    whole = picture("mask", "stack")
    assert whole.notes == ("nothing is dropped by head.1",)
    assert not any("head.1" in figure.title for figure in whole.figures)
    assert [figure.title for figure in picture("mask", "stack", node="head.1").figures] == ["head.1"]


def test_the_channels_of_a_coupling_are_told_apart_only_where_they_differ() -> None:
    panels = [[p.title for p in figure.panels] for figure in picture("mask", "nvp").figures]
    assert panels[0] == ["every channel alike"]
    assert panels[2] == ["every site alike"]
    assert panels[4] == ["channel 0", "channel 1", "channels 2-5"]
