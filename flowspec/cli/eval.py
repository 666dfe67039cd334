"""`flowspec eval`: the log-likelihood of a trained model on a split of data."""

from __future__ import annotations

import argparse
import json
from dataclasses import replace
from typing import TYPE_CHECKING

from flowspec.cli.arguments import add_choice, add_color, wants_color
from flowspec.cli.latents import positive
from flowspec.cli.runs import guarded, need_data, opened, words
from flowspec.cli.streams import Streams
from flowspec.diagnostics.text import clean

if TYPE_CHECKING:
    from flowspec.train import Request, Run

NAME = "eval"
HELP = "score a trained model: nats and bits/dim with standard errors"
SPLITS = ("train", "valid", "test")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of eval."""
    parser.add_argument("run", metavar="RUN", help="the folder that train wrote")
    parser.add_argument("--data", metavar="SOURCE", help="other data than it was trained on, prepared in the same way")
    parser.add_argument("--key", metavar="NAME", help="the array to use of a --data file that holds several")
    parser.add_argument("--columns", metavar="A,B", type=words, help="the columns of --data to use, if others")
    add_choice(parser, "--split", SPLITS, "the rows to score (default: test)", default="test")
    parser.add_argument("--batch", type=positive, metavar="N", help="rows at a time (default: as in training)")
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda or cuda:N (default: cuda if there is one)")
    add_choice(parser, "--format", ("full", "json"), "how the score is written (default: full)", default="full")
    add_color(parser)


def run(args: argparse.Namespace, streams: Streams) -> int:
    """Print the score of the best model of a run."""
    return guarded(lambda: _eval(args, streams), streams)


def _eval(args: argparse.Namespace, streams: Streams) -> int:
    from flowspec.train import device, evaluate, reopen

    found, spec = opened(args.run, streams, wants_color(args, streams))
    trained = reopen(found, spec, device(args.device))
    request = _request(args, found)
    score = evaluate(trained, args.split, request, args.batch)
    if args.format == "json":
        record = {"run": args.run, "name": trained.traits.name, "step": trained.step, **score.as_json()}
        streams.stdout.write(json.dumps(record) + "\n")
        return 0
    rows = f"{args.split} of {request.source if request else found.request.source}"
    streams.stdout.write(clean(f"{trained.traits.name} after {trained.step} steps, {rows}") + "\n")
    streams.stdout.write("".join(f"   {clean(line)}\n" for line in score.lines()))
    return 0


def _request(args: argparse.Namespace, found: Run) -> Request | None:
    """What other data to read, prepared as the run prepared its own; none for the data of the run."""
    if args.data is None:
        need_data(args)
        return None
    asked = found.request
    return replace(asked, source=args.data, key=args.key, columns=args.columns or asked.columns, valid=None)
