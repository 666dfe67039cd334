"""Slips that YAML reads as something else than what was meant, each with the help that names it."""

from __future__ import annotations

import re
from dataclasses import replace

from flowspec.diagnostics import Finding, Fix, Position, Span
from flowspec.syntax.scalars import resolve
from flowspec.syntax.tree import Entry, Mapping, Scalar

_GLUED_COLON = re.compile(r"([A-Za-z_][\w.]*):([^\s:/]\S*)")
_SUM = re.compile(r"[-+*/().$\w]*")
_NOT_LIST = re.compile(r"not\s*[\[{]")


def shown(text: str) -> str:
    """`text` as a message quotes it: on one line and not endless."""
    line = " ".join(text.split())
    return line if len(line) <= 40 else f"{line[:37]}..."


def inside(span: Span, begin: int, end: int) -> Span:
    """The part of a one-line `span` from its `begin`-th to its `end`-th character."""
    line, column = span.start.line, span.start.column
    return Span(span.file, Position(line, column + begin), Position(line, column + end))


def unglue_colon(key: Scalar) -> tuple[Entry, Finding] | None:
    """`linear:500`, read by YAML as one word, as the entry that was meant, and what to say about it."""
    match = _GLUED_COLON.fullmatch(key.text)
    if key.quoted or match is None or _lines(key.span) > 1:
        return None
    cut = match.end(1)
    name = Scalar(match[1], match[1], inside(key.span, 0, cut), via=key.via)
    value = Scalar(_value(match[2]), match[2], inside(key.span, cut + 1, len(key.text)), via=key.via)
    finding = Finding(
        "FS015",
        f"`{shown(key.text)}` is one word to YAML, not a key and its value",
        key.span,
        label="no space after the colon",
        helps=(f"put a space after the colon: `{shown(match[1])}: {shown(match[2])}`",),
        fix=Fix(key.span, f"{match[1]}: {match[2]}", safe=True),
    )
    return Entry(name, value), finding


def unglue_item(item: Scalar) -> tuple[Mapping, Finding] | None:
    """A list item such as `- linear:500` as the mapping that was meant, and what to say about it."""
    found = unglue_colon(item)
    return None if found is None else (Mapping((found[0],), item.span, item.via), found[1])


def unglue_comment(scalar: Scalar, raw: str) -> tuple[Scalar, Finding] | None:
    """`2# c`, which YAML reads as text, as the value before the `#`; `raw` is the scalar's source."""
    cut = raw.find("#")
    if scalar.quoted or cut < 1 or "\n" in raw or not _is_comment(raw[:cut], raw[cut + 1 : cut + 2]):
        return None
    text = raw[:cut]
    fixed = replace(scalar, value=_value(text), text=text, span=inside(scalar.span, 0, len(text)))
    finding = Finding(
        "FS016",
        f"`{shown(raw)}` is text to YAML: a comment needs a space before its `#`",
        scalar.span,
        label="the `#` is part of the value",
        helps=(f"put a space before the `#`: `{shown(text)} {shown(raw[cut:])}`",),
        fix=Fix(scalar.span, f"{text} {raw[cut:]}", safe=True),
    )
    return fixed, finding


def _is_comment(before: str, after: str) -> bool:
    """Whether a `#` glued to what is before it means a comment: a space follows it, or it follows a number."""
    number = before[-1].isdigit() or before[-1] == ")" or "$" in before
    return after in (" ", "\t") or (number and _SUM.fullmatch(before) is not None)


def not_list(scalar: Scalar, raw: str) -> tuple[Scalar, Finding] | None:
    """`not [0, 1]`, which YAML reads as text in a block; `raw` is the scalar's source."""
    if scalar.quoted or not _NOT_LIST.match(raw):
        return None
    return replace(scalar, bad=True), not_list_finding(scalar.span, raw)


def not_list_finding(span: Span, raw: str) -> Finding:
    """The finding for `not` in front of a list; `raw` is as much of the source as is known."""
    rest = raw.removeprefix("not").strip()
    whole = rest if rest.endswith(("]", "}")) else "[0, 1]"
    return Finding(
        "FS017",
        "`not` cannot stand in front of a list: YAML does not read that as a value",
        span,
        label="`not` is a word, and a word cannot be followed by a list",
        helps=(f"write `{{not: {whole}}}`",),
    )


def _value(text: str) -> str | int | float | bool | None:
    try:
        return resolve(text)
    except OverflowError:
        return text


def _lines(span: Span) -> int:
    return span.end.line - span.start.line + 1
