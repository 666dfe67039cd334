"""Coverage and mixing of a flow (semantics F4): which variables a coupling or an autoregressive step transforms, and
which end up connected by sharing a latent or a conditional."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import product
from typing import Any

import numpy as np
import numpy.typing as npt

from flowspec.diagnostics import Finding
from flowspec.graph.layout import Layout
from flowspec.graph.model import Flow, FlowNode
from flowspec.ops.coupling import AutoregressiveStep, Conditioned, Coupling
from flowspec.ops.edges import Dense, Window
from flowspec.passes.facts import NetFacts

Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Coverage:
    """`transformed` says of every variable of x whether some step moves it given others; `classes` counts the groups
    of variables that never mix; `conditioned` how many steps have a net."""

    transformed: Bools
    classes: int
    conditioned: int
    labels: Ints

    @property
    def total(self) -> int:
        return len(self.transformed)


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
    joint_parts: tuple[tuple[int, ...], ...],
) -> Coverage:
    """Follows every variable through the flow. `joint_parts` lists the values whose densities tie their variables."""
    size = layouts[0].units
    union, touched = _Union(size), np.zeros(size, dtype=bool)
    entries: dict[int, Ints] = {0: np.arange(size)}
    conditioned = 0
    moved_of: dict[tuple[int, Layout], Bools] = {}
    for node in flow.nodes:
        here, layout = entries[node.input], layouts[node.input]
        if isinstance(node.op, Conditioned):
            conditioned += 1
            if union.count > 1 or not touched.all():
                key = (id(node.op), layout)
                if key not in moved_of:
                    found = node.op.moved(layout)
                    moved_of[key] = np.zeros(layout.units, dtype=bool) if found is None else found
                touched[here[moved_of[key]]] = True
                _mix(node, here, layout, moved_of[key], nets(node), union)
        entries.update(_pass_on(node, here, layouts))
    for values in joint_parts:
        union.join_all(np.concatenate([entries[v] for v in values]))
    return Coverage(touched, union.count, conditioned, union.root)


def _pass_on(node: FlowNode, here: Ints, layouts: tuple[Layout, ...]) -> dict[int, Ints]:
    order = node.op.order_of_entries(layouts[node.input])
    here = here if order is None else here[order]
    if len(node.outputs) == 1:
        return {node.outputs[0]: here}
    ends = np.cumsum([layouts[v].units for v in node.outputs])[:-1]
    return dict(zip(node.outputs, np.split(here, ends), strict=True))


def _mix(node: FlowNode, here: Ints, layout: Layout, moved: Bools, net: NetFacts | None, union: _Union) -> None:
    if net is None or union.count == 1:
        return
    if isinstance(node.op, AutoregressiveStep):
        _mix_ordered(here, net, union)
    elif isinstance(node.op, Coupling):
        _mix_coupling(here, layout, moved, net, union)


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


def _mix_coupling(here: Ints, layout: Layout, moved: Bools, net: NetFacts, union: _Union) -> None:
    offsets = _net_offsets(net)
    if offsets is None or layout.vector:
        if offsets is None or offsets:
            union.join_all(here)
        return
    grid = here.reshape(layout.channels, *layout.sites)
    gone = moved.reshape(layout.channels, *layout.sites)
    for e in offsets:
        target, source = _shifted(layout.sites, e)
        for c, d in product(range(layout.channels), range(layout.channels)):
            both = gone[(c, *target)] & ~gone[(d, *source)]
            if both.any():
                union.join(np.stack([grid[(c, *target)][both], grid[(d, *source)][both]], axis=1))
        if union.count == 1:
            return


def _shifted(sites: tuple[int, ...], e: tuple[int, ...]) -> tuple[Any, Any]:
    target = tuple(slice(max(0, -t), n - max(0, t)) for t, n in zip(e, sites, strict=True))
    source = tuple(slice(max(0, t), n - max(0, -t)) for t, n in zip(e, sites, strict=True))
    return target, source


def _net_offsets(net: NetFacts) -> list[tuple[int, ...]] | None:
    """The offsets through which a net reads x, nearest first; None where a flat layer joins everything; empty where
    it does not read x. Offsets of a chain of kernels add up."""
    graph, shapes = net.conditioner.graph, net.shapes
    reach: dict[int, set[tuple[int, ...]]] = {}
    for i in sorted(graph.live()):
        node = graph.nodes[i]
        if not node.inputs:
            reach[i] = {(0,) * len(shapes[i].sites)} if node.id == "x" else set()
            continue
        joined = set().union(*(reach[j] for j in node.inputs))
        edges = node.op.edges(net.context, tuple(shapes[j] for j in node.inputs), shapes[i])
        if joined and (isinstance(edges, Dense) or shapes[i].flat):
            return None
        if isinstance(edges, Window) and joined:
            joined = _widened(joined, edges, shapes[0].sites)
        reach[i] = joined
    return sorted(reach[graph.output], key=lambda e: (sum(abs(t) for t in e), e))


def _widened(offsets: set[tuple[int, ...]], edges: Window, sites: tuple[int, ...]) -> set[tuple[int, ...]]:
    taps = product(
        *[range(-(k // 2) * d, (k - k // 2) * d, d) for k, d in zip(edges.shape, edges.dilation, strict=True)]
    )
    found = {tuple(a + b for a, b in zip(e, t, strict=True)) for t in taps for e in offsets}
    return {e for e in found if all(abs(t) < n for t, n in zip(e, sites, strict=True))}


def coverage_findings(flow: Flow, coverage: Coverage) -> Iterator[Finding]:
    """Warnings about halves that are never transformed and groups that never mix."""
    never = int((~coverage.transformed).sum())
    last = next((n for n in reversed(flow.nodes) if isinstance(n.op, Conditioned)), None)
    if never and last is not None:
        first = int(np.argmin(coverage.transformed))
        yield Finding(
            "FS340",
            f"{never:,} of {coverage.total:,} variables are never transformed (the first is entry {first} of x)",
            last.arg_span("keep"),
            "the same half is kept every time",
            helps=("use `times: 2` or more, which swaps the halves, or add a coupling with `keep: {not: ...}`",),
            node=flow.id,
        )
    if coverage.classes > 1:
        sizes = sorted(Counter(coverage.labels.tolist()).values(), reverse=True)
        shown = ", ".join(str(s) for s in sizes[:4]) + (", ..." if len(sizes) > 4 else "")
        yield Finding(
            "FS341",
            f"{coverage.classes:,} groups of variables never mix (sizes {shown}): the model takes them to be independent",
            flow.span,
            helps=("add a coupling, a permutation or an autoregressive step that joins them",),
            node=flow.id,
        )
