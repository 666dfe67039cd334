"""Coverage and mixing of a flow (semantics F4): which variables a coupling or an autoregressive step transforms, and
which end up connected by sharing a latent or a conditional."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product

import numpy as np
import numpy.typing as npt

from flowspec.graph.layout import Layout
from flowspec.graph.model import Autoregressive, Density, Flow, FlowNode, Leaf
from flowspec.ops.coupling import AutoregressiveStep, Conditioned, Coupling
from flowspec.passes.facts import NetFacts
from flowspec.passes.free_paths import Paths, free_paths
from flowspec.passes.parts import given_values

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Coverage:
    """`transformed` says of every variable of x whether some step moves it given others; `classes` counts the groups
    of variables that never mix; `conditioned` how many steps transform variables given others. `entries` are the variables of x (their numbers)
    that the entries of each value stand for."""

    transformed: Bools
    classes: int
    conditioned: int
    labels: Ints
    entries: dict[int, Ints]

    @property
    def total(self) -> int:
        return len(self.transformed)


@dataclass(frozen=True, eq=False, slots=True)
class Tie:
    """Variables that one density joins: entries `at` of the part `value`, and all of the values that it is given.

    What a learned density says of a variable a step could not say better: it counts as transformed.
    """

    value: int
    at: Ints
    given: list[int]
    learned: bool


class _Union:
    """Disjoint sets of variables."""

    def __init__(self, size: int) -> None:
        self.root = np.arange(size)
        self.count = size

    def join(self, pairs: Ints) -> None:
        """Merges the classes of the two columns of `pairs`."""
        roots = np.unique(np.sort(self.root[pairs], axis=1), axis=0)
        for a, b in roots[roots[:, 0] != roots[:, 1]].tolist():
            low, high = sorted((self.root[a], self.root[b]))
            if low != high:
                self.root[self.root == high] = low
                self.count -= 1

    def join_all(self, members: Ints) -> None:
        """Merges all the classes of `members`."""
        roots = np.unique(self.root[members])
        if len(roots) > 1:
            self.root[np.isin(self.root, roots)] = roots[0]
            self.count -= len(roots) - 1


def flow_coverage(
    flow: Flow,
    layouts: tuple[Layout, ...],
    nets: Callable[[FlowNode], NetFacts | None],
    ties: Sequence[Tie],
    start: int = 0,
) -> Coverage:
    """Follows every variable through the flow, from its value `start` on; `ties` are what the densities of its parts
    join."""
    size = layouts[start].units
    mixing, touched = _Mixing(_Union(size)), np.zeros(size, dtype=bool)
    entries: dict[int, Ints] = {start: np.arange(size)}
    conditioned = 0
    moved_of: dict[tuple[int, Layout], Bools] = {}
    for node in flow.nodes:
        if node.input not in entries:
            continue
        here, layout = entries[node.input], layouts[node.input]
        if isinstance(node.op, Conditioned):
            conditioned += 1
            if mixing.union.count > 1 or not touched.all():
                key = (id(node.op), layout)
                if key not in moved_of:
                    found = node.op.moved(layout)
                    moved_of[key] = np.zeros(layout.units, dtype=bool) if found is None else found
                touched[here[moved_of[key]]] = True
                mixing.step(node, here, layout, moved_of[key], nets(node))
        elif (groups := node.op.joined(layout)) is not None:
            conditioned += 1
            touched[here] = True
            mixing.groups(here, groups)
        if node.op.drawn is not None and len(node.outputs) > 1:  # an encoder, after which all variables hang together
            touched[here] = True
            mixing.union.join_all(here)
            entries |= {node.outputs[0]: here, node.outputs[1]: np.full(layouts[node.outputs[1]].units, here[0])}
            continue
        entries.update(_pass_on(node, here, layouts, mixing.union))
    for tie in ties:
        if tie.value in entries:
            given = [entries[v] for v in tie.given if v in entries]
            mixing.union.join_all(np.concatenate([entries[tie.value][tie.at], *given]))
            touched[entries[tie.value][tie.at]] |= tie.learned
    return Coverage(touched, mixing.union.count, conditioned, mixing.union.root, entries)


def _pass_on(node: FlowNode, here: Ints, layouts: tuple[Layout, ...], union: _Union) -> dict[int, Ints]:
    """The variables that the outputs stand for; what is a function of several joins them, and stands for the first."""
    order = node.op.order_of_entries(layouts[node.input])
    here = here if order is None else here[order]
    if here.ndim == 2:
        for column in here.T[1:]:
            union.join(np.stack([here[:, 0], column], axis=1))
        here = here[:, 0]
    if len(node.outputs) == 1:
        return {node.outputs[0]: here}
    ends = np.cumsum([layouts[v].units for v in node.outputs])[:-1]
    return dict(zip(node.outputs, np.split(here, ends), strict=True))


@dataclass
class _Mixing:
    """Which variables have met so far; what a net reads is followed once, however often the net is used."""

    union: _Union
    _paths: dict[int, Paths | None] = field(default_factory=dict)

    def step(self, node: FlowNode, here: Ints, layout: Layout, moved: Bools, net: NetFacts | None) -> None:
        """Lets a step join what it transforms with what its parameters read."""
        if net is None or self.union.count == 1:
            return
        if isinstance(node.op, AutoregressiveStep):
            _mix_ordered(here, net, self.union)
        elif isinstance(node.op, Coupling):
            if id(net) not in self._paths:
                self._paths[id(net)] = free_paths(net)
            self._coupling(here, layout, moved, self._paths[id(net)])
        else:
            self._whole(here, layout, free_paths(net))

    def groups(self, here: Ints, groups: Ints) -> None:
        """Lets a dense step join the entries of each of its groups."""
        first = np.zeros(int(groups.max()) + 1, dtype=np.int64)
        first[groups[::-1]] = here[::-1]
        self.union.join(np.stack([first[groups], here], axis=1))

    def _coupling(self, here: Ints, layout: Layout, moved: Bools, paths: Paths | None) -> None:
        if paths is None:
            self.union.join_all(here)
        elif layout.vector:
            self._phases(here[moved][None], here[~moved][None], paths)
        else:
            grid, gone = here.reshape(layout.channels, *layout.sites), moved.reshape(layout.channels, *layout.sites)
            self._phases(np.where(gone, grid, -1), np.where(gone, -1, grid), paths)

    def _whole(self, here: Ints, layout: Layout, paths: Paths | None) -> None:
        """All entries move at once, and each is joined with what its velocity reads."""
        if paths is None:
            self.union.join_all(here)
        else:
            grid = here[None] if layout.vector else here.reshape(layout.channels, *layout.sites)
            self._phases(grid, grid, paths)

    def _phases(self, targets: Ints, sources: Ints, paths: Paths) -> None:
        """Joins targets with sources, both (channels, *sites), phase by phase of a strided net."""
        for q, phase, rows in paths.rows:
            if self.union.count > 1:
                self._pairs(paths.phase(targets, q), paths.phase(sources, phase), rows)

    def _pairs(self, targets: Ints, sources: Ints, paths: Ints) -> None:
        """Joins targets (channels, *sites) with the sources at an offset, wherever the path stays on the grid."""
        sites, axes = targets.shape[1:], targets.ndim - 1
        for e, lo, hi in paths.reshape(-1, 3, axes).tolist():
            at = tuple(slice(-a, n - b) for a, b, n in zip(lo, hi, sites, strict=True))
            to = tuple(slice(t - a, t + n - b) for t, a, b, n in zip(e, lo, hi, sites, strict=True))
            for target, source in product(targets, sources):
                both = (target[at] >= 0) & (source[to] >= 0)
                if both.any():
                    self.union.join(np.stack([target[at][both], source[to][both]], axis=1))
            if self.union.count == 1:
                return


def _mix_ordered(here: Ints, net: NetFacts, union: _Union) -> None:
    """Joins each variable with what its parameters depend on."""
    dependency = net.reach.dependency if net.reach else None
    if dependency is None:
        return
    for v in range(len(here)):
        row = np.flatnonzero(dependency.row(v))
        if len(row):
            union.join_all(np.append(here[row], here[v]))
        if union.count == 1:
            return


# --- what the densities of parts join ------------------------------------------------------------------------------------


Labels = Callable[[Leaf | Autoregressive], Ints]


def part_ties(flow: Flow, layouts: tuple[Layout, ...], labels: Labels, known: Mapping[Flow, Coverage]) -> list[Tie]:
    """What the densities of all parts join. `labels` numbers the groups of variables that a density which is no flow
    joins by itself; `known` is the coverage of the flows inside."""
    ties = []
    for part in flow.parts:
        at = np.arange(layouts[part.value].units)
        ties += [Tie(part.value, *tie) for tie in _joined(part.density, flow, at, labels, known)]
    return ties


def _joined(
    density: Density, flow: Flow, at: Ints, labels: Labels, known: Mapping[Flow, Coverage]
) -> Iterator[tuple[Ints, list[int], bool]]:
    """The entries of a part of `flow` that a density over those `at` joins, the values of `flow` that it is given, and
    whether it is learned."""
    if not isinstance(density, Flow):
        learned = not isinstance(density, Leaf) or density.form != "standard"
        if given := given_values(density, flow):
            yield at, given, learned
            return
        own = labels(density)
        yield from ((at[own == label], [], learned) for label in np.unique(own))
        return
    inner = known[density]
    for label in np.unique(inner.labels):
        group = inner.labels == label
        yield at[group], [], bool(inner.transformed[group].all())
    for node in density.nodes:
        contexts = node.conditioner.contexts if node.conditioner is not None else ()
        if given := [value for c in contexts if (value := flow.own(c.origin)) is not None]:
            yield at[inner.entries[node.input]], given, False
    for part in density.parts:
        yield from _joined(part.density, flow, at[inner.entries[part.value]], labels, known)
