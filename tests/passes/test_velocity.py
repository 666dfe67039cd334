"""Which velocities have a solution, what the statement says of ODEs, and what their flows depend on."""

from __future__ import annotations

import numpy as np
import pytest

from flowspec.compiler import Report, analyse


def report(step: str, shape: str = "[2]", more: str = "", base: str = "normal") -> Report:
    text = f"flowspec: 1\nname: m\nx: {{shape: {shape}, values: real}}\n{more}flow: [{step}]\nbase: {base}\n"
    return analyse("case.yaml", text)


def codes(step: str, shape: str = "[2]", more: str = "") -> list[str]:
    return [f.code for f in report(step, shape, more).diagnostics if f.severity == "error"]


def net(last: str) -> str:
    """Two values that grow with z, two that do not, and one that reads them."""
    first = "a: {linear: 4, in: x}, b: {chain: [{linear: 4}, silu], in: x}, s: {chain: [{linear: 4}, sigmoid], in: x}"
    return f"{{ode: {{net: {{{first}, u: {{linear: 4, in: t}}, {last}}}}}}}"


SOLVABLE = [
    "y: {mul: [a, s]}", "y: {mul: [a, u]}", "y: {mul: [a, u, s]}", "y: {mul: [s, s]}", "y: {add: [a, b, s]}",
    "p: {mul: [a, b]}, y: {chain: [tanh], in: p}", "p: {mul: [a, b]}, y: {norm: layer, in: p}",
    "p: {mul: [a, b]}, q: {chain: [sigmoid], in: p}, y: {mul: [q, a]}", "y: {concat: [a, b]}", "y: {residual: [{linear: 4}, tanh], in: a}",
    "y: {gate: glu, in: a}", "p: {mul: [a, b]}, y: {linear: 4, in: s}",
]  # fmt: skip
ESCAPING = ["y: {mul: [a, b]}", "y: {mul: [a, s, a]}", "p: {mul: [a, b]}, y: {linear: 4, in: p}", "p: {mul: [a, a]}, y: {mul: [p, u]}",
            "p: {mul: [a, b]}, y: {add: [p, s]}", "p: {mul: [a, b]}, y: {concat: [p, s]}"]  # fmt: skip


@pytest.mark.parametrize("last", SOLVABLE)
def test_velocities_of_linear_growth(last: str) -> None:
    assert codes(net(last)) == []


@pytest.mark.parametrize("last", ESCAPING)
def test_velocities_that_may_escape(last: str) -> None:
    assert codes(net(last)) == ["FS371"]


def test_a_context_may_be_multiplied() -> None:
    step = "{ode: {net: {a: {linear: 4, in: x}, b: {linear: 4, in: c}, y: {mul: [a, b]}}}, given: c}"
    assert codes(step, more="given: {c: {shape: [2], values: real}}\n") == []


@pytest.mark.parametrize("op", ["{dropout: 0.2}", "{norm: batch}"])
def test_velocities_that_change_between_calls(op: str) -> None:
    assert codes(f"{{ode: {{net: [{{linear: 4}}, {op}, tanh]}}}}") == ["FS369"]
    assert codes(f"{{coupling: {{keep: half, net: [{{linear: 4}}, {op}, tanh]}}, times: 2}}") == []


@pytest.mark.parametrize("op", ["relu", "leaky_relu", "{mlp: [4]}"])
def test_velocities_with_kinks(op: str) -> None:
    assert codes(f"{{ode: {{net: [{{linear: 4}}, {op}, {{linear: 3}}, tanh]}}}}") == ["FS369"]


@pytest.mark.parametrize("op", ["tanh", "sigmoid", "softplus", "silu", "elu", "gelu", "{norm: layer}"])
def test_smooth_velocities(op: str) -> None:
    assert codes(f"{{ode: {{net: [{{linear: 4}}, {op}]}}}}") == []


def test_a_loop_is_reported_once() -> None:
    assert codes("{repeat: 3, do: [{ode: {net: [{linear: 4}, {dropout: 0.5}]}}]}") == ["FS369"]
    assert codes("{ode: {net: [{linear: 4}, {dropout: 0.5}]}, times: 3}") == ["FS369"]


