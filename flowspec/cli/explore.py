"""`flowspec explore`: one page on which a model can be explored, as a file or served while the spec is edited."""

from __future__ import annotations

import argparse
import re
from typing import TYPE_CHECKING, Any

from flowspec.cli.arguments import UsageError
from flowspec.cli.compiling import analyse
from flowspec.cli.files import files_read, refuse_read, write_whole
from flowspec.cli.paths import source_of, unreadable
from flowspec.cli.streams import Streams
from flowspec.diagnostics.render import render_full
from flowspec.diagnostics.text import clean

if TYPE_CHECKING:
    from flowspec.compiler import Report

NAME = "explore"
LAST_PORT = 65535
HELP = "write one page on which the model can be explored, or serve it while the spec is edited"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of explore."""
    parser.add_argument("spec", metavar="SPEC", help="a file, or - for stdin")
    parser.add_argument("-o", "--output", metavar="FILE", help="the page to write, by default NAME.html of the spec")
    watch = "serve the page on this machine alone, and reload it whenever the spec is saved"
    parser.add_argument("--watch", action="store_true", help=watch)
    parser.add_argument("--port", type=_port, default=0, metavar="N", help="the port to serve on (default: a free one)")


def _port(text: str) -> int:
    """A port. Raises argparse.ArgumentTypeError for none."""
    if not text.isascii() or not text.isdigit() or int(text) > LAST_PORT:
        raise argparse.ArgumentTypeError(f"`{text}` is no port: there are 0..{LAST_PORT}, 0 for a free one")
    return int(text)


def run(args: argparse.Namespace, streams: Streams) -> int:
    """Write the page, or serve it until interrupted."""
    if args.watch:
        return _watch(args, streams)
    spec = source_of(args.spec, streams)
    report: Any = analyse(spec.name, spec.text)
    if not report.ok:
        streams.stdout.write(render_full(report.diagnostics, report.sources, False, streams.width))
        if unreadable(report.diagnostics) or not args.output:
            return 2 if unreadable(report.diagnostics) else 1
    target = args.output or f"{report.all_facts.program.name}.html"
    if not target.endswith(".html"):
        raise UsageError(f"`{target}` does not end in .html", "the page is an HTML file: `-o page.html`")
    refuse_read(target, args.spec, files_read(args.spec, report.sources))
    write_whole(target, page_of(report))
    shows = "" if report.ok else "; the spec has errors: the page shows them in its source, and no model"
    streams.stderr.write(f"wrote {clean(target)}{shows}\n")
    return 0 if report.ok else 1


def page_of(report: Report, version: str = "") -> str:
    """The page of what was found out about a spec, errors included."""
    from flowspec.view.explore_page import explore_page

    text = report.sources.get(report.path, next(iter(report.sources.values()), ""))
    facts = report.all_facts if report.ok else None
    return explore_page(report.path, text, facts, report.diagnostics, _proof(report), version)


def _proof(report: Report) -> list[str]:
    """What check prints, without the time that it took: the same spec gives the same page."""
    return [re.sub(r", [\d,]+ ms$", "", line) for line in report.summary_lines()]


def _watch(args: argparse.Namespace, streams: Streams) -> int:
    from flowspec.cli.serving import serve

    if args.spec == "-" or args.output:
        raise UsageError("`--watch` serves a file", "name the spec's file, and leave `-o` out")
    return serve(args.spec, args.port, streams)
