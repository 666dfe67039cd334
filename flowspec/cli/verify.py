"""`flowspec verify`: build a spec's module and certify it by numbers."""

from __future__ import annotations

import argparse
import importlib.util
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from flowspec.cli.arguments import UsageError, add_choice, add_color, wants_color
from flowspec.cli.compiling import analyse
from flowspec.cli.paths import source_of, unreadable
from flowspec.cli.streams import Streams
from flowspec.diagnostics.render import render_full, render_json

if TYPE_CHECKING:
    from flowspec.compiler import Report
    from flowspec.verify.run import Progress

NAME = "verify"
HELP = "build a spec's module and certify it by numbers"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of verify."""
    parser.add_argument("spec", metavar="SPEC", help="a file, or - for stdin")
    parser.add_argument("--seed", type=_seed, default=0, metavar="N", help="of weights, data and noise (default: 0)")
    parser.add_argument("--full", action="store_true", help="judge the spec at its own size, however large")
    add_choice(parser, "--format", ("text", "json"), "how results are written (default: text)", default="text")
    add_color(parser)


def _seed(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"`{text}` is not a number from 0 up")
    return int(text)


def run(args: argparse.Namespace, streams: Streams) -> int:
    """Certify; 0 when every check holds, 1 when one does not or the spec has errors, 2 when it cannot be read."""
    _need_torch()
    spec = source_of(args.spec, streams)
    report = analyse(spec.name, spec.text)
    if not report.ok:
        streams.stdout.write(_findings(report, args, streams))
        return 2 if unreadable(report.diagnostics) else 1
    from flowspec.verify import certify
    from flowspec.verify.table import render_json as as_json
    from flowspec.verify.table import render_table

    with _progress(streams) as progress:
        certificate = certify(cast("Report", report), seed=args.seed, full=args.full, progress=progress)
    color = wants_color(args, streams)
    streams.stdout.write(as_json(certificate) if args.format == "json" else render_table(certificate, color))
    return 0 if certificate.ok else 1


def _need_torch() -> None:
    if importlib.util.find_spec("torch") is None:
        raise UsageError("verification needs `torch`, which is not installed", "pip install 'flowspec[train]'")


def _findings(report: Any, args: argparse.Namespace, streams: Streams) -> str:
    if args.format == "json":
        return render_json(report.diagnostics)
    return render_full(report.diagnostics, report.sources, wants_color(args, streams), streams.width)


@contextmanager
def _progress(streams: Streams) -> Iterator[Progress | None]:
    """A bar over the checks on stderr, if a terminal shows it; it is gone when the table comes."""
    if not streams.stderr.isatty() or importlib.util.find_spec("tqdm") is None:
        yield None
        return
    from tqdm import tqdm

    with tqdm(file=cast(Any, streams.stderr), unit="check", leave=False, dynamic_ncols=True) as bar:

        def tell(done: int, total: int, name: str) -> None:
            bar.total = total
            bar.set_postfix_str(name, refresh=False)
            bar.update(done - bar.n)

        yield tell
