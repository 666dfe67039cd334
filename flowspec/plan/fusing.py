"""Expressions inside each other: a value without a name of its own goes into the step that reads it."""

from __future__ import annotations

import ast
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from flowspec.plan.steps import SLOT, Item, Key, Result, Step, slots

NESTED = 2  # calls inside each other that still read well
WIDTH = 88


def fuse(items: Sequence[Item]) -> list[Item]:
    """Moves each value that is read once, by the step right after it, into that step."""
    reads = Counter(key for item in items for key in item.uses)
    out: list[Item] = []
    for item in items:
        last = item
        while out and isinstance(last, Step | Result) and (joined := _join(out[-1], last, reads)) is not None:
            out.pop()
            last = joined
        out.append(last)
    return out


def _join(first: Item, then: Step | Result, reads: Counter[Key]) -> Step | Result | None:
    if not isinstance(first, Step) or not first.fuses or len(first.defs) != 1 or first.extra or first.after:
        return None
    if isinstance(then, Step) and (not then.fuses or then.extra):
        return None
    made = first.defs[0]
    alone = isinstance(then, Result) and then.text == "{0}"
    if (made.want and not alone) or reads[made.key] != 1 or made.key not in then.uses:
        return None
    slot = then.uses.index(made.key)
    if slots(then.text).count(slot) != 1 or not (_is_argument(then.text, slot) or _is_atom(first.text)):
        return None
    text, uses = _inline(then.text, then.uses, slot, first)
    if _depth(text) > NESTED or len(text) > WIDTH:
        return None
    return replace(then, text=text, uses=uses)


def _inline(text: str, uses: tuple[Key, ...], slot: int, first: Step) -> tuple[str, tuple[Key, ...]]:
    """The slot replaced by the first step's text; slots are numbered again in writing order."""
    shifted = SLOT.sub(lambda m: f"{{{int(m[1]) + len(uses)}}}", first.text)
    whole = SLOT.sub(lambda m: shifted if int(m[1]) == slot else m[0], text)
    every = (*uses, *first.uses)
    order = list(dict.fromkeys(every[n] for n in slots(whole)))
    return SLOT.sub(lambda m: f"{{{order.index(every[int(m[1])])}}}", whole), tuple(order)


def _tree(text: str) -> ast.expr:
    return ast.parse(SLOT.sub(r"_\1_", text), mode="eval").body


def _is_atom(text: str) -> bool:
    return isinstance(_tree(text), ast.Call | ast.Name | ast.Attribute | ast.Subscript)


def _is_argument(text: str, slot: int) -> bool:
    """Whether any expression may stand in the slot as it is: as an argument of a call, or alone."""
    tree, name = _tree(text), f"_{slot}_"
    if isinstance(tree, ast.Name):
        return True
    calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
    return any(isinstance(arg, ast.Name) and arg.id == name for call in calls for arg in call.args)


def _depth(text: str) -> int:
    """How deep calls stand inside the arguments of calls."""

    def depth(node: ast.AST) -> int:
        if isinstance(node, ast.Call):
            inside = max((depth(arg) for arg in [*node.args, *(k.value for k in node.keywords)]), default=0)
            return max(1 + inside, depth(node.func))
        return max((depth(child) for child in ast.iter_child_nodes(node)), default=0)

    return depth(_tree(text))
