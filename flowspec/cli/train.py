"""`flowspec train`: fit a spec to data by maximum likelihood."""

from __future__ import annotations

import argparse
import os
import shlex
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowspec.cli.arguments import UsageError, add_choice, add_color, wants_color
from flowspec.cli.runs import compiled, guarded, words
from flowspec.cli.streams import Streams
from flowspec.diagnostics.text import clean

if TYPE_CHECKING:
    from flowspec.train import Job, Outcome, Progress, Request, Spec

NAME = "train"
HELP = "fit a spec to data by maximum likelihood"
INTERRUPTED = 130  # what shells report for SIGINT

NUMBERS: tuple[tuple[str, type, str], ...] = (
    ("epochs", int, "stop after N passes over the data (default: 100, unless --steps is given)"),
    ("steps", int, "stop after N steps, whatever epochs the spec names"),
    ("batch", int, "rows a step (default: 100)"),
    ("lr", float, "learning rate of Adam (default: 0.001)"),
    ("weight-decay", float, "decoupled weight decay (default: 0)"),
    ("clip", float, "largest norm of the gradient, 0 for any (default: 5)"),
    ("patience", int, "stop after N validations without a new best, 0 for never (default: 10)"),
    ("eval-every", int, "steps between validations, 0 for once an epoch (default: 0)"),
    ("warmup", int, "steps over which the learning rate rises (default: 0)"),
    ("ema", float, "decay of an average of the weights, which is then what is kept; 0 for none (default: 0)"),
    ("seed", int, "of the initial weights, the order of the data and all noise (default: 0)"),
)


DATA = (
    "key",
    "columns",
    "binarize",
    "standardize",
    "valid",
    "quantize",
    "mu_law",
    "patches",
    "stride",
    "text",
    "test",
    "noise",
)  # what is said of the data, by the names of a Request


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of train; defaults of options come from the spec's `train` section first."""
    parser.add_argument("spec", metavar="SPEC", help="a file, or - for stdin")
    source = "FILE or FILE:KEY (npz, npy, csv, idx, wav, text, a folder of idx or wav files), or synthetic:NAME[:ROWS]"
    parser.add_argument("--data", metavar="SOURCE", help=source)
    parser.add_argument("--out", metavar="DIR", help="where the run is kept (default: runs/NAME)")
    parser.add_argument("--resume", action="store_true", help="go on with the run in --out")
    _add_preparations(parser)
    for name, kind, help_text in NUMBERS:
        parser.add_argument(f"--{name}", type=kind, metavar="N" if kind is int else "X", help=help_text)
    betas = "decay rates of Adam's moments (default: 0.9 0.999)"
    parser.add_argument("--betas", type=float, nargs=2, metavar=("B1", "B2"), help=betas)
    orders = "of an ensemble, a step trains one at random or the mixture of all (default: sample)"
    add_choice(parser, "--orders", ("sample", "all"), orders)
    schedules, precisions = ("constant", "cosine"), ("float32", "bfloat16", "float64")
    add_choice(parser, "--schedule", schedules, "of the learning rate (default: constant)")
    add_choice(parser, "--precision", precisions, "of the computation (default: float32)")
    parser.add_argument("--compile", action="store_true", default=None, help="compile the model by torch.compile")
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda or cuda:N (default: cuda if there is one)")
    parser.add_argument("--quiet", action="store_true", help="no progress on stderr")
    add_color(parser)


