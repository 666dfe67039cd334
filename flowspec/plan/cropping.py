"""How far around a site its parameters look, where a net may be run on a part of the picture alone."""

from __future__ import annotations

from flowspec.graph.bounds import KNOWS_NOTHING
from flowspec.graph.layout import Layout
from flowspec.graph.masks import TapMask
from flowspec.ops.edges import Channelwise, Constant, Dense, Joined, Window
from flowspec.ops.lookup import Source
from flowspec.passes.facts import NetFacts

Reach = tuple[tuple[int, int], ...]  # of each axis, the least and the greatest displacement that is read


def reach_of(net: NetFacts) -> Reach | None:
    """The box around a site that holds all of x that its parameters read; None where the net is not the same at every
    site (positions, contexts with sites, weights of a site's own), or joins sites in other ways than by windows."""
    graph, grid = net.conditioner.graph, net.shapes[0]
    live = graph.live()
    if grid.flat or grid.own:
        return None
    found: list[Reach | None] = []
    for i, node in enumerate(graph.nodes):
        layout = net.shapes.layouts[i]
        if i not in live or layout is None or layout.flat:
            if i in live and layout is not None and not _ignorant(net, i):
                return None
            found.append(None)  # the same wherever the net runs
            continue
        if i == 0:
            found.append(tuple((0, 0) for _ in grid.sites))
            continue
        box = _of_node(net, i, layout, [found[j] for j in node.inputs])
        if box is None or layout.sites != grid.sites or layout.own:
            return None
        found.append(box)
    return found[graph.output]


def _ignorant(net: NetFacts, i: int) -> bool:
    """Whether a value knows nothing of x."""
    bounds = net.knowledge.bounds[i]
    return bounds is not None and all(bound == KNOWS_NOTHING for bound in bounds.classes)


def _of_node(net: NetFacts, i: int, layout: Layout, inputs: list[Reach | None]) -> Reach | None:
    node = net.conditioner.graph.nodes[i]
    if isinstance(node.op, Source):
        return None
    known = [box for box in inputs if box is not None]
    if not known:
        return None
    joined = tuple((min(lo for lo, _ in axis), max(hi for _, hi in axis)) for axis in zip(*known, strict=True))
    match node.op.edges(net.context, tuple(net.shapes[j] for j in node.inputs), layout):
        case Window() as window:
            mask = net.knowledge.masks[i]
            if mask is None:
                offsets = window.centred()
            elif isinstance(mask, TapMask):
                offsets = _kept(mask)
            else:
                return None
            if not offsets:
                return None  # a layer that may read nothing at all
            steps = [(min(axis), max(axis)) for axis in zip(*offsets, strict=True)]
            return tuple((lo + a, hi + b) for (lo, hi), (a, b) in zip(joined, steps, strict=True))
        case Channelwise() | Joined():
            return joined
        case Dense() | Constant():
            return None
    return None


def _kept(mask: TapMask) -> tuple[tuple[int, ...], ...]:
    """The displacements of taps that some pair of classes keeps."""
    used = [t for t in range(len(mask.offsets)) if any(taps[t] for row in mask.kept for taps in row)]
    return tuple(mask.offsets[t] for t in used)
