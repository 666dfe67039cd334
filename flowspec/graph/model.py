"""The typed program: densities, flows, and how their values are named."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from flowspec.diagnostics import Span
from flowspec.graph.layout import Layout
from flowspec.graph.net import Frame, NetGraph
from flowspec.graph.support import Support
from flowspec.order import Order


@dataclass(frozen=True, slots=True)
class Data:
    """Variables as they are declared: `x`, or a context under `given`.

    `classes` is the number of classes of a label, which has no shape; `names` are the variables' names, for messages. A
    layout without units stands for a shape that nobody knows.
    """

    name: str
    layout: Layout
    support: Support
    span: Span
    classes: int | None = None
    names: tuple[str, ...] = ()

    @property
    def count(self) -> int | None:
        """The number of categories of an integer variable; the largest where they differ."""
        count = self.support.count
        return max(count) if isinstance(count, tuple) else count


@dataclass(frozen=True, slots=True)
class Context:
    """A value that a net may know besides its x: its local name, and where it comes from.

    `origin` is `given:NAME` for data under `given`, that of a value of a flow, by `value_origin`, or TIME.
    """

    name: str
    origin: str
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Conditioner:
    """One use of a net: the template, and the contexts it may name.

    `graph` ends in the last projection, which a head or a transform owns.
    """

    graph: NetGraph
    contexts: tuple[Context, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Leaf:
    """A density by name: standard, with free parameters, or with the parameters that a net gives.

    `joint` asks a family that can to model the channels of a site together.
    """

    family: Any
    form: str  # standard | free | net
    span: Span
    conditioner: Conditioner | None = None
    contexts: tuple[Context, ...] = ()
    id: str = "base"
    joint: bool = False


@dataclass(frozen=True, eq=False, slots=True)
class OrderChoice:
    """An order as declared: the op with its arguments, made concrete when the variables are known.

    `channels` is None where the order ranks variables, not sites. `written` is the place of the modifier, if it is there:
    without an order the channels of a site share a rank anyway.
    """

    op: Any
    channels: str | None
    span: Span
    written: Span | None = None

    @property
    def joint(self) -> bool:
        """Whether the channels of a site are to share a rank because the spec says so."""
        return self.channels == "joint" and self.written is not None


@dataclass(frozen=True, eq=False, slots=True)
class Autoregressive:
    """A density by the chain rule: an order, a net, and a head for each conditional."""

    order: OrderChoice
    head: Any
    conditioner: Conditioner | None
    span: Span
    contexts: tuple[Context, ...] = ()
    id: str = "model"

    @property
    def joint(self) -> bool:
        """Whether a head that can is to model the channels of a site together."""
        return self.order.joint


@dataclass(frozen=True, eq=False, slots=True)
class FlowNode:
    """One bijection (or stochastic step) of a flow: it uses `input` once and gives `outputs`.

    `keep` and `order` govern its net; `parts` are the densities of outputs that leave here, by output position.
    """

    id: str
    op: Any
    input: int
    outputs: tuple[int, ...]
    span: Span
    scope: tuple[Frame, ...] = ()
    conditioner: Conditioner | None = None
    round: int = 0
    args: tuple[tuple[str, Span], ...] = ()

    def arg_span(self, name: str) -> Span:
        """Where an argument stands in the spec; the step itself if it is not written out."""
        return dict(self.args).get(name, self.span)


@dataclass(frozen=True, eq=False, slots=True)
class Part:
    """A value of the flow that ends in a density: its name, and the density with what it is given."""

    name: str
    value: int
    density: Density
    span: Span


@dataclass(frozen=True, eq=False, slots=True)
class Computed:
    """A context that a step under `given` computes once, for all of a flow to read: its name, its origin, and its net."""

    name: str
    origin: str
    conditioner: Conditioner
    span: Span

    @property
    def id(self) -> str:
        """What it is called where every user of a net has a name."""
        return self.name


@dataclass(frozen=True, eq=False, slots=True)
class Flow:
    """A graph of bijections from value 0 (x) to parts, each of which ends in one density."""

    nodes: tuple[FlowNode, ...]
    parts: tuple[Part, ...]
    span: Span
    contexts: tuple[Context, ...] = ()
    id: str = "model"
    number: int = 0  # no two flows of a program share one
    computed: tuple[Computed, ...] = ()

    def own(self, origin: str) -> int | None:
        """The value of this flow that a context comes from; None where it comes from elsewhere."""
        mine = value_origin(self.number, 0)[:-1]
        return int(origin[len(mine) :]) if origin.startswith(mine) else None


def value_origin(flow: int, value: int) -> str:
    """Where a context comes from that is a value of a flow."""
    return f"value:{flow}/{value}"


def origins_of(density: Density) -> frozenset[str]:
    """Where the contexts come from that some net of a density reads, also inside flows."""
    if not isinstance(density, Flow):
        return frozenset(c.origin for c in density.contexts)
    nets = [node.conditioner for node in density.nodes if node.conditioner] + [c.conditioner for c in density.computed]
    drawn = [node.op.drawn for node in density.nodes if node.op.drawn is not None]
    own = (c.origin for net in nets for c in net.contexts)
    return frozenset(own).union(*(origins_of(inner) for inner in [*drawn, *(part.density for part in density.parts)]))


def steps_of(density: Density) -> Iterator[FlowNode]:
    """The steps of a flow, of the flows that its steps draw from, and of those that its parts end in."""
    if isinstance(density, Flow):
        yield from density.nodes
        drawn = [node.op.drawn for node in density.nodes if node.op.drawn is not None]
        for inner in [*drawn, *(part.density for part in density.parts)]:
            yield from steps_of(inner)


TIME = "time"  # the origin of the time at which an ODE asks its net for a velocity

Density = Leaf | Autoregressive | Flow


@dataclass(frozen=True, eq=False, slots=True)
class Program:
    """A spec: its data and its one density. Unless it is `whole`, stand-ins take the place of what failed."""

    name: str
    x: Data
    givens: tuple[Data, ...]
    model: Density
    spans: dict[str, Span] = field(default_factory=dict)
    train: dict[str, Any] = field(default_factory=dict)
    whole: bool = True


__all__ = [
    "TIME", "Autoregressive", "Computed", "Conditioner", "Context", "Data", "Density", "Flow", "FlowNode", "Leaf", "Order",
    "OrderChoice", "Part", "Program", "origins_of", "value_origin",
]  # fmt: skip
