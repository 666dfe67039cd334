"""Ops that reach across places, followed place by place: their masks say which places read which.

The kinds differ only in how their masks are derived (`attend`, `fold`, `recurrent`, `strided`); everything after that is
one boolean product, shared by all.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from flowspec.graph.bounds import Bounds
from flowspec.graph.layout import Layout
from flowspec.graph.masks import Mask
from flowspec.graph.net import NetNode
from flowspec.graph.pairing import PairMask, PlaceMask, StrideMask
from flowspec.ops.edges import Attend, Fold, Recurrent, Strided
from flowspec.passes.knowledge import attend, fold, recurrent, strided

if TYPE_CHECKING:
    from flowspec.passes.knowledge.bounds import Derivation

Bools = npt.NDArray[np.bool_]
Ints = npt.NDArray[np.int64]


def paired(
    d: Derivation, i: int, node: NetNode, edges: Strided | Attend | Fold | Recurrent, layout: Layout
) -> tuple[Bounds | None, Mask | None]:
    """The bounds and the mask of an op that reaches across places, under an order."""
    match edges:
        case Strided():
            return strided.derive(d, i, node, edges, layout)
        case Attend():
            return attend.derive(d, i, node, edges, layout)
        case Fold():
            return fold.derive(d, i, node, edges, layout)
        case Recurrent():
            return recurrent.derive(d, i, node, edges, layout)


def free_mask(edges: Any, inputs: tuple[Layout, ...], output: Layout) -> Mask | None:
    """The mask where everything may know everything; recurrences still run in their direction, row-major."""
    match edges:
        case Strided():
            return strided.free(edges, inputs, output)
        case Attend():
            return attend.free(edges, inputs, output)
        case Fold():
            return fold.free(edges, inputs, output)
        case Recurrent():
            return recurrent.free(edges, inputs, output)
    return None


def followed(
    mask: PlaceMask,
    inputs: list[npt.NDArray[Any]],
    layouts: tuple[Layout, ...],
    output: Layout,
    member: int,
    start: npt.NDArray[Any],
    join: Callable[[npt.NDArray[Any], Bools], npt.NDArray[Any]],
    union: Callable[[npt.NDArray[Any], npt.NDArray[Any]], npt.NDArray[Any]],
) -> npt.NDArray[Any]:
    """(channels, places, ...) what each unit of the output gathers from values (channels, places, ...).

    `join(rows (places in, ...), at (places out, places in))` gathers along places, `union` adds two results, `start`
    (places out, ...) is what comes from nothing.
    """
    classes = _by_class(mask, inputs, layouts, union)
    rows = [start.copy() for _ in mask.outs]
    if isinstance(mask, StrideMask):  # every place reads few others: matrices of all pairs would be nearly empty
        _follow_links(mask, classes, rows, layouts[0], output, union)
        return _of_channels(rows, mask)
    for reading in mask.readings(layouts, output, member):
        rows[reading.out] = union(rows[reading.out], join(classes[reading.source, reading.of], reading.at))
    return _of_channels(rows, mask)


def _of_channels(rows: list[npt.NDArray[Any]], mask: PlaceMask) -> npt.NDArray[Any]:
    result: npt.NDArray[Any] = np.stack(rows)[np.array(mask.out_class)]
    return result


def _follow_links(
    mask: StrideMask, classes: dict[tuple[int, int], npt.NDArray[Any]], rows: list[npt.NDArray[Any]],
    source: Layout, output: Layout, union: Callable[[npt.NDArray[Any], npt.NDArray[Any]], npt.NDArray[Any]],
) -> None:  # fmt: skip
    """Adds to `rows`, in place, what is read through each tap."""
    for t, (readers, read) in enumerate(mask.links(source, output)):
        for o in mask.outs:
            for c in mask.classes():
                if mask.kept[o][c][t]:
                    rows[o][readers] = union(rows[o][readers], classes[0, c][read])


def _by_class(
    mask: PlaceMask, inputs: list[npt.NDArray[Any]], layouts: tuple[Layout, ...],
    union: Callable[[npt.NDArray[Any], npt.NDArray[Any]], npt.NDArray[Any]],
) -> dict[tuple[int, int], npt.NDArray[Any]]:  # fmt: skip
    """What the channels of each class of each input know together, (places, ...)."""
    found: dict[tuple[int, int], npt.NDArray[Any]] = {}
    for source, (value, layout) in enumerate(zip(inputs, layouts, strict=True)):
        for k, c in enumerate(mask.in_classes[source]):
            row = np.broadcast_to(value[k], (layout.places, *value.shape[2:]))
            found[source, c] = union(found[source, c], row) if (source, c) in found else row
    return found


def any_seen(mask: PlaceMask, inputs: list[Bools], layouts: tuple[Layout, ...], output: Layout) -> Bools:
    """(channels, places) which units read one that is marked."""
    if isinstance(mask, PairMask):
        return attend.any_seen(mask, inputs, layouts, output)
    start = np.zeros(output.places, dtype=bool)
    return followed(mask, list(inputs), layouts, output, 0, start, lambda r, at: at @ r, np.logical_or)


def latest(mask: PlaceMask, inputs: list[Ints], layouts: tuple[Layout, ...], output: Layout, member: int) -> Ints:
    """(channels, places) the greatest number among what each unit reads, 0 over nothing."""
    start = np.zeros(output.places, dtype=np.int64)

    def greatest(row: Ints, at: Bools) -> Ints:
        return np.array([row[taken].max(initial=0) for taken in at], dtype=np.int64)

    return followed(mask, list(inputs), layouts, output, member, start, greatest, np.maximum)


def kept_pairs(mask: PlaceMask, layouts: tuple[Layout, ...], output: Layout, member: int = 0) -> int:
    """Kept edges between units: pairs of places, times the channels of either class; of attention, its multiply-adds."""
    if isinstance(mask, PairMask):
        return mask.multiply_adds(layouts, output)
    readers = np.bincount(mask.out_class)
    read = [np.bincount(classes) for classes in mask.in_classes]
    if isinstance(mask, StrideMask):
        taps = np.array([len(there) for there, _ in mask.links(layouts[0], output)], dtype=np.int64)
        return int(readers @ (np.array(mask.kept, dtype=np.int64) @ taps) @ read[0])
    return sum(
        int(r.at.sum()) * int(readers[r.out]) * int(read[r.source][r.of])
        for r in mask.readings(layouts, output, member)
    )
