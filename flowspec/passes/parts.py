"""Parts that condition each other: without cycles (semantics F5), and one after the other when they are drawn (T3)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from flowspec.diagnostics import Finding, Label
from flowspec.graph.model import Density, Flow, FlowNode, Part, origins_of
from flowspec.ops.flow_base import Parting
from flowspec.passes.facts import DensityFacts


def given_values(density: Density, flow: Flow) -> list[int]:
    """The values of the flow that the density of one of its parts is given, in some net or other."""
    return sorted({value for origin in origins_of(density) if (value := flow.own(origin)) is not None})


def part_cycle(flow: Flow) -> Finding | None:
    """A cycle among the parts' `given`s, as a finding at its first part."""
    below = _parts_below(flow)
    given = {
        part.name: [other.name for value in given_values(part.density, flow) for other in below[value]]
        for part in flow.parts
    }
    path = _cycle(given)
    if path is None:
        return None
    spans = {part.name: part.density.span for part in flow.parts}
    return Finding(
        "FS350",
        f"parts condition each other in a circle: {' -> '.join(path)}",
        spans[path[0]],
        labels=tuple(Label(spans[name], f"`{name}` is part of it") for name in path[1:-1]),
        helps=("draw one of them first, without the other",),
        node=path[0],
    )


def unread_views(flow: Flow) -> Iterator[Finding]:
    """Warnings of views that no density is given: they make log p(x) a bound, and help nobody."""
    below = _parts_below(flow)
    read = {value for part in flow.parts for value in given_values(part.density, flow)}
    for node in flow.nodes:
        views = node.outputs[:-1] if isinstance(node.op, Parting) and node.op.auxiliary else ()
        for value in views:
            names = [part.name for part in below[value]]
            if not read & {value, *(part.value for part in below[value])}:
                yield Finding(
                    "FS325",
                    f"no density is given the view `{names[0]}`: its own density is taken off log p(x) for nothing",
                    node.span,
                    helps=(f"write `given: {names[0]}` where x goes on, or drop the view",),
                    node=node.id,
                )


def _parts_below(flow: Flow) -> dict[int, list[Part]]:
    """The parts that each value becomes: what must be drawn before it is there."""
    below: dict[int, list[Part]] = {}
    for part in flow.parts:
        below.setdefault(part.value, []).append(part)
    for node in reversed(flow.nodes):
        known = below.setdefault(node.input, [])
        known.extend(part for value in node.outputs for part in below.get(value, []))
    return below


def _cycle(edges: dict[str, list[str]]) -> list[str] | None:
    state: dict[str, int] = {}
    for start in edges:
        stack = [(start, iter(edges[start]))]
        trail = [start]
        if state.get(start):
            continue
        state[start] = 1
        while stack:
            name, rest = stack[-1]
            following = next((n for n in rest if n in edges), None)
            if following is None:
                state[name] = 2
                stack.pop()
                trail.pop()
            elif state.get(following) == 1:
                return [*trail[trail.index(following) :], following]
            elif not state.get(following):
                state[following] = 1
                stack.append((following, iter(edges[following])))
                trail.append(following)
    return None


# --- how many steps stand in a row --------------------------------------------------------------------------------------


def sequential(steps: int) -> int:
    """Steps that stand in a row; a single pass is parallel and counts as none."""
    return steps if steps > 1 else 0


def sampling_chain(flow: Flow, densities: dict[Any, DensityFacts], slow: Callable[[FlowNode], int]) -> int:
    """The longest chain of sequential levels in sampling: a part comes after what it is given, a value after all that it
    becomes. `slow` counts the levels of a step's inverse, 0 where it is parallel."""
    parts = {part.value: part for part in flow.parts}
    done: dict[int, int] = {}

    def ready(value: int) -> int:
        if value not in done:
            done[value] = _drawn(parts[value]) if value in parts else _decoded(reader[value])
        return done[value]

    def _drawn(part: Part) -> int:
        own = sequential(densities[part.density].sampling_steps)
        return own + max((ready(v) for v in given_values(part.density, flow)), default=0)

    def _decoded(node: FlowNode) -> int:
        return slow(node) + max(ready(v) for v in node.outputs)

    reader = {node.input: node for node in flow.nodes}
    for node in reversed(flow.nodes):  # the latest values first, so that no chain of calls is long
        for value in node.outputs:
            ready(value)
    return ready(0)


def density_chain(flow: Flow, densities: dict[Any, DensityFacts], slow: Callable[[FlowNode], int]) -> int:
    """The longest chain of sequential levels in computing the density: all parts can be judged at once when they are there."""
    depth = {0: 0}
    for node in flow.nodes:
        depth.update(dict.fromkeys(node.outputs, depth[node.input] + slow(node)))
    ends = [
        sequential(densities[part.density].density_steps)
        + max(depth[v] for v in (part.value, *given_values(part.density, flow)))
        for part in flow.parts
    ]
    return max(ends, default=0)
