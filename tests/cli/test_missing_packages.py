"""A package that is not installed is no bug of flowspec: it is named, with what to do."""

from __future__ import annotations

import io
import sys
from pathlib import Path

import pytest

from flowspec.cli.command import Command

SPEC = """flowspec: 1
name: tiny
x: {shape: [2], values: real}
flow: [{ode: {net: [{linear: 4}, tanh]}}]
base: normal
"""


def run(*args: str) -> tuple[int, str, str]:
    out, err = io.StringIO(), io.StringIO()
    code = Command(io.StringIO(), out, err, {}).main(list(args))
    return code, out.getvalue(), err.getvalue()


def test_a_missing_solver_is_named(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchdiffeq", None)
    spec = tmp_path / "tiny.yaml"
    spec.write_text(SPEC)
    assert run("check", str(spec))[0] == 0
    assert run("build", str(spec), "-o", str(tmp_path / "tiny.py"))[0] == 0
    data = ("--data", "synthetic:moons:200", "--steps", "1", "--out", str(tmp_path / "run"))
    code, out, err = run("train", str(spec), *data)
    assert (code, out) == (2, "")
    assert err.startswith("error: the solver dopri5 needs torchdiffeq: `pip install torchdiffeq`, or choose rk4 with")
    assert "bug" not in err


def test_fixed_steps_need_torch_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "torchdiffeq", None)
    spec = tmp_path / "tiny.yaml"
    spec.write_text(SPEC.replace("tanh]", "tanh], solver: rk4, steps: 2"))
    data = ("--data", "synthetic:moons:200", "--steps", "1", "--out", str(tmp_path / "run"))
    assert run("train", str(spec), *data)[0] == 0


def test_an_equation_that_cannot_be_solved_ends_the_run(tmp_path: Path) -> None:
    spec = tmp_path / "tiny.yaml"
    spec.write_text(SPEC)
    data = ("--data", "synthetic:moons:200", "--lr", "1e9", "--steps", "9", "--out", str(tmp_path / "run"))
    code, _, err = run("train", str(spec), *data)
    assert code == 1
    assert "gave up" in err or "not finite" in err
    assert "bug" not in err
