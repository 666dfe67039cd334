"""`flowspec sample`: draw from a trained model."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import TYPE_CHECKING

from flowspec.cli.arguments import UsageError, add_color, wants_color
from flowspec.cli.runs import guarded, opened
from flowspec.cli.streams import Streams
from flowspec.diagnostics.text import clean

if TYPE_CHECKING:
    from flowspec.train import Between, Completed, Samples, Trained

NAME = "sample"
HELP = "draw from a trained model: a picture, an array, or lines of text"
EACH, TEXTS, STEPS = 6, 10, 10  # completions of a row of data and of a prompt, steps of a way
SUFFIXES = (".png", ".gif", ".wav", ".txt", ".npy", ".npz")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of sample."""
    parser.add_argument("run", metavar="RUN", help="the folder that train wrote")
    count = "how many (default: 100 images, 5000 points of a picture, 10 texts, sounds, clips or lines)"
    parser.add_argument("-n", "--number", type=_positive, metavar="N", help=count)
    target = (
        "a picture (.png, .gif for clips), sound (.wav), text (.txt) or an array (.npy, .npz) (default: text on stdout)"
    )
    parser.add_argument("-o", "--output", metavar="FILE", type=_target, help=target)
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="the same seed, the same samples (default: 0)")
    given = "what samples are given: NAME=CLASS,CLASS,... or NAME=FILE[:KEY], repeated (default: all classes)"
    parser.add_argument("--given", action="append", default=[], metavar="NAME=VALUE", type=_pair, help=given)
    keep = "complete rows of data: what is seen of each, rows:K, columns:K or first:K, or a .npy file of booleans"
    parser.add_argument("--keep", metavar="WHAT", help=keep)
    observed = "the rows for --keep and --between, FILE or FILE:KEY (default: the test rows of the run)"
    parser.add_argument("--observed", metavar="SOURCE", help=observed)
    between = "the way from row A to row B of the data: decoded by a flow, else the training rows nearest to it"
    parser.add_argument("--between", nargs=2, type=_row, metavar=("A", "B"), help=between)
    parser.add_argument("--prompt", metavar="TEXT", help="how texts begin")
    parser.add_argument("--each", type=_positive, metavar="N", help="completions of each row (default: 6)")
    parser.add_argument("--order", type=int, metavar="K", help="draw from member K of an ensemble of orders")
    parser.add_argument("--batch", type=_positive, default=500, metavar="N", help="samples at a time (default: 500)")
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda or cuda:N (default: cuda if there is one)")
    add_color(parser)


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"`{text}` is not a number above 0")
    return int(text)


def _row(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"`{text}` is not the number of a row, from 0")
    return int(text)


def _target(text: str) -> Path:
    if Path(text).suffix not in SUFFIXES:
        raise argparse.ArgumentTypeError(f"`{text}` does not end in {', '.join(SUFFIXES)}")
    return Path(text)


def _pair(text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"`{text}` is not NAME=VALUE")
    return name, value


def run(args: argparse.Namespace, streams: Streams) -> int:
    """Draw, and write the samples."""
    return guarded(lambda: _sample(args, streams), streams)


def _sample(args: argparse.Namespace, streams: Streams) -> int:
    from flowspec.train import device, reopen

    if args.seed < 0:
        raise UsageError(f"the seed is {args.seed}; it must be 0 or more")
    found, spec = opened(args.run, streams, wants_color(args, streams))
    trained = reopen(found, spec, device(args.device))
    made = _made(args, trained, streams)
    if args.output is None:
        streams.stdout.write(made.text())
    else:
        made.write(args.output)
        streams.stderr.write(f"wrote {clean(str(args.output))}\n")
    return 0


def _made(args: argparse.Namespace, trained: Trained, streams: Streams) -> Samples | Completed | Between:
    if args.between is None:
        return _completed(args, trained) if args.keep or args.prompt is not None else _plain(args, trained)
    from flowspec.train import between

    if args.keep or args.prompt is not None:
        raise UsageError("--between does not go with --keep or --prompt")
    first, last = args.between
    way = between(trained, first, last, args.observed, args.number or STEPS, dict(args.given), args.seed)
    streams.stderr.write(f"note: {clean(way.note)}\n")
    return way


def _plain(args: argparse.Namespace, trained: Trained) -> Samples:
    from flowspec.train import sample

    for name in ("observed", "each"):
        if getattr(args, name) is not None:
            raise UsageError(
                f"--{name} completes rows of data, and nothing says what is seen of them", "add --keep rows:K"
            )
    suffix = args.output.suffix if args.output else ""
    return sample(trained, args.number, suffix, dict(args.given), args.seed, args.batch, args.order)


def _completed(args: argparse.Namespace, trained: Trained) -> Completed:
    from flowspec.train import complete, evidence, prompt

    if args.prompt is None:
        seen, each = evidence(trained, args.keep, args.observed, args.number), args.each or EACH
    elif args.keep or args.observed:
        raise UsageError("--prompt says what is seen already: --keep and --observed do not go with it")
    else:
        seen, each = prompt(trained, args.prompt), args.number or args.each or TEXTS
    return complete(trained, seen, each, dict(args.given), args.seed, args.batch, args.order)
