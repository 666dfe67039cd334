"""Which variable of x each entry of a flow's values is, where steps do no more than move it."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from flowspec.graph.model import Flow, FlowNode
from flowspec.passes.facts import Facts


def is_encoder(node: FlowNode) -> bool:
    """Whether the step draws a latent that goes on in place of what came in."""
    return node.op.drawn is not None and len(node.outputs) > 1


def behind_encoder(flow: Flow) -> bool:
    """Whether z is drawn by an encoder, and so is not x moved about."""
    return any(is_encoder(node) for node in flow.nodes)


def entries_of(flow: Flow, facts: Facts) -> npt.NDArray[np.int64]:
    """(entries of z,) the variable of x that each entry is, when permutations alone move it; -1 of what is made of
    several."""
    entries = entries_by_value(flow, facts)
    joined: npt.NDArray[np.int64] = np.concatenate([entries[p.value] for p in flow.parts])
    return joined


def entries_by_value(flow: Flow, facts: Facts, first: int = 0) -> dict[int, npt.NDArray[np.int64]]:
    """The same for every value of the flow; or, of what follows from the value `first`, which entry of that."""
    found = facts.densities[flow].flow
    assert found is not None
    entries: dict[int, Any] = {first: np.arange(found.layouts[first].units)}
    for node in flow.nodes:
        if node.input not in entries:
            continue
        here, order = entries[node.input], node.op.order_of_entries(found.layouts[node.input])
        here = here if order is None else _moved(here, order)
        if is_encoder(node):  # no entry of a latent is a variable
            here = np.concatenate([here, np.full(found.layouts[node.outputs[1]].units, -1)])
        start = 0
        for value in node.outputs:
            units = found.layouts[value].units
            entries[value] = here[start : start + units]
            start += units
    return entries


def _moved(here: npt.NDArray[np.int64], order: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The variables behind the outputs of a step, each of which is one or several of its inputs."""
    sources = here[order.reshape(len(order), -1)]
    one: npt.NDArray[np.int64] = np.where((sources == sources[:, :1]).all(axis=1), sources[:, 0], -1)
    return one
