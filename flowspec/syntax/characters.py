"""What a text may be made of: its size and its characters, checked before anything parses it."""

from __future__ import annotations

import re
import unicodedata

from flowspec.diagnostics import Finding, Position, Span
from flowspec.syntax.limits import MAX_BYTES

# Control characters, lone carriage returns, the other line breaks of Unicode (they would make two counts of lines),
# byte order marks inside the text, surrogates, non-characters, and the marks that reorder what a reader sees
# (Boucher & Anderson, Trojan Source: Invisible Vulnerabilities, 2021, https://trojansource.codes).
_FORBIDDEN = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u2028\u2029\u202a-\u202e\u2066-\u2069\ufeff\ufffe\uffff\ud800-\udfff]|\r(?!\n)"
)

_TAB = re.compile(r"^[^\n\t#]*\t(?=[ \t]*[^\s#])", re.MULTILINE)


def refuse_text(text: str, file: str) -> Finding | None:
    """Why `text` is not read at all: too large, nothing in it, or characters that no spec has."""
    if len(text) > MAX_BYTES or len(text.encode("utf-8", "surrogatepass")) > MAX_BYTES:
        return too_large(file)
    match = _FORBIDDEN.search(text)
    if match is None:
        return None
    more = len(_FORBIDDEN.findall(text, match.end()))
    return Finding(
        "FS002",
        f"the file contains {_name(match[0])}",
        place(text, match.start(), file),
        notes=(f"and {more:,} more such characters",) if more else (),
        helps=("a spec is plain text; remove the character, or write it as an escape in double quotes",),
    )


def find_tabs(text: str, file: str) -> Finding | None:
    """The finding for tabs in front of anything but a comment; one finding for all of them."""
    tabs = [match.end() - 1 for match in _TAB.finditer(text)]
    if not tabs:
        return None
    lines = sorted({text.count("\n", 0, index) + 1 for index in tabs[1:17]})
    more = f"and more: lines {', '.join(map(str, lines))}{', ...' if len(tabs) > 17 else ''}"
    message = "a tab stands where a spec has spaces"
    notes, helps = (more,) if lines else (), ("indent and align with spaces",)
    return Finding("FS018", message, place(text, tabs[0], file), notes=notes, helps=helps)


def decode(data: bytes, file: str) -> tuple[str, Finding | None]:
    """The text of a file, and the finding if it is not UTF-8 (the text then shows what could be read).

    A byte order mark in front is dropped: it is legal YAML, and no position counts it.
    """
    data = data.removeprefix(b"\xef\xbb\xbf")
    try:
        return data.decode("utf-8"), None
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8")
        helps = (f"save the file as UTF-8{_utf16(data)}",)
        message = f"the file is not UTF-8: byte 0x{data[error.start]:02x} at offset {error.start:,}"
        shown = data.decode("utf-8", "replace")
        return shown, Finding("FS001", message, place(before, len(before), file), helps=helps)


def too_large(file: str, span: Span | None = None) -> Finding:
    """The finding for a file above the limit, at its first line unless `span` names a better place."""
    message = f"`{file}` is larger than {MAX_BYTES // 1024} KB"
    return Finding("FS003", message, span, helps=("split it, and bring the parts together with `use`",))


def place(text: str, index: int, file: str) -> Span:
    """The span of the one character at `index`."""
    line = text.count("\n", 0, index)
    column = index - (text.rfind("\n", 0, index) + 1) + 1
    return Span(file, Position(line + 1, column), Position(line + 1, column + 1))


def _utf16(data: bytes) -> str:
    return " (it looks like UTF-16)" if data[:2] in (b"\xff\xfe", b"\xfe\xff") else ""


def _name(character: str) -> str:
    names = {"\0": "a NUL character", "\r": "a carriage return without a line feed", "\x1b": "an escape character"}
    code = f"U+{ord(character):04X}"
    return names.get(character) or f"the character {code} {unicodedata.name(character, '')}".rstrip()
