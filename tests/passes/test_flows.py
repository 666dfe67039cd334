"""Flows against brute force: what every entry of z depends on, what is transformed, and what mixes."""

from __future__ import annotations

import numpy as np
import pytest

from flowspec.passes.dependency import dependency
from tests.passes.brute_flow import flow_sets, mixing_classes
from tests.passes.judge import Judged, check, codes, matrix, passed

VECTOR_NETS = ["[{linear: 6}, relu]", "{mlp: [5, 4]}"]
IMAGE_NETS = [
    "[{conv: 4, kernel: 3}, relu]",
    "[{linear: 7}, relu, {linear: [3, 4, 4]}, relu, {conv: 2, kernel: [1, 3]}]",
    "{resnet: {width: 4, blocks: 1}}",
    "[{conv: 6, kernel: 3}, {gate: glu}, {norm: layer}, {conv: 3, kernel: 2, dilation: 2}]",
]


def flow(shape: str, steps: str, base: str = "normal") -> Judged:
    """Checks a flow and compares dependency, coverage and mixing with brute force."""
    report = passed(f"x: {{shape: {shape}, values: real}}\nflow: [{steps}]\nbase: {base}")
    rows, touched = flow_sets(report.facts)
    size = report.facts.program.x.layout.units
    wrong = np.argwhere(matrix(rows, size) != dependency(report.facts))
    assert not len(wrong), (wrong[:5].tolist(), steps)
    coverage = report.facts.extra["coverage"][report.program.model]
    assert (coverage.transformed == touched).all(), steps
    assert coverage.classes == mixing_classes(rows, size), steps
    assert ("FS341" in codes(report)) == (coverage.classes > 1 and coverage.conditioned > 0), steps
    assert ("FS340" in codes(report)) == (not touched.all() and coverage.conditioned > 0), steps
    return report


@pytest.mark.parametrize("size", [2, 3, 5, 6])
@pytest.mark.parametrize(
    "keep", ["half", "even_odd", "checkerboard", "[0]", "not half", "{not: [1]}", "{random: 1, seed: 4}"]
)
def test_couplings_on_vectors(keep: str, size: int) -> None:
    for net in VECTOR_NETS:
        for transform in ("additive", "affine"):
            step = f"{{coupling: {{keep: {keep}, net: {net}, transform: {transform}}}, times: 3}}"
            flow(f"[{size}]", f"{step}, {{permute: {{random: 1, seed: 3}}}}, actnorm, {step}, reverse")


@pytest.mark.parametrize("channels", [1, 2, 3])
@pytest.mark.parametrize(
    "net",
    ["[{conv: 4}, tanh]", "[{conv: 4, kernel: 3}, tanh]", "[{conv: 4, kernel: [1, 2]}, tanh]", "[{linear: 5}, tanh]", "[{down: 2}, tanh, {up: 2}]",
     "{a: {conv: 3, kernel: [2, 1], in: x}, s: {chain: [{linear: 3}, sigmoid], in: t}, b: {conv: 3, in: a, given: s}}"],
)  # fmt: skip
def test_velocities(net: str, channels: int) -> None:
    flow(f"[{channels}, 4, 4]", f"{{ode: {{net: {net}}}}}")
    flow(
        f"[{channels}, 4, 4]",
        f"{{coupling: {{keep: columns, net: [{{conv: 3}}, tanh]}}}}, {{squeeze: 2}}, {{ode: {{net: {net}}}}}, {{split: half}}, {{ode: {{net: {net}}}}}",
    )


@pytest.mark.parametrize("fast", ["density", "sampling"])
@pytest.mark.parametrize(
    "order",
    [
        "raster",
        "reverse",
        "{random: 1, seed: 2}",
        "even_odd",
        "{graph: {1: [0], 4: [1, 2]}}",
        "{levels: [[1, 2], [0, 4], [3]]}",
    ],
)
def test_autoregressive_steps_on_vectors(order: str, fast: str) -> None:
    step = f"{{autoregressive: {{order: {order}, net: [{{linear: 12}}, relu], fast: {fast}}}, times: 2}}"
    flow("[5]", f"{step}, reverse, {{split: half}}")
    again = step if order.startswith(("r", "e", "{r")) else "actnorm"
    flow("[5]", f"{{permute: [1, 0, 4, 2, 3]}}, {step}, {{split: [2, 1, 2]}}, {again}")


