"""Small harms done to specs: to the text, and to the tree behind it."""

from __future__ import annotations

import copy
import random
from collections.abc import Callable
from typing import Any

ODD: tuple[Any, ...] = (
    None, True, False, -1, 0, 1, 2**31, 2**40, 1e9, 0.5, -0.0, "", " ", "x", "in", "base", "normal", "relu", "linear",
    "coupling", "raster", "$x", "$width", "$", "2*$p", "$p // 0", "not half", "r.3", "r.0", "a.b.c", "r.99999999999999",
    "x; import os", "naïve", "class", "torch", "forward", [], {}, [[]], [1, 2, 3], ["a", 0, None], {"x": "x"},
    {"linear": 2**31}, {"repeat": 10_000, "do": []}, {"repeat": 10**9, "do": ["relu"]}, {"random": 10**9},
    {"conv": 2, "kernel": 10**6}, {"given": "label"}, {"in": 0}, {"for": {"i": [1] * 500, "j": [1] * 500}, "do": ["relu"]},
    {"chain": ["relu", {"chain": ["relu"]}]}, {"block": "gated"}, {"add": [0, 0]}, {"split": "half"},
    {"coupling": {"keep": [0], "net": "st"}, "times": 10**9}, {"flow": ["affine"], "base": "normal"}, {"head": "normal"},
)  # fmt: skip

Step = Callable[[random.Random, Any], None]


def harm(tree: Any, source: random.Random) -> Any:
    """A copy of the tree with one to four things wrong (or, by luck, right)."""
    result = copy.deepcopy(tree)
    for _ in range(source.randint(1, 4)):
        container, key = _place(result, source)
        source.choice(STEPS)(source, (container, key, result))
    return result


def harm_text(text: str, source: random.Random) -> str:
    """The text with pieces dropped, doubled, swapped or put in."""
    for _ in range(source.randint(1, 5)):
        i, j = sorted((source.randint(0, len(text)), source.randint(0, len(text))))
        j = min(j, i + source.choice((1, 1, 2, 5, 30)))
        piece = source.choice(("", text[i:j] * 2, text[i:j][::-1], source.choice(PIECES), text[j : j + 9]))
        text = text[:i] + piece + text[j:]
    return text


PIECES = (
    "{",
    "}",
    "[",
    "]",
    ":",
    ": ",
    ", ",
    "\n",
    "- ",
    "$",
    "*a",
    "&a ",
    "!!int ",
    "#",
    "null",
    "é",
    "0",
    "9" * 30,
    "'",
)


def _places(node: Any) -> list[tuple[Any, Any]]:
    found: list[tuple[Any, Any]] = []
    stack = [node]
    while stack:
        item = stack.pop()
        keys = item.keys() if isinstance(item, dict) else range(len(item)) if isinstance(item, list) else ()
        for key in keys:
            found.append((item, key))
            stack.append(item[key])
    return found


def _place(tree: Any, source: random.Random) -> tuple[Any, Any]:
    return source.choice(_places(tree) or [({"x": 0}, "x")])


def _drop(source: random.Random, at: Any) -> None:
    container, key, _ = at
    del container[key]


def _odd(source: random.Random, at: Any) -> None:
    container, key, _ = at
    container[key] = copy.deepcopy(source.choice(ODD))


def _rename(source: random.Random, at: Any) -> None:
    container, key, _ = at
    if isinstance(container, dict):
        new = source.choice(("x", "in", "name", "times", "given", "do", f"{key}e", "relu", "é", "knows", "out", "mask"))
        entries = [(new if k == key else k, v) for k, v in container.items()]
        container.clear()
        container.update(entries)


def _double(source: random.Random, at: Any) -> None:
    container, key, _ = at
    if isinstance(container, list):
        container.insert(key, copy.deepcopy(container[key]))
    else:
        container[f"{key}2"] = copy.deepcopy(container[key])


def _swap(source: random.Random, at: Any) -> None:
    container, key, tree = at
    other, there = _place(tree, source)
    first, second = copy.deepcopy(container[key]), copy.deepcopy(other[there])
    container[key], other[there] = second, first


def _nest(source: random.Random, at: Any) -> None:
    container, key, _ = at
    word = source.choice(("chain", "residual", "do", "net", "x", "in", "coupling", "base"))
    container[key] = source.choice((lambda v: [v], lambda v: {word: v}, lambda v: [[v]]))(container[key])


STEPS: tuple[Step, ...] = (_drop, _odd, _odd, _rename, _double, _swap, _nest)
