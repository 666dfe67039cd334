"""`flowspec decode`: from latents in a file to data."""

from __future__ import annotations

import argparse
from pathlib import Path

from flowspec.cli.latents import add_run, add_work, counter_of, keep_inputs, target, trained_of, wrote
from flowspec.cli.runs import guarded
from flowspec.cli.sample import SUFFIXES, given_pair, givens
from flowspec.cli.streams import Streams

NAME = "decode"
HELP = "data of latents in a file: a picture, an array, or lines of text"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of decode."""
    add_run(parser, "flowspec decode runs/nice z.npz -o x.png")
    latents = "an array of one latent a row, FILE or FILE:KEY: what encode wrote, or your own (.npz, .npy)"
    parser.add_argument("latents", metavar="Z", help=latents)
    output = (
        "a picture (.png, .gif for clips), sound (.wav), text (.txt) or an array (.npy, .npz) (default: text on stdout)"
    )
    parser.add_argument("-o", "--output", metavar="FILE", type=_target, help=output)
    given = "what rows are given: NAME=CLASS,CLASS,... or NAME=FILE[:KEY], repeated (default: what stands beside z)"
    parser.add_argument("--given", action="append", default=[], metavar="NAME=VALUE", type=given_pair, help=given)
    add_work(parser, "of what is drawn on the way back, where anything is")


def _target(text: str) -> Path:
    return target(text, SUFFIXES)


def run(args: argparse.Namespace, streams: Streams) -> int:
    """Decode, and write."""
    return guarded(lambda: _decode(args, streams), streams)


def _decode(args: argparse.Namespace, streams: Streams) -> int:
    from flowspec.train import decode

    trained = trained_of(args, streams)
    keep_inputs(args.output, args.latents, trained.run.request.source, *(source for _, source in args.given))
    made = decode(trained, args.latents, givens(args.given), args.batch, args.seed, counter_of(streams))
    if args.output is None:
        streams.stdout.write(made.text())
        return 0
    made.write(args.output)
    wrote(args.output, streams)
    return 0