@pytest.mark.parametrize("channels", [1, 2, 3, 4])
@pytest.mark.parametrize(
    "keep",
    ["checkerboard", "channel", "{half: rows}", "{half: columns}", "{half: channel}", "rows", "columns", "even_odd",
     "not checkerboard", "[0, 3]", "{random: 1, seed: 0}"],
)  # fmt: skip
def test_couplings_on_images(keep: str, channels: int) -> None:
    if channels == 1 and "channel" in keep:
        return
    for net in IMAGE_NETS:
        flow(f"[{channels}, 4, 4]", f"{{coupling: {{keep: {keep}, net: {net}}}, times: 2}}")


@pytest.mark.parametrize("channels", [1, 2, 3])
def test_multi_scale_images(channels: int) -> None:
    for net in (IMAGE_NETS[0], IMAGE_NETS[2], IMAGE_NETS[3]):
        flow(
            f"[{channels}, 4, 4]",
            f"{{coupling: {{keep: checkerboard, net: {net}, transform: {{affine: {{kernel: 3}}}}}}, times: 2}}, {{squeeze: 2}}, "
            f"{{coupling: {{keep: channel, net: {net}}}, times: 2}}, {{split: half}}, {{coupling: {{keep: checkerboard, net: {net}}}}}",
        )
        flow(
            f"[{channels}, 4, 4]",
            f"{{squeeze: [1, 2]}}, {{permute: {{random: 1, seed: 0}}}}, {{coupling: {{keep: {{half: rows}}, net: {net}}}, times: 2}}, "
            f"reverse, {{split: [{channels}, {channels}]}}, {{autoregressive: {{order: raster, net: {net}}}}}, actnorm",
        )
        flow(
            f"[{4 * channels}, 2, 2]",
            f"{{unsqueeze: 2}}, {{coupling: {{keep: columns, net: {net}}}}}, {{squeeze: [2, 1]}}",
        )


@pytest.mark.parametrize("fast", ["density", "sampling"])
@pytest.mark.parametrize(
    "order",
    ["raster", "hilbert", "columns", "s_curve", "{raster: {}, channels: first}", "{columns: {}, channels: joint}"],
)
def test_autoregressive_steps_on_images(order: str, fast: str) -> None:
    net = "[{conv: 6, kernel: 3}, relu, {conv: 6, kernel: 3}, relu]"
    for channels in (1, 2, 3):
        flow(f"[{channels}, 3, 3]", f"{{autoregressive: {{order: {order}, net: {net}, fast: {fast}}}, times: 2}}")


def test_a_sequence_and_a_video() -> None:
    for shape, keep in (("[2, 6]", "checkerboard"), ("[2, 2, 4, 4]", "checkerboard"), ("[2, 2, 4, 4]", "rows")):
        for net in ("[{conv: 4, kernel: 3}, relu]", "[{conv: 4, kernel: 2, dilation: 2}, relu]"):
            flow(
                shape,
                f"{{coupling: {{keep: {keep}, net: {net}}}, times: 2}}, {{squeeze: 2}}, {{coupling: {{keep: channel, net: {net}}}}}",
            )


@pytest.mark.parametrize("net", ["[{conv: 3}, relu]", "[{conv: 3, kernel: 3}, relu]", "[{conv: 3, kernel: 2}, relu]"])
@pytest.mark.parametrize("size", [2, 4, 6, 8])
def test_kernels_along_the_halves_of_a_vector(size: int, net: str) -> None:
    flow(f"[{size}]", f"{{coupling: {{keep: half, net: {net}}}}}")


