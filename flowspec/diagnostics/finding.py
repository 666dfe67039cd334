"""Findings: what a check says, as values. A raised exception is a bug of ours, never a user's mistake."""

from __future__ import annotations

from dataclasses import dataclass

from flowspec.diagnostics.catalog import CATALOG, Severity
from flowspec.diagnostics.place import Span


@dataclass(frozen=True, slots=True)
class Label:
    """Another place that a finding points at, and what there is to say about it."""

    span: Span
    text: str


@dataclass(frozen=True, slots=True)
class Fix:
    """An edit that removes the finding: `replacement` goes where `span` is.

    `safe` means that the model which the author meant stays the same.
    """

    span: Span
    replacement: str
    safe: bool


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing wrong, or worth knowing, in a spec.

    Attributes:
        code: a code of the catalog, such as "FS401"; it fixes the severity and the name.
        message: one line that stands alone, naming things in backquotes.
        span: the primary place; None when the finding is about no place (an unreadable file, say).
        label: what to write under the primary span.
        labels: the other places involved.
        trace: the steps of a witness, in order.
        stops: where each step of the trace stands, if it stands anywhere; empty when nobody said.
        notes: further facts, one a line.
        helps: what to do instead, one proposal a line.
        fix: an edit that a tool can apply.
        node: the id of the step or value concerned ("coupling.1", "out"), for tools.

    Raises:
        ValueError: when the code is not in the catalog.
    """

    code: str
    message: str
    span: Span | None
    label: str = ""
    labels: tuple[Label, ...] = ()
    trace: tuple[str, ...] = ()
    stops: tuple[Span | None, ...] = ()
    notes: tuple[str, ...] = ()
    helps: tuple[str, ...] = ()
    fix: Fix | None = None
    node: str = ""

    def __post_init__(self) -> None:
        if self.code not in CATALOG:
            raise ValueError(f"{self.code} has no row in diagnostics/catalog.py")

    @property
    def name(self) -> str:
        """The code's name in words, such as "leak"."""
        return CATALOG[self.code].name

    @property
    def severity(self) -> Severity:
        """How bad it is: an error makes the spec fail, a warning only under --strict, a note never."""
        return CATALOG[self.code].severity
