"""The points of the language one by one: what is legal passes, and what nearly is gets its one finding."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowspec.compiler import Report, analyse
from flowspec.graph.model import Flow
from tests.resolve.language import CASES, FLOW, NET, NET_END, ST, Case


def errors(report: Report) -> tuple[str, ...]:
    return tuple(f.code for f in report.diagnostics if f.severity == "error")


@pytest.mark.parametrize("case", CASES, ids=lambda c: c.point)
def test_point(case: Case) -> None:
    report = analyse("s.yaml", case.text)
    assert errors(report) == case.errors, [f.message for f in report.diagnostics]


def conditioner(steps: str, more: str = "") -> list[str]:
    """The ids of a net's nodes."""
    report = analyse("s.yaml", f"{NET}{NET_END}net: {steps}\n{more}")
    assert report.program is not None, report.diagnostics
    return [node.id for node in report.program.model.conditioner.graph.nodes]  # type: ignore[union-attr]


def steps_of(steps: str, more: str = "") -> Flow:
    report = analyse("s.yaml", f"{FLOW}flow: {steps}\nbase: normal\n{more}")
    assert report.program is not None, report.diagnostics
    assert isinstance(report.program.model, Flow)
    return report.program.model


def test_the_first_loop_variable_is_the_outer_loop() -> None:
    text = "[{conv: 1, kernel: 3}, {for: {a: [1, 2], b: [3, 4]}, do: [{conv: 10*$a + $b}]}]"
    report = analyse("s.yaml", f"{NET}{NET_END}net: {text}\n")
    assert report.program is not None
    widths = [node.op.out for node in report.program.model.conditioner.graph.nodes if node.op.name == "conv"]  # type: ignore[union-attr]
    assert widths == [1, 13, 14, 23, 24]


def test_a_block_takes_its_variables_from_the_use_the_loop_or_itself() -> None:
    block = "blocks: {b: {in: h, vars: {d: 1, w: 5}, net: [{conv: $w, dilation: $d}]}}\n"
    text = "[{conv: 1, kernel: 3}, {block: b}, {block: b, vars: {d: 2}}, {for: {d: [3, 4]}, block: b, vars: {w: 6}}]"
    report = analyse("s.yaml", f"{NET}{NET_END}net: {text}\n{block}")
    assert report.program is not None
    found = [(n.op.out, n.op.dilation) for n in report.program.model.conditioner.graph.nodes if n.op.name == "conv"]  # type: ignore[union-attr]
    assert found == [(1, 1), (5, 1), (5, 2), (6, 3), (6, 4)]


def test_anonymous_steps_are_numbered_and_names_are_kept() -> None:
    flow = steps_of("[{coupling: {keep: channel, net: st}, times: 2}, {actnorm: null, name: last_norm}, actnorm]", ST)
    assert [node.id for node in flow.nodes] == ["coupling.1", "coupling.2", "last_norm", "actnorm.1"]
    assert "conv.1" in conditioner("[{conv: 4, kernel: 3}, relu]")
    assert "a" in conditioner("{a: {conv: 4, kernel: 3, in: x}}")


def test_times_swaps_kept_and_moved_unless_told_otherwise() -> None:
    def kept(extra: str) -> list[object]:
        flow = steps_of(f"[{{coupling: {{keep: channel, net: st}}, times: 3{extra}}}, affine]", ST)
        return [node.op for node in flow.nodes[:3]]

    first, second, third = kept("")
    assert first == third != second
    assert len(set(map(repr, kept(", flip: false")))) == 1


def test_nets_and_blocks_of_another_file(tmp_path: Path) -> None:
    other = "flowspec: 1\nname: g\nx: {shape: [4], values: real}\n" + ST
    other += (
        "blocks: {step: {flow: [actnorm, {coupling: {keep: channel, net: st}}]}}\nflow: [{block: step}]\nbase: normal\n"
    )
    (tmp_path / "glow.yaml").write_text(other)
    spec = (
        FLOW
        + "use: {g: ./glow.yaml}\nflow: [{repeat: 2, block: g.step}, {coupling: {keep: channel, net: g.st}}]\nbase: normal\n"
    )
    (tmp_path / "s.yaml").write_text(spec)
    report = analyse(tmp_path / "s.yaml")
    assert report.ok, report.diagnostics
    (tmp_path / "s.yaml").write_text(spec.replace("g.step", "g.stop"))
    assert errors(analyse(tmp_path / "s.yaml")) == ("FS136",)


def test_a_loop_variable_in_a_path_is_read_again_each_round() -> None:
    block = "blocks: {b: {in: [h, s], net: {t: {conv: 4, in: h, given: s}, u: {add: [h, t]}}, out: {h: u}}}\n"
    text = "{a: {conv: 4, kernel: 3, in: x}, r: {repeat: 2, do: [{conv: 4}], in: a}, "
    text += "f: {for: {i: [2, 1, 0]}, block: b, in: {h: r, s: r.$i}}, o: {relu: null, in: f.h}}"
    report = analyse("s.yaml", f"{NET}{NET_END}net: {text}\n{block}")
    assert report.program is not None, report.diagnostics
    nodes = report.program.model.conditioner.graph.nodes  # type: ignore[union-attr]
    read = [nodes[node.inputs[0]].id for node in nodes if node.op.name == "project"]
    assert len(set(read)) == 3
    assert read[2] == "a"
