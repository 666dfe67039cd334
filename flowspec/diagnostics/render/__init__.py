"""Findings as text for people and as documents for tools, sorted and without what a terminal would obey."""

from __future__ import annotations

from flowspec.diagnostics.render.color import color_wanted
from flowspec.diagnostics.render.full import render_full
from flowspec.diagnostics.render.github import render_github
from flowspec.diagnostics.render.json import FileResult, render_json
from flowspec.diagnostics.render.order import ordered, render_concise, tally
from flowspec.diagnostics.render.sarif import render_sarif

__all__ = [
    "FileResult",
    "color_wanted",
    "ordered",
    "render_concise",
    "render_full",
    "render_github",
    "render_json",
    "render_sarif",
    "tally",
]
