"""`flowspec order`: the generation order, and which variables are drawn together."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from flowspec.cli.arguments import UsageError
from flowspec.cli.drawing import Drawing, add_drawing, run_drawing
from flowspec.cli.streams import Streams

if TYPE_CHECKING:
    import numpy as np

    from flowspec.compiler import Report
    from flowspec.view.orders import Generation

NAME = "order"
HELP = "number the generation order, and show which variables are drawn together"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of order."""
    add_drawing(parser)
    parser.add_argument("node", nargs="?", metavar="NODE", help="a density or a step with an order (default: all)")


def run(args: argparse.Namespace, streams: Streams) -> int:
    """Draw the orders of a spec."""
    return run_drawing(args, streams, lambda report: _draw(report, args))


def _draw(report: Report, args: argparse.Namespace) -> Drawing:
    from flowspec.view.order_picture import order_picture
    from flowspec.view.orders import generations
    from flowspec.view.records import order_json

    facts: Any = report.all_facts
    found = generations(facts, args.node, args.order)
    name = facts.program.name
    return Drawing(
        order_picture(name, report.path, found, facts.summary.sampling_steps or 1),
        lambda: order_json(name, report.path, report.sha256, found),
        lambda: _array(found),
    )


def _array(found: tuple[Generation, ...]) -> np.ndarray[Any, Any]:
    """The level of each variable, from 1, in the shape of the variables."""
    if len(found) != 1:
        names = ", ".join(order.names[0] for order in found)
        there = f"name one: {names}" if found else "nothing here is generated one after the other"
        raise UsageError(f"an npy file holds one order, and there are {len(found)}", there)
    return found[0].levels.reshape(found[0].shape)
