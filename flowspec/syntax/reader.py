"""Text to positioned tree, from the parser's events alone.

Events, not nodes: a composer accepts duplicate keys, loses the places of aliases, and expands them. Here every limit
holds while events are consumed one by one, so a file built to be large once expanded is refused before it is.
"""

from __future__ import annotations

from typing import NamedTuple

import yaml

from flowspec.diagnostics import Finding
from flowspec.syntax.builder import Builder, LimitError
from flowspec.syntax.characters import find_tabs, refuse_text
from flowspec.syntax.tree import Node
from flowspec.syntax.yaml_errors import explain


class Document(NamedTuple):
    """What reading gave: the root of the tree, and everything found wrong.

    The root is None when the file cannot be read as one YAML document; with any other fault the tree stands, and what
    is wrong in it is repaired or marked `bad`, so that later passes can go on without repeating the fault.
    """

    root: Node | None
    findings: tuple[Finding, ...]


def read(text: str, file: str) -> Document:
    """Read one spec. `file` is the name that spans carry; `text` is what their positions count in."""
    refused = refuse_text(text, file)
    if refused:
        return Document(None, (refused,))
    tabs = find_tabs(text, file)
    document = _document(text.replace("\t", " "), file)
    return document if tabs is None else _with_tabs(document, tabs)


def _document(text: str, file: str) -> Document:
    builder = Builder(text, file)
    try:
        return Document(builder.root(), tuple(builder.findings))
    except yaml.MarkedYAMLError as error:
        return Document(None, _broken(builder.findings, explain(error, text, file)))
    except LimitError as stop:
        return Document(None, (*builder.findings, stop.finding))


def _broken(before: list[Finding], error: Finding) -> tuple[Finding, ...]:
    """The text stops being YAML at `error`; a `not {a: b}` on that line has already said why."""
    lines = {f.span.start.line for f in before[-1:] if f.code == "FS017" and f.span}
    said = error.span is not None and error.span.start.line in lines
    return tuple(before) if said else (*before, error)


def _with_tabs(document: Document, tabs: Finding) -> Document:
    """What was read with spaces for tabs; that the text is then misaligned is the tabs' fault."""
    others = tuple(f for f in document.findings if document.root is not None or f.code != "FS007")
    return Document(document.root, (tabs, *others))
