"""Findings about recurrences: where no order of inputs, or no lines, are there to run along."""

from __future__ import annotations

from flowspec.diagnostics import Finding
from flowspec.graph.net import NetNode
from flowspec.order import Order
from flowspec.passes.knowledge.faults import variable


def no_row_of_inputs(node: NetNode, members: int) -> Finding:
    """FS434: a graph does not say what comes first, and the members of an ensemble say it differently."""
    why = f"the {members} orders of an ensemble disagree on the row" if members > 1 else "a graph puts them in no row"
    return Finding(
        "FS434",
        f"`{node.op.name}` takes in one variable after another, and {why}",
        node.span,
        helps=("use one ranked order, such as raster or `random: 1`; or untied `linear` layers",),
        node=node.id,
    )


def no_lines_to_run_along(node: NetNode, along: str, label: str, members: int) -> Finding:
    """FS434: the state goes from line to line by one displacement, the same everywhere."""
    why = (
        f"an ensemble of {members} orders has no lines in common" if members > 1 else f"`order: {label}` has none here"
    )
    return Finding(
        "FS434",
        f"`{node.op.name}` along {along} needs lines that look the same everywhere, and {why}",
        node.arg_span("along"),
        helps=("use raster, reverse or columns on an image, or `along: order`",),
        node=node.id,
    )


def both_ways(node: NetNode, order: Order) -> Finding:
    """FS435: a state that runs against the order knows what comes later. The witness is the first variable and the last."""
    first, last = (variable(order, int(order.sequence[k])) for k in (0, -1))
    return Finding(
        "FS435",
        f"`{node.op.name}` both ways along the order lets {last} through to what predicts {first}",
        node.arg_span("both"),
        "the second state runs against the order",
        trace=(last, f"{node.id} (backwards)", f"head{first[1:]}"),
        stops=(None, node.span, None),
        helps=("drop `both`; on an image `along: diagonals` runs both ways within what lies before",),
        node=node.id,
    )
