"""What resolving shares: findings, limits and memo tables; and the scopes in which names mean something."""

from __future__ import annotations

import re
from dataclasses import dataclass, field, replace
from typing import Any

from flowspec.diagnostics import Finding, Fix, Label, Span, suggest
from flowspec.syntax.tree import Mapping, Node, Scalar, site, walk

MAX_STEPS = 10_000  # ops in the spec as unfolded
MAX_VISITS = 100_000  # steps looked at while unfolding, those that come to nothing among them


def fingerprint(finding: Finding) -> tuple[Any, ...]:
    """What makes two findings one: the code, the place, and the message but for its numbers, which loops change."""
    return (finding.code, finding.span, re.sub(r"-?[0-9][0-9,.]*", "#", finding.message))


class TooManyStepsError(Exception):
    """The spec unfolds into more steps than the limit; raised to leave every loop at once."""


@dataclass
class Session:
    """Findings of one run, each kept once for each place, and the number of steps unfolded so far.

    `used` are the definitions that were unfolded; `given_up` the parts of the spec that were not read to their end,
    because something in them failed: what they mention may be in use as well. `doubtful` are steps that say two things.
    """

    findings: list[Finding] = field(default_factory=list)
    steps: int = 0
    visits: int = 0
    memo: dict[Any, Any] = field(default_factory=dict)
    used: set[Definition] = field(default_factory=set)
    given_up: list[Node] = field(default_factory=list)
    doubtful: set[Node] = field(default_factory=set)
    flows: int = 0
    _seen: set[Any] = field(default_factory=set)

    def add(self, finding: Finding) -> None:
        """Keeps a finding unless the same was said of the same place (a fault inside a loop)."""
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
    ) -> str | None:
        """Reports a name that is not in a closed set; the nearest one that is."""
        near = suggest(name, options)
        listed = ", ".join(f"`{o}`" for o in sorted(options)[:24])
        fix = Fix(span, near, safe=False) if near else None
        helps = f"did you mean `{near}`?" if near else (f"there are: {listed}" if listed else "there is none")
        self.report(code, f"there is no {what} called `{shortened(name)}`", span, helps, fix=fix, labels=labels)
        return near

    def check_keys(self, code: str, what: str, node: Mapping, legal: tuple[str, ...]) -> frozenset[str]:
        """Reports the keys of a mapping that are not legal; the legal ones that were probably meant."""
        meant = set()
        for entry in node.entries:
            if entry.key.text not in legal:
                meant.add(self.unknown_name(code, what, entry.key.text, legal, site(entry.key)))
                self.give_up(entry.value)
        return frozenset(word for word in meant if word is not None)

    def give_up(self, *nodes: Node | None) -> None:
        """Notes parts of the spec that are not read to their end."""
        self.given_up.extend(node for node in nodes if node is not None)

    def mentioned(self) -> frozenset[str]:
        """Every word in what was given up."""
        return frozenset(n.text for node in self.given_up for n in walk(node) if isinstance(n, Scalar))

    def count_step(self, span: Span) -> None:
        """Counts one unfolded step. Raises TooManyStepsError past the limit, after reporting it."""
        self.steps += 1
        if self.steps > MAX_STEPS:
            self._too_many(span)

    def number_flow(self) -> int:
        """A number for one more flow."""
        self.flows += 1
        return self.flows

    def count_visit(self, span: Span) -> None:
        """Counts one look at a step, or one round of a loop. Raises TooManyStepsError past the limit."""
        self.visits += 1
        if self.visits > MAX_VISITS:
            self._too_many(span)

    def _too_many(self, span: Span) -> None:
        self.report(
            "FS105",
            f"the spec unfolds into more than {MAX_STEPS:,} steps",
            span,
            "lower the counts of `repeat`, `for` and `times`",
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
    """The names of one document: numbers, nets and blocks.

    `loops` are the variables of the loops around; `unknown` are variables whose values failed, and `unread` the names of
    documents that could not be read: what depends on them is unknown and stays silent.
    """

    vars: dict[str, int | float] = field(default_factory=dict)
    nets: dict[str, Definition] = field(default_factory=dict)
    blocks: dict[str, Definition] = field(default_factory=dict)
    loops: dict[str, int | float] = field(default_factory=dict)
    unknown: frozenset[str] = frozenset()
    unread: frozenset[str] = frozenset()

    def in_loop(self, values: dict[str, Any]) -> Scope:
        """The scope inside one round of a loop."""
        return self.with_vars(values, loop=True) if values else self

    def with_vars(self, extra: dict[str, Any], loop: bool = False) -> Scope:
        """The scope with more variables; None is a value that failed."""
        known = {name: value for name, value in extra.items() if value is not None}
        unknown = frozenset(self.unknown - known.keys() | (extra.keys() - known.keys()))
        loops = {**self.loops, **known} if loop else self.loops
        return replace(self, vars={**self.vars, **known}, loops=loops, unknown=unknown)

    def is_unread(self, name: str) -> bool:
        """Whether a name would come from a document that could not be read."""
        return name.partition(".")[0] in self.unread

    @property
    def key(self) -> tuple[Any, ...]:
        """What a memo of something read in this scope depends on."""
        return (id(self.nets), tuple(sorted(self.vars.items())), self.unknown)


def shortened(text: str) -> str:
    """A name as messages quote it."""
    return text if len(text) <= 60 else f"{text[:57]}..."
