"""What a report claims, against what brute force finds."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import pytest

from flowspec.diagnostics import Finding
from flowspec.graph.layout import Layout
from flowspec.graph.model import Autoregressive, Program
from flowspec.ops.base import NetContext
from flowspec.passes.analysis import analyse_program
from flowspec.passes.dependency import dependency
from flowspec.passes.facts import Facts, NetFacts
from flowspec.passes.knowledge.seen import contexts_seen
from flowspec.passes.resolve import resolve
from flowspec.passes.shapes import net_shapes
from flowspec.syntax import Loader
from tests.passes.brute import MakeOrder, Network
from tests.passes.sets import Illegal


@dataclass(frozen=True)
class Judged:
    """A program and its facts, also where a report would withhold them because of an error."""

    program: Program
    facts: Facts
    findings: tuple[Finding, ...]

    @property
    def ok(self) -> bool:
        return not any(f.severity == "error" for f in self.findings)


def check(text: str) -> Judged:
    """A spec whose names resolve, through the passes; `flowspec: 1` and a name are added."""
    loader = Loader(None)
    file = loader.stdin(f"flowspec: 1\nname: model\n{text}")
    assert file.root is not None
    program, findings = resolve(file.root, file, loader)
    assert program is not None, ([f.message for f in findings], text)
    facts = analyse_program(program)
    return Judged(program, facts, (*findings, *facts.findings))


def codes(report: Judged) -> list[str]:
    return sorted({f.code for f in report.findings})


def passed(text: str, *, but: tuple[str, ...] = ()) -> Judged:
    """The report of a spec that has to pass, up to the errors named."""
    report = check(text)
    errors = [f"{f.code} {f.message}" for f in report.findings if f.severity == "error" and f.code not in but]
    if errors:
        pytest.fail("\n".join([*errors, text]))
    return report


def top_net(report: Judged) -> NetFacts:
    net = report.facts.densities[report.program.model].net
    assert net is not None
    return net


def maker(report: Judged, member: int = 0) -> MakeOrder:
    """The order of an autoregressive model on a grid of any size."""
    program = report.program
    model = program.model
    assert isinstance(model, Autoregressive)

    def make(sites: tuple[int, ...]) -> Any:
        return model.order.op.build(
            Layout(program.x.layout.channels, sites), program.x.names, model.order.channels, member
        )

    return make


def network(report: Judged, member: int = 0, repeat: bool = False) -> Network:
    """The model's net as a concrete boolean network. Raises Illegal where the definitions rule it out."""
    program = report.program
    model, layout = program.model, program.x.layout
    assert isinstance(model, Autoregressive)
    assert model.conditioner is not None
    graph, together = model.conditioner.graph, model.head.together(layout, model.joint)
    size = model.head.size(program.x.support, together)
    context = NetContext(layout, layout, size, True, program.x.count, joint=together > 1, values=program.x.support)
    shapes = net_shapes(graph, context, {"x": layout, **{d.name: d.layout for d in program.givens}})
    assert not shapes.findings, shapes.findings
    x = [[1 << (c * layout.places + p) for p in range(layout.places)] for c in range(layout.channels)]
    return Network(graph, shapes, size, maker(report, member), x, program.x.count, repeat, together)


def matrix(rows: list[int], columns: int) -> np.ndarray:
    return np.array([[row >> j & 1 for j in range(columns)] for row in rows], dtype=bool)


def longest_paths(rows: list[int]) -> list[int]:
    """The level of each variable (semantics T1), by relaxation."""
    levels = [1] * len(rows)
    for _ in range(len(rows) + 1):
        again = [1 + max((levels[j] for j in range(len(rows)) if row >> j & 1), default=0) for row in rows]
        if again == levels:
            return levels
        levels = again
    raise AssertionError("the dependency has a cycle")


def claimed(report: Judged, member: int = 0) -> np.ndarray:
    """(D, D) what the passes say the conditionals depend on."""
    if report.ok:
        return np.asarray(dependency(report.facts, member))
    reach = top_net(report).reach
    assert reach is not None
    assert reach.dependency is not None
    return np.stack([reach.dependency.row(v) for v in range(top_net(report).context.x.units)])


def judge(text: str) -> Judged:
    """Checks a spec of an autoregressive model and compares every count and every pair with brute force.

    A variable that loses all its context is an error of the spec, and its facts are judged all the same.
    """
    report = passed(text, but=("FS425",))
    net, brute = top_net(report), network(report)
    reach, rows, size = net.reach, brute.parameters(), net.context.x.units
    assert reach is not None
    want, got = matrix(rows, size), claimed(report)
    wrong = np.argwhere(want != got)
    assert not len(wrong), (
        f"{len(wrong)} pairs differ, first {wrong[:5].tolist()} (claimed {got[tuple(wrong[0])]})\n{text}"
    )
    knows = [brute.world.knows(i) for i in range(size)]
    assert not any(row & ~known for row, known in zip(rows, knows, strict=True)), "brute force leaks"
    assert report.ok == all(row or not known for row, known in zip(rows, knows, strict=True)), f"context lost?\n{text}"
    allowed = sum(known.bit_count() for known in knows)
    assert (reach.allowed, reach.missing) == (allowed, allowed - want.sum()), text
    assert net.macs == sum(brute.edges.values()), f"{net.macs} multiply-adds, {brute.edges}\n{text}"
    assert net.levels[0].tolist() == longest_paths(rows), text
    judge_contexts(report, brute)
    low, high = reach.possible
    possible = allowed - (blind_pairs(report, allowed) if reach.missing else 0)
    assert low <= possible <= high, f"{low} <= {possible} <= {high}\n{text}"
    return report


def judge_contexts(report: Judged, brute: Network) -> None:
    """A context that no parameter can see is a finding, and so is one that some cannot, unless a layer is too narrow."""
    seen = brute.contexts_seen()
    hidden = [d.name for d in report.program.givens if not all(seen.get(d.name, (False,)))]
    if report.ok:
        assert ("FS424" in codes(report)) == bool(hidden) or "FS422" in codes(report), (seen, codes(report))
    for name, rows in contexts_seen(top_net(report)).items():
        assert rows.tolist() == seen[name], name


def judge_any(text: str) -> str:
    """Any spec whose net may break a rule: brute force and the check agree on whether, and on which. The verdict."""
    report = check(text)
    try:
        network(report)
    except Illegal as illegal:
        fault = illegal.code
    else:
        judge(text)
        return "legal"
    assert {fault, "FS401"} & set(codes(report)), f"{fault}, not {codes(report)}\n{text}"
    return fault


def blind_pairs(report: Judged, allowed: int) -> int:
    """Pairs that stay missing when every op with equal input and output may repeat (semantics D6)."""
    return allowed - sum(row.bit_count() for row in network(report, repeat=True).parameters())


def judge_members(text: str) -> None:
    """Every member of an ensemble."""
    report = passed(text, but=("FS425",))
    net = top_net(report)
    for k in range(len(net.orders)):
        rows = network(report, k).parameters()
        if report.ok:
            assert (matrix(rows, len(rows)) == claimed(report, k)).all(), (k, text)
        assert net.levels[k].tolist() == longest_paths(rows), (k, text)
