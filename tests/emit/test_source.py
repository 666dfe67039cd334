"""The text of emitted modules: what it holds, and what it never holds."""

from __future__ import annotations

import ast
import os
import re
import subprocess
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from flowspec.compiler import analyse
from flowspec.emit import load_class, source
from tests.emit.cases import CASES
from tests.emit.models import built, inputs, log_prob, report, text

GOLDENS = Path(__file__).parent / "goldens"
SHOWN = ("made_ensemble", "gated", "unet", "realnvp", "glow", "maf", "coarse", "hostile", "hilbert", "lookup", "multi")


@pytest.mark.parametrize("name", SHOWN)
def test_sources_read_as_blessed(name: str) -> None:
    """FLOWSPEC_BLESS=1 writes the files, which are there to be read."""
    found = source(replace(report(name).plan, version="0"), link=True)
    path = GOLDENS / f"{name}.txt"
    if os.environ.get("FLOWSPEC_BLESS"):
        path.write_text(found, encoding="utf-8")
    assert found == path.read_text(encoding="utf-8")


@pytest.mark.parametrize("name", CASES)
def test_files_are_formatted(name: str) -> None:
    for link in (False, True):
        lines = text(name, link).splitlines()
        assert all(len(line) <= 120 and line == line.rstrip() and line.isascii() for line in lines)
        compile(text(name, link), name, "exec")


def test_ruff_would_change_nothing(tmp_path: Path) -> None:
    for name in CASES:
        for link in (False, True):
            (tmp_path / f"{name}_{link}.py").write_text(text(name, link))
    command = [sys.executable, "-m", "ruff", "format", "--isolated", "--diff", "--line-length", "120", str(tmp_path)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout[:2000]


@pytest.mark.parametrize("name", CASES)
def test_a_module_holds_what_it_uses_and_no_more(name: str) -> None:
    tree = ast.parse(text(name))
    defined = [node.name for node in tree.body if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    assert len(defined) == len(set(defined))
    used = {n.id for n in ast.walk(tree) if isinstance(n, ast.Name)}
    model = type(built(name)).__name__
    assert set(defined) - used == {model}
    imported = {a.asname or a.name for n in tree.body if isinstance(n, ast.Import | ast.ImportFrom) for a in n.names}
    assert imported - {"annotations"} <= used
    assert "flowspec.runtime" not in text(name)


def test_a_module_stands_alone(tmp_path: Path) -> None:
    """Every file runs in an interpreter that cannot import flowspec."""
    shown = ("made_ensemble", "gated", "realnvp", "coarse", "lookup", "hilbert", "alarm")
    for name in shown:
        (tmp_path / f"{name}.py").write_text(text(name))
    code = f"""
import sys
sys.modules["flowspec"] = None
import torch
for name in {shown!r}:
    module = __import__(name)
    model = next(c for c in vars(module).values() if isinstance(c, type) and "SPEC_SHA256" in vars(c))
    torch.manual_seed(0)
    found = model()
    given = {{name: torch.zeros(2, dtype=torch.long) for name in model.GIVEN}}
    assert found(found.sample(2, **given), **given).shape == (2,)
print("stands")
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, env=_alone()
    )
    assert done.stdout.strip() == "stands", done.stderr[-2000:]


def _alone(seed: str = "0") -> dict[str, str]:
    kept = {k: v for k, v in os.environ.items() if k not in ("PYTHONPATH", "PYTHONHASHSEED")}
    return {**kept, "OMP_NUM_THREADS": "1", "PYTHONHASHSEED": seed}


def test_bytes_do_not_depend_on_the_process_and_emitting_imports_no_torch() -> None:
    code = """
import hashlib, sys
from tests.emit.cases import CASES
from flowspec.compiler import analyse
total = hashlib.sha256()
for name in CASES:
    report = analyse(f"{name}.yaml", CASES[name].lstrip())
    for link in (False, True):
        total.update(report.source(link=link).encode())
assert "torch" not in sys.modules
print(total.hexdigest())
"""
    root = Path(__file__).parents[2]
    env = [{**_alone(seed), "PYTHONPATH": str(root)} for seed in ("1", "2")]
    runs = [
        subprocess.run([sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=False, env=e)
        for e in env
    ]
    assert runs[0].returncode == 0, runs[0].stderr[-2000:]
    assert runs[0].stdout == runs[1].stdout


def test_what_the_spec_repeats_is_a_loop() -> None:
    assert "nn.ModuleList([Round() for _ in range(3)])" in text("pixelcnn_gray", True)
    assert "for block in self.blocks:\n            h = block(h)" in text("pixelcnn_gray", True)
    gated = text("gated", True)
    assert "self.vh = nn.ModuleList([GatedBlock() for _ in range(3)])" in gated
    assert "v, h = block(v, h, label)" in gated
    assert "self.vh_last = GatedLast()" in gated
    assert "for block, skip in zip(self.back, reversed(skips[:3]), strict=True):" in text("unet", True)
    assert "for step in reversed(self.coupling_steps_1):" in text("realnvp", True)
    assert "self.steps_1 = nn.ModuleList([Step() for _ in range(3)])" in text("glow", True)
    assert "for _ in range(5)" in text("manyturns", True)


def test_a_long_flow_is_a_short_file() -> None:
    spec = """flowspec: 1
name: long
x: {shape: [4], values: real}
flow: [{repeat: 1200, block: step}]
base: normal
blocks: {step: {flow: [actnorm, {reverse: {}}, {coupling: {keep: half, net: {mlp: [4]}}}]}}
"""
    found = analyse("long.yaml", spec).source(link=True)
    assert "nn.ModuleList([Step() for _ in range(1200)])" in found
    assert len(found.splitlines()) < 110


def test_equal_nets_share_a_class() -> None:
    found = text("realnvp", True)
    assert len(re.findall(r"^class ", found, re.MULTILINE)) == 3  # the residual block, the net, the model
    assert "class St(nn.Module)" in found
    assert "MaskCoupling(St(3, 6), ~checkerboard((3, 8, 8)), Affine())" in found


def test_nothing_of_the_users_text_reaches_the_source() -> None:
    spec = CASES["hostile"].lstrip().replace("name: hostile", "name: hostile  # '''; import os  # {0} \\")
    found = analyse("/tmp/'; import os", spec).source()
    assert "import os" not in found
    assert "/tmp" not in found
    free = analyse(
        "named.yaml",
        CASES["alarm"].lstrip().replace("[B, E, A, J, M]", '[\'x"""\', E, A, J, M]').replace("[B, E]", "[E]"),
    )
    assert free.ok
    assert 'x"""' not in free.source()


def test_masks_are_compared_with_what_was_proved() -> None:
    changed = text("made").replace("range(1, 7), ", "range(2, 8), ")
    assert changed != text("made")
    with pytest.raises(RuntimeError, match="not the one that was proved"):
        load_class(changed)()


def test_classes_are_found_again_and_show_their_lines() -> None:
    cls = load_class(text("made"))
    assert load_class(text("made")) is cls
    assert cls.__name__ == "Made"
    assert cls.__module__ in sys.modules
    model = built("made")
    x, given = inputs(model)
    with pytest.raises(TypeError, match="unknown context") as caught:
        log_prob(model, x, {**given, "y": x})
    shown = [str(entry.statement) for entry in caught.traceback]
    assert any("self.admit" in line for line in shown)
    with pytest.raises(ValueError, match="nothing holds 0 models"):
        load_class("import torch\n", "nothing")
