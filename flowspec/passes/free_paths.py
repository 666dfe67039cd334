"""Through which offsets a net without an order reads its x: what couplings mix (semantics D1, D2, F4)."""

from __future__ import annotations

from dataclasses import dataclass
from math import gcd, prod

import numpy as np
import numpy.typing as npt

from flowspec.graph.pairing import PlaceMask, StrideMask
from flowspec.ops.edges import Dense, Window
from flowspec.order import Grid, Guarded, Offsets, stride_taps
from flowspec.passes.facts import NetFacts

Ints = npt.NDArray[np.int64]
Sites = tuple[int, ...]
Phases = tuple[Guarded, ...]  # of each phase of a value on the coarsest grid; empty for what reads nothing of x


@dataclass(frozen=True, eq=False, slots=True)
class Paths:
    """The paths on the coarsest grid of a net: `factors` sites of x along each axis make one of it.

    `rows` lists (phase that reads, phase read, rows (offset, lower corner, upper corner), nearest first).
    """

    factors: Sites
    rows: tuple[tuple[int, int, Ints], ...]

    def phase(self, values: Ints, q: int) -> Ints:
        """The numbers (channels, *sites) that stand at one phase, (channels, *coarse sites)."""
        first = np.unravel_index(q, self.factors)
        return values[(slice(None), *(slice(int(a), None, f) for a, f in zip(first, self.factors, strict=True)))]


def free_paths(net: NetFacts) -> Paths | None:
    """How the head reads x; None where some op joins all sites. Channels are not told apart: every kernel mixes them."""
    graph, shapes, sites = net.conditioner.graph, net.shapes, net.context.x.sites
    masks = net.knowledge.masks
    behind = _behind_x(net)
    if any(_joins_all(net, i) for i in behind):
        return None
    coarse = sites
    for i in behind:
        coarse = tuple(gcd(a, b) for a, b in zip(coarse, shapes[i].sites, strict=True))
    factors = tuple(n // m for n, m in zip(sites, coarse, strict=True))
    algebra = Offsets(Grid(prod(factors), coarse))
    reach: dict[int, Phases] = {}
    for i in sorted(graph.live()):
        node, inputs = graph.nodes[i], [reach[j] for j in graph.nodes[i].inputs]
        if node.id == "x" and not node.inputs:
            reach[i] = tuple(algebra.unit(q) for q in range(prod(factors)))
        elif not any(inputs) or i not in behind:
            reach[i] = ()  # contexts, and what is computed from them alone
        elif (places := _places(net, i)) is not None and not inputs[0]:
            reach[i] = ()  # a context is read there; the value that it is added to gives only its shape
        elif places is not None:
            into, out = (_over(shapes[k].sites, coarse) for k in (node.inputs[0], i))
            mask = masks[i]
            up = mask.factors if isinstance(mask, StrideMask) and mask.up else None
            down = mask.factors if isinstance(mask, StrideMask) and not mask.up else None
            reach[i] = tuple(_read(algebra, inputs[0], places, into, out, q, up, down) for q in range(prod(out)))
        else:
            known = [deps for deps in inputs if deps]
            reach[i] = known[0] if len(known) == 1 else tuple(algebra.union(d) for d in zip(*known, strict=True))
    return Paths(factors, tuple(_rows(reach[graph.output])))


def _behind_x(net: NetFacts) -> list[int]:
    """The ops on paths from x."""
    graph, found = net.conditioner.graph, set[int]()
    for i in sorted(graph.live()):
        node = graph.nodes[i]
        read = [j for k, j in enumerate(node.inputs) if k not in node.op.shaped_by]
        if any(j in found or (graph.nodes[j].id == "x" and not graph.nodes[j].inputs) for j in read):
            found.add(i)
    return sorted(found)


def _joins_all(net: NetFacts, i: int) -> bool:
    mask, inputs = net.knowledge.masks[i], net.conditioner.graph.nodes[i].inputs
    edges = net.conditioner.graph.nodes[i].op.edges(net.context, tuple(net.shapes[j] for j in inputs), net.shapes[i])
    across = isinstance(mask, PlaceMask) and not isinstance(mask, StrideMask)
    axes = len(net.shapes[i].sites) == len(net.context.x.sites)
    return across or isinstance(edges, Dense) or net.shapes[i].flat or not axes


def _over(sites: Sites, coarse: Sites) -> Sites:
    return tuple(n // m for n, m in zip(sites, coarse, strict=True))


def _places(net: NetFacts, i: int) -> Ints | None:
    """The displacements of a kernel; None for what works at one site."""
    node, mask = net.conditioner.graph.nodes[i], net.knowledge.masks[i]
    if isinstance(mask, StrideMask):
        return np.array(mask.offsets, dtype=np.int64)
    edges = node.op.edges(net.context, tuple(net.shapes[j] for j in node.inputs), net.shapes[i])
    return np.array(edges.centred(), dtype=np.int64) if isinstance(edges, Window) else None


def _read(
    algebra: Offsets,
    source: Phases,
    offsets: Ints,
    into: Sites,
    out: Sites,
    q: int,
    up: Sites | None,
    down: Sites | None,
) -> Guarded:
    """What the output reads at phase q of `out`, from an input with phases `into`."""
    here = np.array(np.unravel_index(q, out))
    at = here[None] // np.array(up) if up is not None else here * np.array(down or (1,) * len(out)) + offsets
    return algebra.through((source[phase], taps) for phase, taps in stride_taps(at, into).items())


def _rows(head: Phases) -> list[tuple[int, int, Ints]]:
    found = []
    for q, dep in enumerate(head):
        for g in range(len(dep.tight)):
            e = np.argwhere(dep.tight[g]) + np.array(dep.low)
            tight = np.concatenate([e, np.minimum(e, 0), np.maximum(e, 0)], axis=1)
            rows = np.concatenate([tight, dep.extra[dep.extra[:, 0] == g, 1:]])
            near = np.abs(rows[:, : len(dep.low)]).sum(axis=1)
            found.append((q, g, rows[np.argsort(near, kind="stable")]))
    return [entry for entry in found if len(entry[2])]
