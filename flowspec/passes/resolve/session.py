"""What resolving shares: findings, limits and memo tables; and the scopes in which names mean something."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from flowspec.diagnostics import Finding, Fix, Label, Span, suggest
from flowspec.syntax.tree import Mapping, Node, Scalar

MAX_STEPS = 10_000


def fingerprint(finding: Finding) -> tuple[Any, ...]:
    """What makes two findings one: the code, the place, and the message but for its numbers, which loops change."""
    return (finding.code, finding.span, re.sub(r"-?[0-9][0-9,.]*", "#", finding.message))


class TooManyStepsError(Exception):
    """The spec unfolds into more steps than the limit; raised to leave every loop at once."""


@dataclass
class Session:
    """Findings of one run, each reported once for each place, and the number of steps unfolded so far."""

    findings: list[Finding] = field(default_factory=list)
    steps: int = 0
    memo: dict[Any, Any] = field(default_factory=dict)
    keep_alive: list[Any] = field(default_factory=list)
    used: set[Any] = field(default_factory=set)
    _seen: set[Any] = field(default_factory=set)

    def add(self, finding: Finding) -> None:
        """Keeps a finding unless the same code stands at the same place (a fault inside a loop)."""
        key = fingerprint(finding)
        if finding.span is None or key not in self._seen:
            self._seen.add(key)
            self.findings.append(finding)

    def report(self, code: str, message: str, span: Span, helps: str | tuple[str, ...] = (), **more: Any) -> None:
        """Makes a finding and keeps it."""
        lines = (helps,) if isinstance(helps, str) else tuple(helps)
        self.add(Finding(code, message, span, helps=tuple(h for h in lines if h), **more))

    def unknown_name(
        self, code: str, what: str, name: str, options: Any, span: Span, labels: tuple[Label, ...] = ()
    ) -> None:
        """A name that is not in a closed set, with the nearest one that is."""
        near = suggest(name, options)
        listed = ", ".join(f"`{o}`" for o in sorted(options)[:24])
        fix = Fix(span, near, safe=False) if near else None
        helps = f"did you mean `{near}`?" if near else (f"there are: {listed}" if listed else "there is none")
        self.report(code, f"there is no {what} called `{name}`", span, helps, fix=fix, labels=labels)

    def count_step(self, span: Span) -> None:
        """Counts one unfolded step. Raises TooManyStepsError past the limit, after reporting it."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            self.report(
                "FS105",
                f"the spec unfolds into more than {MAX_STEPS:,} steps",
                span,
                "lower the `repeat` and `times` counts",
            )
            raise TooManyStepsError


@dataclass(frozen=True, eq=False)
class Definition:
    """A net or a block as written, with the scope that its own names are looked up in."""

    name: str
    node: Node
    key: Scalar
    scope: Scope


@dataclass(frozen=True, eq=False)
class Scope:
    """The names of one document: numbers, nets and blocks. Loop variables and block variables are added by `with_vars`."""

    vars: dict[str, int | float] = field(default_factory=dict)
    nets: dict[str, Definition] = field(default_factory=dict)
    blocks: dict[str, Definition] = field(default_factory=dict)
    loops: dict[str, int | float] = field(default_factory=dict)

    def in_loop(self, values: dict[str, Any]) -> Scope:
        """The scope inside one round of a loop."""
        if not values:
            return self
        return replace(self, vars={**self.vars, **values}, loops={**self.loops, **values})

    def with_vars(self, extra: dict[str, Any]) -> Scope:
        return replace(self, vars={**self.vars, **extra}) if extra else self

    @property
    def key(self) -> tuple[Any, ...]:
        """What a memo of something read in this scope depends on."""
        return (id(self.nets), tuple(sorted(self.vars.items())))


def is_mapping(node: Node | None) -> bool:
    return isinstance(node, Mapping)
