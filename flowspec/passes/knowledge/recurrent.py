"""The masks of recurrences over the lines of an image: Row LSTM and Diagonal BiLSTM (van den Oord et al. 2016).

The state at a place reads a few places of the input and of itself, by displacements that are the same everywhere. So one
state may read another iff the inclusion holds between what they may know, as for a window on the endless grid.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from flowspec.graph.bounds import KNOWS_NOTHING, Bound, Bounds, Kind
from flowspec.graph.layout import Layout
from flowspec.graph.masks import Mask
from flowspec.graph.net import NetNode
from flowspec.graph.pairing import ScanMask, Sweep
from flowspec.ops.edges import Recurrent
from flowspec.order import Scan
from flowspec.passes.knowledge.recurrences import no_lines_to_run_along
from flowspec.passes.knowledge.relations import KIND_ORDER, EndlessGrid, Ints, stride_of

if TYPE_CHECKING:
    from flowspec.passes.knowledge.bounds import Derivation

Steps = tuple[tuple[int, int], ...]  # (lines, places along the line), in the direction of the scan


def derive(d: Derivation, i: int, node: NetNode, edges: Recurrent, layout: Layout) -> tuple[Bounds | None, Mask | None]:
    """The bounds and the mask of one op under an order."""
    below, source = d.shapes[node.inputs[0]], d.input_bounds(node.inputs[0])
    if all(b.kind is Kind.NONE for b in source.classes):
        return Bounds.uniform(KNOWS_NOTHING, layout.channels), free(edges, (below,), layout)
    grid = _grid(d, layout)
    if grid is None:
        d.findings.append(no_lines_to_run_along(node, edges.along, d.order.label, len(d.orders)))
        return None, None
    declared = Bounds.per_channel(d.targets(i, node, layout))
    sweeps = [_sweep(grid, walk, source, bounds) for walk, bounds in _walks(edges, declared.classes)]
    if d.something_allowed() and not all(_reads_something(sweep) for sweep in sweeps):
        d.findings.append(d.no_edge(i, node, list(declared.classes)))
        return None, None
    settled = _settled(grid, source, declared, sweeps)
    mask = ScanMask((source.of,), declared.of, grid.scan.axes, grid.scan.sign, tuple(sweeps))
    return Bounds.per_channel([settled[k] for k in declared.of]), mask


def free(edges: Recurrent, inputs: tuple[Layout, ...], output: Layout) -> Mask:
    """The mask where there is no order: from the first row down, every tap of the kernel."""
    sweeps = []
    for walk, _ in _walks(edges, ()):
        whole = (((True,) * len(walk.taps),),)
        sweeps.append(Sweep(walk.taps, whole, walk.carry, (((True,) * len(walk.carry),),)))
    return ScanMask(((0,) * inputs[0].channels,), (0,) * output.channels, (0, 1), 1, tuple(sweeps))


@dataclass(frozen=True, slots=True)
class _Walk:
    """What one sweep reads if it may: the input on its own line, and itself."""

    taps: Steps
    carry: Steps


def _walks(edges: Recurrent, bounds: tuple[Bound, ...]) -> list[tuple[_Walk, tuple[Bound, ...]]]:
    """The sweeps with the bounds of their states: the second one runs against the line, within earlier lines."""
    if edges.along == "rows":
        around = range(-(edges.kernel // 2), edges.kernel - edges.kernel // 2)
        return [(_Walk(tuple((0, a) for a in around), tuple((-1, a) for a in around)), bounds)]
    walks = [(_Walk(((0, 0),), ((-1, 0), (0, -1))), bounds)]
    if edges.both:
        above = tuple(Bound(Kind.ABOVE, b.group) for b in bounds)
        walks.append((_Walk(((0, 0),), ((-1, 0), (0, 1))), above))
    return walks


@dataclass(frozen=True, eq=False, slots=True)
class _Grid:
    """The endless grid of a scan in lines, and how many sites of x stand behind one of the value along each axis."""

    relation: EndlessGrid
    scan: Scan
    stride: tuple[int, ...]

    def sites(self, steps: Steps) -> tuple[tuple[int, ...], ...]:
        """Displacements in the direction of the scan as displacements of sites."""
        found = []
        for step in steps:
            at = [0, 0]
            for axis, n in zip(self.scan.axes, step, strict=True):
                at[axis] = self.scan.sign * n
            found.append(tuple(at))
        return tuple(found)

    def offsets(self, displacements: tuple[tuple[int, ...], ...]) -> Ints:
        """The same from site to site of x."""
        steps: Ints = np.array(displacements, dtype=np.int64).reshape(-1, 2) * np.array(self.stride)
        return steps

    def kept(self, source: Bound, target: Bound, steps: Steps) -> tuple[bool, ...]:
        """Whether what is read through each step is inside what may be known."""
        found: list[bool] = self.relation.kept(source, target, self.offsets(self.sites(steps))).tolist()
        return tuple(found)


def _grid(d: Derivation, layout: Layout) -> _Grid | None:
    stride = stride_of(d.order, layout)
    if not isinstance(d.relation, EndlessGrid) or len(d.orders) > 1 or stride is None:
        return None
    scan = d.relation.scan
    return _Grid(d.relation, scan, stride) if scan.dims == len(scan.axes) == 2 else None


def _sweep(grid: _Grid, walk: _Walk, source: Bounds, bounds: tuple[Bound, ...]) -> Sweep:
    """The largest masks of one sweep whose states have `bounds`.

    A state that may know earlier lines alone reads the input one line back, unless the input is that modest itself.
    """
    back = tuple((line - 1, at) for line, at in walk.taps)
    taps = (*back, *walk.taps)
    table = []
    for t in bounds:
        row = []
        for s in source.classes:
            here, behind = grid.kept(s, t, walk.taps), (False,) * len(back)
            if t.kind is Kind.ABOVE and not any(here):
                behind = grid.kept(s, t, back)
            row.append((*behind, *here))
        table.append(row)
    used = [k for k in range(len(taps)) if any(cell[k] for row in table for cell in row)]
    kept = tuple(tuple(tuple(cell[k] for k in used) for cell in row) for row in table)
    carried = tuple(tuple(grid.kept(k, t, walk.carry) for k in bounds) for t in bounds)
    return Sweep(grid.sites(tuple(taps[k] for k in used)), kept, grid.sites(walk.carry), carried)


def _reads_something(sweep: Sweep) -> bool:
    return any(any(cell) for row in sweep.kept for cell in row)


# --- what the states know in the end ----------------------------------------------------------------------------------

Read = tuple[Bound, Ints]  # something with a bound, read through displacements


def _settled(grid: _Grid, source: Bounds, declared: Bounds, sweeps: list[Sweep]) -> list[Bound]:
    """For each class of the output the least kind that holds what its states read, and what those have read."""
    here = np.zeros((1, 2), dtype=np.int64)
    ends = [_ends(grid, source, declared.classes, sweep) for sweep in sweeps]
    return [_least(grid, [(end[o], here) for end in ends], target.group) for o, target in enumerate(declared.classes)]


def _ends(grid: _Grid, source: Bounds, targets: tuple[Bound, ...], sweep: Sweep) -> list[Bound]:
    """The same for one sweep: from the least there is, until what the states hand on changes nothing."""
    inputs = [
        [(s, grid.offsets(_taken(sweep.taps, cell))) for s, cell in zip(source.classes, row, strict=True)]
        for row in sweep.kept
    ]
    ends = [KNOWS_NOTHING] * len(targets)
    while True:
        again = []
        for o, target in enumerate(targets):
            own = [(ends[k], grid.offsets(_taken(sweep.carry, cell))) for k, cell in enumerate(sweep.carried[o])]
            again.append(_least(grid, [*inputs[o], *own], target.group))
        if again == ends:
            return ends
        ends = again


def _taken(steps: tuple[tuple[int, ...], ...], kept: tuple[bool, ...]) -> tuple[tuple[int, ...], ...]:
    return tuple(step for step, taken in zip(steps, kept, strict=True) if taken)


def _least(grid: _Grid, reads: list[Read], group: int) -> Bound:
    """The least kind about a group that holds everything that is read."""
    for kind in KIND_ORDER:
        bound = KNOWS_NOTHING if kind is Kind.NONE else Bound(kind, group)
        if all(not len(steps) or bool(grid.relation.kept(s, bound, steps).all()) for s, steps in reads):
            return bound
    raise AssertionError("the last kind holds everything")
