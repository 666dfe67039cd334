"""Text to positioned tree to expanded spec: reading, expressions, files and the normal form of steps."""

from __future__ import annotations

from flowspec.syntax.reader import Document, read
from flowspec.syntax.tree import Entry, Mapping, Node, Scalar, Sequence, children, plain, site, walk

__all__ = ["Document", "Entry", "Mapping", "Node", "Scalar", "Sequence", "children", "plain", "read", "site", "walk"]
