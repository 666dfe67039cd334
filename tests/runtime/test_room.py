"""The room itself: its source is copied into emitted files, class by class, so it keeps to a few rules."""

from __future__ import annotations

import ast
from pathlib import Path

import flowspec.runtime

FILES = sorted(Path(flowspec.runtime.__file__).parent.rglob("*.py"))
ALLOWED = {
    "import torch",
    "from torch import nn",
    "from torch.nn import functional as F",
    "import math",
    "import hashlib",
    "import warnings",
    "from __future__ import annotations",
}


def statements() -> list[tuple[Path, ast.stmt]]:
    return [(path, node) for path in FILES if path.name != "__init__.py" for node in ast.parse(path.read_text()).body]


def test_only_torch_and_this_room_are_imported() -> None:
    for path, node in statements():
        if isinstance(node, ast.Import | ast.ImportFrom):
            own = isinstance(node, ast.ImportFrom) and (node.module or "").startswith("flowspec.runtime.")
            assert own or ast.unparse(node) in ALLOWED, f"{path.name}: {ast.unparse(node)}"


def test_another_package_is_imported_where_it_is_used() -> None:
    """Adaptive ODE solvers come from torchdiffeq; no other model needs it."""
    inner = {}
    for path, node in statements():
        for part in ast.walk(node):
            if part is not node and isinstance(part, ast.Import | ast.ImportFrom):
                inner[path.name] = ast.unparse(part)
    assert inner == {"ode.py": "from torchdiffeq import odeint, odeint_adjoint"}


def test_nothing_happens_on_import() -> None:
    for path, node in statements():
        text = isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)
        kinds = ast.Import | ast.ImportFrom | ast.ClassDef | ast.FunctionDef
        assert text or isinstance(node, kinds), f"{path.name}:{node.lineno}"


def test_names_are_unique_and_documented() -> None:
    named = [node for _, node in statements() if isinstance(node, ast.ClassDef | ast.FunctionDef)]
    names = [node.name for node in named]
    assert len(names) == len(set(names))
    assert all(ast.get_docstring(node) for node in named)
    assert set(flowspec.runtime.__all__) <= set(names)
