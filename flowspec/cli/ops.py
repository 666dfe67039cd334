"""`flowspec ops`: list the vocabulary, or document one op."""

from __future__ import annotations

import argparse

from flowspec.cli.arguments import UsageError
from flowspec.cli.streams import Streams
from flowspec.cli.vocabulary import describe, op_names, overview
from flowspec.diagnostics import suggest

NAME = "ops"
HELP = "list the ops, or document one"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of ops."""
    parser.add_argument("name", nargs="?", metavar="NAME", help="an op")


def run(args: argparse.Namespace, streams: Streams) -> int:
    """Print the list, or the page of one op."""
    if args.name is None:
        streams.stdout.write(overview())
        return 0
    if args.name not in op_names():
        guess = suggest(args.name, op_names())
        hint = f"did you mean `{guess}`?" if guess else "`flowspec ops` lists them"
        raise UsageError(f"there is no op `{args.name}`", hint)
    streams.stdout.write(describe(args.name))
    return 0
