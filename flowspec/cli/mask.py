"""`flowspec mask`: every mask that was derived from the order, and the halves of couplings."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from flowspec.cli.arguments import UsageError
from flowspec.cli.drawing import Drawing, add_drawing, run_drawing
from flowspec.cli.streams import Streams

if TYPE_CHECKING:
    import numpy as np

    from flowspec.compiler import Report
    from flowspec.view.masks import Derived

NAME = "mask"
HELP = "show the masks that were derived from the order"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of mask."""
    add_drawing(parser)
    parser.add_argument("node", nargs="?", metavar="NODE", help="a node, a step or a block (default: all)")
    parser.add_argument("--sort", action="store_true", help="sort the units of dense masks by what they may know")


def run(args: argparse.Namespace, streams: Streams) -> int:
    """Draw the masks of a spec, those that look alike once."""
    return run_drawing(args, streams, lambda report: _draw(report, args))


def _draw(report: Report, args: argparse.Namespace) -> Drawing:
    from flowspec.view.mask_picture import mask_picture
    from flowspec.view.masks import derived_masks
    from flowspec.view.records import mask_json

    facts: Any = report.all_facts
    masks = derived_masks(facts, args.node, args.order)
    name = facts.program.name
    return Drawing(
        mask_picture(name, report.path, masks, args.node is None, args.sort),
        lambda: mask_json(name, report.path, report.sha256, masks),
        lambda: _array(masks),
    )


def _array(masks: tuple[Derived, ...]) -> np.ndarray[Any, Any]:
    """The one mask as booleans: (units out, units in); (channels out, in, *kernel) cut to the kept taps; (groups out,
    groups in, taps, *sites) of one mask a site; a coupling's kept entries in the shape of its value; of ops that reach
    across places what `place_masks.array` says."""
    import numpy as np

    from flowspec.graph.masks import LabelMask, TapMask
    from flowspec.graph.pairing import PlaceMask
    from flowspec.ops.lower_weighted import label_matrix, tap_array
    from flowspec.view import place_masks
    from flowspec.view.masks import Keep

    if len(masks) != 1:
        names = ", ".join(mask.name for mask in masks[:6])
        there = f"name its node: {names}{', ...' if len(masks) > 6 else ''}" if masks else "nothing is masked here"
        raise UsageError(f"an npy file holds one mask, and there are {len(masks)}", there)
    derived = masks[0]
    if isinstance(derived.mask, Keep):
        return derived.mask.kept.reshape(derived.source.shape)
    if isinstance(derived.mask, LabelMask):
        reads, writes = derived.mask.member(derived.member)
        return label_matrix(LabelMask(derived.mask.rule, (reads,), (writes,)))
    if isinstance(derived.mask, PlaceMask):
        return place_masks.array(derived.mask, derived.inputs, derived.output, derived.member)
    return tap_array(derived.mask) if isinstance(derived.mask, TapMask) else np.array(_sites(derived))


def _sites(derived: Derived) -> list[list[Any]]:
    from flowspec.graph.masks import SiteMask
    from flowspec.view.counts import site_taps

    mask = derived.mask
    assert isinstance(mask, SiteMask)
    return [
        [site_taps(mask, i, o, derived.source.sites)[0] for i in range(len(mask.reads))]
        for o in range(len(mask.writes))
    ]
