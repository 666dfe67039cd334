"""`flowspec verify`: build a spec's module and certify it by numbers."""

from __future__ import annotations

import argparse
import importlib.util
import json
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, cast

from flowspec.cli import conditioning
from flowspec.cli.arguments import UsageError, add_choice, add_color, wants_color
from flowspec.cli.compiling import analyse
from flowspec.cli.paths import source_of, unreadable
from flowspec.cli.runs import guarded
from flowspec.cli.streams import Streams
from flowspec.diagnostics.render import render_full, render_json

if TYPE_CHECKING:
    from flowspec.compiler import Report
    from flowspec.verify.conditioning import Conditioning
    from flowspec.verify.run import Progress

NAME = "verify"
HELP = "build a spec's module and certify it by numbers"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of verify."""
    parser.add_argument(
        "spec", metavar="SPEC", help="a file, or - for stdin; or the folder of a run, to measure what it trained"
    )
    parser.add_argument("--seed", type=_seed, default=0, metavar="N", help="of weights, data and noise (default: 0)")
    parser.add_argument("--full", action="store_true", help="judge the spec at its own size, however large")
    conditioning.add_arguments(parser)
    add_choice(parser, "--format", ("text", "json"), "how results are written (default: text)", default="text")
    add_color(parser)


def _seed(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"`{text}` is not a number from 0 up")
    return int(text)


def run(args: argparse.Namespace, streams: Streams) -> int:
    """Certify; 0 when every check holds, 1 when one does not or the spec has errors, 2 when it cannot be read."""
    _need_torch()
    if conditioning.concerns_weights(args):
        return guarded(lambda: _measure(args, streams), streams)
    conditioning.need_measure(args)
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
    precision = _precision(cast("Report", report), args, streams) if args.conditioning else None
    color = wants_color(args, streams)
    if args.format == "json":
        streams.stdout.write(_document(as_json(certificate), precision))
    else:
        streams.stdout.write(render_table(certificate, color) + (_table(precision, color) if precision else ""))
    return 0 if certificate.ok and (precision is None or precision.ok) else 1


def _precision(report: Report, args: argparse.Namespace, streams: Streams) -> Conditioning:
    """The conditioning of fresh weights on a random batch."""
    found, judged = conditioning.fresh(report, args)
    with _progress(streams, "piece") as progress:
        return conditioning.measured(found, judged, args, progress)


def _measure(args: argparse.Namespace, streams: Streams) -> int:
    """Measure trained weights, or any weights on real data; 0 when encode and decode undo each other, 1 if not."""
    found = conditioning.judged(args, streams)
    with _progress(streams, "piece") as progress:
        precision = conditioning.measured(found, cast("Report", analyse(found.spec)), args, progress)
    from flowspec.verify.conditioning.table import render_conditioning_json

    as_json = args.format == "json"
    streams.stdout.write(
        render_conditioning_json(precision) if as_json else _table(precision, wants_color(args, streams))
    )
    return 0 if precision.ok else 1


def _table(precision: Conditioning, color: bool) -> str:
    from flowspec.verify.conditioning.table import render_conditioning

    return render_conditioning(precision, color)


def _document(certificate: str, precision: Conditioning | None) -> str:
    """The certificate as JSON, with the conditioning under a key of its own."""
    if precision is None:
        return certificate
    from flowspec.verify.conditioning.table import conditioning_document

    document = {**json.loads(certificate), "conditioning": conditioning_document(precision)}
    return json.dumps(document, indent=2, allow_nan=False) + "\n"


def _need_torch() -> None:
    if importlib.util.find_spec("torch") is None:
        raise UsageError("verification needs `torch`, which is not installed", "pip install 'flowspec[train]'")


def _findings(report: Any, args: argparse.Namespace, streams: Streams) -> str:
    if args.format == "json":
        return render_json(report.diagnostics)
    return render_full(report.diagnostics, report.sources, wants_color(args, streams), streams.width)


@contextmanager
def _progress(streams: Streams, unit: str = "check") -> Iterator[Progress | None]:
    """A bar over the checks on stderr, if a terminal shows it; it is gone when the table comes."""
    if not streams.stderr.isatty() or importlib.util.find_spec("tqdm") is None:
        yield None
        return
    from tqdm import tqdm

    with tqdm(file=cast(Any, streams.stderr), unit=unit, leave=False, dynamic_ncols=True) as bar:

        def tell(done: int, total: int, name: str) -> None:
            bar.total = total
            bar.set_postfix_str(name, refresh=False)
            bar.update(done - bar.n)

        yield tell