def every(step: str) -> list[str]:
    return [f.code for f in report(step).diagnostics]


@pytest.mark.parametrize("solver", ["rk4", "midpoint", "euler"])
def test_steps_of_fixed_length_are_warned_of(solver: str) -> None:
    assert every(f"{{ode: {{net: [{{linear: 4}}, tanh], solver: {solver}, steps: 3}}, times: 2}}") == ["FS373"]


@pytest.mark.parametrize("solver", ["dopri5", "dopri8", "bosh3"])
def test_adaptive_solvers_keep_a_tolerance(solver: str) -> None:
    assert every(f"{{ode: {{net: [{{linear: 4}}, tanh], solver: {solver}}}}}") == []


def test_each_solver_of_a_shared_net_is_judged() -> None:
    nets = "nets: {v: [{linear: 4}, tanh]}\n"
    steps = "{ode: {net: v}}, {ode: {net: v, solver: rk4}}, {ode: {net: v, solver: euler, rtol: 1e-3}}"
    assert [f.code for f in report(steps, more=nets).diagnostics] == ["FS373", "FS373", "FS370"]


def test_a_wrong_argument_hides_nothing_in_the_net() -> None:
    step = "{ode: {net: [{linear: 4}, relu], solver: dopri5, steps: 3}}"
    assert sorted(every(step)) == ["FS369", "FS370"]
    assert sorted(every(f"{{linear: nothing}}, {step}")) == ["FS203", "FS369", "FS370"]


def test_a_given_of_the_whole_spec_may_be_called_t() -> None:
    more = "given: {t: {shape: [3], values: real}}\n"
    found = report(
        "{ode: {net: [{linear: 4}, tanh]}}, {coupling: {keep: half, net: [{linear: 3}]}, given: t}", more=more
    )
    assert found.ok
    source = found.source()
    assert "self.linear = nn.Linear(3, 4)" in source  # z and the time
    assert "self.linear = nn.Linear(4, 3)" in source  # the kept half and the context


@pytest.mark.parametrize("name", ["start", "label", "time", "rate"])
def test_contexts_with_names_that_methods_use(name: str) -> None:
    found = report(
        f"{{ode: {{net: [{{linear: 4}}, tanh]}}, given: {name}}}", more=f"given: {{{name}: {{classes: 3}}}}\n"
    )
    assert found.ok
    compile(found.source(), "model", "exec")


# --- what is printed -------------------------------------------------------------------------------------------------


def test_the_statement_names_the_solver_and_its_tolerance() -> None:
    def line(arguments: str) -> str:
        return " ".join(report(f"scale, {{ode: {{net: [{{linear: 4}}, tanh]{arguments}}}}}").summary_lines())

    assert "1 exact inverse, 1 by solving an ODE (dopri5 to rtol 1e-05, atol 1e-05); log-det: 1 integrated" in line("")
    assert "log p(x) is exact up to the error of the solver" in line("")
    assert "1 ODE to solve each way" in line("")
    assert "(dopri8 to rtol 1e-08, atol 1e-05)" in line(", solver: dopri8, rtol: 1e-8")
    fixed = line(", solver: rk4, times: 2")
    assert "2 by solving an ODE (rk4 in 20 steps)" in fixed
    assert "ode makes log p(x) an estimate: nothing bounds the error of fixed steps" in fixed
    assert "is exact" not in fixed
    assert "(euler in 1 step)" in line(", solver: euler, steps: 1")
    assert "nothing bounds" not in line("")
    hutchinson = line(", trace: hutchinson")
    assert "ode makes log p(x) an estimate" in hutchinson
    assert "is exact" not in hutchinson


