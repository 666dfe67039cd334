"""`flowspec order`: the generation order, and which variables are drawn together."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from flowspec.cli.arguments import UsageError
from flowspec.cli.drawing import SUFFIXES, Drawing, add_drawing, run_drawing
from flowspec.cli.streams import Streams

if TYPE_CHECKING:
    import numpy as np

    from flowspec.compiler import Report
    from flowspec.view.orders import Generation

NAME = "order"
MOVING = (".svg", ".gif", ".png")
HELP = "number the generation order, and show which variables are drawn together"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of order."""
    add_drawing(parser)
    film = "show level after level: an SVG, GIF or animated PNG (`-o FILE.svg | .gif | .png`)"
    parser.add_argument("--animate", action="store_true", help=film)
    parser.add_argument("node", nargs="?", metavar="NODE", help="a density or a step with an order (default: all)")


def run(args: argparse.Namespace, streams: Streams) -> int:
    """Draw the orders of a spec, or film them."""
    if args.animate and not args.output:
        raise UsageError("an animation is written to a file", "say which: `-o order.svg`, `.gif` or `.png`")
    return run_drawing(args, streams, lambda report: _draw(report, args), MOVING if args.animate else SUFFIXES)


def _draw(report: Report, args: argparse.Namespace) -> Drawing:
    from flowspec.view.order_picture import order_picture
    from flowspec.view.orders import generations
    from flowspec.view.records import order_json

    facts: Any = report.all_facts
    found = generations(facts, args.node, args.order)
    name = facts.program.name
    steps = facts.summary.sampling_steps or 1
    return Drawing(
        order_picture(name, report.path, found, steps),
        lambda: order_json(name, report.path, report.sha256, found),
        lambda: _array(found),
        (lambda suffix: _film(name, report.path, found, steps, suffix)) if args.animate else None,
    )


def _film(name: str, path: str, found: tuple[Generation, ...], steps: int, suffix: str) -> str | bytes:
    """The orders as a film."""
    from flowspec.view.movie_svg import render_movie
    from flowspec.view.order_movie import order_movie
    from flowspec.view.png import render_film

    movie = order_movie(name, path, found, steps)
    return (
        render_movie(movie, f"order of {name}, level after level") if suffix == ".svg" else render_film(movie, suffix)
    )


def _array(found: tuple[Generation, ...]) -> np.ndarray[Any, Any]:
    """The level of each variable, from 1, in the shape of the variables."""
    if len(found) != 1:
        names = ", ".join(order.names[0] for order in found)
        there = f"name one: {names}" if found else "nothing here is generated one after the other"
        raise UsageError(f"an npy file holds one order, and there are {len(found)}", there)
    return found[0].levels.reshape(found[0].shape)
