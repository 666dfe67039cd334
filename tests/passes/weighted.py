"""Weighted ops by brute force: which edges are kept, one by one (semantics N1, N3)."""

from __future__ import annotations

from itertools import product
from typing import TYPE_CHECKING, Any

from tests.passes.sets import (
    KINDS,
    NOTHING,
    About,
    Illegal,
    Reads,
    Sites,
    inside,
    is_nothing,
    neighbours,
    per_axis,
    through,
)
from tests.passes.strided import OPS as STRIDED
from tests.passes.strided import at_place, kept_between, refuse, stride, strided

if TYPE_CHECKING:
    from tests.passes.brute import Network


def weighted(net: Network, i: int) -> None:
    j, layout = net.graph.nodes[i].inputs[0], net.shapes[i]
    if net.order is None or all(is_nothing(b) for b in net.bounds[j]):
        targets = None
        net.bounds[i] = [NOTHING] * layout.channels
    else:
        if net.word(i) in STRIDED:
            refuse(net, i)
        targets = _targets(net, i)
    if net.word(i) in STRIDED:
        reads, net.bounds[i] = strided(net, i, targets)
        net.edges[i], net.deps[i] = sum(len(r) for units in reads for r in units), through(reads, net.deps[j])
        return
    taps = None if net.is_dense(i) else _taps(net, i, j, targets)
    reads = _dense_reads(net, i, j, targets) if taps is None else _window_reads(net, i, j, targets, taps)
    net.edges[i] = sum(len(r) for units in reads for r in units)
    if targets is not None:
        if not net.graph.nodes[i].unmasked:
            _require_an_edge(net, i, j, targets, taps)
        net.bounds[i] = _settled(net, i, j, targets, taps)
    net.deps[i] = through(reads, net.deps[j])
    if net.repeat and net.word(i) in ("conv", "mixer") and taps and set(net.bounds[i]) == set(net.bounds[j]):
        _repeat(net, i, j, reads)


def _require_an_edge(net: Network, i: int, j: int, targets: list[About], taps: list[Sites] | None) -> None:
    """N3: an op that keeps no edge at all is an error, where anything is allowed."""
    if taps is None or not net.alike:
        kept = net.edges[i] > 0
    else:
        kept = any(_keeps(net, i, s, t, tap, 0, 0) for s in set(net.bounds[j]) for t in set(targets) for tap in taps)
    if not kept and any(net.world.knows(v) for v in range(net.world.grid.size)):
        raise Illegal("FS404", net.graph.nodes[i].id)


