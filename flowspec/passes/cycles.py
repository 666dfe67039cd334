"""Parts that condition each other must do so without cycles (semantics F5)."""

from __future__ import annotations

from flowspec.diagnostics import Finding, Label
from flowspec.graph.model import Flow


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
