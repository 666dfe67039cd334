"""Method bodies: the names of values, and the statements that steps become.

Steps are named in one sweep that knows when each value is read for the last time, so a variable is only overwritten
when nobody needs it any more.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from flowspec.plan.code import Assign, Do, For, Return, Statement
from flowspec.plan.fusing import fuse
from flowspec.plan.steps import Def, Item, Key, Loop, Result, Shape, Step, fill

ANONYMOUS = ("h", "r", "s", "t", "u", "w")


def write(items: Sequence[Item], parameters: Iterable[tuple[Key, str, Shape | None]]) -> tuple[Statement, ...]:
    """The statements of a body; `parameters` are the values that are there at its start, with names and shapes."""
    return _Writer(fuse(items), parameters).run()


class _Writer:
    def __init__(self, items: Sequence[Item], parameters: Iterable[tuple[Key, str, Shape | None]]) -> None:
        self.items = items
        self.names: dict[Key, str] = {}
        self.shapes: dict[Key, Shape | None] = {}
        self.holder: dict[str, Key] = {}
        self.last: dict[Key, int] = {key: t for t, item in enumerate(items) for key in item.uses}
        self.reserved: set[str] = set()
        for key, name, shape in parameters:
            self._hold(key, name, shape)

    def run(self) -> tuple[Statement, ...]:
        found: list[Statement] = []
        for t, item in enumerate(self.items):
            if isinstance(item, Result):
                found.append(Return(self._filled(item.text, item.uses), self._comment(item.shape, item.uses)))
            elif isinstance(item, Step):
                found.extend(self._step(t, item))
            else:
                found.extend(self._loop(t, item))
        return tuple(found)

    def _step(self, t: int, step: Step) -> list[Statement]:
        value = self._filled(step.text, step.uses)
        comment = self._comments([made.shape for made in step.defs], step.uses)
        targets = self._targets(t, step.defs, step.extra)
        return [Assign(targets, value, comment), *step.after]

    def _targets(self, t: int, defs: Iterable[Def], extra: tuple[str, ...]) -> str:
        return ", ".join([*(self._define(t, made) for made in defs), *extra])

    def _filled(self, text: str, uses: Sequence[Key]) -> str:
        return fill(text, [self.names[key] for key in uses])

    def _comment(self, shape: Shape | None, uses: Sequence[Key]) -> str:
        """The shape, where it is not that of what the expression reads first."""
        before = self.shapes.get(uses[0]) if uses else None
        if shape is None or shape == before:
            return ""
        return f"(B, {', '.join(map(str, shape))})"

    def _comments(self, shapes: Sequence[Shape | None], uses: Sequence[Key]) -> str:
        """The shapes of several values, once where they are equal."""
        found = [self._comment(shape, uses) for shape in shapes]
        return ", ".join(dict.fromkeys(found)) + (
            " each" if len(found) > 1 and len(set(found)) == 1 and found[0] else ""
        )

    def _define(self, t: int, made: Def) -> str:
        name = self._free_name(t, made)
        self._hold(made.key, name, made.shape)
        return name

    def _hold(self, key: Key, name: str, shape: Shape | None) -> None:
        self.names[key], self.shapes[key], self.holder[name] = name, shape, key

    def _is_free(self, t: int, name: str) -> bool:
        """Whether nobody reads what the variable holds after step t."""
        return name not in self.reserved and (name not in self.holder or self.last.get(self.holder[name], -1) <= t)

    def _free_name(self, t: int, made: Def) -> str:
        first = [made.want] if made.want else list(ANONYMOUS)
        found = next((name for name in first if self._is_free(t, name)), None)
        k = 2
        while found is None:
            name = f"{first[0]}_{k}"
            found, k = (name if self._is_free(t, name) else None), k + 1
        return found

    # --- loops -----------------------------------------------------------------------------------------------------------

    def _loop(self, t: int, loop: Loop) -> list[Statement]:
        before: list[Statement] = []
        names = [self.names.get(key, "") for key in loop.uses]
        outputs = {o: self._state(t, loop, o, i, names, before) for o, i in loop.states}
        for place, item, _ in loop.zipped:
            names[place] = item
        for _, made in loop.lists:
            before.append(Assign(self._define(t, made), "[]"))
        targets = [outputs[o] if o in outputs else self._define(t, made) for o, made in enumerate(loop.defs)]
        for o, _ in loop.states:
            self._hold(loop.defs[o].key, outputs[o], loop.defs[o].shape)
        append = [Do(f"{self.names[made.key]}.append({targets[o]})") for o, made in loop.lists]
        call = Assign(", ".join([*targets, *loop.extra]), fill(loop.text, names))
        return [*before, For(*self._over(loop), (call, *append, *loop.after))]

    def _over(self, loop: Loop) -> tuple[str, str]:
        if not loop.zipped:
            return loop.item, loop.items
        lists = [fill(over, [self.names[loop.uses[place]]]) for place, _, over in loop.zipped]
        return ", ".join(
            [loop.item, *(item for _, item, _ in loop.zipped)]
        ), f"zip({', '.join([loop.items, *lists])}, strict=True)"

    def _state(self, t: int, loop: Loop, output: int, place: int, names: list[str], before: list[Statement]) -> str:
        """The variable that carries a state around: the one that holds it at the start, if nobody else needs that."""
        start = loop.uses[place]
        if self.last[start] <= t and loop.uses.count(start) == 1:
            return names[place]
        made = loop.defs[output]
        name = self._free_name(t, made if made.want not in names else replace(made, want=""))
        before.append(Assign(name, names[place]))
        self._hold(made.key, name, made.shape)
        names[place] = name
        return name
