"""The catalog of codes: one row a code, and nothing else decides a severity.

Families: FS0xx reading (FS09x the command line), FS1xx names and reuse, FS2xx arguments, FS3xx flows, FS4xx orders and
knowledge, FS5xx emitting.
Each code has a page, `pages/<code>.md`, behind `flowspec explain`.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib import resources
from typing import Literal

Severity = Literal["error", "warning", "note"]


@dataclass(frozen=True, slots=True)
class Code:
    """One kind of finding: its code, its kebab-case name, how bad it is, and a one-line summary."""

    code: str
    name: str
    severity: Severity
    summary: str

    @property
    def page(self) -> str | None:
        """The text of the code's page; None when it has none."""
        path = resources.files("flowspec.diagnostics").joinpath("pages", f"{self.code}.md")
        return path.read_text(encoding="utf-8") if path.is_file() else None


CODES: tuple[Code, ...] = (
    # FS0xx: reading
    Code("FS090", "usage", "error", "the command line asks for something that does not exist"),
    Code("FS091", "unreadable-file", "error", "a file cannot be read"),
    Code("FS099", "internal-error", "error", "flowspec itself failed"),
    # FS1xx: names and reuse
    # FS2xx: arguments
    # FS3xx: flows: conservation, shape, support, invertibility, coverage
    # FS4xx: orders and knowledge
    Code("FS401", "leak", "error", "a value sees the variable it predicts"),
    # FS5xx: emitting
)

CATALOG: dict[str, Code] = {row.code: row for row in CODES}
