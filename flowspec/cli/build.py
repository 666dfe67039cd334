"""`flowspec build`: write the PyTorch module of a spec."""

from __future__ import annotations

import argparse
from pathlib import Path

from flowspec.cli.arguments import UsageError, add_color, wants_color
from flowspec.cli.compiling import analyse
from flowspec.cli.files import refuse_foreign, write_whole
from flowspec.cli.paths import STDIN, source_of, unreadable
from flowspec.cli.streams import Streams
from flowspec.diagnostics.render import render_full
from flowspec.diagnostics.text import clean

NAME = "build"
HELP = "write the PyTorch module of a spec"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of build."""
    parser.add_argument("spec", metavar="SPEC", help="a file, or - for stdin")
    target = (
        "where to write it, or - for stdout (default: the spec's name with .py, here; stdout for a spec from stdin)"
    )
    parser.add_argument("-o", "--output", metavar="FILE", help=target)
    parser.add_argument("--link", action="store_true", help="import the runtime from flowspec instead of copying it")
    parser.add_argument("--force", action="store_true", help="overwrite the file even if flowspec did not write it")
    add_color(parser)


def run(args: argparse.Namespace, streams: Streams) -> int:
    """Check the spec and write its module; nothing is written when it has errors."""
    spec = source_of(args.spec, streams)
    target = args.output or (STDIN if args.spec == STDIN else f"{Path(spec.name).stem}.py")
    if target != STDIN and not args.force:
        if Path(target).suffix not in ("", ".py"):
            raise UsageError(f"`{target}` is no Python file: a build is a module", "name it *.py, or pass --force")
        refuse_foreign(target)
    report = analyse(spec.name, spec.text)
    if report.ok:
        _deliver(report.source(link=args.link), target, streams)
        return 0
    found = render_full(report.diagnostics, report.sources, wants_color(args, streams), streams.width)
    streams.stdout.write(found)
    return 2 if unreadable(report.diagnostics) else 1


def _deliver(text: str, target: str, streams: Streams) -> None:
    if target == STDIN:
        streams.stdout.write(text)
        return
    write_whole(target, text)
    streams.stderr.write(f"wrote {clean(target)}\n")
