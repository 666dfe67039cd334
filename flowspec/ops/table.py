"""Conditional probability tables: parameters that are looked up by the values of the parents."""

from __future__ import annotations

from dataclasses import dataclass
from math import prod

import numpy as np
import numpy.typing as npt

from flowspec.graph.layout import Layout
from flowspec.graph.masks import LabelMask, Mask
from flowspec.ops.base import NetContext, NetOp, NetSite, OpError, SilentError
from flowspec.ops.edges import Dense, Edges
from flowspec.ops.lower_weighted import digest
from flowspec.ops.lowering import Lowered, construct

MAX_NUMBERS = 2**24  # of all rows of a table together


@dataclass(frozen=True)
class Table(NetOp):
    """A Bayes net's tables: the parameters of a variable are the row that the values of those before it select.

    Under `graph` those are its parents (Pearl 1988), under a ranked order all earlier variables; labels that are given
    select with them. A table ends the net: its rows are the parameters themselves, and no projection follows.
    """

    name = "table"
    inputs = "table"
    reads_raw = True
    last = True

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        if context.values is not None and context.values.unknown:
            raise SilentError
        if context.values is None or not context.values.discrete:
            helps = "declare `values: N` or `binary`, or use layers that read numbers"
            raise OpError("FS443", "`table` looks up integers, and x holds none here", helps)
        labels = inputs[1:] if context.ordered else inputs
        if any(not label.flat for label in labels):
            helps = "give the table contexts declared with `classes` alone, or use layers that read numbers"
            raise OpError("FS443", "`table` looks up integers, and a context that it is given is no label", helps)
        return Layout(context.owners.units * context.size)

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        return Dense()

    def refuse(self, context: NetContext, inputs: tuple[Layout, ...], mask: Mask | None) -> None:
        if context.orders > 1:
            message = "`table` under an ensemble of orders: its rows would mean something else in each"
            raise OpError("FS445", message, "use `linear` layers, or one order: `random: 1`")
        counts, parents = columns(context, inputs, mask)
        rows = [prod(counts[j] for j in row) for row in parents]
        if sum(rows) * context.size > MAX_NUMBERS:
            v = max(range(len(rows)), key=rows.__getitem__)
            message = f"the table of variable {v} has {_many(rows[v])} rows, one for each value of the {len(parents[v])} before it"
            helps = "name few parents of each variable with `order: {graph: ...}`, or use layers instead of a table"
            limit = f"all tables together may hold {MAX_NUMBERS:,} numbers, and these hold {_many(sum(rows) * context.size)}"
            raise OpError("FS444", message, helps, notes=(limit,))

    def parameters(self, site: NetSite) -> int:
        counts, parents = columns(site.context, site.inputs, site.mask)
        return sum(prod(counts[j] for j in row) for row in parents) * site.context.size

    def lower(self, site: NetSite) -> Lowered:
        counts, parents = columns(site.context, site.inputs, site.mask)
        alike = counts[0] if len(set(counts)) == 1 else counts
        slots = ", ".join(f"{{{k}}}" for k in range(len(site.inputs)))
        module = construct("Table", parents, counts=alike, size=site.context.size, digest=digest(_matrix(parents)))
        return Lowered(f"{{m}}({slots})", module, raw=True)


def columns(context: NetContext, inputs: tuple[Layout, ...], mask: Mask | None) -> tuple[list[int], list[list[int]]]:
    """The categories of each column that a table may read (the variables of x, then the labels), and the columns that
    each variable's table does read."""
    own = _counts(context) if context.ordered else []
    labels = [layout.channels for layout in (inputs[1:] if context.ordered else inputs)]
    given = list(range(len(own), len(own) + len(labels)))
    before = _before(mask, context) if isinstance(mask, LabelMask) else [[] for _ in range(context.owners.units)]
    return own + labels, [row + given for row in before]


def _counts(context: NetContext) -> list[int]:
    """The categories of each variable of x."""
    assert context.values is not None
    count = context.values.count
    return list(count) if isinstance(count, tuple) else [count or 1] * context.x.units


def _before(mask: LabelMask, context: NetContext) -> list[list[int]]:
    reads, writes = mask.member(0)
    writes = writes[:: context.size]
    if mask.rule == "prefix":
        order = sorted(range(len(reads)), key=lambda j: (reads[j], j))
        known = np.searchsorted(np.array([reads[j] for j in order]), np.array(writes), side="right")
        return [sorted(order[:n]) for n in known.tolist()]
    return [[j for j in range(label.bit_length()) if label >> j & 1] for label in writes]  # bit j is variable j


def _matrix(parents: list[list[int]]) -> npt.NDArray[np.bool_]:
    """(variables, columns up to the last one read) which columns each table reads."""
    matrix = np.zeros((len(parents), 1 + max((j for row in parents for j in row), default=-1)), dtype=bool)
    for v, row in enumerate(parents):
        matrix[v, row] = True
    return matrix


def _many(n: int) -> str:
    """A number as people read it: in powers of two where it is long."""
    return f"{n:,}" if n < 10**12 else f"2^{n.bit_length() - 1} or more"