def test_the_statement_speaks_of_parts_that_are_flows_of_their_own() -> None:
    def line(trace: str) -> str:
        part = f"{{flow: [{{ode: {{net: [{{linear: 4}}, tanh], trace: {trace}}}}}], base: normal}}"
        split = "split: {sizes: [2, 2], names: [low, high]}"
        return " ".join(report(split, "[4]", base=f"{{low: {part}, high: normal}}").summary_lines())

    assert "the density of `low` makes log p(x) an estimate" in line("hutchinson")
    assert "is exact" not in line("hutchinson")
    assert "log p(x) is exact up to the error of the solver" in line("exact")
    encoded = (
        "{encode: {shape: [2], posterior: {net: {mlp: [4]}, head: normal}, decoder: {net: {mlp: [4]}, head: normal}}}"
    )
    prior = "{flow: [{ode: {net: [{linear: 4}, tanh], trace: hutchinson}}], base: normal}"
    found = " ".join(report(encoded, base=prior).summary_lines())
    assert "encode makes log p(x) a lower bound; the density of the base makes log p(x) an estimate" in found


@pytest.mark.parametrize(
    ("steps", "status"),
    [
        ("{ode: {net: [{linear: 4}]}}", "exact"),
        ("{ode: {net: [{linear: 4}], trace: hutchinson}}", "estimate"),
        ("{ode: {net: [{linear: 4}], solver: rk4}}", "estimate"),
        ("{ode: {net: [{linear: 4}], trace: hutchinson}}, {ode: {net: [{linear: 4}]}}", "estimate"),
    ],
)
def test_the_worst_status_counts(steps: str, status: str) -> None:
    assert report(steps).facts.likelihood == status
    pixels = analyse(
        "case.yaml",
        f"flowspec: 1\nname: m\nx: {{shape: [2], values: 8}}\nflow: [dequantize, {{logit: 0.05}}, {steps}]\nbase: normal\n",
    )
    assert pixels.facts.likelihood == ("bound" if status == "exact" else status)


# --- dependency ------------------------------------------------------------------------------------------------------


def closed(rows: np.ndarray) -> np.ndarray:
    """The reflexive transitive closure, by definition: who reaches whom along edges."""
    n = len(rows)
    found = np.zeros_like(rows)
    for start in range(n):
        stack = [start]
        while stack:
            v = stack.pop()
            if not found[start, v]:
                found[start, v] = True
                stack.extend(np.flatnonzero(rows[v]).tolist())
    return found


def test_a_net_that_sees_everything_gives_the_full_matrix() -> None:
    assert report("{ode: {net: [{linear: 4}, tanh]}}", "[5]").dependency().all()


@pytest.mark.parametrize(
    ("kernel", "shape"), [("3", "[1, 3, 4]"), ("1", "[2, 3, 3]"), ("2", "[1, 5]"), ("[1, 3]", "[2, 3, 4]")]
)
def test_convolutions_reach_as_far_as_their_closure(kernel: str, shape: str) -> None:
    found = report(f"{{ode: {{net: [{{conv: 3, kernel: {kernel}}}]}}}}", shape)
    sizes = [int(n) for n in shape.strip("[]").split(",")]
    grid, sides = np.indices(sizes[1:]).reshape(len(sizes) - 1, -1).T, kernel.strip("[]").split(",")
    taps = [int(s) for s in sides] * (len(sizes) - 1 if len(sides) == 1 else 1)
    offset = grid[None] - grid[:, None]  # [reader, read]
    near = np.all([(-(k // 2) <= offset[..., a]) & (offset[..., a] < k - k // 2) for a, k in enumerate(taps)], axis=0)
    rows = np.tile(near, (sizes[0], sizes[0]))
    assert (found.dependency() == closed(rows)).all()


def test_coverage_counts_what_never_mixes() -> None:
    found = report("{ode: {net: [{conv: 4}, tanh]}}", "[2, 2, 2]")
    assert "8/8 transformed, 4 groups that never mix" in " ".join(found.summary_lines())
    assert [f.code for f in found.diagnostics] == ["FS341"]
    mixed = report("{ode: {net: [{conv: 4, kernel: 3}, tanh]}}", "[2, 2, 2]")
    assert "8/8 transformed, all mixed" in " ".join(mixed.summary_lines())