def _targets(net: Network, i: int) -> list[About]:
    node, layout = net.graph.nodes[i], net.shapes[i]
    pointless = ("above", "upto") if layout.flat else () if net.world.has_lines else ("above",)
    if i != net.graph.output and node.cap in pointless:
        raise Illegal("FS407", node.id)
    n, cut = layout.channels, net.slices(i)
    if i == net.graph.output and layout.flat:
        return [About("row", row=net.world.knows(k // net.size)) for k in range(n)]
    if i == net.graph.output:
        return [About("before", min(c // net.size, net.groups - 1)) for c in range(n)]
    units = n // cut
    if layout.flat:
        m = len(net.rows)
        index = [k * m // units if units >= m else (k + 1) * (m + 1) // (units + 1) - 1 for k in range(units)]
        rows = [0 if node.cap == "none" else net.rows[r] for r in index]
        return [About("row", row=row) if row else NOTHING for row in rows] * cut
    return [About(node.cap, k * net.groups // units) for k in range(units)] * cut


def _dense_reads(net: Network, i: int, j: int, targets: list[About] | None) -> Reads:
    units = [(c, p) for c in range(net.shapes[j].channels) for p in range(net.shapes[j].places)]
    places = range(net.shapes[i].places)
    if targets is None or net.graph.nodes[i].unmasked:
        return [[units for _ in places] for _ in range(net.shapes[i].channels)]
    known = [(u, at_place(net, j, net.bounds[j][u[0]], u[1])) for u in units]
    memo: dict[int, list[tuple[int, int]]] = {}

    def read(limit: int) -> list[tuple[int, int]]:
        if limit not in memo:
            memo[limit] = [u for u, k in known if inside(k, limit)]
        return memo[limit]

    return [[read(net.world.of(t, p)) for p in places] for t in targets]


# --- windows ---------------------------------------------------------------------------------------------------


def _taps(net: Network, i: int, j: int, targets: list[About] | None) -> list[Sites]:
    op, axes = net.graph.nodes[i].op, len(net.shapes[i].sites)
    kernel = per_axis(getattr(op, "kernel", 1), axes)
    dilation = per_axis(getattr(op, "dilation", 1), axes)
    first = [-(k // 2) * d for k, d in zip(kernel, dilation, strict=True)]
    by_site = i == net.graph.output and net.shapes[j].own  # weights of each site's own, which slide nowhere
    if targets is not None and axes == 1 and net.world.order.label in ("raster", "reverse") and not by_site:
        here = any(kept_at(net, s, t, (0,), stride(net, i)) for s in set(net.bounds[j]) for t in set(targets))
        last, reach = 0 if here else 1, (kernel[0] - 1) * dilation[0]
        first = [last] if net.world.order.label == "reverse" else [-last - reach]
    steps = product(*[range(k) for k in kernel])
    return [tuple(f + s * d for f, s, d in zip(first, step, dilation, strict=True)) for step in steps]


def kept_at(net: Network, source: About, target: About, tap: Sites, own: Sites | None = None) -> bool:
    """Whether K(unit at p + tap) is inside K(unit at p) where no border is near, on a grid of blocks of `own` sites."""
    assert net.order is not None
    own = own or (1,) * len(tap)
    return kept_between(net, source, target, tuple(t * n for t, n in zip(tap, own, strict=True)), own, own)


def _window_reads(net: Network, i: int, j: int, targets: list[About] | None, taps: list[Sites]) -> Reads:
    sources, sites = net.bounds[j], net.shapes[i].sites
    open_ = targets is None or net.graph.nodes[i].unmasked
    memo: dict[Any, list[tuple[int, int]]] = {}
    reads: Reads = []
    for t in targets or [NOTHING] * net.shapes[i].channels:
        rows = []
        for p, near in enumerate(neighbours(tuple(taps), sites)):
            if (t, p) not in memo:
                memo[t, p] = [
                    (c, q) for tap, q in near for c, s in enumerate(sources) if open_ or _keeps(net, i, s, t, tap, p, q)
                ]
            rows.append(memo[t, p])
        reads.append(rows)
    return reads


def _keeps(net: Network, i: int, source: About, target: About, tap: Sites, p: int, q: int) -> bool:
    if net.world.order.parents is not None:  # a graph has no places: one mask for all, which holds at each
        pairs = zip(net.world.everywhere(source), net.world.everywhere(target), strict=True)
        return all(inside(a, b) for a, b in pairs)
    if not net.alike:
        return inside(net.world.everywhere(source)[q], net.world.everywhere(target)[p])
    memo: dict[Any, bool] = net.__dict__.setdefault("_alike", {})
    own = stride(net, i)
    key = (source, target, tap, own)
    if key not in memo:
        memo[key] = kept_at(net, source, target, tap, own)
    return memo[key]


def _settled(net: Network, i: int, j: int, targets: list[About], taps: list[Sites] | None) -> list[About]:
    """The least kind that holds the kept inputs, at every place (the end of N1); degrees of flat units stay."""
    if net.shapes[i].flat:
        return targets
    return [_least(net, i, j, t, taps) for t in targets]


def _least(net: Network, i: int, j: int, target: About, taps: list[Sites] | None) -> About:
    memo: dict[Any, About] = net.__dict__.setdefault("_settled_memo", {})
    if (i, target) not in memo:
        kinds = [k for k in KINDS if k != "above" or net.world.has_lines]
        held = (About(k, target.group if k != "none" else 0) for k in kinds)
        memo[i, target] = next((b for b in held if _holds(net, i, j, target, b, taps)), About("all"))
    return memo[i, target]


def _holds(net: Network, i: int, j: int, target: About, bound: About, taps: list[Sites] | None) -> bool:
    free = net.graph.nodes[i].unmasked
    sources = net.bounds[j]
    places = range(net.shapes[i].places)
    if taps is None:
        units = list(product(range(net.shapes[j].channels), range(net.shapes[j].places)))
        pairs = ((at_place(net, j, sources[c], q), p) for c, q in units for p in places)
        return all(inside(k, net.world.of(bound, p)) for k, p in pairs if free or inside(k, net.world.of(target, p)))
    sites = net.shapes[i].sites
    if net.alike:
        kept = ((s, tap) for s in set(sources) for tap in taps if free or _keeps(net, i, s, target, tap, 0, 0))
        return all(_keeps(net, i, s, bound, tap, 0, 0) for s, tap in kept)
    for p, near in enumerate(neighbours(tuple(taps), sites)):
        for tap, q in near:
            kept = (s for s in set(sources) if free or _keeps(net, i, s, target, tap, p, q))
            if not all(_keeps(net, i, s, bound, tap, p, q) for s in kept):
                return False
    return True


def _repeat(net: Network, i: int, j: int, reads: Reads) -> None:
    """The op again and again on its own output, whose channels stand for the input's of the same bound."""
    same = {b: [k for k, own in enumerate(net.bounds[i]) if own == b] for b in net.bounds[j]}
    again = [[sorted({(k, q) for c, q in units for k in same[net.bounds[j][c]]}) for units in rows] for rows in reads]
    while True:
        more = through(again, net.deps[i])
        joined = [[a | b for a, b in zip(*rows, strict=True)] for rows in zip(net.deps[i], more, strict=True)]
        if joined == net.deps[i]:
            return
        net.deps[i] = joined
