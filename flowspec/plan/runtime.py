"""The runtime as text: what it defines, and what each definition uses. Nothing of it is imported."""

from __future__ import annotations

import ast
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from types import MappingProxyType

FOLDER = Path(__file__).parent.parent / "runtime"


@dataclass(frozen=True, slots=True)
class Definition:
    """A class or function of the runtime: its source text, every name that it mentions, and the packages that it
    imports itself, which no other part of the runtime needs."""

    name: str
    place: tuple[str, int]
    text: str
    mentions: frozenset[str]
    packages: frozenset[str]


@lru_cache(maxsize=1)
def definitions() -> Mapping[str, Definition]:
    """Every class and function of the runtime by name, sorted by file and line."""
    found: dict[str, Definition] = {}
    for path in sorted(FOLDER.rglob("*.py")):
        text = path.read_text(encoding="utf-8")
        for node in ast.parse(text).body:
            if isinstance(node, ast.ClassDef | ast.FunctionDef):
                place = (path.relative_to(FOLDER).as_posix(), node.lineno)
                found[node.name] = Definition(node.name, place, _source(text, node), mentions(node), _packages(node))
    return MappingProxyType(found)


def _source(text: str, node: ast.ClassDef | ast.FunctionDef) -> str:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    return "\n".join(text.splitlines()[first - 1 : node.end_lineno])


def _packages(node: ast.AST) -> frozenset[str]:
    found = [n.module for n in ast.walk(node) if isinstance(n, ast.ImportFrom) and n.module]
    return frozenset(name.partition(".")[0] for name in found)


def mentions(node: ast.AST) -> frozenset[str]:
    """The names that a piece of code reads."""
    return frozenset(n.id for n in ast.walk(node) if isinstance(n, ast.Name))


def needed(names: Iterable[str]) -> list[Definition]:
    """The definitions behind some names, each after those that it uses; the same set gives the same list."""
    table = definitions()
    found: dict[str, Definition] = {}

    def visit(name: str) -> None:
        if name not in table or name in found:
            return
        open_names.add(name)
        for other in sorted(table[name].mentions - open_names, key=lambda n: table[n].place if n in table else ("", 0)):
            visit(other)
        found[name] = table[name]

    open_names: set[str] = set()
    for name in sorted({n for n in names if n in table}, key=lambda n: table[n].place):
        visit(name)
    return list(found.values())
