"""`flowspec sample`: draw from a trained model."""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flowspec.cli.arguments import UsageError, add_color, wants_color
from flowspec.cli.latents import add_run, keep_inputs, need_seed
from flowspec.cli.runs import guarded, opened
from flowspec.cli.streams import Streams
from flowspec.diagnostics.text import clean

if TYPE_CHECKING:
    from flowspec.train import Between, Completed, Grid, Samples, Trained

NAME = "sample"
HELP = "draw from a trained model: a picture, an array, or lines of text"
EACH, TEXTS, STEPS = 6, 10, 10  # completions of a row of data and of a prompt, steps of a way
SIDE, STRENGTHS, STRONGEST = 8, 5, 2.0  # images of a side of a grid, of a row along an attribute, and how far it goes
SUFFIXES = (".png", ".gif", ".wav", ".txt", ".npy", ".npz")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of sample."""
    add_run(parser, "flowspec sample runs/nice -n 64 --temperature 0.7 -o x.png")
    count = "how many (default: 100 images, 5000 points of a picture, 10 texts, sounds, clips or lines)"
    parser.add_argument("-n", "--number", type=_positive, metavar="N", help=count)
    target = (
        "a picture (.png, .gif for clips), sound (.wav), text (.txt) or an array (.npy, .npz) (default: text on stdout)"
    )
    parser.add_argument("-o", "--output", metavar="FILE", type=_target, help=target)
    parser.add_argument("--seed", type=int, default=0, metavar="N", help="the same seed, the same samples (default: 0)")
    given = "what samples are given: NAME=CLASS,CLASS,... or NAME=FILE[:KEY], repeated (default: all classes)"
    parser.add_argument("--given", action="append", default=[], metavar="NAME=VALUE", type=given_pair, help=given)
    keep = "complete rows of data: what is seen of each, rows:K, columns:K or first:K, or a .npy file of booleans"
    parser.add_argument("--keep", metavar="WHAT", help=keep)
    observed = "the rows that numbers below and --keep speak of, FILE or FILE:KEY (default: the test rows of the run)"
    parser.add_argument("--observed", metavar="SOURCE", help=observed)
    between = "the way from row A to row B of the data: decoded by a flow, else the training rows nearest to it"
    parser.add_argument("--between", nargs=2, type=_row, metavar=("A", "B"), help=between)
    corners = "the N x N grid between four rows of the data (-n N, default: 8), for flows"
    parser.add_argument("--corners", nargs=4, type=_row, metavar=("I", "J", "K", "L"), help=corners)
    attribute = "move rows of data along a direction that `flowspec attribute` wrote, at N strengths (-n N, default: 5)"
    parser.add_argument("--attribute", metavar="FILE", type=Path, help=attribute)
    parser.add_argument("--rows", nargs="+", type=_row, metavar="I", help="the rows for --attribute (default: 0 to 7)")
    strength = "how far --attribute goes to either side, in lengths of the direction (default: 2)"
    parser.add_argument("--strength", type=_above_zero, metavar="S", help=strength)
    temperature = "multiply scales (of the base, of parts, of mixtures) and divide logits by T (default: 1)"
    parser.add_argument("--temperature", type=_above_zero, default=1.0, metavar="T", help=temperature)
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


def _above_zero(text: str) -> float:
    try:
        found = float(text)
    except ValueError:
        found = 0.0
    if not 0 < found < float("inf"):
        raise argparse.ArgumentTypeError(f"`{text}` is not a number above 0")
    return found


def _row(text: str) -> int:
    if not text.isdigit():
        raise argparse.ArgumentTypeError(f"`{text}` is not the number of a row, from 0")
    return int(text)


def _target(text: str) -> Path:
    if Path(text).suffix not in SUFFIXES:
        raise argparse.ArgumentTypeError(f"`{text}` does not end in {', '.join(SUFFIXES)}")
    return Path(text)


def given_pair(text: str) -> tuple[str, str]:
    """NAME=VALUE as both. Raises argparse.ArgumentTypeError for anything else."""
    name, equals, value = text.partition("=")
    if not (name and equals and value):
        raise argparse.ArgumentTypeError(f"`{text}` is not NAME=VALUE")
    return name, value


def givens(pairs: Sequence[tuple[str, str]]) -> dict[str, str]:
    """What stands in all --given, by name. Raises UsageError for a name that stands twice: only the last would count."""
    found: dict[str, str] = {}
    for name, value in pairs:
        if name in found:
            raise UsageError(
                f"--given {name} stands twice, as `{found[name]}` and as `{value}`",
                f"write it once, several classes with commas: --given {name}=0,1",
            )
        found[name] = value
    return found


def run(args: argparse.Namespace, streams: Streams) -> int:
    """Draw, and write the samples."""
    return guarded(lambda: _sample(args, streams), streams)


def _sample(args: argparse.Namespace, streams: Streams) -> int:
    from flowspec.train import device, reopen

    need_seed(args.seed)
    found, spec = opened(args.run, streams, wants_color(args, streams))
    trained = reopen(found, spec, device(args.device))
    read = (args.observed, args.keep, args.attribute and str(args.attribute), *(source for _, source in args.given))
    keep_inputs(args.output, found.request.source, *read)
    made = _made(args, trained, streams)
    if args.output is None:
        streams.stdout.write(made.text())
    else:
        made.write(args.output)
        streams.stderr.write(f"wrote {clean(str(args.output))}\n")
    return 0


def _made(args: argparse.Namespace, trained: Trained, streams: Streams) -> Samples | Completed | Between | Grid:
    ways = [name for name in WAYS if getattr(args, name) is not None]
    completes = args.keep is not None or args.prompt is not None
    _at_home(args, ways)
    if not ways:
        return _completed(args, trained) if completes else _plain(args, trained)
    if len(ways) > 1:
        raise UsageError(f"--{ways[0]} does not go with --{ways[1]}")
    if completes:
        raise UsageError(f"--{ways[0]} does not go with --keep or --prompt")
    if args.temperature != 1:
        raise UsageError(f"--{ways[0]} draws nothing: --temperature does not go with it")
    way = WAYS[ways[0]](args, trained)
    streams.stderr.write(f"note: {clean(way.note)}\n")
    return way


def _at_home(args: argparse.Namespace, ways: list[str]) -> None:
    """Refuse what says something of an option that is not there."""
    for name in ("rows", "strength"):
        if getattr(args, name) is not None and "attribute" not in ways:
            raise UsageError(f"--{name} is for --attribute", "make one with `flowspec attribute RUN --with label=1`")
    for name in ("each", "order"):
        if getattr(args, name) is not None and ways:
            raise UsageError(f"--{ways[0]} draws nothing: --{name} does not go with it")


def _between(args: argparse.Namespace, trained: Trained) -> Between:
    from flowspec.train import between

    first, last = args.between
    n = args.number or STEPS
    return between(trained, first, last, args.observed, n, givens(args.given), args.seed, args.batch)


def _corners(args: argparse.Namespace, trained: Trained) -> Grid:
    from flowspec.train import corners

    side = args.number or SIDE
    if side < 2:
        raise UsageError("a grid has two images a side at least: -n 2")
    return corners(trained, tuple(args.corners), args.observed, side, givens(args.given), args.seed, args.batch)


def _along(args: argparse.Namespace, trained: Trained) -> Grid:
    import numpy as np

    from flowspec.train import along, direction_of

    if args.given:
        raise UsageError("--attribute moves rows of data, which keep what they are given: --given does not go with it")
    most = args.strength or STRONGEST
    strengths = np.linspace(-most, most, args.number or STRENGTHS) if args.number != 1 else np.array([most])
    direction, rows = direction_of(trained, args.attribute), tuple(args.rows) if args.rows else None
    return along(trained, direction, rows, args.observed, strengths, args.batch, args.seed)


WAYS: dict[str, Callable[[argparse.Namespace, Trained], Between | Grid]] = {
    "between": _between,
    "corners": _corners,
    "attribute": _along,
}


def _plain(args: argparse.Namespace, trained: Trained) -> Samples:
    from flowspec.train import sample

    for name in ("observed", "each"):
        if getattr(args, name) is not None:
            raise UsageError(
                f"--{name} completes rows of data, and nothing says what is seen of them", "add --keep rows:K"
            )
    suffix = args.output.suffix if args.output else ""
    chosen, T = givens(args.given), args.temperature
    return sample(trained, args.number, suffix, chosen, args.seed, args.batch, args.order, T)


def _completed(args: argparse.Namespace, trained: Trained) -> Completed:
    from flowspec.train import complete, evidence, prompt

    if args.prompt is None:
        seen, each = evidence(trained, args.keep, args.observed, args.number), args.each or EACH
    elif args.keep or args.observed:
        raise UsageError("--prompt says what is seen already: --keep and --observed do not go with it")
    else:
        seen, each = prompt(trained, args.prompt), args.number or args.each or TEXTS
    chosen, T = givens(args.given), args.temperature
    return complete(trained, seen, each, chosen, args.seed, args.batch, args.order, T)
