"""`flowspec sample`: draw from a trained model."""

from __future__ import annotations

import argparse
from pathlib import Path

from flowspec.cli.arguments import UsageError, add_color, wants_color
from flowspec.cli.runs import guarded, opened
from flowspec.cli.streams import Streams
from flowspec.diagnostics.text import clean

NAME = "sample"
HELP = "draw from a trained model: a picture, an array, or lines of text"
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
    parser.add_argument("--batch", type=_positive, default=500, metavar="N", help="samples at a time (default: 500)")
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda or cuda:N (default: cuda if there is one)")
    add_color(parser)


def _positive(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"`{text}` is not a number above 0")
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
    from flowspec.train import device, reopen, sample

    if args.seed < 0:
        raise UsageError(f"the seed is {args.seed}; it must be 0 or more")
    found, spec = opened(args.run, streams, wants_color(args, streams))
    trained = reopen(found, spec, device(args.device))
    suffix = args.output.suffix if args.output else ""
    samples = sample(trained, args.number, suffix, dict(args.given), args.seed, args.batch)
    if args.output is None:
        streams.stdout.write(samples.text())
    else:
        samples.write(args.output)
        streams.stderr.write(f"wrote {clean(str(args.output))}\n")
    return 0
