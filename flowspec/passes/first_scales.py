"""Whether a chain shrinks its values to a point, or blows them up, before anything is learned.

Where the nets give 0, a step multiplies what it moves by its first scale s. The log of the geometric mean over variables
is log|det| / D: the sum over steps of log s times the share that is moved, wherever the variables go in between. The
parts of a split are taken to have the mean of what was split: an estimate. A step that the first batch normalizes begins
anew.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping

from flowspec.diagnostics import Finding
from flowspec.graph.layout import Layout
from flowspec.graph.model import Flow, FlowNode

FACTOR = 100.0  # by which values may shrink or grow at first


def first_scale_findings(flow: Flow, layouts: Mapping[int, Layout | None]) -> Iterator[Finding]:
    """The warning about the part whose values begin furthest from where they are."""
    logs: dict[int, float] = {}
    last: dict[int, FlowNode] = {}
    for node in flow.nodes:
        share = _share(node, layouts.get(node.input))
        log = 0.0 if node.op.normalizes else logs.get(node.input, 0.0) + share * math.log(node.op.first_scale)
        for value in node.outputs:
            logs[value] = log
            if share and node.op.first_scale != 1:
                last[value] = node
            elif node.input in last:
                last[value] = last[node.input]
    worst = max((p.value for p in flow.parts), key=lambda v: abs(logs.get(v, 0.0)), default=0)
    if worst in last and abs(logs[worst]) > math.log(FACTOR):
        yield _finding(last[worst], logs[worst])


def _share(node: FlowNode, layout: Layout | None) -> float:
    """The share of its variables that a step moves; 0 where that is not known."""
    moved = None if layout is None or node.op.first_scale == 1 else node.op.moved(layout)
    return 0.0 if moved is None else float(moved.mean())


def _finding(node: FlowNode, log: float) -> Finding:
    what, power = ("shrink", -log) if log < 0 else ("grow", log)
    message = f"before anything is learned values {what} by a factor of 1e{round(power / math.log(10))}"
    helps = (
        "write a `start` nearer to 1: the factors of all steps are multiplied",
        "or let `actnorm` stand between the steps: the first batch decides its scale",
    )
    return Finding(
        "FS374", message, node.arg_span("transform"), "the last step with a `start`", helps=helps, node=node.id
    )
