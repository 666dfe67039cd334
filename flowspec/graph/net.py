"""The graph of a conditioner net: nodes in topological order, each an op applied to earlier nodes."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from flowspec.diagnostics import Span


@dataclass(frozen=True, slots=True)
class Frame:
    """One level of nesting in the spec: a block, or one round of a loop.

    `label` names it in the emitted source, `use` tells apart two uses of one block, `round` counts from 1 inside a
    loop and is 0 elsewhere.
    """

    label: str
    use: str
    round: int = 0


@dataclass(frozen=True, slots=True)
class NetNode:
    """One op in a net. `inputs` are indices of earlier nodes; `cap` is the declared `knows`."""

    id: str
    op: Any
    inputs: tuple[int, ...]
    span: Span
    cap: str = "before"
    unmasked: bool = False
    scope: tuple[Frame, ...] = ()
    args: tuple[tuple[str, Span], ...] = ()

    def arg_span(self, name: str) -> Span:
        """Where an argument stands in the spec; the step itself if it is not written out."""
        return dict(self.args).get(name, self.span)


@dataclass(frozen=True, eq=False, slots=True)
class NetGraph:
    """A net as a template: every use has its own weights. `output` is the index of its last node: the projection to
    parameters, or where it is `bare` the value itself, which others read."""

    label: str
    nodes: tuple[NetNode, ...]
    output: int
    span: Span
    bare: bool = False

    def consumers(self) -> tuple[tuple[int, ...], ...]:
        """For each node the nodes that read it."""
        readers: list[list[int]] = [[] for _ in self.nodes]
        for i, node in enumerate(self.nodes):
            for j in node.inputs:
                readers[j].append(i)
        return tuple(tuple(r) for r in readers)

    def live(self) -> frozenset[int]:
        """The nodes on some path to the output."""
        alive: set[int] = set()
        stack = [self.output]
        while stack:
            i = stack.pop()
            if i not in alive:
                alive.add(i)
                stack.extend(self.nodes[i].inputs)
        return frozenset(alive)

    def __iter__(self) -> Iterator[NetNode]:
        return iter(self.nodes)
