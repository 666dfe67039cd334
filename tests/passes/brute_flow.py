"""Flows by brute force: what each entry of z depends on, followed step by step through arrays of sets."""

from __future__ import annotations

from typing import Any

import numpy as np

from flowspec.graph.layout import Layout
from flowspec.graph.model import Flow, FlowNode
from flowspec.order import Order, permutation
from flowspec.passes.facts import Facts
from tests.passes.brute import Network

Sets = Any  # an object array of bit sets, in the shape of the value


def flow_sets(facts: Facts) -> tuple[list[int], np.ndarray]:
    """For each entry of z what it depends on; and for each variable of x whether a step with a net moves it."""
    flow = facts.program.model
    assert isinstance(flow, Flow)
    walk = _Walk(facts, flow)
    return [int(s) for part in flow.parts for s in walk.values[part.value].reshape(-1)], walk.touched


class _Walk:
    def __init__(self, facts: Facts, flow: Flow) -> None:
        self.facts = facts
        layout = self.facts.program.x.layout
        x = np.array([1 << v for v in range(layout.units)], dtype=object).reshape(layout.shape)
        self.values: dict[int, Sets] = {0: x}
        self.names: dict[int, Sets] = {0: np.arange(layout.units).reshape(layout.shape)}
        self.touched = np.zeros(layout.units, dtype=bool)
        for node in flow.nodes:
            self._node(node)

    def _node(self, node: FlowNode) -> None:
        value, names = self.values[node.input], self.names[node.input]
        if node.conditioner is not None:
            value, moved = self._conditioned(node, value)
            self.touched[names[moved].reshape(-1)] = True
        if node.op.name in ("linear", "conv1x1"):
            value = _dense(value, node.op.name == "linear")
            self.touched[names.reshape(-1)] = True
        pieces, labels = _rearranged(node.op, value), _rearranged(node.op, names)
        for out, piece, label in zip(node.outputs, pieces, labels, strict=True):
            self.values[out], self.names[out] = piece, label

    def _conditioned(self, node: FlowNode, value: Sets) -> tuple[Sets, np.ndarray]:
        if node.op.name == "autoregressive":
            return self._ordered(node, value), np.ones(value.shape, dtype=bool)
        if node.op.name == "ode":
            return self._solved(node, value), np.ones(value.shape, dtype=bool)
        keep = kept(node.op, value.shape)
        sliced = (keep.reshape(len(keep), -1).all(1) | ~keep.reshape(len(keep), -1).any(1)).all()
        rows = keep.reshape(len(keep), -1).all(1)
        x = value[rows] if sliced else np.where(keep, value, 0)
        theta = np.array(self._net(node, x, None).parameters(), dtype=object)
        out = value.copy()
        out[~keep] |= theta if sliced else theta.reshape(value.shape)[~keep]
        return out, ~keep

    def _solved(self, node: FlowNode, value: Sets) -> Sets:
        """What is carried along a velocity: each entry by what its velocity reads, and so on along the way."""
        own = np.array([1 << v for v in range(value.size)], dtype=object).reshape(value.shape)
        reads = self._net(node, own, None).parameters()
        rows = _closed([int(row) | 1 << v for v, row in enumerate(np.array(reads, dtype=object).reshape(-1))])
        flat = value.reshape(-1)
        found = [_union(flat[j] for j in range(len(rows)) if row >> j & 1) for row in rows]
        return np.array(found, dtype=object).reshape(value.shape)

    def _net(self, node: FlowNode, x: Sets, order: Any) -> Network:
        net = self.facts.nets[node]
        channels = net.shapes[0].channels
        return Network(
            net.conditioner.graph,
            net.shapes,
            net.context.size,
            order,
            x.reshape(channels, -1).tolist(),
            net.context.count,
        )

    def _ordered(self, node: FlowNode, value: Sets) -> Sets:
        channels = 1 if value.ndim == 1 else value.shape[0]

        def make(sites: tuple[int, ...]) -> Order:
            order = node.op.order.op.build(Layout(channels, sites), (), node.op.order.channels, 0)
            return order.reversed() if node.op.swapped and order.is_total else order

        own = np.array([1 << v for v in range(value.size)], dtype=object)
        theta = self._net(node, own, make).parameters()
        if node.op.fast == "sampling":
            theta = [t & ~(1 << i) for i, t in enumerate(_closed([t | 1 << i for i, t in enumerate(theta)]))]
        flat = value.reshape(-1)
        read = [_union(flat[j] for j in range(value.size) if (t | 1 << i) >> j & 1) for i, t in enumerate(theta)]
        return np.array(read, dtype=object).reshape(value.shape)


def _dense(value: Sets, whole: bool) -> Sets:
    """A matrix over everything, or over the channels of each site: every entry reads every other one."""
    rows = value.reshape(1, -1).T if whole else value.reshape(len(value), -1)
    joint = [_union(rows[:, k]) for k in range(rows.shape[1])]
    return np.broadcast_to(np.array(joint, dtype=object), rows.shape).reshape(value.shape).copy()


