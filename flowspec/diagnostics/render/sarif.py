"""Findings as SARIF, the exchange format of code scanners.

See https://docs.oasis-open.org/sarif/sarif/v2.1.0/sarif-v2.1.0.html.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from typing import Any
from urllib.parse import quote

from flowspec.diagnostics.catalog import CATALOG, Code
from flowspec.diagnostics.finding import Finding, Fix
from flowspec.diagnostics.place import Span
from flowspec.diagnostics.render.order import ordered
from flowspec.diagnostics.text import clean

_SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def render_sarif(findings: Iterable[Finding], version: str = "") -> str:
    """Render one SARIF 2.1.0 log with one run; its rules are the codes found, `version` is that of flowspec."""
    found = ordered(findings)
    codes = sorted({finding.code for finding in found})
    driver = {"name": "flowspec", **({"version": version} if version else {})}
    rules = [_rule(CATALOG[code]) for code in codes]
    run = {
        "tool": {"driver": {**driver, "rules": rules}},
        "columnKind": "unicodeCodePoints",
        "results": [_result(finding, codes.index(finding.code)) for finding in found],
    }
    return json.dumps({"$schema": _SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2) + "\n"


def _rule(code: Code) -> dict[str, Any]:
    return {
        "id": code.code,
        "name": "".join(part.capitalize() for part in code.name.split("-")),
        "shortDescription": {"text": code.summary},
        "help": {"text": f"flowspec explain {code.code}"},
        "defaultConfiguration": {"level": code.severity},
    }


def _result(finding: Finding, index: int) -> dict[str, Any]:
    related = [{"message": {"text": clean(lab.text)}, **_location(lab.span)} for lab in finding.labels]
    return {
        "ruleId": finding.code,
        "ruleIndex": index,
        "level": finding.severity,
        "message": {"text": _text(finding)},
        "locations": [_location(finding.span)] if finding.span else [],
        **({"relatedLocations": related} if related else {}),
        **({"fixes": [_fix(finding.fix)]} if finding.fix else {}),
    }


def _text(finding: Finding) -> str:
    trace = ["trace: " + " -> ".join(finding.trace)] if finding.trace else []
    lines = (finding.message, *filter(None, [finding.label]), *trace, *finding.notes, *finding.helps)
    return "\n".join(clean(line) for line in lines)


def _location(span: Span) -> dict[str, Any]:
    return {"physicalLocation": {"artifactLocation": _artifact(span), "region": _region(span)}}


def _artifact(span: Span) -> Mapping[str, str]:
    return {"uri": quote(clean(span.file).replace("\\", "/"))}


def _region(span: Span) -> Mapping[str, int]:
    return {
        "startLine": span.start.line,
        "startColumn": span.start.column,
        "endLine": span.end.line,
        "endColumn": span.end.column,
    }


def _fix(fix: Fix) -> dict[str, Any]:
    replacement = {"deletedRegion": _region(fix.span), "insertedContent": {"text": fix.replacement}}
    return {
        "description": {"text": "Replace" if fix.safe else "Replace (changes the model)"},
        "artifactChanges": [{"artifactLocation": _artifact(fix.span), "replacements": [replacement]}],
    }
