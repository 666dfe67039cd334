"""The rooms of the code and the arrows between them (design section 6), read from the imports themselves."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path

import pytest

import flowspec

ROOT = Path(flowspec.__file__).parent
PIPELINE = {"compiler", "dump", "__init__", "__main__"}  # the stages in a row: may see every room

ARROWS: dict[str, set[str]] = {
    "diagnostics": set(),
    "order": set(),
    "runtime": set(),
    "syntax": {"diagnostics"},
    "graph": {"diagnostics", "order"},
    "ops": {"graph"},
    "passes": {"syntax", "ops"},
    "plan": {"passes"},
    "emit": {"plan"},
    "view": {"order", "graph", "passes"},
    "train": {"runtime"},
    "verify": {"passes", "emit", *PIPELINE},
}
BEFORE_TORCH = ("diagnostics", "order", "syntax", "graph", "ops", "passes", "plan", "view")
FILES = sorted(ROOT.rglob("*.py"))


@lru_cache
def tree(path: Path) -> ast.Module:
    return ast.parse(path.read_text())


def room(path: Path) -> str:
    """The room of a file; the file's own name at the top."""
    first = path.relative_to(ROOT).parts[0]
    return first.removesuffix(".py")


def reachable(name: str) -> set[str]:
    """The rooms below a room: what its arrows lead to, and theirs."""
    found: set[str] = set()
    waiting = list(ARROWS.get(name, ()))
    while waiting:
        below = waiting.pop()
        if below not in found:
            found.add(below)
            waiting.extend(ARROWS.get(below, ()))
    return found


def imports(path: Path) -> Iterator[tuple[str, int]]:
    """Every module that a file imports, wherever in the file, with its line."""
    package = ".".join(path.relative_to(ROOT.parent).parts[:-1])
    for node in ast.walk(tree(path)):
        if isinstance(node, ast.Import):
            yield from ((alias.name, node.lineno) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package.split(".")[: len(package.split(".")) - node.level + 1]) if node.level else ""
            module = ".".join(part for part in (base, node.module) if part)
            yield from ((f"{module}.{alias.name}", node.lineno) for alias in node.names)


def rooms_imported(path: Path) -> Iterator[tuple[str, int]]:
    for module, line in imports(path):
        parts = module.split(".")
        if parts[0] == "flowspec":
            inside = len(parts) > 1 and (parts[1] in PIPELINE or (ROOT / parts[1]).is_dir())
            yield (parts[1] if inside else "__init__"), line


def test_every_room_is_drawn() -> None:
    assert {room(path) for path in FILES} == set(ARROWS) | PIPELINE | {"cli"}


@pytest.mark.parametrize("name", sorted(ARROWS))
def test_arrows_between_rooms(name: str) -> None:
    allowed = reachable(name) | {name}
    for path in FILES:
        if room(path) == name:
            for other, line in rooms_imported(path):
                where = f"{path.relative_to(ROOT)}:{line}"
                assert other in allowed, f"{where} imports {other}: {name} may see {sorted(allowed)}"


def test_the_arrows_have_no_circle() -> None:
    assert all(name not in reachable(name) for name in ARROWS)


@pytest.mark.parametrize("name", BEFORE_TORCH)
def test_no_room_before_the_runtime_knows_torch(name: str) -> None:
    for path in FILES:
        if room(path) == name:
            assert not [m for m, _ in imports(path) if m.split(".")[0] in ("torch", "safetensors")], path.name


def _last(node: ast.expr) -> str:
    return node.attr if isinstance(node, ast.Attribute) else node.id if isinstance(node, ast.Name) else ""


ASKED = ("op", "head", "family", "transform")  # what holds an op


def _asks_for_a_name(node: ast.Compare) -> bool:
    """Whether the name of an op is compared with a text: `node.op.name == "conv"`, `op.name in (...)`."""
    sides = [node.left, *node.comparators]
    named = [s for s in sides if isinstance(s, ast.Attribute) and s.attr == "name" and _last(s.value) in ASKED]
    texts = [c for s in sides for c in ast.walk(s) if isinstance(c, ast.Constant) and isinstance(c.value, str)]
    return bool(named) and bool(texts)


@pytest.mark.parametrize("name", ["passes", "plan", "emit", "view", "dump"])
def test_no_pass_asks_for_the_name_of_an_op(name: str) -> None:
    """An op declares what passes need to know; a pass that asks for its name has to change with every new op."""
    for path in FILES:
        if room(path) == name:
            asking = [n.lineno for n in ast.walk(tree(path)) if isinstance(n, ast.Compare) and _asks_for_a_name(n)]
            assert not asking, f"{path.relative_to(ROOT)}: lines {asking}"


# Longer than one sitting: each builds one thing with one state. They may shrink; they may not grow.
CEILINGS = {"passes/analysis.py": 365}


def test_files_can_be_read_in_one_sitting() -> None:
    lengths = {p.relative_to(ROOT).as_posix(): len(p.read_text().splitlines()) for p in FILES}
    long = {name: n for name, n in lengths.items() if n > CEILINGS.get(name, 300)}
    assert not long, long


def test_no_grab_bags_and_no_star_imports() -> None:
    for path in FILES:
        assert path.stem not in ("utils", "util", "helpers", "misc", "common"), path
        assert not any(module.endswith(".*") for module, _ in imports(path)), path


def test_prints_stand_in_the_command_line_alone() -> None:
    for path in FILES:
        calls = [n for n in ast.walk(tree(path)) if isinstance(n, ast.Call) and _last(n.func) == "print"]
        assert room(path) == "cli" or not calls, path


def test_every_file_says_what_it_is() -> None:
    for path in FILES:
        if path.read_text().strip():
            assert ast.get_docstring(tree(path)), path
