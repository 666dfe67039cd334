"""`flowspec attribute`: the direction in latent space from rows without an attribute to rows with it."""

from __future__ import annotations

import argparse
import json
import re
from pathlib import Path
from typing import TYPE_CHECKING

from flowspec.cli.arguments import UsageError, add_choice
from flowspec.cli.latents import add_run, add_work, counter_of, keep_inputs, positive, target, trained_of, wrote
from flowspec.cli.runs import guarded
from flowspec.cli.streams import Streams
from flowspec.diagnostics.text import clean

if TYPE_CHECKING:
    from flowspec.train import Wish

NAME = "attribute"
HELP = "the latent direction of an attribute: mean of rows with it less mean of rows without it"
SPLITS = ("train", "valid", "test")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of attribute."""
    add_run(
        parser, "flowspec attribute runs/nice --with label=3 --without label=8 -o three.npz, and then "
        "flowspec sample runs/nice --attribute three.npz -o strip.png",
    )  # fmt: skip
    rows = "rows with the attribute: LABEL=N or LABEL=N,N for those of the data with that label, or FILE or FILE:KEY"
    parser.add_argument("--with", dest="plus", metavar="SET", required=True, help=rows)
    others = "rows without it, likewise (default: those of the data with any other label)"
    parser.add_argument("--without", dest="minus", metavar="SET", help=others)
    parser.add_argument("--data", metavar="SOURCE", help="where labelled rows are (default: the data of the run)")
    add_choice(parser, "--split", SPLITS, "which rows (default: train)", default="train")
    parser.add_argument(
        "-n", "--number", type=positive, metavar="N", help="the first N rows of each set (default: all)"
    )
    output = "write the direction, for `flowspec sample RUN --attribute FILE` (.npz)"
    parser.add_argument("-o", "--output", metavar="FILE", type=_target, help=output)
    add_work(parser, "of what is drawn on the way: dequantization, an encoder")
    add_choice(parser, "--format", ("full", "json"), "how the summary is written (default: full)", default="full")


def _target(text: str) -> Path:
    return target(text, (".npz",))


def run(args: argparse.Namespace, streams: Streams) -> int:
    """Encode both sets, and write the difference of their means."""
    return guarded(lambda: _attribute(args, streams), streams)


def _attribute(args: argparse.Namespace, streams: Streams) -> int:
    from flowspec.train import attribute

    wanted = _wish(args.plus, args), _without(args)
    trained = trained_of(args, streams)
    keep_inputs(args.output, *(wish.source for wish in wanted), trained.run.request.source)
    found = attribute(trained, wanted, args.number, args.batch, args.seed, counter_of(streams))
    if args.output is not None:
        found.write(args.output)
    record = {"run": args.run, **found.as_json()}
    streams.stdout.write(json.dumps(record) + "\n" if args.format == "json" else f"{clean(found.text())}\n")
    if args.output is not None:
        wrote(args.output, streams)
    return 0


def _wish(text: str, args: argparse.Namespace) -> Wish:
    """The rows that a set names. A file of the name LABEL=N wins. Raises UsageError for LABEL=word."""
    from flowspec.train import Wish

    match = re.fullmatch(r"([A-Za-z_]\w*)=(-?\d+(?:,-?\d+)*)", text)
    if match is None and re.fullmatch(r"[A-Za-z_]\w*=[^./:]*", text) and not Path(text).exists():
        raise UsageError(f"`{text}` is no label and its values", "they are whole numbers: label=3, or label=3,8")
    if match is None or Path(text).exists():
        return Wish(text, args.split)
    return Wish(args.data, args.split, match[1], tuple(int(word) for word in match[2].split(",")))


def _without(args: argparse.Namespace) -> Wish:
    """The second set; without one, rows with other labels. Raises UsageError when a file stands for the first."""
    from flowspec.train import Wish

    if args.minus is not None:
        return _wish(args.minus, args)
    first = _wish(args.plus, args)
    if not first.name:
        raise UsageError("nothing says which rows are without the attribute", "name them: --without OTHERS.npz")
    return Wish(first.source, first.split, first.name, first.values, equal=False)
