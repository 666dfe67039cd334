"""What PyYAML's complaints mean, in the words of someone who writes specs."""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import Any, NamedTuple

import yaml

from flowspec.diagnostics import Finding, Label, Position, Span
from flowspec.syntax.papercuts import not_list_finding, shown

_CLOSING = {"[": "]", "{": "}"}


class _Error(NamedTuple):
    """One complaint: the two places it names (`at` where it was noticed, `since` where the construct began)."""

    problem: str
    context: str
    at: int
    since: int | None
    text: str
    file: str

    def span(self, begin: int, end: int | None = None) -> Span:
        """From `begin` to `end`, by default one character, never past the end of the line."""
        line_end = self.text.find("\n", begin)
        line_end = len(self.text) if line_end < 0 else line_end
        stop = min(begin + 1 if end is None else end, max(line_end, begin))
        return Span(self.file, _position(self.text, begin), _position(self.text, stop))

    def char(self, index: int) -> str:
        return self.text[index : index + 1]

    def line(self, index: int) -> str:
        """The rest of the line from `index` on, without its comment."""
        return re.split(r"\s#|\n", self.text[index:], maxsplit=1)[0].rstrip()


def explain(error: yaml.MarkedYAMLError, text: str, file: str) -> Finding:
    """The finding for the place where `text` stops being YAML."""
    context_mark: Any = error.context_mark
    at = min(_index(error.problem_mark, text), len(text))
    since = None if context_mark is None else _index(context_mark, text)
    found = _Error(str(error.problem), str(error.context or ""), at, since, text, file)
    for pattern, describe in _MEANINGS:
        if re.search(pattern, f"{found.context}: {found.problem}"):
            return describe(found)
    return Finding("FS007", f"this is not YAML: {found.problem}", found.span(at))


def _alias(e: _Error) -> Finding:
    start = e.at - 1 if e.since is None else e.since
    word = re.split(r"[\s,\]}]", e.line(start), maxsplit=1)[0]
    quote = f'for text, quote it: `"{shown(word)}"`'
    product = f"for a product, put the variable first: `{shown(word[1:])} * 2`"
    helps = (product, quote) if word.startswith("*$") else (quote,)
    message = f"`{shown(word)}` begins with `*`, which makes it an alias"
    return Finding("FS019", message, e.span(start, start + len(word)), helps=helps)


def _anchor(e: _Error) -> Finding:
    return Finding("FS007", "`&` begins an anchor, and needs a name after it", e.span(e.at - 1), helps=("quote it",))


def _start(e: _Error) -> Finding:
    message = f"`{e.char(e.at)}` cannot begin a value"
    return Finding("FS007", message, e.span(e.at), helps=("put the value in quotes",))


def _no_colon(e: _Error) -> Finding:
    start = e.at if e.since is None else e.since
    line = e.line(start)
    if match := re.match(r"([A-Za-z_][\w.]*):(\S.*)", line):
        helps = (f"put a space after the colon: `{match[1]}: {shown(match[2])}`",)
        message = f"`{shown(line)}` is one word to YAML, not a key and its value"
        return Finding("FS015", message, e.span(start, start + len(line)), "no space after the colon", helps=helps)
    helps = ("write `key: value`, or check the indentation",)
    return Finding(
        "FS007",
        "this line is neither a key with a value nor a part of the value above",
        e.span(start, start + len(line)),
        helps=helps,
    )


def _nested_key(e: _Error) -> Finding:
    helps = ("put an inner mapping in braces: `a: {b: c}`", "or put text that contains `: ` in quotes")
    return Finding("FS007", "a `key: value` cannot begin here", e.span(e.at), "unexpected colon", helps=helps)