@pytest.mark.parametrize("size", ["1, 3", "1, 5", "2, 3", "3, 3", "3, 5", "4, 3"])
def test_mixing_at_the_borders_of_small_images(size: str) -> None:
    """A path that leaves the grid joins nothing: offsets alone would claim that it does."""
    for net in (IMAGE_NETS[0], "[{conv: 3, kernel: 2, dilation: 2}, relu, {conv: 2, kernel: 3, dilation: 3}]"):
        for keep in ("checkerboard", "{random: 1, seed: 2}", "[0]"):
            for channels in (1, 2):
                flow(f"[{channels}, {size}]", f"{{coupling: {{keep: {keep}, net: {net}}}}}")


def test_stacked_graph_flows_are_denser_than_the_graph() -> None:
    """Two steps along A give A composed with itself (semantics E), which is A only where A is transitively closed."""
    step = "{autoregressive: {order: {graph: {1: [0], 2: [1]}}, net: [{linear: 8}, relu]}}"
    once = dependency(flow("[3]", step).facts)
    twice = dependency(flow("[3]", f"{step}, {step}").facts)
    assert not once[2, 0]
    assert twice[2, 0]
    closed = step.replace("2: [1]", "2: [0, 1]")
    assert (dependency(flow("[3]", closed).facts) == dependency(flow("[3]", f"{closed}, {closed}").facts)).all()


def test_an_inverse_depends_on_the_closure() -> None:
    """IAF along a graph: z of x is the reflexive transitive closure, denser than the graph."""
    step = "{autoregressive: {order: {graph: {1: [0], 2: [1]}}, net: [{linear: 8}, relu], fast: sampling}}"
    assert dependency(flow("[3]", step).facts)[2, 0]


def test_a_joint_order_does_not_turn_round() -> None:
    """Only total orders are reversed by `times` (design section 2): the channels of a site share a rank here."""
    net = "[{conv: 6, kernel: 3}, relu]"
    rows = dependency(
        flow(
            "[2, 3, 3]", f"{{autoregressive: {{order: {{columns: {{}}, channels: joint}}, net: {net}}}, times: 2}}"
        ).facts
    )
    assert rows[0].sum() == 1


@pytest.mark.parametrize("kind", ["dense", "lu", "qr", "householder"])
def test_a_linear_step_joins_everything(kind: str) -> None:
    report = flow(
        "[5]", f"{{split: [2, 3]}}, {{linear: {kind}}}, {{autoregressive: {{order: raster, net: [{{linear: 6}}]}}}}"
    )
    assert dependency(report.facts)[2:, 2:].all()
    flow("[2, 2, 2]", f"{{linear: {kind}}}")


@pytest.mark.parametrize("kind", ["dense", "lu"])
def test_a_convolution_of_one_site_joins_channels(kind: str) -> None:
    conv, net = f"{{conv1x1: {kind}}}", "[{conv: 3}, relu]"
    report = flow("[3, 2, 2]", conv)
    assert (dependency(report.facts) == np.tile(np.eye(4, dtype=bool), (3, 3))).all()
    assert report.facts.extra["coverage"][report.program.model].classes == 4
    flow(
        "[1, 4, 4]",
        f"{{squeeze: 2}}, {conv}, {{coupling: {{keep: channel, net: {net}}}}}, {{split: half}}, {{squeeze: 2}}, {conv}",
    )
    flow("[2, 6]", f"{conv}, {{squeeze: 3}}, {conv}, {{coupling: {{keep: checkerboard, net: {net}}}}}")


@pytest.mark.parametrize(
    "layer", ["lstm: 5, along: rows", "gru: 5, along: diagonals, both: true", "attention: 5", "down: 1"]
)
def test_a_coupling_that_keeps_nothing_is_said_to(layer: str) -> None:
    report = check(
        "x: {shape: [1, 2, 2], values: real}\nbase: normal\n"
        f"flow: [{{coupling: {{keep: half, net: [{{{layer}}}]}}, times: 2}}]"
    )
    assert codes(report) == ["FS331"]
