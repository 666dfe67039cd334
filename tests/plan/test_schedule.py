"""Levels and ready levels (semantics T)."""

from __future__ import annotations

import numpy as np
import pytest

from flowspec.compiler import analyse
from flowspec.graph.masks import LabelMask
from flowspec.ops.lower_weighted import label_matrix
from flowspec.plan.schedule import Schedule
from tests.emit.cases import CASES
from tests.emit.models import report

ORDERED = [name for name in CASES if report(name).plan.schedules]


@pytest.mark.parametrize("name", ORDERED)
def test_parameters_are_ready_right_before_their_variable_is_drawn(name: str) -> None:
    for schedule in report(name).plan.schedules:
        for member, levels in enumerate(schedule.levels):
            assert levels.min() == 0
            ready = schedule.ready(member)
            assert ready is not None
            output = schedule.net.conditioner.graph.output
            head, size = ready[output], schedule.net.context.size
            assert head is not None
            of_rows = head.reshape(-1, size, head.shape[1])
            assert (of_rows.std(1) == 0).all()
            assert np.array_equal(np.tile(of_rows[:, 0].ravel(), schedule.net.context.sharing), levels)
            assert _awaits_nothing(schedule, member)


def _awaits_nothing(schedule: Schedule, member: int) -> bool:
    """What an op reads through unmasked edges is ready no later than the op."""
    ready, nodes = schedule.ready(member), schedule.net.conditioner.graph.nodes
    assert ready is not None
    return all(
        found is None or source is None or mask is not None or source.min() <= found.max()
        for node, found, mask in zip(nodes, ready, schedule.net.knowledge.masks, strict=True)
        for source in (ready[j] for j in node.inputs)
    )


def test_hidden_units_of_an_mlp_by_brute_force() -> None:
    (schedule,) = report("made").plan.schedules
    masks = [m for m in schedule.net.knowledge.masks if isinstance(m, LabelMask)]
    depends, ready = np.eye(6, dtype=bool), schedule.ready()
    assert ready is not None
    found = [r for r, m in zip(ready, schedule.net.knowledge.masks, strict=True) if isinstance(m, LabelMask)]
    for mask, units in zip(masks, found, strict=True):
        depends = (label_matrix(mask).astype(int) @ depends.astype(int)) > 0
        level = np.array([(schedule.levels[0][row] + 1).max(initial=0) for row in depends])
        assert units is not None
        assert np.array_equal(units.ravel(), level)


def test_three_masked_convolutions_draw_144_pixels_in_34_levels() -> None:
    spec = """flowspec: 1
name: waves
x: {shape: [1, 12, 12], values: binary}
order: raster
net: [{conv: 4, kernel: 3}, relu, {conv: 4, kernel: 3}, relu, {conv: 4, kernel: 3}, relu]
head: bernoulli
"""
    (schedule,) = analyse("waves.yaml", spec).plan.schedules
    assert len(np.unique(schedule.levels[0])) == 34
    assert "[2 * i + j for i in range(12) for j in range(12)]" in analyse("waves.yaml", spec).source(link=True)


def test_large_models_keep_their_levels_and_leave_units_alone() -> None:
    spec = CASES["pixelcnn_gray"].lstrip().replace("[1, 6, 6]", "[1, 80, 80]")
    (schedule,) = analyse("large.yaml", spec).plan.schedules
    assert len(schedule.levels[0]) == 6400
    assert schedule.ready() is None
