"""`flowspec density`: the density of a trained model of one or two variables, before and after training."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from flowspec.cli.arguments import add_choice, wants_color
from flowspec.cli.latents import add_run, add_work, counter_of, keep_inputs, need_seed, positive, target, wrote
from flowspec.cli.runs import guarded, opened
from flowspec.cli.sample import given_pair, givens
from flowspec.cli.streams import Streams
from flowspec.diagnostics.text import clean

if TYPE_CHECKING:
    from flowspec.train import Densities

NAME = "density"
HELP = "draw the density of a model of one or two variables, before and after training, with its integral"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of density."""
    add_run(parser, "flowspec density runs/moons -o density.png")
    output = "a picture (.png): data, densities, samples, latents; or the numbers (.npz) (default: text on stdout)"
    parser.add_argument("-o", "--output", metavar="FILE", type=_target, help=output)
    data = "rows to show beside it, FILE or FILE:KEY (default: the test rows of the run)"
    parser.add_argument("--data", metavar="SOURCE", help=data)
    given = "what the density is given: NAME=CLASS or NAME=FILE[:KEY] (its first row), repeated"
    parser.add_argument("--given", action="append", default=[], metavar="NAME=VALUE", type=given_pair, help=given)
    box = (
        "where to draw it, two ends a variable: --box=-4,4 or --box=-4,4,-3,3 (default: the range of the data and more)"
    )
    parser.add_argument("--box", metavar="LOW,HIGH", type=_numbers, help=box)
    cells = "cells of the grid along an axis (default: 1000 on the line, 200 on the plane)"
    parser.add_argument("--size", metavar="N", type=positive, help=cells)
    parser.add_argument("--ascii", action="store_true", help="draw with ASCII characters only")
    add_work(parser, "of samples and of what is drawn on the way")
    add_choice(parser, "--format", ("full", "json"), "how figures are written (default: full)", default="full")


def _target(text: str) -> Path:
    return target(text, (".png", ".npz"))


def _numbers(text: str) -> tuple[float, ...]:
    try:
        found = tuple(float(word) for word in text.split(","))
    except ValueError:
        found = ()
    if len(found) not in (2, 4) or not all(abs(n) < float("inf") for n in found):
        raise argparse.ArgumentTypeError(f"`{text}` is not LOW,HIGH or LOW,HIGH,LOW,HIGH")
    return found


def run(args: argparse.Namespace, streams: Streams) -> int:
    """Compute both densities, and show them."""
    return guarded(lambda: _density(args, streams), streams)


def _density(args: argparse.Namespace, streams: Streams) -> int:
    from flowspec.train import Frame, densities, device, reopen, untrained, write_plot

    need_seed(args.seed)
    record, spec = opened(args.run, streams, wants_color(args, streams))
    trained = reopen(record, spec, device(args.device))
    keep_inputs(args.output, args.data, record.request.source, *(source for _, source in args.given))
    frame = Frame(args.box, args.size, args.data, givens(args.given), args.seed, args.batch)
    found = densities(untrained(trained, spec), trained, frame, counter_of(streams))
    if args.output is not None and args.output.suffix == ".png":
        write_plot(args.output, found)
    elif args.output is not None:
        found.write_arrays(args.output)
    streams.stdout.write(_shown(args, found, streams))
    if args.output is not None:
        wrote(args.output, streams)
    return 0


def _shown(args: argparse.Namespace, found: Densities, streams: Streams) -> str:
    """JSON, or the figures, with a picture in characters where there is no file."""
    from flowspec.train import density_figures, density_text

    if args.format == "json":
        return json.dumps({"run": args.run, **found.as_json()}) + "\n"
    if args.output is not None:
        return "".join(f"{clean(line)}\n" for line in density_figures(found))
    ascii_only = args.ascii or streams.stdout.encoding.lower().replace("-", "") not in ("utf8", "utf8sig")
    return density_text(found, ascii_only)
