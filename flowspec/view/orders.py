"""When each variable is generated: its place in the order, and the level of sampling at which it is drawn."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from flowspec.diagnostics import Span
from flowspec.graph.model import FlowNode
from flowspec.order import Grid, Order
from flowspec.passes.facts import Facts, NetFacts
from flowspec.view.errors import ViewError
from flowspec.view.fields import no_field

Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, eq=False, slots=True)
class Generation:
    """The generation order of one density or step.

    Attributes:
        names: of the densities and steps that share it.
        span: where the first of them stands in the spec.
        order: the order itself, of which this is `member` of `members`.
        shape: that of the tensor of the variables; `labels` are their names, where they have some.
        of: what their values are called: `x`, or the name of the step or density that models them.
        levels: (D,) the level of each variable, from 1: those of one level are drawn together.
        solved: whether sampling a flow step solves for the variables level by level, and does not draw them.
        parallel: whether sampling needs no levels (`fast: sampling`): then the density does.
    """

    names: tuple[str, ...]
    span: Span
    order: Order
    shape: tuple[int, ...]
    of: str
    levels: Ints
    labels: tuple[str, ...] = ()
    member: int = 0
    members: int = 1
    solved: bool = False
    parallel: bool = False

    @property
    def grid(self) -> Grid:
        return self.order.grid

    @property
    def places(self) -> Ints | None:
        """(D,) the place of each variable in the order, from 1; those that share one are ranked alike. None of a graph,
        which says only who is whose parent."""
        return None if self.order.rank is None else self.order.rank + 1

    @property
    def widest(self) -> int:
        """The number of variables of the largest level."""
        return int(np.bincount(self.levels).max())


def generations(facts: Facts, node: str | None = None, member: int = 0) -> tuple[Generation, ...]:
    """Every order of a model in writing order, or the one of the density or step that `node` names.

    Raises:
        ViewError: when there is no such node or member.
    """
    owners = [owner for owner, net in facts.nets.items() if net.orders]
    if node is not None and node not in {owner.id for owner in owners}:
        raise no_field(node, [owner.id for owner in owners])
    shared: dict[int, list[Any]] = {}
    for owner in owners:
        if node in (None, owner.id):
            shared.setdefault(id(facts.nets[owner]), []).append(owner)
    return tuple(_generations(facts, list(shared.values()), member))


def _generations(facts: Facts, groups: list[list[Any]], member: int) -> Iterator[Generation]:
    for owners in groups:
        yield _generation(facts, facts.nets[owners[0]], owners, member)


def _generation(facts: Facts, net: NetFacts, owners: list[Any], member: int) -> Generation:
    first, members = owners[0], len(net.orders)
    if not 0 <= member < members:
        there = f"orders are numbered 0..{members - 1}" if members > 1 else "it has one order: leave `--order` out"
        raise ViewError(f"there is no order {member} in `{first.id}`", there)
    top, step = first is facts.program.model, isinstance(first, FlowNode)
    return Generation(
        tuple(owner.id for owner in owners), first.span if step else first.order.span, net.orders[member],
        net.context.x.shape, "x" if top else first.id, net.levels[member], facts.program.x.names if top else (),
        member, members, step, step and first.op.fast == "sampling",
    )  # fmt: skip