def _union(values: Any) -> int:
    total = 0
    for value in values:
        total |= value
    return total


def _closed(rows: list[int]) -> list[int]:
    """The transitive closure: the pattern of the inverse of a triangular Jacobian."""
    while True:
        more = [_union(rows[j] for j in range(len(rows)) if row >> j & 1) | row for row in rows]
        if more == rows:
            return rows
        rows = more


def kept(op: Any, shape: tuple[int, ...]) -> np.ndarray:
    """The entries that a coupling passes, from the words alone."""
    keep, flip = op.keep, op.swapped
    while (isinstance(keep, dict) and "not" in keep) or (isinstance(keep, str) and keep.startswith("not ")):
        keep, flip = (keep["not"] if isinstance(keep, dict) else keep[4:]), not flip
    index = np.indices(shape)
    axis = -2 if isinstance(keep, dict) and keep.get("half") == "rows" else -1
    if isinstance(keep, list | tuple):
        mask = np.isin(np.arange(np.prod(shape)).reshape(shape), keep)
    elif keep in ("half", "channel") or (isinstance(keep, dict) and keep.get("half") == "channel"):
        mask = index[0] < (shape[0] + 1) // 2
    elif isinstance(keep, dict) and "half" in keep:
        mask = index[axis] < (shape[axis] + 1) // 2
    elif isinstance(keep, dict):
        half = permutation(int(np.prod(shape)), keep.get("seed", 0))[: (int(np.prod(shape)) + 1) // 2]
        mask = np.isin(np.arange(np.prod(shape)).reshape(shape), half)
    else:
        sites = index if len(shape) == 1 else index[1:]
        number = np.arange(np.prod(shape[-len(sites) :])).reshape(shape[-len(sites) :])
        mask = {
            "checkerboard": lambda: sites.sum(0) % 2 == 0,
            "rows": lambda: sites[-2] % 2 == 0,
            "columns": lambda: sites[-1] % 2 == 0,
            "even_odd": lambda: np.broadcast_to(number % 2 == 0, shape),
        }[keep]()
    return ~mask if flip else mask


def _rearranged(op: Any, value: Sets) -> list[Sets]:
    """What comes out of a step that only moves numbers; every other step leaves them in place."""
    if op.name == "permute":
        order = permutation(len(value), op.order.get("seed", 0)) if isinstance(op.order, dict) else list(op.order)
        return [value[order]]
    if op.name == "reverse":
        return [value[::-1]]
    if op.name in ("squeeze", "unsqueeze"):
        axes = value.ndim - 1
        factors = (op.size,) * axes if isinstance(op.size, int) else tuple(op.size)
        return [_squeezed(value, factors) if op.name == "squeeze" else _unsqueezed(value, factors)]
    if op.name == "split":
        return _parts(op, value)
    if op.name == "view":
        return [_seen(op, value), value]
    return [value]


def _parts(op: Any, value: Sets) -> list[Sets]:
    if op.bits is not None:
        return [value, value]
    if op.subsample is not None:
        axes = max(1, value.ndim - 1)
        strides = (op.subsample,) * axes if isinstance(op.subsample, int) else tuple(op.subsample)
        classes = [
            value[(..., *(slice(p, None, s) for p, s in zip(phase, strides, strict=True)))]
            for phase in np.ndindex(strides)
        ]
        alone = max(1, len(op.names) - 1)
        return [*classes[:alone], np.concatenate(classes[alone:])]
    half = op.sizes is None or op.sizes == "half"
    sizes = [len(value) - len(value) // 2, len(value) // 2] if half else list(op.sizes)
    return np.split(value, np.cumsum(sizes)[:-1])


def _seen(op: Any, value: Sets) -> Sets:
    if op.of != "low":
        return np.bitwise_or.reduce(value)[None]
    axes = max(1, value.ndim - 1)
    phases = np.ndindex(*(op.size,) * axes)
    return np.bitwise_or.reduce([value[(..., *(slice(p, None, op.size) for p in phase))] for phase in phases])


def _squeezed(value: Sets, factors: tuple[int, ...]) -> Sets:
    channels = []
    for channel in value:
        for phase in np.ndindex(factors):
            channels.append(channel[tuple(slice(p, None, f) for p, f in zip(phase, factors, strict=True))])
    return np.stack(channels)


def _unsqueezed(value: Sets, factors: tuple[int, ...]) -> Sets:
    block = int(np.prod(factors))
    sites = [n * f for n, f in zip(value.shape[1:], factors, strict=True)]
    out = np.empty((len(value) // block, *sites), dtype=value.dtype)
    for k, channel in enumerate(value):
        phase = np.unravel_index(k % block, factors)
        out[(k // block, *(slice(int(p), None, f) for p, f in zip(phase, factors, strict=True)))] = channel
    return out


def mixing_classes(rows: list[int], size: int) -> int:
    """The number of groups of variables that share no latent (semantics F4)."""
    groups: list[int] = [1 << v for v in range(size)]
    for row in rows:
        met = [g for g in groups if g & row]
        groups = [g for g in groups if not g & row] + ([_union(met)] if met else [])
    return len(groups)
