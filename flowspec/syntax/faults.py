"""The findings of reading that need no more than the nodes they are about."""

from __future__ import annotations

from flowspec.diagnostics import Finding, Label, Span
from flowspec.syntax.limits import MAX_DEPTH, MAX_NODES
from flowspec.syntax.papercuts import shown
from flowspec.syntax.tree import Entry, Node, Scalar, Sequence, site


def empty_file(span: Span) -> Finding:
    return Finding("FS004", "the file is empty", span, helps=("begin with `flowspec: 1`",))


def second_document(span: Span) -> Finding:
    message = "a second document begins here: a file holds one spec"
    return Finding("FS008", message, span, helps=("put each spec in a file of its own",))


def too_many_nodes(span: Span, alias: str | None) -> Finding:
    what = "this makes" if alias is None else f"`*{shown(alias)}` makes"
    message = f"{what} more than {MAX_NODES:,} values in one file, each alias counted as all that it stands for"
    return Finding("FS006", message, span, helps=("use `repeat`, `for` or a block for what repeats",))


def tag(name: str, span: Span) -> Finding:
    return Finding("FS010", f"`{shown(name)}` is a tag; a spec has none", span, helps=("remove the tag",))


def too_deep(span: Span) -> Finding:
    message = f"lists and mappings are nested more than {MAX_DEPTH} deep"
    return Finding("FS005", message, span, helps=("give the inner part a name in `nets` or `blocks`",))


def too_large_number(scalar: Scalar) -> Finding:
    return Finding(
        "FS020", f"`{shown(scalar.text)}` is too large a number", scalar.span, notes=("integers go up to 2^63",)
    )


def bad_alias(anchor: str, span: Span, *, unknown: bool) -> Finding:
    name = shown(anchor)
    if not unknown:
        return Finding("FS014", f"`*{name}` stands inside what `&{name}` names", span, "it would contain itself")
    helps = (f'for the text, quote it: `"*{name}"`', f"for a product, the `*` cannot come first: `${name} * 2`")
    message = f"`*{name}` is an alias, and nothing is named `&{name}` before it"
    return Finding("FS013", message, span, helps=helps)


def bad_key(key: Node) -> Finding:
    if isinstance(key, Scalar):
        return Finding("FS012", "a key is missing before this colon", site(key))
    kind = "list" if isinstance(key, Sequence) else "mapping"
    return Finding("FS012", f"a {kind} cannot be a key: keys are names", site(key))


def merge_key(key: Scalar) -> Finding:
    help_ = "name the shared part in `blocks` or `nets`, or write the entries out"
    return Finding("FS011", "`<<` merges mappings; a spec has no merge keys", key.span, helps=(help_,))


def duplicate_key(first: Entry, second: Entry) -> Finding:
    name = second.key.text
    labels = (Label(first.key.span, "first given here"),)
    return Finding("FS009", f"`{shown(name)}` is given twice", second.key.span, label="given again", labels=labels)
