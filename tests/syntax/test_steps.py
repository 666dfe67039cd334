"""The normal form of steps: every way to write one, beside its near misses."""

from __future__ import annotations

import pytest

from flowspec.syntax import OpShape, plain, read, step_parts, unknown_op

from .marked import unmark

OPS = {
    "conv": OpShape("out", frozenset({"kernel", "dilation"})),
    "linear": OpShape("out"),
    "relu": OpShape(None),
    "coupling": OpShape(None, frozenset({"keep", "net", "transform"})),
    "affine": OpShape(None, frozenset({"kernel"})),
    "repeat": OpShape("count", frozenset({"do", "block"})),
    "block": OpShape("of"),
    "cdf": OpShape("density", frozenset({"bins"}), main_may_be_mapping=True),
    "bernoulli": OpShape(None),
}
COMMON = frozenset({"in", "name", "given", "times", "knows", "mask", "base"})

STEPS = [
    ("relu", "relu", None, {}),
    ("{relu: }", "relu", None, {}),
    ("{relu, in: x}", "relu", None, {"in": "x"}),
    ("{conv: 64, kernel: 3}", "conv", 64, {"kernel": 3}),
    ("{kernel: 3, conv: 64}", "conv", 64, {"kernel": 3}),
    ("{conv: {out: 64, kernel: 3}}", "conv", 64, {"kernel": 3}),
    ("{conv: {out: 64, in: x}, kernel: 3, name: a}", "conv", 64, {"in": "x", "kernel": 3, "name": "a"}),
    ("{conv: {kernel: 3}, out: 64}", "conv", 64, {"kernel": 3}),
    ("{conv: 64, kernal: 3}", "conv", 64, {"kernal": 3}),
    ("{coupling: {keep: half, transform: {affine: {kernel: 3}}}, times: 3}", "coupling", None,
     {"keep": "half", "transform": {"affine": {"kernel": 3}}, "times": 3}),
    ("{repeat: 3, block: b}", "repeat", 3, {"block": "b"}),
    ("{block: b, repeat: 3}", "repeat", 3, {"block": "b"}),
    ("{repeat: 3, do: [relu]}", "repeat", 3, {"do": ["relu"]}),
    ("{block: b}", "block", "b", {}),
    ("{cdf: normal}", "cdf", "normal", {}),
    ("{cdf: {bernoulli: 4}, in: x}", "cdf", {"bernoulli": 4}, {"in": "x"}),
    ("{cdf: {density: {bernoulli: 4}, bins: 3}}", "cdf", {"bernoulli": 4}, {"bins": 3}),
    ("{bernoulli: {}, in: x}", "bernoulli", None, {"in": "x"}),
    ("{relu: 3}", "relu", 3, {}),
]  # fmt: skip


@pytest.mark.parametrize(("text", "op", "main", "args"), STEPS)
def test_a_step(text: str, op: str, main: object, args: dict[str, object]) -> None:
    node = read(text, "t.yaml").root
    step, findings = step_parts(node, OPS, COMMON)
    assert not findings
    assert (step.op.text, plain(step.main)) == (op, main)
    assert {entry.key.text: plain(entry.value) for entry in step.args} == args
    assert (step.span, step.node) == (node.span, node)
    assert all(plain(step.get(name)) == value for name, value in args.items())
    assert step.get("nothing") is None


@pytest.mark.parametrize("text", ["{a: {conv: 3}, b: relu}", "{}", "[relu]", "{convv: 3, in: x}"])
def test_what_is_no_step(text: str) -> None:
    assert step_parts(read(text, "t.yaml").root, OPS, COMMON) == (None, ())


FAULTS = [
    ("FS210", "{conv: 64, «out»: 3}", "1:2", "the value of `conv` is its `out`"),
    ("FS210", "{out: 3, «conv»: 64}", "1:2", "the value of `conv` is its `out`"),
    ("FS210", "{conv: {kernel: 3}, «kernel»: 5}", "1:9", "keep one of the two"),
    ("FS210", "{conv: {in: x}, «in»: y}", "1:9", "keep one of the two"),
    ("FS211", "{conv: 64, «linear»: 3}", "1:2", "make each a step of its own"),
    ("FS211", "{relu, «conv»: 3, in: x}", "1:2", "make each a step of its own"),
    ("FS212", "«convv»", None, "did you mean `conv`?"),
    ("FS212", "«linear 500»", None, "`{linear: 500}`"),
    ("FS212", "«5»", None, ""),
    ("FS212", "«~»", None, ""),
]


@pytest.mark.parametrize(("code", "marked", "other", "help_"), FAULTS)
def test_a_fault(code: str, marked: str, other: str | None, help_: str) -> None:
    text, span = unmark(marked)
    _, (finding,) = step_parts(read(text, "t.yaml").root, OPS, COMMON)
    assert (finding.code, finding.span) == (code, span)
    assert [str(label.span.start) for label in finding.labels] == ([other] if other else [])
    assert help_ in " ".join(finding.helps)


def test_of_two_values_the_first_is_kept() -> None:
    step, _ = step_parts(read("{conv: {kernel: 3}, kernel: 5, out: 2}", "t.yaml").root, OPS, COMMON)
    assert plain(step.get("kernel")) == 3
    assert plain(step.main) == 2


def test_what_was_reported_is_passed_over() -> None:
    (item,) = read("[*p]", "t.yaml").root.items
    assert step_parts(item, OPS, COMMON) == (None, ())


@pytest.mark.parametrize(("marked", "help_"), [("{in: x, «convv»: 3}", "`conv`"), ("«{}»", ""), ("«[relu]»", "")])
def test_a_mapping_without_an_op(marked: str, help_: str) -> None:
    text, span = unmark(marked)
    finding = unknown_op(read(text, "t.yaml").root, OPS, COMMON)
    assert (finding.code, finding.span) == ("FS212", span)
    assert help_ in " ".join(finding.helps)
