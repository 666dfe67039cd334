"""Masks of ops that reach across places: drawn in every format, counted as the layers hold them."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from flowspec.cli import Command
from flowspec.compiler import analyse
from flowspec.graph.pairing import FoldMask, PairMask, PlaceMask, ScanMask, StrideMask, Sweep
from flowspec.view import place_masks
from flowspec.view.mask_panels import mask_panels
from flowspec.view.mask_picture import mask_picture
from flowspec.view.masks import Derived, derived_masks
from flowspec.view.records import mask_json
from flowspec.view.text import Style, render_text

SPEC = """flowspec: 1
name: places
x: {{shape: [2, 4, 4], values: 3}}
order: {order}
net:
  a: {{attention: {{out: 8, heads: 4}}, in: x}}
  b: {{attention: 8, in: a}}
head: categorical
"""
ORDERS = ["raster", "hilbert", "{random: 2, seed: 1}", "{raster: {}, channels: joint}"]
SWEEP = Sweep(((0, -1), (0, 0)), (((True, False),),), ((-1, 0),), (((True,),),))


def masks(order: str, member: int = 0) -> tuple[Derived, ...]:
    report = analyse("places.yaml", SPEC.format(order=order))
    facts: Any = report.all_facts
    assert facts is not None, report.diagnostics
    return derived_masks(facts, member=member)


def attention(order: str, member: int = 0) -> list[tuple[Derived, PairMask]]:
    return [(m, m.mask) for m in masks(order, member) if isinstance(m.mask, PairMask)]


@pytest.mark.parametrize("order", ORDERS)
def test_pairs_are_counted_and_drawn_as_the_layer_holds_them(order: str) -> None:
    found = attention(order)
    assert [derived.name for derived, _ in found] == ["a", "b"]
    for derived, mask in found:
        whole = place_masks.array(mask, derived.inputs, derived.output, 0)
        width = len(mask.out_class) // mask.heads
        assert derived.count.kept == sum(int(whole[o].sum()) for o in mask.out_class[::width])
        assert derived.count.possible == mask.heads * 16 * 16
        for panel, pairs in zip(mask_panels(derived), whole, strict=False):
            assert (panel.cells.shares(*panel.shape)[1] == pairs).all()


def test_members_of_an_ensemble_have_their_own() -> None:
    one, two = (place_masks.array(attention(ORDERS[2], k)[0][1], (), masks(ORDERS[2])[0].output, k) for k in (0, 1))
    assert (one != two).any()
    assert one.sum() == two.sum()


def test_sorted_places_make_a_staircase() -> None:
    (derived, _), _ = attention("hilbert")
    for panel in mask_panels(derived, ordered=True):
        rows = panel.cells.shares(*panel.shape)[1].sum(axis=1)
        assert (np.diff(rows) >= 0).all()


def said(*args: str) -> str:
    """What the command line answers."""
    out = io.StringIO()
    assert Command(io.StringIO(), out, io.StringIO(), environ={}).main([*args, "--color", "never"]) == 0
    return out.getvalue()


def test_every_format(tmp_path: Path) -> None:
    spec = tmp_path / "places.yaml"
    spec.write_text(SPEC.format(order="s_curve"))
    for suffix in ("svg", "png", "html", "json", "npy"):
        said("mask", str(spec), "a", "-o", str(tmp_path / f"a.{suffix}"))
        assert (tmp_path / f"a.{suffix}").stat().st_size > 0
    assert np.load(tmp_path / "a.npy").shape == (2, 16, 16)
    (record,) = json.loads((tmp_path / "a.json").read_text())["masks"]
    assert (record["kind"], record["heads"], len(record["places"])) == ("attention", 4, 2)
    assert "keeps 480 of 1,024 pairs of places of 4 heads (46.9 %)" in said("mask", str(spec), "a")


def test_nets_without_an_order_have_no_masks(tmp_path: Path) -> None:
    spec = tmp_path / "free.yaml"
    net = "{coupling: {keep: checkerboard, net: [{attention: 4}]}}"
    spec.write_text(f"flowspec: 1\nname: free\nx: {{shape: [1, 2, 3], values: real}}\nflow: [{net}]\nbase: normal\n")
    assert "coupling.1" in said("mask", str(spec))


def drawn(mask: PlaceMask, derived: Derived) -> tuple[str, dict[str, Any]]:
    """Text and JSON of a mask put in the place of another."""
    one = Derived("m", frozenset(), derived.span, mask, derived.source, derived.output, inputs=derived.inputs)
    picture = mask_picture("places", "places.yaml", (one,), whole=False)
    (record,) = json.loads(mask_json("places", "places.yaml", "0" * 64, (one,)))["masks"]
    return render_text(picture, Style(100)), record


def test_folds_strides_and_recurrences() -> None:
    (derived, _), _ = attention("{raster: {}, channels: joint}")
    labels = (tuple(range(16)),)
    text, record = drawn(FoldMask(((0, 0),), (0,) * 8, "prefix", (labels,), (labels,)), derived)
    assert "a place folds in another" in text
    assert (record["kind"], record["kept"], record["possible"]) == ("fold", 16 * 136, 16 * 256)
    stride = StrideMask(((0, 0),), (0,) * 8, (2, 2), False, ((0, 0), (0, 1)), (((True, False),),))
    text, record = drawn(stride, derived)
    assert "fine to coarse" in text
    assert (record["kind"], record["kept"], record["possible"], record["factors"]) == ("stride", 16, 32, [2, 2])
    text, record = drawn(ScanMask(((0, 0),), (0,) * 8, (0, 1), 1, (SWEEP,)), derived)
    assert "state" in text
    assert (record["kind"], record["kept"], record["possible"]) == ("recurrence", 16 + 64, 32 + 64)
    assert place_masks.array(stride, derived.inputs, derived.output, 0).shape == (1, 1, 2)
