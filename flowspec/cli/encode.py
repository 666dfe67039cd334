"""`flowspec encode`: from rows of data to the latents of a trained flow."""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import TYPE_CHECKING

from flowspec.cli.arguments import add_choice
from flowspec.cli.latents import add_run, add_work, counter_of, keep_inputs, positive, target, trained_of, wrote
from flowspec.cli.runs import guarded
from flowspec.cli.streams import Streams
from flowspec.diagnostics.text import clean

if TYPE_CHECKING:
    from flowspec.train import Codes

NAME = "encode"
HELP = "latents of rows of data under a trained flow, with log-determinants and nats"
SPLITS = ("train", "valid", "test")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of encode."""
    add_run(parser, "flowspec encode runs/nice -n 100 -o z.npz")
    data = "rows of other data than it was trained on, FILE or FILE:KEY, prepared in the same way"
    parser.add_argument("--data", metavar="SOURCE", help=data)
    add_choice(parser, "--split", SPLITS, "which rows (default: test)", default="test")
    parser.add_argument("-n", "--number", type=positive, metavar="N", help="the first N rows alone (default: all)")
    output = "write z, log_det and nats of each row, what it was given and the parts of z (.npz), or z alone (.npy)"
    parser.add_argument("-o", "--output", metavar="FILE", type=_target, help=output)
    add_work(parser, "of what is drawn on the way: dequantization, an encoder")
    add_choice(parser, "--format", ("full", "json"), "how the summary is written (default: full)", default="full")


def _target(text: str) -> Path:
    return target(text, (".npz", ".npy"))


def run(args: argparse.Namespace, streams: Streams) -> int:
    """Encode, sum up, and write."""
    return guarded(lambda: _encode(args, streams), streams)


def _encode(args: argparse.Namespace, streams: Streams) -> int:
    from flowspec.train import encode

    trained = trained_of(args, streams)
    keep_inputs(args.output, args.data, trained.run.request.source)
    codes = encode(trained, args.data, args.split, args.number, args.batch, args.seed, counter_of(streams))
    if args.output is not None:
        codes.write(args.output)
    streams.stdout.write(_document(args, codes) if args.format == "json" else _summary(codes, trained.traits.name))
    if args.output is not None:
        wrote(args.output, streams)
    return 0


def _document(args: argparse.Namespace, codes: Codes) -> str:
    return json.dumps({"run": args.run, **codes.as_json()}) + "\n"


def _summary(codes: Codes, name: str) -> str:
    """A line a part with its moments: those of the base, where the flow does what it should."""
    found = codes.as_json()
    lines = [f"{name}: z of {found['rows']} {found['split']} rows; mean log-det {found['log_det']:.4f}"]
    lines.append(f"   {found['measures']} {found['nats']:.4f} nats, by the z that is written")
    for part in found["parts"]:
        shape = "x".join(map(str, part["shape"]))
        moments = f"mean {part['mean']:+.4f}, deviation {part['std']:.4f}"
        lines.append(f"   {part['name']:<12} {shape:<12} {part['density']:<18} {moments}")
    return "".join(f"{clean(line)}\n" for line in lines)
