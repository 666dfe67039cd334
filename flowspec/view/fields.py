"""What one conditional sees, what it may know and does not see, and what it must not see."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from flowspec.diagnostics import Span, suggest
from flowspec.graph.model import Density, Flow, FlowNode
from flowspec.order import Grid, Order, centre
from flowspec.passes.dependency import LIMIT, flow_bits, flow_values, member_reach
from flowspec.passes.facts import Facts, NetFacts
from flowspec.passes.knowledge.reach import Reach
from flowspec.view.encoded import encoded_fields, encoded_layers, encoder_names
from flowspec.view.entries import behind_encoder, entries_by_value, entries_of
from flowspec.view.errors import ViewError
from flowspec.view.field import Bools, Field
from flowspec.view.places import variable_at
from flowspec.view.words import listed

MOST_ROWS = 2**14  # variables up to which all are asked whether they see one


def fields(
    facts: Facts, node: str | None = None, at: str | None = None, member: int = 0, back: bool = False
) -> tuple[Field, ...]:
    """The field of the variable `at` (default: the centre) in every density and step with an order, then, for a flow,
    in the latent that this variable becomes; or the fields that `node` names (`z` is the latent). With `back` the other
    way round: the variables (or entries of z) that depend on this one. Behind an encoder `at` is an entry of z, or with
    `back` a variable; of a decoder the other one.

    Raises:
        ViewError: when there is no such node, variable or order.
    """
    owners = [owner for owner, net in facts.nets.items() if net.orders and net.reach is not None]
    model = facts.program.model
    encoders = encoder_names(model) if isinstance(model, Flow) else []
    known = [owner.id for owner in owners] + (encoders or ["z"] if isinstance(model, Flow) else [])
    if node is not None and node not in known:
        raise _no_field(node, known, model)
    chosen = [owner for owner in owners if node in (None, owner.id)]
    found = tuple(_in_nets(facts, chosen, at, member, back))
    if isinstance(model, Flow) and encoders:
        return found + _encoded(model, facts, node, at, back, bool(found))
    if isinstance(model, Flow) and node in (None, "z"):
        found += tuple(_latent(model, facts, at, node == "z" or not found, back))
    return found


def _encoded(flow: Flow, facts: Facts, node: str | None, at: str | None, back: bool, others: bool) -> tuple[Field, ...]:
    """The fields behind an encoder; without a name none, where there are `others` and no such entry."""
    if node is not None and node not in encoder_names(flow):
        return ()
    try:
        return tuple(encoded_fields(flow, facts, node, at, back))
    except ViewError:
        if others:
            return ()
        raise


def no_field(node: str, known: list[str]) -> ViewError:
    """What to say of a name that no density or step with an order has."""
    known = list(dict.fromkeys(known))
    guess = suggest(node, known)
    there = f"there are: {listed(known, 12)}" if known else "no conditional of this model reads another variable"
    return ViewError(f"there is no density or step with an order called `{node}`", _hint(guess, there))


def _no_field(node: str, known: list[str], model: Density) -> ViewError:
    """The same, where a step without an order has layers at least."""
    fault = no_field(node, known)
    if isinstance(model, Flow) and any(step.id == node for step in model.nodes):
        fault.help_text = "`--layers` shows what a variable has become behind it"
    return fault


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


def layers(facts: Facts, at: str | None = None, node: str | None = None) -> tuple[Field, ...]:
    """What the variable `at` (default: the centre) has come to depend on behind each step of a flow that it goes through,
    or behind the step `node`; behind an encoder the entry `at` of its z.

    Raises:
        ViewError: where the model is no flow, or there are too many variables, or no such entry or step on its way.
    """
    model = facts.program.model
    if not isinstance(model, Flow):
        raise ViewError("only a flow has layers to follow", "`flowspec explore` steps through the layers of a net")
    found = tuple(encoded_layers(model, facts, at)) if behind_encoder(model) else _layers(model, facts, at)
    chosen = tuple(field for field in found if node in (None, field.names[0]))
    if node is not None and not chosen:
        raise _no_layer(node, model, list(dict.fromkeys(field.names[0] for field in found)))
    return chosen


def _no_layer(node: str, flow: Flow, passed: list[str]) -> ViewError:
    if any(step.id == node for step in flow.nodes):
        return ViewError(f"what is followed does not go through `{node}`", f"it goes through: {listed(passed, 12)}")
    guess = suggest(node, passed)
    return ViewError(f"there is no step called `{node}`", _hint(guess, f"there are: {listed(passed, 12)}"))


def _layers(model: Flow, facts: Facts, at: str | None) -> tuple[Field, ...]:
    """The layers of a flow without encoders."""
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


def _becomes(flow: Flow, facts: Facts, v: int) -> int:
    """Which entry of z variable v of x ends in."""
    return int(np.flatnonzero(entries_of(flow, facts) == v)[0])
