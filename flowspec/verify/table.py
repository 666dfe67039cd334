"""A certificate as text and as JSON."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from flowspec.diagnostics.render.color import Painter, Segment
from flowspec.diagnostics.text import clean
from flowspec.verify.result import Certificate, Change, Result


def render_table(certificate: Certificate, color: bool = False) -> str:
    """What was shrunk, then a line for each check with the measured number and its limit."""
    painter = Painter(color)
    return "".join(f"{painter.line(line)}\n" for line in _lines(certificate))


def _lines(certificate: Certificate) -> Iterator[list[Segment]]:
    bad = len(certificate.failures)
    verdict: Segment = ("failed", "error") if bad else ("verified", "help")
    count = f"{len(certificate.results)} checks" + (f", {bad} failed" if bad else "")
    tail = f" {clean(certificate.path)}   {count}, seed {certificate.seed}, {certificate.seconds:.1f} s"
    yield [verdict, (tail, "plain")]
    yield from _shrunk("shrunk", certificate.shrunk)
    yield from _shrunk("tiny", certificate.tiny)
    width = max(len(result.name) for result in certificate.results)
    for result in certificate.results:
        yield _row(result, width)


def _shrunk(word: str, changes: tuple[Change, ...]) -> Iterator[list[Segment]]:
    for k, change in enumerate(changes):
        yield [(f"   {word if k == 0 else '':<8}", "note"), (clean(str(change)), "plain")]


def _row(result: Result, width: int) -> list[Segment]:
    mark: Segment = ("ok  ", "help") if result.ok else ("FAIL", "error")
    node: list[Segment] = [(f"`{clean(result.node)}`: ", "message")] if result.node and not result.ok else []
    return [
        ("   ", "plain"),
        mark,
        (f" {result.name:<{width}}  {_limit(result):<18}  ", "plain"),
        *node,
        (clean(result.detail), "plain"),
        (f" ({result.version})" if result.version == "tiny" else "", "frame"),
    ]


def _limit(result: Result) -> str:
    if result.measured is None or result.tolerance is None:
        return ""
    if result.ok:
        sign = ">=" if result.floor else "<="
    else:
        sign = "<" if result.floor else ">"
    return f"{_number(result.measured):>7} {sign:<2} {_number(result.tolerance)}"


def _number(value: float) -> str:
    whole = abs(value) < 1e6 and value == int(value)
    return f"{value:.0f}" if whole else f"{value:.1e}"


def render_json(certificate: Certificate) -> str:
    """One JSON object."""
    document: dict[str, Any] = {
        "format_version": 1,
        "path": certificate.path,
        "ok": certificate.ok,
        "seed": certificate.seed,
        "seconds": round(certificate.seconds, 3),
        "shrunk": [_change(change) for change in certificate.shrunk],
        "tiny": [_change(change) for change in certificate.tiny],
        "results": [_result(result) for result in certificate.results],
    }
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _change(change: Change) -> dict[str, Any]:
    return {"line": change.line, "what": change.what, "before": change.before, "after": change.after}


def _result(result: Result) -> dict[str, Any]:
    return {
        "name": result.name,
        "ok": result.ok,
        "measured": _finite(result.measured),
        "tolerance": result.tolerance,
        "comparison": "at least" if result.floor else "at most",
        "detail": result.detail,
        "node": result.node or None,
        "version": result.version,
    }


def _finite(value: float | None) -> float | None:
    """JSON has no infinity: a number that is not finite is left out, and the detail says what failed."""
    return value if value is None or abs(value) < float("inf") else None
