"""Arithmetic in scalars: `$name` and integers with `+ - * // ( )`, nothing else.

A tokenizer and a precedence parser of our own; nothing a user wrote is ever evaluated by Python.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace

from flowspec.diagnostics import Finding, Position, Span, suggest
from flowspec.syntax.limits import MAX_DEPTH, MAX_NUMBER
from flowspec.syntax.papercuts import shown

Number = int | float

_TOKEN = re.compile(
    r"[ \t\n]*(?:(?P<variable>\$[A-Za-z_][A-Za-z0-9_]*)"
    r"|(?P<float>(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[0-9]+[eE][-+]?[0-9]+)"
    r"|(?P<integer>[0-9]+)|(?P<sign>//|\*\*|[-+*()])|(?P<other>[A-Za-z_][\w.]*|\S))"
)
_VARIABLE = re.compile(r"\$([A-Za-z_][A-Za-z0-9_]*)")
_ALLOWED = "an expression holds `$name`, integers and `+ - * // ( )`"


def has_variables(text: str) -> bool:
    """Whether `text` means to use a variable: whether it has a `$`."""
    return "$" in text


def evaluate(text: str, variables: Mapping[str, Number], span: Span) -> Number | Finding:
    """The value of the expression `text`, or the finding that points at what is wrong in it.

    A float may stand alone, as a literal or a variable; only integers are calculated with. `//` rounds down.

    Args:
        text: what the scalar says, without quotes.
        variables: name -> value, without the `$`.
        span: where the scalar stands, quotes included.
    """
    try:
        return _Expression(text, variables).value()
    except _BadError as bad:
        place = _inside(span, text, bad.token)
        return replace(bad.finding, span=place)


def substitute(text: str, variables: Mapping[str, Number], span: Span) -> str | Finding:
    """`text` with each `$name` replaced by its integer, as in the path `b.$i.u`; or the finding."""
    parts: list[str] = []
    done = 0
    for match in _VARIABLE.finditer(text):
        token = _Token("variable", match[0], match.start(), match.end())
        try:
            value = _variable(token, variables)
            _integers(token, value)
        except _BadError as bad:
            return replace(bad.finding, span=_inside(span, text, token))
        parts += text[done : match.start()], str(value)
        done = match.end()
    return "".join((*parts, text[done:]))


@dataclass(frozen=True, slots=True)
class _Token:
    kind: str  # variable, float, integer, sign, other, end
    text: str
    begin: int
    end: int


class _BadError(Exception):
    """The expression is wrong at one token; caught where the span is known."""

    def __init__(self, code: str, message: str, token: _Token, *helps: str) -> None:
        super().__init__(message)
        self.finding = Finding(code, message, None, helps=helps)
        self.token = token


@dataclass(frozen=True, slots=True)
class _Value:
    """A value, and the token to point at when it does not fit: its own, or the operator that made it."""

    number: Number
    token: _Token

    def integer(self) -> int:
        _integers(self.token, self.number)
        return int(self.number)


class _Expression:
    """One left-to-right pass by precedence climbing: sums of products of signed atoms."""

    def __init__(self, text: str, variables: Mapping[str, Number]) -> None:
        self.tokens = _tokens(text)
        self.variables = variables
        self.next = 0

    def value(self) -> Number:
        value = self._sum(1)
        token = self._peek()
        if token.kind != "end":
            raise _unexpected(token)
        return value.number

    def _peek(self) -> _Token:
        return self.tokens[self.next]

    def _take(self) -> _Token:
        token = self._peek()
        self.next += token.kind != "end"
        return token

    def _sum(self, depth: int) -> _Value:
        left = self._product(depth)
        while self._peek().text in ("+", "-"):
            left = _apply(self._take(), left, self._product(depth))
        return left

    def _product(self, depth: int) -> _Value:
        left = self._signed(depth)
        while self._peek().text in ("*", "//"):
            left = _apply(self._take(), left, self._signed(depth))
        return left

    def _signed(self, depth: int) -> _Value:
        signs = []
        while self._peek().text in ("+", "-"):
            signs.append(self._take())
        value = self._atom(depth)
        if signs and value.token.kind != "float":
            value.integer()
        minus = sum(sign.text == "-" for sign in signs) % 2
        return _Value(-value.number, value.token) if minus else value

    def _atom(self, depth: int) -> _Value:
        token = self._take()
        if token.kind == "integer":
            return _Value(_literal(token), token)
        if token.kind == "float":
            return _Value(_float(token), token)
        if token.kind == "variable":
            return _Value(_variable(token, self.variables), token)
        if token.text != "(":
            raise _unexpected(token)
        return self._group(token, depth + 1)

    def _group(self, opening: _Token, depth: int) -> _Value:
        if depth > MAX_DEPTH:
            raise _BadError("FS114", f"parentheses are nested more than {MAX_DEPTH} deep", opening)
        value = self._sum(depth)
        if self._peek().kind == "end":
            raise _BadError("FS114", "this `(` is never closed", opening, "add `)`")
        if self._peek().text != ")":
            raise _unexpected(self._peek())
        self._take()
        return value


def _apply(sign: _Token, left: _Value, right: _Value) -> _Value:
    a, b = left.integer(), right.integer()
    if sign.text == "//" and b == 0:
        raise _BadError("FS111", "division by zero", right.token, "the divisor is 0 here")
    result = {"+": a + b, "-": a - b, "*": a * b, "//": a // (b or 1)}[sign.text]
    return _Value(_bounded(result, sign), sign)


def _tokens(text: str) -> list[_Token]:
    tokens = [
        _Token(match.lastgroup or "other", match[match.lastgroup or 0], match.start(match.lastgroup or 0), match.end())
        for match in _TOKEN.finditer(text)
    ]
    return [*tokens, _Token("end", "", len(text), len(text))]


def _unexpected(token: _Token) -> _BadError:
    if token.kind == "end":
        return _BadError("FS114", "the expression ends where a number or `$name` should follow", token, _ALLOWED)
    help_ = {"/": "integer division is `//`", "**": "write the product out", "$": "name a variable: `$name`"}
    if token.kind == "other" and token.text[0].isalpha():
        return _BadError("FS114", f"`{shown(token.text)}` is no number", token, f"a variable is `${shown(token.text)}`")
    return _BadError("FS114", f"unexpected `{shown(token.text)}`", token, help_.get(token.text, _ALLOWED))


def _literal(token: _Token) -> int:
    digits = token.text.lstrip("0") or "0"
    if len(digits) > len(str(MAX_NUMBER)):
        raise _too_large(token)
    return _bounded(int(digits), token)


def _float(token: _Token) -> float:
    value = float(token.text)
    if abs(value) == float("inf"):
        raise _too_large(token)
    return value


def _variable(token: _Token, variables: Mapping[str, Number]) -> Number:
    name = token.text[1:]
    if name in variables:
        return variables[name]
    near = suggest(name, variables)
    known = ", ".join(f"`${shown(option)}`" for option in sorted(variables)[:12])
    listed = f"known here: {known}" if known else "declare it in `vars`; a block sees its own `vars` only"
    help_ = f"did you mean `${near}`?" if near else listed
    raise _BadError("FS110", f"`${shown(name)}` is not a variable here", token, help_)


def _integers(token: _Token, value: Number) -> None:
    if isinstance(value, bool) or not isinstance(value, int):
        what = f"is {value}" if token.kind == "variable" else "is no integer"
        message = f"`{shown(token.text)}` {what}, and only integers are calculated with"
        raise _BadError("FS113", message, token, "a float may only stand alone, as `$name` or as a number")


def _bounded(value: int, token: _Token) -> int:
    if abs(value) > MAX_NUMBER:
        raise _too_large(token)
    return value


def _too_large(token: _Token) -> _BadError:
    return _BadError("FS112", "the value goes beyond 2^63", token, "no number in a spec is larger")


def _inside(span: Span, text: str, token: _Token) -> Span:
    """The token's place where the scalar's text can be counted in, else the whole scalar (escapes, several lines)."""
    width = span.end.column - span.start.column
    quotes = (width - len(text)) // 2
    if span.start.line != span.end.line or width != len(text) + 2 * quotes or quotes not in (0, 1):
        return span
    line, first = span.start.line, span.start.column + quotes
    return Span(span.file, Position(line, first + token.begin), Position(line, first + token.end))
