"""Findings as workflow commands, which GitHub shows beside the changed lines.

See https://docs.github.com/actions/reference/workflow-commands-for-github-actions.
"""

from __future__ import annotations

from collections.abc import Iterable

from flowspec.diagnostics.finding import Finding
from flowspec.diagnostics.place import Span
from flowspec.diagnostics.render.order import ordered
from flowspec.diagnostics.text import clean

_KINDS = {"error": "error", "warning": "warning", "note": "notice"}


def render_github(findings: Iterable[Finding]) -> str:
    """One `::error file=...::message` line a finding, with its label, notes and helps behind the message."""
    return "".join(f"{_command(finding)}\n" for finding in ordered(findings))


def _command(finding: Finding) -> str:
    place = _place(finding.span) if finding.span else {}
    properties = {**place, "title": f"flowspec {finding.code} ({finding.name})"}
    listed = ",".join(f"{key}={_property(value)}" for key, value in properties.items())
    return f"::{_KINDS[finding.severity]} {listed}::{_data(_body(finding))}"


def _place(span: Span) -> dict[str, str]:
    """The place; columns are legal only within one line."""
    lines = {"file": clean(span.file), "line": str(span.start.line), "endLine": str(span.end.line)}
    if span.start.line != span.end.line:
        return lines
    return {**lines, "col": str(span.start.column), "endColumn": str(span.end.column)}


def _body(finding: Finding) -> str:
    label = [finding.label] if finding.label else []
    trace = ["trace: " + " -> ".join(finding.trace)] if finding.trace else []
    notes = [f"note: {note}" for note in finding.notes]
    helps = [f"help: {text}" for text in finding.helps]
    return "\n".join(clean(line) for line in (finding.message, *label, *trace, *notes, *helps))


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
