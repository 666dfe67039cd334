"""What went wrong and where: findings, the catalog of their codes, the pages behind `explain`, and the renderers.

A leaf: it imports nothing else of flowspec, and the standard library alone.
"""

from __future__ import annotations

from flowspec.diagnostics.catalog import CATALOG, Code
from flowspec.diagnostics.finding import Finding, Fix, Label
from flowspec.diagnostics.place import Position, Span
from flowspec.diagnostics.suggest import suggest

__all__ = ["CATALOG", "Code", "Finding", "Fix", "Label", "Position", "Span", "suggest"]
