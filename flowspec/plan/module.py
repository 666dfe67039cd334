"""What the classes of one module share: their names, their literals, and the memory of what was made already."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import groupby
from typing import Any

from flowspec.plan.code import Attribute, ClassPlan, Construct, Listed, Run
from flowspec.plan.literals import Literals
from flowspec.plan.names import Namer, camel, numbered, word_of
from flowspec.plan.schedule import Schedule


@dataclass
class Module:
    """The module under construction. Classes stand in `classes` after those that they use."""

    root: str
    classes: list[ClassPlan] = field(default_factory=list)
    literals: Literals = field(default_factory=Literals)
    schedules: list[Schedule] = field(default_factory=list)
    foreign: frozenset[str] = frozenset()  # class names that mean something else already
    names: Namer = field(init=False)
    _made: dict[Hashable, Any] = field(default_factory=dict)
    _keep: list[Any] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names = Namer(self.foreign)

    def once(self, key: Hashable, make: Callable[[], Any], *alive: Any) -> Any:
        """What `make` gives, made once for each key; `alive` are objects whose identity is part of the key."""
        if key not in self._made:
            self._made[key] = make()
            self._keep.extend(alive)
        return self._made[key]

    def wanted(self, label: str, ending: str = "") -> str:
        """The class name that a label from the spec asks for."""
        name = camel(word_of(label.replace(".", "_")) or "part") + ending
        return f"{name}Block" if name in self.foreign else name

    def class_name(self, label: str) -> str:
        """A class name that is not taken; `label` may come from the spec."""
        return self.names.fresh(self.wanted(label))

    def add(self, plan: ClassPlan) -> str:
        """Keeps a class that has its name; returns it."""
        self.classes.append(plan)
        return plan.name

    def share(self, plan: ClassPlan, label: str, ending: str = "") -> str:
        """Keeps a class without a name, unless there is one like it but for the lines of the spec; returns the name."""
        unplaced = replace(plan, attributes=tuple(replace(a, line=0, used=False) for a in plan.attributes))
        wanted = self.wanted(label, ending)

        def new() -> str:
            self.classes.append(replace(plan, name=self.names.fresh(wanted), label=wanted))
            return self.classes[-1].name

        name: str = self.once(("class", label, repr(unplaced)), new)
        return name


FEW = 8  # modules that are written out one by one where they differ


def listed(constructs: Sequence[Construct]) -> Listed:
    """A list of modules written as short as it can be: one module many times, a few in turn, or runs."""
    n = len(constructs)
    for period in (2, 3, 4):
        turns = n > FEW and n % period == 0 and all(constructs[k] == constructs[k % period] for k in range(n))
        if turns and len(set(map(repr, constructs))) > 1:
            return Listed((Run(tuple(constructs[:period]), n // period),))
    return Listed(tuple(Run((c,), len(tuple(same))) for c, same in groupby(constructs)))


def with_names(pending: Iterable[Attribute], taken: Iterable[str] = ()) -> tuple[Attribute, ...]:
    """The attributes with numbers where several want one name."""
    wanted = list(pending)
    found = numbered([a.name for a in wanted], taken)
    return tuple(Attribute(name, a.value, a.line, a.used) for name, a in zip(found, wanted, strict=True))
