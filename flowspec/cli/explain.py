"""`flowspec explain`: the page of a code, or the documentation of an op."""

from __future__ import annotations

import argparse

from flowspec.cli.arguments import UsageError
from flowspec.cli.streams import Streams
from flowspec.cli.vocabulary import describe, op_names
from flowspec.diagnostics import CATALOG, Code, suggest

NAME = "explain"
HELP = "explain a code such as FS401, or an op such as coupling"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of explain."""
    parser.add_argument("word", metavar="CODE|OP", help="a code, the name of a code, or an op")


def run(args: argparse.Namespace, streams: Streams) -> int:
    """Print what the word means; codes come before ops, and ops before the names of codes."""
    streams.stdout.write(_explanation(args.word))
    return 0


def _explanation(word: str) -> str:
    if word.upper() in CATALOG:
        return _page(CATALOG[word.upper()])
    if word in op_names():
        return describe(word)
    named = next((row for row in CATALOG.values() if row.name == word), None)
    if named:
        return _page(named)
    raise _unknown(word)


def _page(row: Code) -> str:
    return row.page or f"# {row.code}: {row.name}\n\n{row.severity}: {row.summary}\n"


def _unknown(word: str) -> UsageError:
    names = sorted({row.name for row in CATALOG.values()})
    guess = suggest(word, [*op_names(), *names]) or suggest(word.upper(), sorted(CATALOG))
    hint = f"did you mean `{guess}`?" if guess else "`flowspec ops` lists the ops; findings show their codes"
    return UsageError(f"there is no code and no op `{word}`", hint)
