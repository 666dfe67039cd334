"""What people and programs are shown."""

from __future__ import annotations

import io
import json
import math
import os
from pathlib import Path

import pytest

pytest.importorskip("torch")

from flowspec.cli import Command
from flowspec.verify.result import Certificate, Change, Result
from flowspec.verify.table import render_json, render_table

from .specs import HEAD, SPECS

CERTIFICATE = Certificate(
    "specs/glow.yaml",
    (
        Result("build", True, detail="the module loads"),
        Result("round trip of x", True, 3.2e-15, 1e-7, "decode(encode(x)) - x"),
        Result("log-determinant", False, 0.69, 1e-8, "log_det leaves a step out", "coupling.2 (line 9)"),
        Result("samples", True, 0.5, 1e-6, "p-value", floor=True, version="tiny"),
        Result("gradients", False, math.inf, 0, "a \x1b[31mbad\x1b[0m word"),
    ),
    (Change("glow.yaml", 3, "shape of x", "[3, 32, 32]", "[3, 4, 6]"), Change("glow.yaml", 4, "width", "64", "12")),
    (Change("glow.yaml", 3, "shape of x", "[3, 4, 6]", "[1, 2, 2]"),),
    seed=7,
    seconds=1.234,
)

TABLE = """failed specs/glow.yaml   5 checks, 2 failed, seed 7, 1.2 s
   shrunk  line 3: shape of x [3, 32, 32] -> [3, 4, 6]
           line 4: width 64 -> 12
   tiny    line 3: shape of x [3, 4, 6] -> [1, 2, 2]
   ok   build                                the module loads
   ok   round trip of x  3.2e-15 <= 1.0e-07  decode(encode(x)) - x
   FAIL log-determinant  6.9e-01 >  1.0e-08  `coupling.2 (line 9)`: log_det leaves a step out
   ok   samples          5.0e-01 >= 1.0e-06  p-value (tiny)
   FAIL gradients            inf >  0        a bad word
"""


def test_the_table() -> None:
    assert render_table(CERTIFICATE) == TABLE
    colored = render_table(CERTIFICATE, color=True)
    assert "\x1b[1;31mFAIL\x1b[0m" in colored
    assert "\x1b[31mbad" not in colored


def test_the_document() -> None:
    document = json.loads(render_json(CERTIFICATE))
    assert document["ok"] is False
    assert document["shrunk"][1] == {"line": 4, "what": "width", "before": "64", "after": "12"}
    assert document["results"][2] == {
        "name": "log-determinant",
        "ok": False,
        "measured": 0.69,
        "tolerance": 1e-8,
        "comparison": "at most",
        "detail": "log_det leaves a step out",
        "node": "coupling.2 (line 9)",
        "version": "spec",
    }
    assert document["results"][4]["measured"] is None


def test_failures_decide() -> None:
    assert not CERTIFICATE.ok
    assert [result.name for result in CERTIFICATE.failures] == ["log-determinant", "gradients"]
    assert Certificate("x", CERTIFICATE.results[:2]).ok


def verify(tmp_path: Path, body: str, *args: str) -> tuple[int, str, str]:
    path = tmp_path / "subject.yaml"
    path.write_text(HEAD + body)
    out, err = io.StringIO(), io.StringIO()
    code = Command(io.StringIO(), out, err, {}).main(["verify", os.fspath(path), *args])
    return code, out.getvalue(), err.getvalue()


def test_the_command(tmp_path: Path) -> None:
    code, out, err = verify(tmp_path, SPECS["toy"], "--seed", "3")
    assert (code, err) == (0, "")
    assert out.startswith("verified ")
    assert "seed 3" in out
    assert "   ok   log-determinant" in out
    code, out, _ = verify(tmp_path, SPECS["histogram"], "--format", "json", "--full")
    assert (code, json.loads(out)["ok"]) == (0, True)


def test_specs_that_are_no_models(tmp_path: Path) -> None:
    code, out, _ = verify(tmp_path, "x: {shape: [2], values: real}\nflow: [tanh]\nbase: normal\n")
    assert code == 1
    assert "FS312" in out
    code, out, _ = verify(tmp_path, "x: 3\n", "--format", "json")
    assert code == 1
    assert json.loads(out)["diagnostics"]
    out_stream = io.StringIO()
    assert Command(io.StringIO(), out_stream, io.StringIO(), {}).main(["verify", "nowhere.yaml"]) == 2
    assert verify(tmp_path, SPECS["toy"], "--seed", "-3")[0] == 2


def test_a_fault_makes_the_command_fail(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from flowspec.compiler import Report

    source = Report.source
    monkeypatch.setattr(Report, "source", lambda self: source(self).replace("s.exp() + t, s", "s.exp() + t, 2 * s"))
    code, out, _ = verify(tmp_path, SPECS["toy"])
    assert code == 1
    assert "FAIL log-determinant" in out
    assert "`coupling.1 (line 5) and 2 more`" in out
