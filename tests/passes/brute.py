"""The semantics by brute force: nets as concrete boolean networks, edge by edge, from the definitions alone.

Every unit carries an explicit set of variables, K(u), and an edge v -> u is kept iff K(v) lies inside K(u) (semantics
K1, N1). Under an order that looks the same everywhere the question is put on a grid so large that no border is near
(the infinite grid of N1); under any other it is put at each place. What is kept is then multiplied out over the real
grid, borders and all.

Of flowspec this uses the graph of the program, the layouts of its values, and the ranks, lines and parents of an order.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from flowspec.graph.net import NetGraph
from flowspec.order import Order
from flowspec.passes.shapes import Shapes
from tests.passes.attending import attend
from tests.passes.recurring import recurrent
from tests.passes.sets import KINDS, NOTHING, About, Illegal, Sites, World, inside, is_nothing, union
from tests.passes.weighted import kept_at, weighted

EVERYWHERE_ALIKE = ("raster", "reverse", "columns", "none")
MakeOrder = Callable[[Sites], Order]


@dataclass
class Network:
    """One net as units: for each node the bound of every channel, and what every unit depends on, [channel][place].

    Attributes:
        order: how to make the order on a grid of given sites; None where all may know all (a coupling's net).
        x: what each unit of the net's x depends on, [channel][place].
        size: parameters of each variable.
        count: the number of categories of x.
        sharing: how many variables, the channels of a site, have one row of parameters.
        repeat: every kernel whose input and output know the same kinds may stand there any number of times (semantics D6).
    """

    graph: NetGraph
    shapes: Shapes
    size: int
    order: MakeOrder | None
    x: list[list[int]]
    count: int | None = None
    repeat: bool = False
    sharing: int = 1
    bounds: dict[int, list[About]] = field(default_factory=dict)
    deps: dict[int, list[list[int]]] = field(default_factory=dict)
    edges: dict[int, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.live = self.graph.live()
        self.variables = sum(map(len, self.x)) if self.order is not None else 2**12
        self.x_node = next(i for i, n in enumerate(self.graph.nodes) if n.id == "x" and not n.inputs)
        if self.order is not None:
            self.world = World(self.order(self.shapes[self.x_node].sites))
            self.groups = 1 if self.world.order.channels == "joint" else self.world.grid.channels
            self.alike = self.world.order.label.removesuffix(" reversed") in EVERYWHERE_ALIKE
            self.rows = self._rows()
        for i in sorted(self.live):
            self._node(i)

    def parameters(self) -> list[int]:
        """For each variable that the head serves, what its parameters depend on."""
        return [row & ((1 << self.variables) - 1) for row in self._heads()]

    def contexts_seen(self) -> dict[str, list[bool]]:
        """For each context that some path carries to the head, which variables' parameters see it."""
        sources = [i for i in sorted(self.live) if self.word(i) == "source" and i != self.x_node]
        rows = self._heads()
        return {self.graph.nodes[i].id: [bool(row >> (self.variables + i) & 1) for row in rows] for i in sources}

    def _heads(self) -> list[int]:
        head, per_variable = self.deps[self.graph.output], []
        for c in range(0, len(head), self.size):
            for rows in zip(*head[c : c + self.size], strict=True):
                assert len(set(rows)) == 1, "the parameters of one variable depend on different sets"
                per_variable.append(rows[0])
        return per_variable * self.sharing

    # --- what flat units carry (K3) --------------------------------------------------------------------------------

    def _rows(self) -> list[int]:
        """F, cut down to the width of the narrowest flat layer that every path crosses."""
        size, knows = self.world.grid.size, self.world.knows
        context = any(
            not self.graph.nodes[i].inputs and self.word(i) == "source" and i != self.x_node for i in self.live
        )
        first = {knows(i): i for i in reversed(range(size))}
        rows = sorted((r for r in first if r or context), key=lambda r: (r.bit_count(), first[r])) or [0]
        widths = [self.shapes[i].channels // self.slices(i) for i in self.live if self._is_bottleneck(i)]
        n, m = min(widths, default=len(rows)), len(rows)
        return rows if n >= m else [rows[(k + 1) * (m + 1) // (n + 1) - 1] for k in range(n)]

    def _is_bottleneck(self, i: int) -> bool:
        flat = i != self.graph.output and self.shapes[i].flat and self.is_dense(i)
        return flat and not self._reaches(self.x_node, without=i)

    def _reaches(self, start: int, without: int) -> bool:
        seen = {start}
        for i in sorted(self.live):
            if i != without and any(j in seen for j in self.graph.nodes[i].inputs):
                seen.add(i)
        return self.graph.output in seen

    def slices(self, i: int) -> int:
        """Into how many parts the readers of a value cut its channels (K4)."""
        best = 1
        for j in sorted(self.live):
            node = self.graph.nodes[j]
            if i not in node.inputs or self.word(j) in ("concat", "one_hot", "embedding") or self.is_weighted(j):
                continue
            wanted = self.slices(j) * (2 if self.word(j) == "gate" else 1)
            if self.shapes[i].channels % wanted == 0:
                best = max(best, wanted)
        return best

    def word(self, i: int) -> str:
        return str(self.graph.nodes[i].op.name)

    def is_weighted(self, i: int) -> bool:
        weighted = ("linear", "conv", "down", "up", "attention", "mixer", "project", "head", "rnn", "lstm", "gru")
        return self.word(i) in weighted

    def is_dense(self, i: int) -> bool:
        if not self.is_weighted(i):
            return False
        tied = getattr(self.graph.nodes[i].op, "tied", False)
        return (self.word(i) == "linear" and not tied) or self.shapes[i].flat

    # --- nodes -----------------------------------------------------------------------------------------------------

    def _node(self, i: int) -> None:
        node, layout, word = self.graph.nodes[i], self.shapes[i], self.word(i)
        if i == self.x_node:
            groups = self.groups if self.order is not None else 1
            self.bounds[i] = [About("self", min(c, groups - 1)) for c in range(layout.channels)]
            self.deps[i] = self.x
        elif not node.inputs:
            own = 1 << (self.variables + i) if word == "source" else 0  # a context stands behind the variables
            self.bounds[i], self.deps[i] = [NOTHING] * layout.channels, [[own] * layout.places] * layout.channels
        elif recurrent(self, i):
            pass
        elif word == "attention":
            attend(self, i)
        elif self.is_weighted(i):
            weighted(self, i)
        elif word == "norm":
            self._norm(i)
        elif word == "table":
            self._table(i)
        else:
            self._elementwise(i)

    # --- ops without weights (N2, N7) ------------------------------------------------------------------------------

    def _elementwise(self, i: int) -> None:
        layout, inputs = self.shapes[i], self.graph.nodes[i].inputs
        bounds, deps = [], []
        for sources in self._sources(i):
            units = [self._channel(j, k, layout) for j, k in sources]
            rows = [u[1] if len(u[1]) == layout.places else u[1] * layout.places for u in units]
            deps.append([union(values) for values in zip(*rows, strict=True)])
            bounds.append(NOTHING if self.order is None else self._joined([u[0] for u in units], layout))
            self._require_the_cap(i, bounds[-1])
        assert len(bounds) == layout.channels, (self.word(i), inputs)
        self.bounds[i], self.deps[i] = bounds, deps

    def _require_the_cap(self, i: int, about: About) -> None:
        """N2: an op without weights may not join more than its cap; x and functions of it alone are free to pass."""
        if about.kind in ("none", "row", "self"):
            return
        if about.kind == "all" or KINDS.index(about.kind) > KINDS.index(self.graph.nodes[i].cap):
            raise Illegal("FS405", self.graph.nodes[i].id)

    def _channel(self, j: int, k: int, layout: Any) -> tuple[About, list[int]]:
        """Channel k of node j, where a vector in a flat value is so many units."""
        source = self.shapes[j]
        if source.vector and (layout.flat or source.sites != layout.sites):
            about = self.bounds[j][0]
            return About("row", row=1 << k) if about.kind == "self" else about, [self.deps[j][0][k]]
        if self.order is not None and source.flat and not layout.flat and self.bounds[j][k].kind == "row":
            raise Illegal("FS405", self.graph.nodes[j].id)
        return self.bounds[j][k], self.deps[j][k]

    def _sources(self, i: int) -> Iterator[list[tuple[int, int]]]:
        """For each output channel what it reads at its own site: (node, channel)."""
        word, inputs, layout = self.word(i), self.graph.nodes[i].inputs, self.shapes[i]
        if word == "concat":
            for j in inputs:
                aside = layout.flat or (self.shapes[j].vector and self.shapes[j].sites != layout.sites)
                width = self.shapes[j].units if aside else self.shapes[j].channels
                yield from ([(j, k)] for k in range(width))
        elif word == "gate":
            yield from ([(inputs[0], k), (inputs[0], k + layout.channels)] for k in range(layout.channels))
        elif word in ("one_hot", "embedding"):
            width = layout.channels // self.shapes[inputs[0]].channels
            yield from ([(inputs[0], k // width)] for k in range(layout.channels))
        else:
            yield from ([(j, k) for j in inputs] for k in range(layout.channels))

    def _joined(self, bounds: list[About], layout: Any) -> About:
        known = sorted({b for b in bounds if not is_nothing(b)}, key=lambda b: (b.kind, b.group, b.row))
        if len(known) < 2:
            return known[0] if known else NOTHING
        if layout.flat:
            row = union([b.row for b in known])
            if row not in self.rows:
                raise Illegal("FS405", "a union of contexts that is no context of a variable (K3)")
            return About("row", row=row)
        groups = sorted({b.group for b in known})
        for kind, group in product(KINDS[1:], groups):
            about = About(kind, group)
            if (kind != "above" or self.world.has_lines) and all(self._below_everywhere(b, about) for b in known):
                return about
        return About("all")

    def _below_everywhere(self, a: About, b: About) -> bool:
        if self.alike:
            return kept_at(self, a, b, (0,) * len(self.world.grid.sites))
        return all(inside(self.world.of(a, p), self.world.of(b, p)) for p in range(self.world.grid.volume))

    def _table(self, i: int) -> None:
        """The row of a variable is selected by everything that it may know, and by every label."""
        sources = [j for j in self.graph.nodes[i].inputs if j != self.x_node]
        labels = union([self.deps[j][0][0] for j in sources])
        rows = [self.world.knows(k // self.size) for k in range(self.shapes[i].channels)]
        self.bounds[i] = [About("row", row=row) for row in rows]
        self.deps[i] = [[row | labels] for row in rows]
        self.edges[i] = sum(row.bit_count() for row in rows)

    def _norm(self, i: int) -> None:
        j = self.graph.nodes[i].inputs[0]
        self.bounds[i] = self.bounds[j]
        shared = self.bounds[j] if self.order is not None else [NOTHING] * len(self.deps[j])
        self.deps[i] = []
        for own in shared:
            members = [rows for b, rows in zip(shared, self.deps[j], strict=True) if b == own]
            self.deps[i].append([union(values) for values in zip(*members, strict=True)])
