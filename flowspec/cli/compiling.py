"""What the command line asks of the compiler, which is imported only by the commands that compile."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from flowspec.diagnostics import Finding

PUBLIC_FACTS = (
    "variables",
    "exact",
    "likelihood",
    "density_steps",
    "sampling_steps",
    "parameters",
    "context_allowed",
    "context_missing",
    "context_blind",
)


class Report(Protocol):
    """What came of one spec."""

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong; warnings may be there."""

    @property
    def diagnostics(self) -> Sequence[Finding]:
        """Everything found, in any order."""

    @property
    def facts(self) -> Any:
        """A frozen dataclass of what was proved; None when the spec was not understood."""

    @property
    def sources(self) -> Mapping[str, str]:
        """The text of every file that was read, by the name that spans give it."""

    def summary_lines(self) -> Sequence[str]:
        """What was proved and what it costs, for people."""

    def dump(self, stage: str) -> str:
        """The tree, graph, facts, plan or source of the spec; empty when it did not get that far."""

    def source(self, link: bool = False) -> str:
        """The emitted module; only of a spec that is ok."""


def analyse(name: str, text: str | None = None) -> Report:
    """Compile a file, or a text under a file's name, as far as it goes."""
    from flowspec.compiler import analyse as compiled

    return compiled(name, text)


def public_facts(report: Report | None) -> dict[str, Any] | None:
    """The facts that other programs may rely on; the rest of them may change."""
    if report is None or report.facts is None:
        return None
    facts = {field.name: getattr(report.facts, field.name) for field in dataclasses.fields(report.facts)}
    return {name: facts[name] for name in PUBLIC_FACTS}