def _add_preparations(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--key", metavar="NAME", help="the array to use of a file that holds several")
    parser.add_argument("--columns", metavar="A,B", type=words, help="the columns to use, by name or number from 0")
    parser.add_argument("--valid", metavar="FILE", help="a second file to validate on (default: the file's own split)")
    parser.add_argument("--binarize", action="store_true", help="cut gray values at the middle into 0 and 1")
    quantize = "make bytes 0..255 the fewer levels of a model with `values: N`"
    parser.add_argument("--quantize", action="store_true", help=quantize)
    mu_law = "compand sound to the levels of the model (255 to the full scale)"
    parser.add_argument("--mu-law", action="store_true", help=mu_law)
    parser.add_argument("--patches", action="store_true", help="cut larger images and frames into pieces of x's size")
    parser.add_argument("--text", action="store_true", help="read the file as text, whatever it looks like")
    stride = "step between the training windows of a text, recording or video (default: their length)"
    parser.add_argument("--stride", type=int, default=0, metavar="N", help=stride)
    test = "the recordings to test on, by a label beside them: index=0,1"
    parser.add_argument("--test", metavar="LABEL=VALUES", help=test)
    standardize = "move real data to mean 0 and deviation 1; figures stay in the units of the data"
    parser.add_argument("--standardize", action="store_true", help=standardize)
    noise = "widths of uniform noise for real data that were rounded, one for all columns or one each, 0 for none"
    parser.add_argument("--noise", metavar="W,W", type=widths, default=(), help=noise)


def widths(text: str) -> tuple[float, ...]:
    """The numbers of a comma separated list; ValueError for anything else, or none."""
    if not (found := tuple(float(word) for word in words(text))):
        raise ValueError(text)
    return found


def run(args: argparse.Namespace, streams: Streams) -> int:
    """Train, and keep a run; 130 when it was interrupted, after saving a state that --resume takes up."""
    return guarded(lambda: _train(args, streams), streams)


def _train(args: argparse.Namespace, streams: Streams) -> int:
    if not args.data and not args.resume:
        helps = "--data FILE names a npz, npy, csv or idx file; --data synthetic:moons needs none"
        raise UsageError("there is nothing to train on: --data is missing", helps)
    from flowspec.train import INTERRUPTED as INTERRUPTED_RUN
    from flowspec.train import Interrupt, train

    spec, section = compiled(args.spec, streams, wants_color(args, streams))
    job = _resumed(args, spec) if args.resume else _begun(args, spec, section)
    _introduce(job, streams)
    with Interrupt() as interrupt:
        outcome = train(job, _progress(args, streams), interrupt, spec.path, resume=args.resume)
    _conclude(args, job, outcome, streams)
    return INTERRUPTED if outcome.reason == INTERRUPTED_RUN else 0


def _begun(args: argparse.Namespace, spec: Spec, section: Any) -> Job:
    from flowspec.train import begin, defaults, device

    options, request = defaults(section, _request(args))
    options = options.updated(_options(args), "the command line")
    return begin(spec, request, options, device(args.device), _out(args, spec))


def _resumed(args: argparse.Namespace, spec: Spec) -> Job:
    from flowspec.train import device, go_on

    told = {name: value for name in DATA if (value := getattr(args, name))}
    return go_on(spec, _options(args), args.data, device(args.device), _out(args, spec), told)


def _request(args: argparse.Namespace) -> Request:
    from flowspec.train import Request as Asked

    told = {name: getattr(args, name) for name in DATA}
    return Asked(args.data, **{**told, "columns": args.columns or ()})


def _options(args: argparse.Namespace) -> dict[str, Any]:
    names = [name.replace("-", "_") for name, _, _ in NUMBERS]
    found = {name: getattr(args, name) for name in (*names, "betas", "schedule", "precision", "compile", "orders")}
    if found["steps"] and found["epochs"] is None:  # what is said now stands above what the spec says
        found["epochs"] = 0
    return found


def _out(args: argparse.Namespace, spec: Spec) -> Path:
    from flowspec.train import Traits

    return Path(args.out or os.path.join("runs", Traits.of(spec.model).name))


def _progress(args: argparse.Namespace, streams: Streams) -> Progress:
    from flowspec.train import Bar, Lines, Quiet

    if args.quiet:
        return Quiet()
    return Bar(streams.stderr) if streams.stderr.isatty() else Lines(streams.stderr)


def _introduce(job: Job, streams: Streams) -> None:
    """Say what is trained on what, and what the user should know about the data."""
    rows = ", ".join(f"{len(split)} {name}" for name, split in job.data.splits.items())
    weights = sum(p.numel() for p in job.model.parameters())
    place = f"{job.compute.device} in {job.compute.precision}"
    streams.stderr.write(clean(f"{job.traits.name}: {rows} rows; {weights} parameters; {place}") + "\n")
    for note in job.data.notes:
        streams.stderr.write(f"note: {clean(note)}\n")


def _conclude(args: argparse.Namespace, job: Job, outcome: Outcome, streams: Streams) -> None:
    """Say how training ended, how good the best model is, and what to do next."""
    out, best = shlex.quote(str(job.run.path)), outcome.best
    lines = [f"{outcome.reason} at step {outcome.step} (epoch {outcome.epoch:.2f})"]
    if best is not None:
        figures = f"{best['valid_nats']:.4f} nats, {best['valid_bits_per_dim']:.4f} bits/dim"
        lines.append(f"best valid {best['measures']}: {figures}, at step {best['step']}")
    if outcome.reason == "interrupted":
        lines.append(f"saved; go on with: flowspec train {shlex.quote(args.spec)} --out {out} --resume")
    elif best is not None:
        split = "" if "test" in job.data.splits else " --split valid"
        lines.append(f"saved; next: flowspec eval {out}{split}")
    streams.stdout.write("".join(f"{clean(line)}\n" for line in lines))