def _flow(e: _Error) -> Finding:
    opening = e.at if e.since is None else e.since
    bracket, closing = e.char(opening), _CLOSING.get(e.char(opening), "]")
    if e.char(e.at) in ("[", "{") and re.search(r"\bnot\s*$", e.text[max(e.at - 40, 0) : e.at]):
        return _not_list(e)
    end = min(e.at, len(e.text.rstrip()))
    if end < e.at or end == len(e.text) or "\n" in e.text[opening:end]:
        labels = (Label(e.span(end), f"`,` or `{closing}` was expected here"),)
        message = f"this `{bracket}` is never closed"
        return Finding("FS007", message, e.span(opening), labels=labels, helps=(f"add `{closing}`",))
    labels = (Label(e.span(opening), f"`{bracket}` opens here"),)
    return Finding("FS007", f"expected `,` or `{closing}` here", e.span(e.at), labels=labels)


def _not_list(e: _Error) -> Finding:
    start = e.text.rindex("not", 0, e.at)
    stop = e.text.find(_CLOSING[e.char(e.at)], e.at) + 1
    stop = stop if stop and "\n" not in e.text[start:stop] else e.at + 1
    return not_list_finding(e.span(start, stop), e.text[start:stop])


def _quote(e: _Error) -> Finding:
    start = e.at if e.since is None else e.since
    return Finding("FS007", f"this {e.char(start)} quote is never closed", e.span(start), helps=("close the quote",))


def _escape(e: _Error) -> Finding:
    start = max(e.text.rfind("\\", 0, e.at + 1), 0)
    word = e.text[start : start + 2]
    helps = ("double the backslash, or use single quotes",)
    return Finding("FS007", f"`{word}` is not an escape of YAML", e.span(start, start + 2), helps=helps)


def _no_key(e: _Error) -> Finding:
    return Finding("FS012", "a key is missing before this colon", e.span(e.at))


def _indentation(e: _Error) -> Finding:
    if e.char(e.at) == ":":
        return _no_key(e)
    labels = () if e.since is None else (Label(e.span(e.since), "begins here"),)
    message = "this line does not belong to the list or mapping that its indentation puts it in"
    return Finding(
        "FS007", message, e.span(e.at), labels=labels, helps=("line up its indentation with its neighbours",)
    )


def _after_end(e: _Error) -> Finding:
    if e.char(e.at) in "]}":
        return Finding("FS007", f"this `{e.char(e.at)}` closes nothing", e.span(e.at), helps=("remove it",))
    return Finding("FS007", "the document has ended before this", e.span(e.at), helps=("check the indentation",))


def _missing(e: _Error) -> Finding:
    if e.char(e.at) == ":":
        return _no_key(e)
    return Finding("FS007", "a value is missing here", e.span(e.at))


def _handle(e: _Error) -> Finding:
    start = e.at if e.since is None else e.since
    return Finding("FS010", "this is a tag; a spec has none", e.span(start, start + 1), helps=("remove the tag",))


def _block_scalar(e: _Error) -> Finding:
    return Finding("FS007", "nothing may follow `|` or `>` on their line", e.span(e.at), helps=("quote the text",))


# Both parsers' wordings: PyYAML says "expected the node content, but found ','", libyaml "did not find expected node
# content". The first row that matches "context: problem" describes it.
_MEANINGS: tuple[tuple[str, Callable[[_Error], Finding]], ...] = (
    (r"document start", _after_end),
    (r"scanning a tag|parsing a tag|tag handle", _handle),
    (r"alias.*alphabetic or numeric", _alias),
    (r"anchor.*alphabetic or numeric", _anchor),
    (r"cannot start any token", _start),
    (r"could not find expected ':'", _no_colon),
    (r"mapping values are not allowed", _nested_key),
    (r"flow (sequence|mapping)", _flow),
    (r"quoted scalar.*(end of stream|document separator)", _quote),
    (r"quoted scalar.*escape|expected escape|hexadecimal", _escape),
    (r"block scalar", _block_scalar),
    (r"node content", _missing),
    (r"block (collection|mapping|sequence)|block end|block sequence entries", _indentation),
)


def _index(mark: Any, text: str) -> int:
    """The mark as an index into the text; marks at the end of the stream may lie one line past it."""
    index: int = mark.index
    return min(index, len(text))


def _position(text: str, index: int) -> Position:
    return Position(text.count("\n", 0, index) + 1, index - (text.rfind("\n", 0, index) + 1) + 1)
