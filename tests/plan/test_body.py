"""Bodies: names and nesting never change what is computed."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowspec.emit.classes import statement_lines
from flowspec.plan.body import write
from flowspec.plan.code import Assign
from flowspec.plan.fusing import fuse
from flowspec.plan.steps import Def, Item, Loop, Result, Step

FUNCTIONS: dict[str, Any] = {"f": lambda v: 3 * v + 1, "g": lambda v, w: v - 2 * w, "row": lambda v: [v, v + 5]}
TEXTS = {"f({0})": 1, "g({0}, {1})": 2, "{0} + {1}": 2, "{0} * {1}": 2, "row({0})[1]": 1, "-{0}": 1}


def run(items: list[Item], parameters: list[tuple[Any, str, None]], values: list[int]) -> Any:
    """Executes the statements as a function."""
    lines = statement_lines(write(items, parameters), 4)
    names: dict[str, Any] = dict(FUNCTIONS)
    exec(f"def body({', '.join(name for _, name, _ in parameters)}):\n" + "\n".join(lines), names)
    return names["body"](*values)


@st.composite
def programs(draw: st.DrawFn) -> list[tuple[str, tuple[int, ...], str]]:
    """Steps (text, inputs, wanted name); values 0 and 1 are the parameters."""
    found = []
    for n in range(2, 2 + draw(st.integers(1, 9))):
        text = draw(st.sampled_from(sorted(TEXTS)))
        uses = tuple(draw(st.integers(max(0, n - 4), n - 1)) for _ in range(TEXTS[text]))
        found.append((text, uses, draw(st.sampled_from(["", "", "x", "h", "v"]))))
    return found


@settings(max_examples=300, deadline=None)
@given(programs())
def test_written_code_computes_what_the_steps_say(program: list[tuple[str, tuple[int, ...], str]]) -> None:
    values: list[Any] = [2, 7]
    for text, uses, _ in program:
        values.append(eval(text.format(*(f"values[{u}]" for u in uses)), {**FUNCTIONS, "values": values}))
    items: list[Item] = [Step(text, uses, (Def(n, want),)) for n, (text, uses, want) in enumerate(program, 2)]
    items.append(Result("{0}, {1}", (len(values) - 1, len(values) // 2)))
    found = run(items, [(0, "x", None), (1, "y", None)], [2, 7])
    assert found == (values[-1], values[len(values) // 2])


def lines(items: list[Item], parameters: list[tuple[Any, str, Any]]) -> list[str]:
    return statement_lines(write(items, parameters), 0)


def test_values_that_are_read_once_stand_inside_what_reads_them() -> None:
    items: list[Item] = [
        Step("self.conv({0})", ("x",), (Def("a"),)),
        Step("torch.relu({0})", ("a",), (Def("b"),)),
        Step("{0} + {1}", ("x", "b"), (Def("c"),)),
        Result("{0}", ("c",)),
    ]
    assert lines(items, [("x", "x", None)]) == ["return x + torch.relu(self.conv(x))"]
    named: list[Item] = [Step("self.conv({0})", ("x",), (Def("a", "v"),)), Result("torch.relu({0}), {0}", ("a",))]
    assert lines(named, [("x", "x", None)]) == ["v = self.conv(x)", "return torch.relu(v), v"]


def test_sums_do_not_lose_their_brackets() -> None:
    items: list[Item] = [
        Step("{0} + {1}", ("x", "y"), (Def("a"),)),
        Step("{0} * {1}", ("a", "y"), (Def("b"),)),
        Result("{0}", ("b",)),
    ]
    assert lines(items, [("x", "x", None), ("y", "y", None)]) == ["h = x + y", "return h * y"]
    assert len(fuse([items[0], Result("f({0})", ("a",))])) == 1


def test_comments_say_new_shapes() -> None:
    items: list[Item] = [
        Step("self.a({0})", ("x",), (Def("a", "h", (8,)),)),
        Step("self.b({0})", ("a",), (Def("b", "h", (8,)),)),
        Step("self.s({0})", ("b",), (Def("c", "u", (4,)), Def("d", "v", (4,)))),
        Result("{0}", ("d",), (4,)),
    ]
    assert lines(items, [("x", "x", (3,))]) == [
        "h = self.a(x)  # (B, 8)", "h = self.b(h)", "u, v = self.s(h)  # (B, 4) each", "return v",
    ]  # fmt: skip


@pytest.mark.parametrize("again", [False, True])
def test_loops_carry_their_state(again: bool) -> None:
    loop = Loop(
        "block",
        "blocks",
        "block({0}, {1})",
        ("x", "c"),
        (Def("last", "h"),),
        ((0, 0),),
        lists=((0, Def("all", "skips")),),
    )
    end = Result("{0}, {1}[0], {2}", ("last", "all", "x")) if again else Result("{0}, {1}[0]", ("last", "all"))
    code = statement_lines(write([loop, end], [("x", "x", None), ("c", "c", None)]), 4)
    names: dict[str, Any] = {"blocks": [lambda v, c: v + c, lambda v, c: v * c]}
    exec("def body(x, c):\n" + "\n".join(code), names)
    assert names["body"](2, 3) == ((15, 5, 2) if again else (15, 5))
    assert ("    h = x" in code) == again


def test_the_log_determinant_adds_up() -> None:
    step = Step("self.a({0})", (0,), (Def(1, "x"),), ("change",), (Assign("log_det", "log_det + change"),), fuses=False)
    assert lines([step, Result("{0}, log_det", (1,))], [(0, "x", None)]) == [
        "x, change = self.a(x)", "log_det = log_det + change", "return x, log_det",
    ]  # fmt: skip
