"""What the commands that go to latent space and back share."""

from __future__ import annotations

import argparse
import os
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from flowspec.cli.arguments import UsageError, add_color, wants_color
from flowspec.cli.runs import opened
from flowspec.cli.streams import Streams
from flowspec.diagnostics.text import clean

if TYPE_CHECKING:
    from flowspec.train import Counter, Trained

BATCH = 500


def add_run(parser: argparse.ArgumentParser, example: str) -> None:
    """The run, and the example that the help ends with."""
    parser.add_argument("run", metavar="RUN", help="the folder that train wrote")
    parser.epilog = f"example: {example}"


def add_work(parser: argparse.ArgumentParser, seed: str) -> None:
    """How the work is done: seed (of what), batch, device, colours."""
    parser.add_argument("--seed", type=int, default=0, metavar="N", help=f"{seed} (default: 0)")
    parser.add_argument("--batch", type=positive, default=BATCH, metavar="N", help=f"rows at a time (default: {BATCH})")
    parser.add_argument("--device", metavar="NAME", help="cpu, cuda or cuda:N (default: cuda if there is one)")
    add_color(parser)


def positive(text: str) -> int:
    """A number above 0. Raises argparse.ArgumentTypeError for anything else."""
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"`{text}` is not a number above 0")
    return int(text)


def target(text: str, suffixes: Sequence[str]) -> Path:
    """The file to write. Raises argparse.ArgumentTypeError unless it ends in one of some suffixes."""
    if Path(text).suffix not in suffixes:
        raise argparse.ArgumentTypeError(f"`{text}` does not end in {', '.join(suffixes)}")
    return Path(text)


def need_seed(seed: int) -> None:
    """Raises UsageError for a seed that no generator takes."""
    if not 0 <= seed < 2**63:
        raise UsageError(f"the seed is {seed}; it must be {'0 or more' if seed < 0 else 'below 2^63'}")


def trained_of(args: argparse.Namespace, streams: Streams) -> Trained:
    """The model of the run. Raises UsageError for a seed that no generator takes."""
    from flowspec.train import device, reopen

    need_seed(args.seed)
    found, spec = opened(args.run, streams, wants_color(args, streams))
    return reopen(found, spec, device(args.device))


def counter_of(streams: Streams) -> Counter:
    """A bar where stderr is a terminal."""
    from flowspec.train import Counter

    return Counter(streams.stderr if streams.stderr.isatty() else None)


def keep_inputs(output: Path | None, *inputs: str | None) -> None:
    """Refuse to write over what is read, FILE or FILE:KEY. Raises UsageError."""
    if output is None or not output.exists():
        return
    for source in filter(None, inputs):
        places = (place for place in (source, source.rpartition(":")[0]) if os.path.exists(place))
        if any(os.path.samefile(output, place) for place in places):
            raise UsageError(f"`{output}` is what is read: it would be lost", "choose another name for -o")


def wrote(path: Path, streams: Streams) -> None:
    """Say so on stderr."""
    streams.stderr.write(f"wrote {clean(str(path))}\n")
