"""Events to nodes: one document, built bottom up, with every limit enforced before anything is expanded."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any, NamedTuple

from yaml.events import (
    AliasEvent,
    DocumentStartEvent,
    MappingEndEvent,
    ScalarEvent,
    SequenceEndEvent,
    SequenceStartEvent,
)

from flowspec.diagnostics import Finding, Span
from flowspec.syntax import faults, papercuts
from flowspec.syntax.limits import MAX_DEPTH, MAX_NODES
from flowspec.syntax.parse import parse_events
from flowspec.syntax.places import Places
from flowspec.syntax.scalars import resolve
from flowspec.syntax.tree import Entry, Mapping, Node, Scalar, Sequence, site

_TAG = re.compile(r"!<[^>\s]*>|![^\s,\[\]{}]*")


class LimitError(Exception):
    """A limit was reached: reading stops here with one finding."""

    def __init__(self, finding: Finding) -> None:
        super().__init__(finding.message)
        self.finding = finding


class _Anchor(NamedTuple):
    node: Node | None  # None while its own text is still being read
    size: int


class Builder:
    """One pass over the events of one text; used once. `findings` collects what is wrong on the way."""

    def __init__(self, text: str, file: str) -> None:
        self.text, self.file = text, file
        self.findings: list[Finding] = []
        self.anchors: dict[str, _Anchor] = {}
        self.count = 0
        self.events: Iterator[Any] = parse_events(text)
        self.places = Places(text, file)

    def root(self) -> Node:
        """Consume all events.

        Raises:
            yaml.MarkedYAMLError: where the text stops being YAML.
            LimitError: where a limit is reached, or when there is no document at all.
        """
        next(self.events)  # the start of the stream
        event = next(self.events)
        if not isinstance(event, DocumentStartEvent):
            raise LimitError(faults.empty_file(self.places.span(0, 0)))
        root = self._node(next(self.events), 1)
        next(self.events)  # the end of the document
        after = next(self.events)
        if isinstance(after, DocumentStartEvent):
            self.findings.append(faults.second_document(self.places.of(after)))
        elif isinstance(root, Scalar) and not root.text and not root.quoted:
            raise LimitError(faults.empty_file(self.places.span(0, 0)))
        return root

    # nodes

    def _node(self, event: Any, depth: int) -> Node:
        if isinstance(event, AliasEvent):
            return self._alias(event, depth)
        before = self.count
        self._add(1, event)
        if event.tag is not None:
            self._tag(event)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchor(None, 0)
        node = self._build(event, depth)
        if event.anchor is not None:
            self.anchors[event.anchor] = _Anchor(node, self.count - before)
        return node

    def _build(self, event: Any, depth: int) -> Node:
        if isinstance(event, ScalarEvent):
            return self._scalar(event)
        if depth > MAX_DEPTH:
            raise LimitError(faults.too_deep(self.places.of(event)))
        return self._sequence(event, depth) if isinstance(event, SequenceStartEvent) else self._mapping(event, depth)

    def _add(self, nodes: int, event: Any) -> None:
        self.count += nodes
        if self.count > MAX_NODES:
            alias = event.anchor if isinstance(event, AliasEvent) else None
            raise LimitError(faults.too_many_nodes(self.places.of(event), alias))

    def _scalar(self, event: Any) -> Scalar:
        end = event.end_mark.index
        begin = self.places.begin(event)
        if event.style in ("|", ">"):
            end = begin + len(self.text[begin:end].rstrip())
        span = self.places.span(begin, end)
        if event.style:
            return Scalar(event.value, event.value, span, quoted=True)
        try:
            scalar = Scalar(resolve(event.value), event.value, span)
        except OverflowError:
            scalar = Scalar(None, event.value, span, bad=True)
            self.findings.append(faults.too_large_number(scalar))
        return self._mended(scalar, self.text[begin:end])

    def _mended(self, scalar: Scalar, raw: str) -> Scalar:
        if "#" not in raw and not raw.startswith("not"):
            return scalar
        found = papercuts.unglue_comment(scalar, raw) or papercuts.not_list(scalar, raw)
        if found is None:
            return scalar
        self.findings.append(found[1])
        return found[0]

    def _sequence(self, start: Any, depth: int) -> Sequence:
        items: list[Node] = []
        begin = self.places.begin(start)
        while not isinstance(event := next(self.events), SequenceEndEvent):
            items.append(self._item(self._node(event, depth + 1)))
        return Sequence(tuple(items), self._extent(begin, start, event, items[-1] if items else None))

    def _item(self, item: Node) -> Node:
        found = papercuts.unglue_item(item) if isinstance(item, Scalar) and ":" in item.text else None
        if found is None:
            return item
        self.findings.append(found[1])
        return found[0]

    def _extent(self, begin: int, start: Any, end: Any, last: Node | None) -> Span:
        """A flow collection ends at its bracket; a block ends with its last child, not where the next line begins."""
        if start.flow_style or last is None:
            return self.places.span(begin, end.end_mark.index)
        return Span(self.file, self.places.position(begin), site(last).end)

    # aliases and tags

    def _alias(self, event: Any, depth: int) -> Node:
        span = self.places.of(event)
        anchor = self.anchors.get(event.anchor)
        if anchor is None or anchor.node is None:
            self._add(1, event)
            self.findings.append(faults.bad_alias(event.anchor, span, unknown=anchor is None))
            return Scalar(None, f"*{event.anchor}", span, bad=True)
        self._add(anchor.size, event)
        return _copy(anchor.node, span, depth)

    def _tag(self, event: Any) -> None:
        match = _TAG.search(self.text, event.start_mark.index)
        assert match is not None
        self.findings.append(faults.tag(match[0], self.places.span(match.start(), match.end())))

    # mappings

    def _mapping(self, start: Any, depth: int) -> Mapping:
        entries: dict[str, Entry] = {}
        merged: list[Entry] = []
        begin, value = self.places.begin(start), None
        while not isinstance(event := next(self.events), MappingEndEvent):
            key = self._node(event, depth + 1)
            value = self._node(next(self.events), depth + 1)
            merged += self._enter(entries, key, value)
        for entry in merged:
            entries.setdefault(entry.key.text, entry)
        return Mapping(tuple(entries.values()), self._extent(begin, start, event, value))

    def _enter(self, entries: dict[str, Entry], key: Node, value: Node) -> Iterable[Entry]:
        """Put the entry among the others; what a merge key would bring is returned, to be merged after them."""
        if not isinstance(key, Scalar) or (not key.text and not key.quoted):
            self.findings.append(faults.bad_key(key))
            return ()
        if key.text == "<<" and not key.quoted:
            self.findings.append(faults.merge_key(key))
            return _merged(value)
        if not key.bad:
            entry = self._unglued(Entry(key, value))
            first = entries.setdefault(entry.key.text, entry)
            if first is not entry:
                self.findings.append(faults.duplicate_key(first, entry))
        return ()

    def _unglued(self, entry: Entry) -> Entry:
        value = entry.value
        empty = isinstance(value, Scalar) and value.value is None and not value.text and not value.bad
        found = papercuts.unglue_colon(entry.key) if empty and ":" in entry.key.text else None
        if found is None:
            return entry
        self.findings.append(found[1])
        return found[0]


def _merged(value: Node) -> Iterator[Entry]:
    """What a merge key brings: it is refused, but what it brings must not be reported as missing on top."""
    for source in value.items if isinstance(value, Sequence) else (value,):
        yield from source.entries if isinstance(source, Mapping) else ()


def _copy(node: Node, alias: Span, depth: int) -> Node:
    """A copy of `node` for `alias`, which stands `depth` deep: each place of a spec is a node of its own."""
    if isinstance(node, Scalar):
        return replace(node, via=alias)
    if depth > MAX_DEPTH:
        raise LimitError(faults.too_deep(alias))
    if isinstance(node, Sequence):
        return Sequence(tuple(_copy(item, alias, depth + 1) for item in node.items), node.span, alias)
    entries = (Entry(replace(e.key, via=alias), _copy(e.value, alias, depth + 1)) for e in node.entries)
    return Mapping(tuple(entries), node.span, alias)
