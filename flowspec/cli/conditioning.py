"""`flowspec verify --conditioning`: which weights and which batch are judged, from a run, a file or a seed."""

from __future__ import annotations

import argparse
import os
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from flowspec.cli.arguments import UsageError, wants_color
from flowspec.cli.runs import SPEC, compiled, need_data, opened, words
from flowspec.cli.streams import Streams

if TYPE_CHECKING:
    from torch import Tensor

    from flowspec.compiler import Report
    from flowspec.train import Split, Traits
    from flowspec.verify.conditioning import Conditioning
    from flowspec.verify.conditioning.measure import Progress

RANDOM = "random numbers inside the support of x"
ROWS = 16  # that are measured
START = 256  # rows that a fresh model starts from (actnorm)


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """A model with its weights, the spec it was built from, a batch for it, and where each of them comes from."""

    spec: str
    model: Any
    x: Tensor
    given: dict[str, Tensor]
    weights: str
    inputs: str


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare what concerns real weights and real batches."""
    parser.add_argument(
        "--conditioning",
        action="store_true",
        help="measure a flow: round trips in float32 and float64, singular values, and the step that loses most",
    )
    parser.add_argument("--data", metavar="SOURCE", help="measure it on rows of this data (as in train and eval)")
    parser.add_argument("--key", metavar="NAME", help="the array to use of a --data file that holds several")
    parser.add_argument("--columns", metavar="A,B", type=words, help="the columns of --data to use")
    parser.add_argument("--split", metavar="NAME", help="the rows to take (default: valid; of a run test, else valid)")
    parser.add_argument("--checkpoint", metavar="FILE", help="measure these weights of the spec: model.safetensors")
    parser.add_argument("--batch", type=_rows, metavar="N", help="rows that are measured (default: 16)")


def _rows(text: str) -> int:
    if not text.isdigit() or int(text) < 1:
        raise argparse.ArgumentTypeError(f"`{text}` is not a number from 1 up")
    return int(text)


def need_measure(args: argparse.Namespace) -> None:
    """Refuse, of a certificate alone, what says something of a measurement. Raises UsageError."""
    for name in ("key", "columns", "split", "batch"):
        if getattr(args, name) is not None and not (name == "batch" and args.conditioning):
            raise UsageError(
                f"--{name} is for a measurement on rows",
                "add --data FILE, or name the folder of a run in place of a spec",
            )


def is_run(path: str) -> bool:
    """Whether a path is meant as a run: a folder."""
    return path != "-" and os.path.isdir(path)


def concerns_weights(args: argparse.Namespace) -> bool:
    """Whether real weights or real data are asked for, so that the spec alone is not what is judged."""
    return is_run(args.spec) or args.data is not None or args.checkpoint is not None


def judged(args: argparse.Namespace, streams: Streams) -> Judged:
    """What the arguments ask for. Raises TrainError or UsageError where that does not exist, or is no flow."""
    if args.spec == "-":
        raise UsageError("--data and --checkpoint need a spec in a file", "save what comes from stdin first")
    if args.full:
        raise UsageError("trained weights and real data are measured at their own size: --full does not go with them")
    if args.data is None:
        need_data(args, *(() if is_run(args.spec) else ("split",)))
    return _of_run(args, streams) if is_run(args.spec) else _of_spec(args, streams)


def _of_run(args: argparse.Namespace, streams: Streams) -> Judged:
    import torch

    from flowspec.train import reopen
    from flowspec.train.session import shown_rows

    if args.checkpoint is not None:
        raise UsageError("a run has weights of its own", "give --checkpoint with the spec of the run")
    run, spec = opened(args.spec, streams, wants_color(args, streams))
    _need_flow(spec.model)
    trained = reopen(run, spec, torch.device("cpu"))
    if args.data is None and args.split is None:
        split, source = shown_rows(trained, None), run.request.source
    elif args.data is None:
        split, source = _own_rows(args.split, trained), run.request.source
    else:
        split, source = _other_rows(args, trained), args.data
    x, given = _batch(split, trained.traits, args.batch or ROWS)
    where = os.path.join(args.spec, SPEC)
    return Judged(where, trained.model, x, given, f"weights of step {trained.step}", f"rows of {source}")


def _own_rows(split: str, trained: Any) -> Split:
    """A split of the data of the run: the rows that training took for it, also where the file itself names none."""
    from flowspec.train import load

    run = trained.run
    data = load(run.request, trained.traits, run.options.wide)
    run.same_data(data)
    return data.split(split)


def _other_rows(args: argparse.Namespace, trained: Any) -> Split:
    from flowspec.train import load_rows

    run = trained.run
    columns = args.columns or run.request.columns
    request = replace(run.request, source=args.data, key=args.key, columns=columns, valid=None)
    split = args.split or "test"
    return load_rows(request, trained.traits, split, run.load_standard(), run.options.wide, run.medium).split(split)


def _of_spec(args: argparse.Namespace, streams: Streams) -> Judged:
    import torch

    from flowspec.train import Traits

    spec, section = compiled(args.spec, streams, wants_color(args, streams))
    _need_flow(spec.model)
    traits = Traits.of(spec.model)
    torch.manual_seed(args.seed)
    model: Any = spec.model().float().eval()
    weights = f"fresh weights, seed {args.seed}"
    if args.checkpoint is not None:
        weights = _load(model, args.checkpoint)
    if args.data is None:
        x, given = _random(model, args.batch or ROWS, args.seed)
        inputs = RANDOM
    else:
        (x, given), first = _rows_of_data(args, dict(section), traits)
        inputs = f"rows of {args.data}"
        if args.checkpoint is None:
            model.initialize(first[0], **first[1])
    return Judged(args.spec, model, x, given, weights, inputs)


def _need_flow(model: Any) -> None:
    if model.KIND != "flow":
        raise UsageError(
            f"`{model.NAME}` is no flow: there is no encode and decode whose precision could be measured",
            "`flowspec verify SPEC` certifies it without --conditioning",
        )


def _load(model: Any, path: str) -> str:
    from pathlib import Path

    from flowspec.train import files
    from flowspec.train.state import load_weights

    weights, _ = files.read_tensors(Path(path))
    load_weights(model, weights, f"`{path}`")
    return f"weights of {path}"


def _random(model: Any, n: int, seed: int) -> tuple[Tensor, dict[str, Tensor]]:
    """A batch without data; a model that starts from data starts from another one like it."""
    import torch

    from flowspec.verify.inputs import Values, draw_given

    def draw(rows: int, salt: int) -> tuple[Tensor, dict[str, Tensor]]:
        source = torch.Generator().manual_seed(seed + salt)
        x = Values.of(model.VALUES).draw(rows, tuple(model.SHAPE), source)
        given = draw_given(model.GIVEN, rows, source)
        return _single(x), {name: _single(value) for name, value in given.items()}

    x, given = draw(START, 1)
    model.initialize(x, **given)
    return draw(n, 2)


def _rows_of_data(args: argparse.Namespace, section: dict[str, Any], traits: Traits) -> tuple[Any, Any]:
    """The batch to measure, and rows of the training split to start from."""
    from flowspec.train import Request, defaults, load

    asked = Request(args.data, key=args.key, columns=args.columns or ())
    _, request = defaults(section, asked)
    data = load(request, traits)
    return _batch(data.split(args.split or "valid"), traits, args.batch or ROWS), _batch(
        data.split("train"), traits, START
    )


def _batch(split: Split, traits: Traits, n: int) -> tuple[Tensor, dict[str, Tensor]]:
    """n rows, evenly spaced over the split."""
    import torch

    from flowspec.train.compute import Compute, Feed

    feed = Feed(split, traits, Compute(torch.device("cpu")))
    rows = torch.linspace(0, len(feed) - 1, min(n, len(feed))).round().long()
    x, given = feed.batch(rows)
    return _single(x), {name: _single(value) for name, value in given.items()}


def _single(value: Tensor) -> Tensor:
    return value.float() if value.is_floating_point() else value


def measured(found: Judged, report: Report, args: argparse.Namespace, progress: Progress | None) -> Conditioning:
    """The precision of the model on its batch."""
    from flowspec.verify.conditioning import analyse_conditioning
    from flowspec.verify.subject import Subject

    subject = Subject(report, type(found.model), args.seed)
    return analyse_conditioning(
        subject, found.model, found.x, found.given, weights=found.weights, inputs=found.inputs, progress=progress
    )


def fresh(report: Report, args: argparse.Namespace) -> tuple[Judged, Report]:
    """Fresh weights and a random batch for a spec, or for the smaller version that `verify` judges in its place.

    Raises UsageError for a model that is no flow.
    """
    import torch

    from flowspec.verify.shrink import shrink
    from flowspec.verify.versions import build_class

    small = None if args.full else shrink(report)
    report = small.report if small else report
    torch.manual_seed(args.seed)
    model = build_class(report)().eval()
    _need_flow(model)
    x, given = _random(model, args.batch or ROWS, args.seed)
    weights = f"fresh weights, seed {args.seed}" + (", of the shrunken spec" if small else "")
    return Judged(report.path, model, x, given, weights, RANDOM), report
