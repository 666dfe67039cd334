"""Findings as one JSON object, the format that other programs may rely on."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flowspec.diagnostics.finding import Finding, Fix, Label
from flowspec.diagnostics.place import Position, Span
from flowspec.diagnostics.render.order import ordered
from flowspec.diagnostics.text import clean

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class FileResult:
    """What a check says about one file besides its findings; `facts` is None when the spec was not understood."""

    path: str
    ok: bool
    facts: Mapping[str, Any] | None = None


def render_json(findings: Iterable[Finding], files: Sequence[FileResult] = ()) -> str:
    """Render one object with `format_version`, `files`, `diagnostics` and `summary`; lines and columns count from 1."""
    found = ordered(findings)
    document = {
        "format_version": FORMAT_VERSION,
        "files": [{"path": clean(f.path), "ok": f.ok, "facts": f.facts and dict(f.facts)} for f in files],
        "diagnostics": [_diagnostic(finding) for finding in found],
        "summary": {
            "files": len(files),
            "errors": sum(f.severity == "error" for f in found),
            "warnings": sum(f.severity == "warning" for f in found),
        },
    }
    return json.dumps(document, indent=2) + "\n"


def _diagnostic(finding: Finding) -> dict[str, Any]:
    return {
        "file": clean(finding.span.file) if finding.span else None,
        "code": finding.code,
        "name": finding.name,
        "severity": finding.severity,
        "message": clean(finding.message),
        "range": _range(finding.span),
        "node": clean(finding.node) or None,
        "labels": [_label(label) for label in _all_labels(finding)],
        "trace": [clean(step) for step in finding.trace],
        "notes": [clean(note) for note in finding.notes],
        "helps": [clean(text) for text in finding.helps],
        "fix": finding.fix and _fix(finding.fix),
    }


def _all_labels(finding: Finding) -> tuple[Label, ...]:
    """The labels, that of the primary span first."""
    primary = (Label(finding.span, finding.label),) if finding.span and finding.label else ()
    return (*primary, *finding.labels)


def _range(span: Span | None) -> dict[str, Any] | None:
    return None if span is None else {"start": _position(span.start), "end": _position(span.end)}


def _position(position: Position) -> dict[str, int]:
    return {"line": position.line, "column": position.column}


def _label(label: Label) -> dict[str, Any]:
    return {"file": clean(label.span.file), "range": _range(label.span), "text": clean(label.text)}


def _fix(fix: Fix) -> dict[str, Any]:
    """An edit keeps its text as it is, line breaks included: JSON escapes what a terminal would obey."""
    return {
        "file": clean(fix.span.file),
        "range": _range(fix.span),
        "replacement": fix.replacement,
        "safe": fix.safe,
    }
