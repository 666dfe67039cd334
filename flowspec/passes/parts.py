"""Parts that condition each other: without cycles (semantics F5), and one after the other when they are drawn (T3)."""

from __future__ import annotations

from typing import Any

from flowspec.diagnostics import Finding, Label
from flowspec.graph.model import Autoregressive, Flow, Leaf, Part
from flowspec.passes.facts import DensityFacts


def part_cycle(flow: Flow) -> Finding | None:
    """A cycle among the parts' `given`s, as a finding at its first part."""
    given = {
        part.name: [c.origin[5:] for c in getattr(part.density, "contexts", ()) if c.origin.startswith("part:")]
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


def given_values(density: Autoregressive | Leaf, flow: Flow) -> list[int]:
    """The values of parts that a density is given."""
    values = {f"part:{p.name}": p.value for p in flow.parts}
    named = [values[c.origin] for c in density.contexts if c.origin in values]
    passed = [int(c.origin[6:]) for c in density.contexts if c.origin.startswith("value:")]
    return named + [v for v in passed if v in {p.value for p in flow.parts}]


def sequential(steps: int) -> int:
    """Steps that stand in a row; a single pass is parallel and counts as none."""
    return steps if steps > 1 else 0


def part_chain(flow: Flow, densities: dict[Any, DensityFacts]) -> int:
    """The longest chain of sequential levels in sampling among parts that condition each other."""
    total: dict[str, int] = {}

    def longest(part: Part) -> int:
        if part.name not in total:
            contexts = getattr(part.density, "contexts", ())
            before = [p for p in flow.parts if any(c.origin == f"part:{p.name}" for c in contexts)]
            own = sequential(densities[part.density].sampling_steps)
            total[part.name] = own + max((longest(p) for p in before), default=0)
        return total[part.name]

    return max((longest(p) for p in flow.parts), default=0)
