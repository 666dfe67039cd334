"""Orders as they are written; the mathematics is in the order room."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from flowspec import order as maths
from flowspec.graph.layout import Layout
from flowspec.ops.base import POSITIVE_INT, Op, OpError, arg
from flowspec.order import Channels, Grid, Order, OrderError

_INDEX: dict[str, Any] = {"anyOf": [{"type": "integer", "minimum": 0}, {"type": "string"}]}
_INDICES: dict[str, Any] = {"type": "array", "items": _INDEX}


class OrderOp(Op):
    """A constructor of orders: who may know whom."""

    family = "order"
    members: int = 1  # an ensemble has more
    turns: ClassVar[bool] = True  # every other one of `times` runs backwards, where the order is total
    independent: ClassVar[bool] = False  # no variable knows another, unless the channels of a site do
    channels: ClassVar[Channels | None] = "inner"  # unless the spec says it; None: variables are ranked
    sited: ClassVar[bool] = True  # may rank sites, so that the spec may say it

    def build(self, layout: Layout, names: tuple[str, ...], channels: Channels | None, member: int = 0) -> Order:
        """The order on the variables of `layout`. Raises OpError."""
        try:
            return self.make(Grid(layout.channels, layout.sites), names, channels, member)
        except OrderError as error:
            listed = self.hint.replace("variable", "site") if channels and self.channels is None else self.hint
            raise OpError("FS403", str(error), listed, self.main or "") from error

    hint: ClassVar[str] = ""

    def places(self, sites: int, member: int) -> tuple[list[int], str] | None:
        """Where each site stands in the order, with the source text by which the runtime finds it; None without one."""
        return None

    def make(self, grid: Grid, names: tuple[str, ...], channels: Channels | None, member: int) -> Order:
        raise NotImplementedError


def number_of(index: int | str, names: tuple[str, ...]) -> int:
    """A variable by number or name. Raises OrderError."""
    if isinstance(index, int):
        return index
    if index not in names:
        listed = ", ".join(names[:12]) or "numbers only"
        raise OrderError(f"no variable is called `{index}`; there are: {listed}")
    return names.index(index)


@dataclass(frozen=True)
class Raster(OrderOp):
    """Row by row, left to right; channels innermost."""

    name = "raster"

    def make(self, grid: Grid, names: tuple[str, ...], channels: Channels | None, member: int) -> Order:
        return maths.raster(grid, channels=channels)


@dataclass(frozen=True)
class ReverseOrder(OrderOp):
    """The raster scan backwards."""

    name = "reverse"

    def make(self, grid: Grid, names: tuple[str, ...], channels: Channels | None, member: int) -> Order:
        return maths.reverse(grid, channels=channels)


@dataclass(frozen=True)
class Columns(OrderOp):
    """Column by column, top to bottom."""

    name = "columns"

    def make(self, grid: Grid, names: tuple[str, ...], channels: Channels | None, member: int) -> Order:
        return maths.columns(grid, channels=channels)


@dataclass(frozen=True)
class EvenOdd(OrderOp):
    """The even variables first, then the odd ones."""

    name = "even_odd"

    def make(self, grid: Grid, names: tuple[str, ...], channels: Channels | None, member: int) -> Order:
        return maths.even_odd(grid, channels=channels)


@dataclass(frozen=True)
class SCurve(OrderOp):
    """Row by row, every other row backwards."""

    name = "s_curve"

    def make(self, grid: Grid, names: tuple[str, ...], channels: Channels | None, member: int) -> Order:
        return maths.s_curve(grid, channels=channels)


@dataclass(frozen=True)
class Hilbert(OrderOp):
    """Along a Hilbert curve, which stays near where it has been."""

    name = "hilbert"

    def make(self, grid: Grid, names: tuple[str, ...], channels: Channels | None, member: int) -> Order:
        return maths.hilbert(grid, channels=channels)


@dataclass(frozen=True)
class RandomOrder(OrderOp):
    """Random permutations from a small integer generator of ours; K of them make an ensemble, mixed in probability."""

    name = "random"
    main = "members"
    members: int = arg({"type": "integer", "minimum": 1, "maximum": 4096}, "how many orders", 1)
    seed: int = arg({"type": "integer", "minimum": 0, "maximum": 2**63 - 1}, "seed of the generator", 0)

    def make(self, grid: Grid, names: tuple[str, ...], channels: Channels | None, member: int) -> Order:
        return maths.random_order(grid, seed=self.seed, member=member, channels=channels)

    def places(self, sites: int, member: int) -> tuple[list[int], str] | None:
        place = [0] * sites
        for k, site in enumerate(maths.permutation(sites, self.seed, member)):
            place[site] = k
        which = f", {member}" if self.members > 1 else ""
        return place, f"places(permutation({sites}, {self.seed}{which}))"


@dataclass(frozen=True)
class Explicit(OrderOp):
    """The variables as listed: the i-th entry is generated i-th. Numbers count from 0; names are names of variables.

    Where `channels` is written the entries are sites.
    """

    name = "explicit"
    main = "sequence"
    channels = None
    hint = "list every variable once"
    sequence: tuple[int | str, ...] = arg(_INDICES, "the variables in the order in which they are generated")

    def make(self, grid: Grid, names: tuple[str, ...], channels: Channels | None, member: int) -> Order:
        return maths.explicit(grid, [number_of(v, names) for v in self.sequence], channels)


@dataclass(frozen=True)
class Levels(OrderOp):
    """Groups of variables; those of one group are independent given the groups before.

    Where `channels` is written the groups are groups of sites.
    """

    name = "levels"
    main = "groups"
    channels = None
    hint = "put every variable into one group"
    groups: tuple[tuple[int | str, ...], ...] = arg(
        {"type": "array", "items": _INDICES, "minItems": 1}, "the groups, first to last"
    )

    def make(self, grid: Grid, names: tuple[str, ...], channels: Channels | None, member: int) -> Order:
        return maths.levels(grid, [[number_of(v, names) for v in group] for group in self.groups], channels)


@dataclass(frozen=True)
class Graph(OrderOp):
    """A Bayes net: each variable may know its parents."""

    name = "graph"
    turns = False
    channels = None
    sited = False
    main = "parents"
    hint = "a Bayes net is a graph without cycles over the variables of x"
    parents: dict[str, tuple[int | str, ...]] = arg(
        {"type": "object", "additionalProperties": _INDICES}, "child: [parents]"
    )

    def make(self, grid: Grid, names: tuple[str, ...], channels: Channels | None, member: int) -> Order:
        table = {
            number_of(int(child) if child.isdigit() and child not in names else child, names): [
                number_of(parent, names) for parent in parents
            ]
            for child, parents in self.parents.items()
        }
        try:
            _refuse_strangers(table, grid, names)
            return maths.graph(grid, table)
        except OrderError as error:
            if error.path and names:
                text = " -> ".join(names[v] for v in error.path)
                raise OrderError(f"the parents of a graph form a cycle: {text}", path=error.path) from None
            raise


def _refuse_strangers(table: dict[int, list[int]], grid: Grid, names: tuple[str, ...]) -> None:
    """Names the child of a parent that does not exist."""
    for child, parents in table.items():
        for parent in parents:
            if 0 <= child < grid.size and not 0 <= parent < grid.size:
                shown = f"`{names[child]}`" if names else f"variable {child}"
                message = f"{shown} has the parent {parent}: entries go from 0 to {grid.size - 1}"
                raise OrderError(message)


@dataclass(frozen=True)
class Subscale(OrderOp):
    """Slices of every s-th site, one after the other, each in raster order (Menick and Kalchbrenner 2019)."""

    name = "subscale"
    main = "strides"
    strides: tuple[int, ...] = arg(
        {"type": "array", "items": POSITIVE_INT, "minItems": 1, "maxItems": 3}, "one stride an axis"
    )

    def make(self, grid: Grid, names: tuple[str, ...], channels: Channels | None, member: int) -> Order:
        return maths.subscale(grid, self.strides, channels=channels)


@dataclass(frozen=True)
class NoOrder(OrderOp):
    """No variable knows another: all are independent given the context."""

    name = "none"
    turns = False
    channels = "joint"
    independent = True

    def make(self, grid: Grid, names: tuple[str, ...], channels: Channels | None, member: int) -> Order:
        return maths.none(grid, channels=channels)
