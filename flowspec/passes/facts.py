"""The facts of a program: what every pass found, frozen. Plan and views read them; nothing is computed there again."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from flowspec.diagnostics import Finding
from flowspec.graph.layout import Layout
from flowspec.graph.model import Conditioner, Program
from flowspec.graph.support import Support
from flowspec.ops.base import NetContext, NetSite
from flowspec.order import Order
from flowspec.passes.knowledge.bounds import Knowledge
from flowspec.passes.knowledge.reach import Reach
from flowspec.passes.shapes import Shapes


@dataclass(frozen=True, eq=False, slots=True)
class NetFacts:
    """One use of a net: layouts, bounds, masks, and what it realises. Uses that look alike share one object."""

    conditioner: Conditioner
    context: NetContext
    shapes: Shapes
    knowledge: Knowledge
    orders: tuple[Order, ...] = ()
    reach: Reach | None = None
    levels: tuple[npt.NDArray[np.int64], ...] = ()  # of each variable, from 1, one array a member
    parameters: int = 0
    macs: int = 0

    @property
    def groups(self) -> int:
        """How many channel groups the order tells apart at one site."""
        order = self.orders[0] if self.orders else None
        return 1 if order is None or order.channels == "joint" else order.grid.channels

    def site(self, i: int) -> NetSite:
        """What op i may know when it is lowered."""
        node = self.conditioner.graph.nodes[i]
        bounds = self.knowledge.bounds
        own = bounds[i]
        assert own is not None
        return NetSite(
            self.context,
            tuple(self.shapes[j] for j in node.inputs),
            self.shapes[i],
            tuple(b for b in (bounds[j] for j in node.inputs) if b is not None),
            own,
            self.knowledge.masks[i],
        )


@dataclass(frozen=True, eq=False, slots=True)
class FlowFacts:
    """One flow: the layout of every value, where data lies in it, and where decoded samples lie."""

    layouts: tuple[Layout, ...]
    forward: tuple[Support, ...]
    backward: tuple[Support, ...]


@dataclass(frozen=True, eq=False, slots=True)
class DensityFacts:
    """What holds of one density: its variables and their values, and the number of sequential steps each way."""

    layout: Layout
    support: Support
    net: NetFacts | None = None
    flow: FlowFacts | None = None
    orders: tuple[Order, ...] = ()
    levels: tuple[npt.NDArray[np.int64], ...] = ()
    density_steps: int = 1
    sampling_steps: int = 1
    likelihood: str = "exact"
    parameters: int = 0


@dataclass(frozen=True, slots=True)
class Summary:
    """The numbers of a report (design section 3); None where they mean nothing for the model."""

    variables: int | None = None
    exact: bool | None = None
    likelihood: str | None = None
    density_steps: int | None = None
    sampling_steps: int | None = None
    parameters: int | None = None
    context_allowed: int | None = None
    context_missing: int | None = None
    context_blind: int | None = None


@dataclass(frozen=True, eq=False, slots=True)
class Facts:
    """Everything that was found out about a program.

    `nets` and `densities` are keyed by the identity of their graph objects: a FlowNode, a Leaf, an Autoregressive or a
    Flow; `lines` is the printed proof.
    """

    program: Program
    nets: dict[Any, NetFacts]
    densities: dict[Any, DensityFacts]
    summary: Summary
    findings: tuple[Finding, ...]
    steps: int = 0
    lines: tuple[tuple[str, str], ...] = ()
    extra: dict[str, Any] = field(default_factory=dict)
