"""Golden cases: a folder with findings and sources, beside the files that every renderer must reproduce."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from flowspec.diagnostics import Finding, Fix, Label, Position, Span

GOLDENS = Path(__file__).parent / "goldens"
CASES = sorted(path.name for path in GOLDENS.iterdir())


def read_case(name: str) -> tuple[list[Finding], dict[str, str]]:
    """The findings and the sources of a case."""
    folder = GOLDENS / name
    rows = json.loads((folder / "findings.json").read_text(encoding="utf-8"))
    files = {p.relative_to(folder).as_posix(): p for p in folder.rglob("*.yaml")}
    return [_finding(row) for row in rows], {name: p.read_bytes().decode("utf-8") for name, p in files.items()}


def compare(path: Path, text: str) -> None:
    """Demand that `text` is what the file says; FLOWSPEC_BLESS=1 writes it instead."""
    if os.environ.get("FLOWSPEC_BLESS"):
        path.write_bytes(text.encode("utf-8"))
    assert text == path.read_bytes().decode("utf-8")


def _finding(row: dict[str, Any]) -> Finding:
    spans: dict[str, Any] = {"span": _span(row["span"]) if "span" in row else None}
    if "labels" in row:
        spans["labels"] = tuple(Label(_span(place), text) for place, text in row["labels"])
    if "fix" in row:
        spans["fix"] = Fix(_span(row["fix"][0]), *row["fix"][1:])
    lists = {key: tuple(row[key]) for key in ("trace", "notes", "helps") if key in row}
    return Finding(**{**row, **spans, **lists})


def _span(place: list[Any]) -> Span:
    file, *numbers = place
    return Span(file, Position(*numbers[:2]), Position(*numbers[2:]))
