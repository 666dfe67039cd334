"""Folds and recurrences by brute force: explicit sets, and states followed back until nothing is new (semantics N5)."""

from __future__ import annotations

from collections import Counter
from itertools import product
from typing import TYPE_CHECKING, Any

import numpy as np

from tests.passes.sets import KINDS, NOTHING, About, Illegal, Sites, World, inside, is_nothing, through, union
from tests.passes.weighted import kept_at

if TYPE_CHECKING:
    from tests.passes.brute import Network

GATES = {"lstm": 4, "gru": 3, "rnn": 1}
LINES = {
    "raster": (0, 1),
    "reverse": (0, -1),
    "columns": (1, 1),
    "columns reversed": (1, -1),
}  # axis across lines, sign
Steps = list[tuple[int, int]]  # (lines, places along the line) in the direction of the scan


def recurrent(net: Network, i: int) -> bool:
    """Whether node i is a fold or a recurrence; if so, its bounds, dependencies and edges are set."""
    op = net.graph.nodes[i].op
    if not (net.word(i) in GATES or getattr(op, "tied", False)):
        return False
    j, layout = net.graph.nodes[i].inputs[0], net.shapes[i]
    along = getattr(op, "along", "order")
    targets = None
    if net.order is not None and not all(is_nothing(b) for b in net.bounds[j]):
        node, n = net.graph.nodes[i], layout.channels
        _require_an_order(net, i, along)
        units = n // net.slices(i)
        targets = [About(node.cap, k * net.groups // units) for k in range(units)] * net.slices(i)
    if along == "order":
        _fold(net, i, j, targets)
    else:
        _scan(net, i, j, targets)
    return True


def _require_an_order(net: Network, i: int, along: str) -> None:
    node, order = net.graph.nodes[i], net.world.order
    if order.parents is not None or (along != "order" and (order.label not in LINES or order.grid.axes != 2)):
        raise Illegal("FS434", node.id)
    if along == "order" and getattr(node.op, "both", False):
        raise Illegal("FS435", node.id)
    if node.cap == "above" and not net.world.has_lines:
        raise Illegal("FS407", node.id)


# --- along the order -------------------------------------------------------------------------------------------------


def _fold(net: Network, i: int, j: int, targets: list[About] | None) -> None:
    layout, below = net.shapes[i], net.shapes[j]
    places, op = range(layout.places), net.graph.nodes[i].op
    if targets is None:
        both = getattr(op, "both", False)
        rows = [[(c, q) for c in range(below.channels) for q in places if both or q <= p] for p in places]
        reads, events = [rows] * layout.channels, layout.places
        bounds = [NOTHING] * layout.channels
    else:
        at = {t: net.world.everywhere(t) for t in targets}
        comes = [_comes(net, b, at) for b in net.bounds[j]]
        rows_of = {
            t: [[(c, q) for c, row in enumerate(comes) for q in places if inside(row[q], at[t][p])] for p in places]
            for t in at
        }
        known = [c for c, b in enumerate(net.bounds[j]) if not is_nothing(b)]
        if not any(comes[c][q] for rows in rows_of.values() for row in rows for c, q in row if c in known):
            raise Illegal("FS404", net.graph.nodes[i].id)
        reads, events = [rows_of[t] for t in targets], _events(net, net.bounds[j], comes)
        bounds = [_least(net, t, rows_of[t], comes, known) for t in targets]
    net.bounds[i], net.deps[i] = bounds, through(reads, net.deps[j])
    n = layout.channels
    ways = 2 if getattr(op, "both", False) else 1
    gates = GATES.get(net.word(i))
    net.edges[i] = below.units * n if gates is None else gates * n * (below.units + events * n) * ways


def _comes(net: Network, about: About, at: dict[About, list[int]]) -> list[int]:
    """What must be known at each site for a channel to have come in there: its own set, or what its site knows first."""
    if not is_nothing(about):
        return net.world.everywhere(about)
    return [min((row[q] for row in at.values()), key=int.bit_count) for q in range(net.world.grid.volume)]


def _events(net: Network, bounds: list[About], comes: list[list[int]]) -> int:
    """Channels of one bound come in together, and so do bounds that come at one point of the order, each in its turn."""
    turns: dict[int, Counter[About]] = {}
    for about in set(bounds):
        for row in comes[bounds.index(about)]:
            turns.setdefault(_point(net, row), Counter())[about] += 1
    return sum(max(counts.values()) for counts in turns.values())


def _point(net: Network, row: int) -> int:
    """How many ranks must be done for a set to be known."""
    ranks = net.world.order.rank
    assert ranks is not None
    return max((int(ranks[v]) + 1 for v in range(len(ranks)) if row >> v & 1), default=0)


def _least(
    net: Network, target: About, rows: list[list[tuple[int, int]]], comes: list[list[int]], known: list[int]
) -> About:
    """The least kind about the target's group that holds all that is folded, at every site."""
    total = [union([comes[c][q] for c, q in row if c in known]) for row in rows]
    for kind in KINDS:
        bound = About(kind, target.group if kind != "none" else 0)
        if kind == "above" and not net.world.has_lines:
            continue
        if all(inside(have, may) for have, may in zip(total, net.world.everywhere(bound), strict=True)):
            return bound
    return About("all")


# --- over lines ------------------------------------------------------------------------------------------------------


def _scan(net: Network, i: int, j: int, targets: list[About] | None) -> None:
    op, sites, n = net.graph.nodes[i].op, net.shapes[i].sites, net.shapes[i].channels
    kernel = getattr(op, "kernel", None) or 3
    across, sign = (0, 1) if targets is None else LINES[net.world.order.label]

    def move(steps: Steps) -> list[Sites]:
        return [tuple(sign * s for s in (step if across == 0 else step[::-1])) for step in steps]

    around = range(-(kernel // 2), kernel - kernel // 2)
    rows = op.along == "rows"
    own: Steps = [(0, a) for a in around] if rows else [(0, 0)]
    carry: Steps = [(-1, a) for a in around] if rows else [(-1, 0), (0, -1)]
    sweeps = [(carry, targets)]
    if op.both:
        second = None if targets is None else [About("above", t.group) for t in targets]
        sweeps.append(([(-1, 0), (0, 1)], second))
    deps, edges, links = [[0] * net.shapes[i].places for _ in range(n)], 0, []
    for steps, about in sweeps:
        taken, handed = _links(net, j, about, n, own, move), _handed(net, about, n, move(steps))
        if about is not None and not any(taken.values()):
            raise Illegal("FS404", net.graph.nodes[i].id)
        links.append((taken, handed))
        edges += sum(len(_pairs(sites, tap)) for taps in (*taken.values(), *handed.values()) for tap in taps)
    for taken, handed in links:
        found = _followed(sites, n, taken, handed, net.deps[j])
        deps = [[a | b for a, b in zip(*r, strict=True)] for r in zip(deps, found, strict=True)]
    net.edges[i] = GATES[net.word(i)] * edges
    net.bounds[i] = [NOTHING] * n if targets is None else _kinds(net, j, targets, links)
    net.deps[i] = deps
    if net.repeat and targets is not None and set(net.bounds[i]) == set(net.bounds[j]):
        _again(net, i, j, links)


Links = dict[tuple[int, int], list[Sites]]  # (channel of the state, what it reads) -> displacements


def _links(net: Network, j: int, about: list[About] | None, n: int, own: Steps, move: Any) -> Links:
    """The input: on the state's own line, or, where a state of earlier lines may read nothing there, one line back."""
    links: Links = {}
    for o, c in product(range(n), range(net.shapes[j].channels)):
        here = move(own)
        if about is not None:
            here = [tap for tap in here if kept_at(net, net.bounds[j][c], about[o], tap)]
            if not here and about[o].kind == "above":
                back = move([(line - 1, a) for line, a in own])
                here = [tap for tap in back if kept_at(net, net.bounds[j][c], about[o], tap)]
        links[o, c] = here
    return links


def _handed(net: Network, about: list[About] | None, n: int, carry: list[Sites]) -> Links:
    pairs = product(range(n), range(n))
    return {(o, k): [tap for tap in carry if about is None or kept_at(net, about[k], about[o], tap)] for o, k in pairs}


def _pairs(sites: Sites, tap: Sites) -> list[tuple[int, int]]:
    """(reader, read) for each place that stays on the grid."""
    found = []
    for site in np.ndindex(*sites):
        to = tuple(a + t for a, t in zip(site, tap, strict=True))
        if all(0 <= a < s for a, s in zip(to, sites, strict=True)):
            found.append((int(np.ravel_multi_index(site, sites)), int(np.ravel_multi_index(to, sites))))
    return found


def _followed(sites: Sites, n: int, taken: Links, handed: Links, x: list[list[int]]) -> list[list[int]]:
    """What each state depends on: its inputs, and again and again the states it reads, until nothing is new."""
    places = int(np.prod(sites))
    deps = [[0] * places for _ in range(n)]
    x = [row if len(row) == places else row * places for row in x]
    for (o, c), taps in taken.items():
        for p, q in (pair for tap in taps for pair in _pairs(sites, tap)):
            deps[o][p] |= x[c][q]
    reads = [(o, k, _pairs(sites, tap)) for (o, k), taps in handed.items() for tap in taps]
    grew = True
    while grew:
        grew = False
        for o, k, pairs in reads:
            for p, q in pairs:
                if deps[k][q] & ~deps[o][p]:
                    deps[o][p] |= deps[k][q]
                    grew = True
    return deps


def _kinds(net: Network, j: int, targets: list[About], links: list[tuple[Links, Links]]) -> list[About]:
    """The least kind for each channel, judged at the centre of a grid whose borders are far."""
    wide = (9, 9)
    assert net.order is not None
    worlds = net.__dict__.setdefault("_far_worlds", {})
    if wide not in worlds:
        worlds[wide] = World(net.order(wide))
    world, centre = worlds[wide], 40
    inputs = [list(world.everywhere(b)) for b in net.bounds[j]]
    found = [_followed(wide, len(targets), *link, inputs) for link in links]
    kinds = []
    for o, target in enumerate(targets):
        have = union([sweep[o][centre] for sweep in found])
        bounds = (About(kind, target.group if kind != "none" else 0) for kind in KINDS)
        kinds.append(next((b for b in bounds if inside(have, world.of(b, centre))), About("all")))
    return kinds


def _again(net: Network, i: int, j: int, links: list[tuple[Links, Links]]) -> None:
    """The op again and again on its own output, whose channels stand for the input's of the same bound."""
    sites, n = net.shapes[i].sites, net.shapes[i].channels
    while True:
        fed = []
        for bound, row in zip(net.bounds[j], net.deps[j], strict=True):
            twins = [own for about, own in zip(net.bounds[i], net.deps[i], strict=True) if about == bound]
            fed.append([union([a, *(t[p] for t in twins)]) for p, a in enumerate(row)])
        more = net.deps[i]
        for taken, handed in links:
            once = _followed(sites, n, taken, handed, fed)
            more = [[a | b for a, b in zip(*rows, strict=True)] for rows in zip(more, once, strict=True)]
        if more == net.deps[i]:
            return
        net.deps[i] = more
