"""`flowspec graph`: the typed graph, with shapes, bounds, supports and parameters."""

from __future__ import annotations

import argparse
from typing import TYPE_CHECKING, Any

from flowspec.cli.arguments import UsageError
from flowspec.cli.drawing import Drawing, add_drawing, run_drawing
from flowspec.cli.streams import Streams

if TYPE_CHECKING:
    import numpy as np

    from flowspec.compiler import Report
    from flowspec.view.chart_rounds import Chart

NAME = "graph"
HELP = "draw the typed graph: shapes, what each value may know, supports, parameters"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """Declare the arguments of graph."""
    add_drawing(parser)
    node = "a density or a step, whose net is drawn (default: the whole model)"
    parser.add_argument("node", nargs="?", metavar="NODE", help=node)


def run(args: argparse.Namespace, streams: Streams) -> int:
    """Draw the graph of a spec."""
    return run_drawing(args, streams, lambda report: _draw(report, args))


def _draw(report: Report, args: argparse.Namespace) -> Drawing:
    from flowspec.view.graphs import charts
    from flowspec.view.pictures import Figure, Picture
    from flowspec.view.records import graph_json

    facts: Any = report.all_facts
    found = charts(facts, args.node)
    name = facts.program.name
    figures = tuple(Figure(c.title, c.place, c.facts, (), chart=c) for c in found)
    return Drawing(
        Picture(f"graph of {name}", report.path, figures),
        lambda: graph_json(name, report.path, report.sha256, found),
        lambda: _array(found),
    )


def _array(found: tuple[Chart, ...]) -> np.ndarray[Any, Any]:
    """(boxes, boxes) booleans: row i reads column j."""
    import numpy as np

    if len(found) != 1:
        names = ", ".join(chart.title.partition(":")[0] for chart in found)
        raise UsageError(f"an npy file holds one graph, and there are {len(found)}", f"name one: {names}")
    reads = np.zeros((len(found[0].boxes),) * 2, dtype=bool)
    for source, target in (*found[0].arrows, *((source, target) for source, target, _ in found[0].given)):
        reads[target, source] = True
    return reads
