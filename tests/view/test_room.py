"""The room itself: what it may import, and what it must not load."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import flowspec.view

ROOM = Path(flowspec.view.__file__).parent
ALLOWED = ("flowspec.order", "flowspec.graph", "flowspec.passes", "flowspec.diagnostics", "flowspec.view")


def test_arrows() -> None:
    for path in ROOM.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            names = [node.module] if isinstance(node, ast.ImportFrom) else []
            names += [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
            for name in names:
                assert not (name or "").startswith("flowspec.") or str(name).startswith(ALLOWED), (path.name, name)


def test_no_picture_loads_torch(tmp_path: Path) -> None:
    spec = tmp_path / "a.yaml"
    spec.write_text(
        "flowspec: 1\nname: a\nx: {shape: [1, 6, 6], values: binary}\norder: raster\n"
        "net: [{conv: 4, kernel: 3}, relu]\nhead: bernoulli\n",
        encoding="utf-8",
    )
    code = """
import sys
sys.modules['torch'] = None
from flowspec.cli import main
for command, node in (('mask', 'conv.1'), ('field', 'model')):
    assert main([command, 'a.yaml']) == 0
    for suffix in ('svg', 'html', 'json', 'npy'):
        assert main([command, 'a.yaml', node, '-o', 'out.' + suffix]) == 0
"""
    done = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path, capture_output=True, text=True, check=False, encoding="utf-8",
        env={"PYTHONPATH": str(ROOM.parents[1]), "PYTHONIOENCODING": "utf-8", "PATH": ""},
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
