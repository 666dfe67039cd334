"""Attention by brute force: which places each head reads, pair by pair (semantics N4, K2)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from tests.passes.sets import KINDS, NOTHING, About, Illegal, inside, is_nothing, union

if TYPE_CHECKING:
    from tests.passes.brute import Network

QUERY, KEY, VALUE = range(3)


def attend(net: Network, i: int) -> None:
    """Bounds, dependencies and multiply-adds of an attention node."""
    inputs = net.graph.nodes[i].inputs
    free = net.order is None or all(is_nothing(b) for j in inputs for b in net.bounds[j])
    targets = [NOTHING] * net.shapes[i].channels if free else _targets(net, i)
    use = _Use(net, i, targets, free)
    if not free and not net.graph.nodes[i].unmasked:
        _require_an_edge(net, i, use)
    net.edges[i] = use.multiply_adds()
    net.bounds[i] = targets if free else [use.least(t) for t in targets]
    net.deps[i] = use.join([net.deps[j] for j in inputs])
    alike = all(set(net.bounds[j]) == set(net.bounds[i]) and net.shapes[j].sites == use.layout.sites for j in inputs)
    while net.repeat and not free and alike:
        again = use.join([_fed_back(net, i, j) for j in inputs])
        more = [[a | b for a, b in zip(*rows, strict=True)] for rows in zip(net.deps[i], again, strict=True)]
        if more == net.deps[i]:
            return
        net.deps[i] = more


def _fed_back(net: Network, i: int, j: int) -> list[list[int]]:
    """Input j, with what output channels of the same bound know beside it."""
    found = []
    for bound, rows in zip(net.bounds[j], net.deps[j], strict=True):
        twins = [own for about, own in zip(net.bounds[i], net.deps[i], strict=True) if about == bound]
        found.append([union([r, *(own[p] for own in twins)]) for p, r in enumerate(_places(rows, net.shapes[i]))])
    return found


def _places(rows: list[int], layout: Any) -> list[int]:
    return rows if len(rows) == layout.places else rows * layout.places


def _targets(net: Network, i: int) -> list[About]:
    node, layout = net.graph.nodes[i], net.shapes[i]
    if node.cap == "above" and not net.world.has_lines:
        raise Illegal("FS407", node.id)
    slices = net.slices(i)
    heads = node.op.heads or net.groups * slices
    if heads % slices or heads // slices < net.groups or layout.channels % heads:
        raise Illegal("FS430", node.id)
    if any(n % m for n, m in zip(net.world.grid.sites, layout.sites, strict=True)):
        raise Illegal("FS431", node.id)
    width, one = layout.channels // heads, heads // slices
    abouts = [About(node.cap, h * net.groups // one) for h in range(one)] * slices
    return [NOTHING if a.kind == "none" else a for a in abouts for _ in range(width)]


def _require_an_edge(net: Network, i: int, use: _Use) -> None:
    """N3: an op that reads nothing of x at all is an error, where anything is allowed."""
    for target in set(use.targets):
        for s, j in enumerate(use.inputs):
            knows = any(t and not is_nothing(b) for b, t in zip(net.bounds[j], use.taken(s, target), strict=True))
            if knows and (s == QUERY or any(use.read(target, p) for p in range(use.layout.places))):
                return
    if any(net.world.knows(v) for v in range(net.world.grid.size)):
        raise Illegal("FS404", net.graph.nodes[i].id)


class _Use:
    """One node: what its projections take, and which pairs are kept."""

    def __init__(self, net: Network, i: int, targets: list[About], free: bool) -> None:
        self.net, self.targets = net, targets
        self.inputs = net.graph.nodes[i].inputs
        self.layouts = [net.shapes[j] for j in self.inputs]
        self.layout = net.shapes[i]
        self.everything = free or net.graph.nodes[i].unmasked
        self.memo: dict[Any, Any] = {}

    def known(self, about: About, layout: Any) -> list[int]:
        """K at each place; a place that stands for several sites of x may know what all of them may."""
        if is_nothing(about):
            return [0] * layout.places
        world = self.net.world
        if layout.sites == world.grid.sites:
            return world.everywhere(about)
        key = ("known", about, layout.sites)
        if key not in self.memo:
            sites = world.grid.sites
            found = [(1 << world.grid.size) - 1] * layout.places
            for p, site in enumerate(np.ndindex(sites)):
                block = tuple(s * m // n for s, m, n in zip(site, layout.sites, sites, strict=True))
                found[int(np.ravel_multi_index(block, layout.sites))] &= world.everywhere(about)[p]
            self.memo[key] = found
        return self.memo[key]

    def twin(self, source: int, p: int) -> int:
        """Where an input stands at place p of the output."""
        own, here = self.layouts[source].sites, self.layout.sites
        if own == here:
            return p
        site = np.unravel_index(p, here)
        return int(np.ravel_multi_index(tuple(int(s) * m // n for s, m, n in zip(site, own, here, strict=True)), own))

    def at_home(self, source: int, about: About, target: About) -> bool:
        if is_nothing(about):
            return True
        reads, writes = self.known(about, self.layouts[source]), self.known(target, self.layout)
        return all(inside(reads[self.twin(source, p)], writes[p]) for p in range(self.layout.places))

    def taken(self, source: int, target: About) -> list[bool]:
        """Which channels of an input a projection reads."""
        key = ("taken", source, target)
        if key not in self.memo:
            self.memo[key] = self._taken(source, target)
        return self.memo[key]

    def _taken(self, source: int, target: About) -> list[bool]:
        bounds = self.net.bounds[self.inputs[source]]
        if self.everything:
            return [True] * len(bounds)
        about = {About(b.kind, 0 if is_nothing(b) else target.group) for b in bounds}
        if source == QUERY or all(self.at_home(source, a, target) for a in about):
            home = {b: self.at_home(source, b, target) for b in set(bounds)}
            return [home[b] for b in bounds]
        limits = self.known(target, self.layout)
        ever = {b: any(inside(k, w) for k in self.known(b, self.layouts[source]) for w in limits) for b in set(bounds)}
        return [ever[b] for b in bounds]

    def pair(self, target: About, q: int) -> int:
        """What the key and the value at q know together."""
        return union(
            self.known(b, self.layouts[s])[q]
            for s in (KEY, VALUE)
            for b in {b for b, t in zip(self.net.bounds[self.inputs[s]], self.taken(s, target), strict=True) if t}
        )

    def read(self, target: About, p: int) -> list[int]:
        """The places read from p."""
        key = ("read", target, p)
        if key not in self.memo:
            keys = range(self.layouts[KEY].places)
            if self.everything:
                self.memo[key] = list(keys)
            else:
                pairs = self.memo.setdefault(("pairs", target), [self.pair(target, q) for q in keys])
                own = self.known(target, self.layout)[p]
                self.memo[key] = [q for q in keys if inside(pairs[q], own)]
        return self.memo[key]

    def join(self, deps: list[list[list[int]]]) -> list[list[int]]:
        """What each unit of the output depends on, with a query that always comes through."""
        memo: dict[About, list[int]] = {}
        for target in set(self.targets):
            rows = []
            read = [
                [union(r) for r in zip(*[_places(d, own) for d, t in zip(value, self.taken(s, target), strict=True) if t], strict=True)]
                or [0] * own.places
                for s, (value, own) in enumerate(zip(deps, self.layouts, strict=True))
            ]  # fmt: skip
            for p in range(self.layout.places):
                far = [read[s][q] for s in (KEY, VALUE) for q in self.read(target, p)]
                rows.append(union([read[QUERY][p], *far]))
            memo[target] = rows
        return [memo[t] for t in self.targets]

    def multiply_adds(self) -> int:
        """Three projections, and a product and a sum for each pair."""
        total = 0
        for target in self.targets:
            total += sum(sum(self.taken(s, target)) * own.places for s, own in enumerate(self.layouts))
            total += 2 * sum(len(self.read(target, p)) for p in range(self.layout.places))
        return total

    def least(self, target: About) -> About:
        """The least kind about the head's group that holds what is read, at every place (the end of N1)."""
        key = ("least", target)
        if key not in self.memo:
            kinds = [k for k in KINDS if k != "above" or self.net.world.has_lines]
            abouts = [About(k, target.group if k != "none" else 0) for k in kinds]
            self.memo[key] = next((a for a in abouts if self._holds(target, a)), About("all"))
        return self.memo[key]

    def _holds(self, target: About, about: About) -> bool:
        own = self.known(about, self.layout)
        query = {b for b, t in zip(self.net.bounds[self.inputs[QUERY]], self.taken(QUERY, target), strict=True) if t}
        for p in range(self.layout.places):
            knows = [self.known(b, self.layouts[QUERY])[p] for b in query]
            knows += [self.pair(target, q) for q in self.read(target, p)]
            if not inside(union(knows), own[p]):
                return False
        return True
