"""`flowspec field`: what one variable sees, what it may know and does not see, and what it must not see."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from flowspec.cli.arguments import UsageError
from flowspec.cli.drawing import Drawing, add_drawing, run_drawing
from flowspec.cli.files import files_read
from flowspec.cli.paths import unreadable
from flowspec.cli.streams import Streams

if TYPE_CHECKING:
    import numpy as np

    from flowspec.compiler import Report
    from flowspec.view.field import Field

NAME = "field"
HELP = "show what a variable sees, its blind spot, and what it must not see"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of field."""
    add_drawing(parser)
    node = "a density or a step with an order, an encoder, or z, the latent of a flow (default: all)"
    parser.add_argument("node", nargs="?", metavar="NODE", help=node)
    at = "the variable: r,c[,ch] in an image, i in a vector, t,r,c[,ch] in a video, or its name (default: the centre); behind an encoder an entry of z"
    back = "the other way round: who depends on the variable"
    parser.add_argument("--seen-by", action="store_true", help=back)
    steps = "of a flow: what the variable has come to depend on behind each step, or behind the step NODE"
    parser.add_argument("--layers", action="store_true", help=steps)
    diff = "another spec with variables of the same shape: what it sees more, and what less"
    parser.add_argument("--diff", metavar="SPEC", help=diff)
    parser.add_argument("--at", metavar="PLACE", help=at)


def run(args: argparse.Namespace, streams: Streams) -> int:
    """Draw the field of one variable, in every density and step with an order."""
    return run_drawing(args, streams, lambda report: _draw(report, args))


def _draw(report: Report, args: argparse.Namespace) -> Drawing:
    from flowspec.view.field_picture import field_picture
    from flowspec.view.records import field_json

    facts: Any = report.all_facts
    found = _found(facts, args)
    name = facts.program.name
    if args.diff:
        return _compared(name, report, found, args)
    return Drawing(
        field_picture(name, report.path, found),
        lambda: field_json(name, report.path, report.sha256, found),
        lambda: _array(found),
    )


def _found(facts: Any, args: argparse.Namespace) -> tuple[Field, ...]:
    """The fields that the options ask for. Raises UsageError for options that do not go together."""
    from flowspec.view.fields import fields, layers

    if not args.layers:
        return fields(facts, args.node, args.at, args.order, args.seen_by)
    others = {"`--seen-by`": args.seen_by, "`--order`": args.order}
    for name, given in others.items():
        if given:
            raise UsageError(f"`--layers` follows one variable through the whole flow, without {name}", "leave one out")
    return layers(facts, args.at, args.node)


def _compared(name: str, report: Report, found: tuple[Field, ...], args: argparse.Namespace) -> Drawing:
    """The same fields of another spec beside them."""
    from flowspec.cli.compiling import analyse
    from flowspec.view.diff_picture import compared, diff_codes, diff_json, diff_picture

    other: Any = analyse(args.diff)
    if unreadable(other.diagnostics):
        raise UsageError(f"there is no spec `{args.diff}` to read", "name the file of the other spec")
    if not other.ok:
        raise UsageError(f"`{args.diff}` has errors", f"`flowspec check {args.diff}` shows them")
    second = _found(other.all_facts, args)
    pairs = compared(found, second)
    names = (name, other.all_facts.program.name)
    return Drawing(
        diff_picture(names, (report.path, args.diff), pairs),
        lambda: diff_json(names, (report.path, args.diff), pairs),
        lambda: diff_codes(pairs[0]).reshape(pairs[0][0].shape),
        reads=files_read(args.diff, other.sources),
    )


def _array(found: tuple[Field, ...]) -> np.ndarray[Any, Any]:
    """One code a variable, in the shape of the variables: 0 must not see (a latent: does not depend on), 1 sees, 2 may
    know and does not see, 3 the variable itself. With `--seen-by` behind an encoder, in the shape of z."""
    from flowspec.view.field_picture import field_codes

    if len(found) != 1:
        names = ", ".join(field.names[0] for field in found)
        there = f"name one: {names}" if found else "no conditional of this model reads another variable"
        raise UsageError(f"an npy file holds one field, and there are {len(found)}", there)
    if found[0].seen is None:
        raise UsageError("there are too many variables to follow one by one", "draw a smaller version of the spec")
    return field_codes(found[0]).reshape(found[0].shape)
