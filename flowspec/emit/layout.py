"""Lines of code that fit: a long one is broken inside its brackets, as `ruff format` would."""

from __future__ import annotations

WIDTH = 120
INDENT = 4
_OPEN, _CLOSE = "([{", ")]}"


def lay_out(text: str, indent: int, comment: str = "") -> list[str]:
    """One logical line at `indent` spaces, with a comment behind it, as the physical lines it takes."""
    pad, note = " " * indent, f"  # {comment}" if comment else ""
    if len(pad) + len(text) + len(note) <= WIDTH:
        return [f"{pad}{text}{note}"]
    bracket = _longest_bracket(text)
    if bracket is None:
        return [f"{pad}{text}{note}"]
    start, end = bracket
    head, body, tail = text[: start + 1], text[start + 1 : end], text[end:]
    belongs = start > 0 and (text[start - 1].isalnum() or text[start - 1] in "_)]")
    return [f"{pad}{head}{note}", *_body(body, indent + INDENT, belongs), *lay_out(tail, indent)]


def _body(text: str, indent: int, arguments: bool) -> list[str]:
    """What stands inside a broken bracket: one item a line, but arguments stay on one line that fits."""
    items = [item for item in _split(text, ", ") if item]
    if len(items) == 1 or (arguments and indent + len(text) <= WIDTH):
        return _item(text, indent)
    return [line for item in items for line in _item(f"{item.rstrip(',')},", indent)]


def _item(text: str, indent: int) -> list[str]:
    """One item inside brackets; one that is too long is broken before its loops or its operators."""
    if indent + len(text) <= WIDTH:
        return [" " * indent + text]
    for word in (" for ", " + "):
        parts = _split(text, word)
        if len(parts) > 1:
            lines = [parts[0], *(word.lstrip() + part for part in parts[1:])]
            return [line for part in lines for line in _item(part, indent)]
    return lay_out(text, indent)


def _longest_bracket(text: str) -> tuple[int, int] | None:
    """The outermost pair of brackets with the most inside; None where there is nothing to break."""
    pairs = [(start, end) for start, end in _brackets(text) if end > start + 1]
    return max(pairs, key=lambda pair: pair[1] - pair[0], default=None)


def _brackets(text: str) -> list[tuple[int, int]]:
    """Start and end of every outermost pair of brackets."""
    found, depth, start = [], 0, 0
    for at, char in _code(text):
        if char in _OPEN:
            start = at if depth == 0 else start
            depth += 1
        elif char in _CLOSE:
            depth -= 1
            if depth == 0:
                found.append((start, at))
    return found


def _split(text: str, separator: str) -> list[str]:
    """The text cut at every separator outside brackets."""
    parts, depth, start = [], 0, 0
    for at, char in _code(text):
        depth += (char in _OPEN) - (char in _CLOSE)
        if depth == 0 and at >= start and text.startswith(separator, at):
            parts.append(text[start:at])
            start = at + len(separator)
    return [*parts, text[start:]]


def _code(text: str) -> list[tuple[int, str]]:
    """The characters outside string literals, with their places."""
    found, inside = [], False
    for at, char in enumerate(text):
        if char == '"':
            inside = not inside
        elif not inside:
            found.append((at, char))
    return found
