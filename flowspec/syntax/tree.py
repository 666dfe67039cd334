"""The positioned tree: what a spec says and exactly where it says it.

Every node knows its span, so that any later finding can point at the characters that cause it. Nodes compare by
identity (``eq=False``): two equal texts at two places are two nodes, and a pass may memoize by node.

An alias (``*name``) is replaced by a copy of what its anchor names. The copy keeps the spans of the original text,
and every node of the copy carries the span of the alias in ``via``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, TypeAlias

from flowspec.diagnostics import Span


@dataclass(frozen=True, slots=True, eq=False)
class Scalar:
    """A leaf: its YAML 1.2 value, its source text without quotes, and where it stands (quotes included).

    ``bad`` marks a placeholder for something that was already reported (an unknown alias, say): a pass that meets
    one treats the value as unknown and stays silent about it.
    """

    value: str | int | float | bool | None
    text: str
    span: Span
    quoted: bool = False
    via: Span | None = None
    bad: bool = False


@dataclass(frozen=True, slots=True, eq=False)
class Sequence:
    """A list of nodes, in writing order."""

    items: tuple[Node, ...]
    span: Span
    via: Span | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Entry:
    """One ``key: value`` of a mapping."""

    key: Scalar
    value: Node

    @property
    def span(self) -> Span:
        """From the start of the key to the end of the value, or of the alias that stands for the value."""
        start = self.key.span.start
        end = (self.value.span if self.value.via == self.key.via else site(self.value)).end
        return Span(self.key.span.file, start, end) if end > start else self.key.span


@dataclass(frozen=True, slots=True, eq=False)
class Mapping:
    """Entries in writing order; the reader guarantees that no two keys have the same text."""

    entries: tuple[Entry, ...]
    span: Span
    via: Span | None = None

    def get(self, key: str) -> Entry | None:
        """The entry whose key has the text ``key``, or None."""
        return next((entry for entry in self.entries if entry.key.text == key), None)

    def keys(self) -> tuple[str, ...]:
        """The texts of the keys, in writing order."""
        return tuple(entry.key.text for entry in self.entries)

    def __contains__(self, key: object) -> bool:
        return any(entry.key.text == key for entry in self.entries)


Node: TypeAlias = Scalar | Sequence | Mapping


def plain(node: Node | None) -> Any:
    """The node as plain Python: values, lists and dicts keyed by the keys' texts; no positions."""
    match node:
        case None:
            return None
        case Scalar():
            return node.value
        case Sequence():
            return [plain(item) for item in node.items]
        case Mapping():
            return {entry.key.text: plain(entry.value) for entry in node.entries}


def children(node: Node) -> tuple[Node, ...]:
    """The nodes directly inside ``node``, keys included, in writing order."""
    match node:
        case Scalar():
            return ()
        case Sequence():
            return node.items
        case Mapping():
            return tuple(part for entry in node.entries for part in (entry.key, entry.value))


def walk(node: Node) -> Iterator[Node]:
    """The node and everything below it, keys included, in writing order."""
    yield node
    for child in children(node):
        yield from walk(child)


def site(node: Node) -> Span:
    """Where the node stands in the document: its own place, or that of the alias that it came by."""
    return node.via or node.span
