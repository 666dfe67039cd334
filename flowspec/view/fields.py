"""What one conditional sees, what it may know and does not see, and what it must not see."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from flowspec.diagnostics import Span, suggest
from flowspec.graph.model import Flow, FlowNode
from flowspec.order import Grid, Order, centre
from flowspec.passes.dependency import LIMIT, flow_bits, flow_values, member_reach
from flowspec.passes.facts import Facts, NetFacts
from flowspec.passes.knowledge.reach import Reach
from flowspec.view.errors import ViewError
from flowspec.view.places import variable_at
from flowspec.view.words import listed

Bools = npt.NDArray[np.bool_]
MOST_ROWS = 2**14  # variables up to which all are asked whether they see one


@dataclass(frozen=True, eq=False, slots=True)
class Field:
    """The field of one variable, in one density or flow step.

    Attributes:
        names: of the densities and steps with this very field.
        span: where the first of them stands in the spec.
        grid: the variables, `shape` that of their tensor; `labels` are their names, where they have some.
        of: what their values are called: `x`, or the name of the step or density that models them.
        variable: the number of the variable.
        seen: (D,) what its parameters (of a latent: its value) can use; None where that cannot be followed.
        allowed: (D,) what the order allows; None for a latent, for which there is no such limit.
        order: the name of the order; empty for a latent.
        level: at which level of sampling the variable is drawn, from 1, and `levels` how many there are.
        reach: the same counts for all variables together.
        member: which order of an ensemble this is, of `members`.
        other: a variable that misses something, where this one misses nothing.
        back: whether `seen` and `allowed` are about those that see this variable, and not about what it sees.
    """

    names: tuple[str, ...]
    span: Span
    grid: Grid
    shape: tuple[int, ...]
    of: str
    variable: int
    seen: Bools | None
    allowed: Bools | None = None
    order: str = ""
    level: int = 0
    levels: int = 0
    reach: Reach | None = None
    member: int = 0
    members: int = 1
    labels: tuple[str, ...] = ()
    other: int | None = None
    back: bool = False

    @property
    def missing(self) -> Bools | None:
        """(D,) what the order allows and no path brings."""
        return None if self.allowed is None or self.seen is None else self.allowed & ~self.seen


def fields(
    facts: Facts, node: str | None = None, at: str | None = None, member: int = 0, back: bool = False
) -> tuple[Field, ...]:
    """The field of the variable `at` (default: the centre) in every density and step with an order, then, for a flow,
    in the latent that this variable becomes; or the fields that `node` names (`z` is the latent). With `back` the other
    way round: the variables (or entries of z) that depend on this one.

    Raises:
        ViewError: when there is no such node, variable or order.
    """
    owners = [owner for owner, net in facts.nets.items() if net.orders and net.reach is not None]
    model = facts.program.model
    known = [owner.id for owner in owners] + (["z"] if isinstance(model, Flow) else [])
    if node is not None and node not in known:
        raise no_field(node, known)
    chosen = [owner for owner in owners if node in (None, owner.id)]
    found = tuple(_in_nets(facts, chosen, at, member, back))
    if isinstance(model, Flow) and node in (None, "z"):
        found += tuple(_latent(model, facts, at, node == "z" or not found, back))
    return found


def no_field(node: str, known: list[str]) -> ViewError:
    """What to say of a name that no density or step with an order has."""
    known = list(dict.fromkeys(known))
    guess = suggest(node, known)
    there = f"there are: {listed(known, 12)}" if known else "no conditional of this model reads another variable"
    return ViewError(f"there is no density or step with an order called `{node}`", _hint(guess, there))


def _hint(guess: str | None, there: str) -> str:
    return f"did you mean `{guess}`?" if guess else there


def _in_nets(facts: Facts, owners: list[Any], at: str | None, member: int, back: bool) -> Iterator[Field]:
    """One field for each net; uses that share their facts share the field. Nets without such a variable are left out,
    unless no net has it."""
    shared: dict[int, list[Any]] = {}
    for owner in owners:
        shared.setdefault(id(facts.nets[owner]), []).append(owner)
    faults: list[ViewError] = []
    found: list[Field] = []
    for group in shared.values():
        try:
            found.append(_of_net(facts, facts.nets[group[0]], group, at, member, back))
        except ViewError as fault:
            faults.append(fault)
    if faults and not found and not isinstance(facts.program.model, Flow):
        raise faults[0]
    if faults and len(faults) == len(shared) and len(owners) == 1:
        raise faults[0]
    yield from found


def _of_net(facts: Facts, net: NetFacts, owners: list[Any], at: str | None, member: int, back: bool) -> Field:
    members = len(net.orders)
    if not 0 <= member < members:
        there = f"orders are numbered 0..{members - 1}" if members > 1 else "it has one order: leave `--order` out"
        raise ViewError(f"there is no order {member} in `{owners[0].id}`", there)
    order, top = net.orders[member], owners[0] is facts.program.model
    labels = facts.program.x.names if top else ()
    v = centre(order.grid) if at is None else variable_at(order.grid, at, labels)
    reach = member_reach(net, member) if member else net.reach
    assert reach is not None
    levels = net.levels[member]
    return Field(
        tuple(owner.id for owner in owners), _span(owners[0]), order.grid, net.context.x.shape,
        "x" if top else owners[0].id, v, _seers(reach, v, order.grid.size) if back else _sees(reach, v),
        _after(order, v) if back else order.before(v), order.label, int(levels[v]), int(levels.max()), reach, member,
        members, labels, None if back else _misses(order, reach, v), back,
    )  # fmt: skip


def _sees(reach: Reach, v: int) -> Bools | None:
    return None if reach.dependency is None else reach.dependency.row(v)


def _seers(reach: Reach, v: int, size: int) -> Bools | None:
    """(D,) the variables whose conditionals depend on v; None where there are too many to ask one by one."""
    if reach.dependency is None or size > MOST_ROWS:
        return None
    return np.array([reach.dependency.row(u)[v] for u in range(size)])


def _after(order: Order, v: int) -> Bools:
    """(D,) the variables that may know v."""
    if order.rank is not None:
        after: Bools = order.rank > order.rank[v]
        return after
    return np.array([v in row for row in order.parents or ()])


def _misses(order: Order, reach: Reach, v: int) -> int | None:
    """The last variable to be drawn, if it misses something that v does not show."""
    if not reach.missing or reach.dependency is None:
        return None
    last = int(order.sequence[-1])
    shown, told = (bool((order.before(u) & ~reach.dependency.row(u)).any()) for u in (v, last))
    return last if told and not shown else None


def _span(owner: Any) -> Span:
    """The line that says the order: of a step the step itself."""
    span: Span = owner.span if isinstance(owner, FlowNode) else owner.order.span
    return span


def _latent(flow: Flow, facts: Facts, at: str | None, required: bool, back: bool) -> Iterator[Field]:
    """What the latent sees that the chosen variable of x becomes; or, at the places of x, the latents that see it."""
    if behind_encoder(flow):
        if required:
            raise ViewError("behind an encoder no entry of z stands for a variable of x", "see `flowspec graph`")
        return
    top = facts.densities[flow]
    grid, labels = Grid(top.layout.channels, top.layout.sites or (1,)), facts.program.x.names
    try:
        v = centre(grid) if at is None else variable_at(grid, at, labels)
    except ViewError:
        if required:
            raise
        return
    seen = None if grid.size > LIMIT else _in_latent(flow, facts, v, back)
    yield Field(("z",), flow.span, grid, top.layout.shape, "x", v, seen, labels=labels, back=back)


def behind_encoder(flow: Flow) -> bool:
    """Whether z is drawn by an encoder, and so is not x moved about."""
    return any(node.op.drawn is not None and len(node.outputs) > 1 for node in flow.nodes)


def layers(facts: Facts, at: str | None = None) -> tuple[Field, ...]:
    """What the variable `at` (default: the centre) has come to depend on behind each step of a flow that changes it.

    Raises:
        ViewError: where the model is no flow, z is drawn by an encoder, or there are too many variables.
    """
    model = facts.program.model
    if not isinstance(model, Flow) or behind_encoder(model):
        raise ViewError("only a flow has layers to follow", "`flowspec explore` steps through the layers of a net")
    top = facts.densities[model]
    grid, labels = Grid(top.layout.channels, top.layout.sites or (1,)), facts.program.x.names
    if grid.size > LIMIT:
        raise ViewError("there are too many variables to follow one by one", "draw a smaller version of the spec")
    v = centre(grid) if at is None else variable_at(grid, at, labels)
    values, entries = flow_values(model, facts), entries_by_value(model, facts)
    found: list[Field] = []
    for node in model.nodes:
        for value in node.outputs:
            where = np.flatnonzero(entries[value] == v)
            if len(where):
                seen = values[value].row(int(where[0]))
                found.append(Field((node.id,), node.span, grid, top.layout.shape, "x", v, seen, labels=labels))
    return tuple(found)


def _in_latent(flow: Flow, facts: Facts, v: int, back: bool) -> Bools:
    bits = flow_bits(flow, facts)
    if not back:
        return bits.row(_becomes(flow, facts, v))
    found = np.zeros(bits.columns, dtype=bool)
    entries = entries_of(flow, facts)[np.flatnonzero(bits.dense()[:, v])]
    found[entries[entries >= 0]] = True
    return found


def entries_of(flow: Flow, facts: Facts) -> npt.NDArray[np.int64]:
    """(entries of z,) the variable of x that each entry is, when permutations alone move it; -1 of what is made of
    several."""
    entries = entries_by_value(flow, facts)
    joined: npt.NDArray[np.int64] = np.concatenate([entries[p.value] for p in flow.parts])
    return joined


def entries_by_value(flow: Flow, facts: Facts) -> dict[int, npt.NDArray[np.int64]]:
    """The same for every value of the flow."""
    found = facts.densities[flow].flow
    assert found is not None
    entries: dict[int, Any] = {0: np.arange(found.layouts[0].units)}
    for node in flow.nodes:
        here, order = entries[node.input], node.op.order_of_entries(found.layouts[node.input])
        here = here if order is None else _moved(here, order)
        start = 0
        for value in node.outputs:
            units = found.layouts[value].units
            entries[value] = here[start : start + units]
            start += units
    return entries


def _moved(here: npt.NDArray[np.int64], order: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """The variables behind the outputs of a step, each of which is one or several of its inputs."""
    sources = here[order.reshape(len(order), -1)]
    one: npt.NDArray[np.int64] = np.where((sources == sources[:, :1]).all(axis=1), sources[:, 0], -1)
    return one


def _becomes(flow: Flow, facts: Facts, v: int) -> int:
    """Which entry of z variable v of x ends in."""
    return int(np.flatnonzero(entries_of(flow, facts) == v)[0])
