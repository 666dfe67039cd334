"""Text to positioned tree to expanded spec: reading, expressions, files and the normal form of steps."""

from __future__ import annotations

from flowspec.syntax.expressions import evaluate, has_variables, substitute
from flowspec.syntax.files import Loader, SpecFile
from flowspec.syntax.reader import Document, read
from flowspec.syntax.steps import OpShape, Step, step_parts, unknown_op
from flowspec.syntax.tree import Entry, Mapping, Node, Scalar, Sequence, children, plain, site, walk

__all__ = [
    "Document",
    "Entry",
    "Loader",
    "Mapping",
    "Node",
    "OpShape",
    "Scalar",
    "Sequence",
    "SpecFile",
    "Step",
    "children",
    "evaluate",
    "has_variables",
    "plain",
    "read",
    "site",
    "step_parts",
    "substitute",
    "unknown_op",
    "walk",
]
