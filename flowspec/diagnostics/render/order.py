"""The order of findings, their count, and one line for each."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from flowspec.diagnostics.finding import Finding
from flowspec.diagnostics.text import clean


def ordered(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Sort by file, place and code, whatever order the passes found them in; equal findings count once."""
    return tuple(sorted(dict.fromkeys(findings), key=_key))


def _key(finding: Finding) -> tuple[str, int, int, str, str, int, int]:
    if finding.span is None:
        return ("", 0, 0, finding.code, finding.message, 0, 0)
    start, end = finding.span.start, finding.span.end
    return (finding.span.file, start.line, start.column, finding.code, finding.message, end.line, end.column)


def tally(findings: Sequence[Finding]) -> str:
    """Count them: "2 errors, 1 warning"; empty when there is nothing to count."""
    counts = {kind: sum(f.severity == kind for f in findings) for kind in ("error", "warning", "note")}
    return ", ".join(f"{n} {kind}{'s' * (n > 1)}" for kind, n in counts.items() if n)


def render_concise(findings: Iterable[Finding]) -> str:
    """One line a finding: `file:line:col: error[FS401]: message`."""
    return "".join(f"{_line(finding)}\n" for finding in ordered(findings))


def _line(finding: Finding) -> str:
    place = f"{clean(finding.span.file)}:{finding.span.start}: " if finding.span else ""
    return f"{place}{finding.severity}[{finding.code}]: {clean(finding.message)}"
