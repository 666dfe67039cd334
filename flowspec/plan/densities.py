"""Densities as modules: families by name, chains of conditionals, and flows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from flowspec.graph.model import Autoregressive, Leaf
from flowspec.passes.facts import DensityFacts, Facts
from flowspec.plan.code import Attribute, ClassPlan, Construct, Method, Parameter, Return, Value
from flowspec.plan.contexts import Origins, datum, entries, parameter_names
from flowspec.plan.cropping import reach_of
from flowspec.plan.literals import Literals
from flowspec.plan.module import Module
from flowspec.plan.nets import NetUse, net_class
from flowspec.plan.numbers import Places
from flowspec.plan.orders import levels_text, places_of
from flowspec.plan.schedule import Schedule

TENSOR = "torch.Tensor"
GRAPH = 4096  # dependencies up to which a graph's are written out


@dataclass(frozen=True, slots=True)
class Shell:
    """What stands around the methods of a density's class: the class itself for a part, the model for the top."""

    name: str
    doc: str
    net: str = "net"
    bases: tuple[str, ...] = ()
    fields: tuple[tuple[str, Value], ...] = ()
    given: tuple[str, ...] | None = None  # the contexts that a model takes, whether or not it reads them
    drawn: bool = False  # a step draws from it


# --- families ------------------------------------------------------------------------------------------------------------


def leaf(density: Leaf, label: str, facts: Facts, origins: Origins, module: Module) -> tuple[str, tuple[Value, ...]]:
    """The runtime's class for a family by name, and its arguments."""
    found, family = facts.densities[density], density.family
    shape, together = found.layout.shape, family.together(found.layout, density.joint)
    if density.conditioner is not None:
        net = density_net(density, label, found, facts, origins, module)
        return "Conditional", (Construct(net), family.lower(found.support, together), shape)
    if density.form == "standard":
        return "Independent", (family.lower_standard(), shape)
    has_parameters = family.size(found.support, together)
    return "Free" if has_parameters else "Independent", (family.lower(found.support, together), shape)


def density_net(
    density: Leaf | Autoregressive, label: str, found: DensityFacts, facts: Facts, origins: Origins, module: Module
) -> str:
    """The class of the net that gives a density its parameters."""
    conditioner, net = density.conditioner, facts.nets[density]
    assert conditioner is not None
    ordered = isinstance(density, Autoregressive)
    named = conditioner.graph.label
    label = label if named == "net" else named
    x = datum(found.layout, found.support) if ordered else None
    places = places_of(density.order, net.orders, found.layout) if isinstance(density, Autoregressive) else None
    owner = "site" if net.context.joint else "variable"
    doc = f"The parameters of every {owner}" + (f", from the {owner}s before it." if ordered else ".")
    return net_class(NetUse(net, entries(net, conditioner, x, origins), label, doc, places), module)


# --- chains of conditionals ----------------------------------------------------------------------------------------------


def autoregressive(density: Autoregressive, shell: Shell, facts: Facts, origins: Origins, module: Module) -> ClassPlan:
    """The class of a density by the chain rule."""
    found = facts.densities[density]
    net = density_net(density, shell.net, found, facts, origins, module)
    places = places_of(density.order, found.orders, found.layout)
    levels = levels_text(found.levels, places, module.literals)
    together = density.head.together(found.layout, density.joint)
    module.schedules.append(Schedule(density.id, tuple(row - 1 for row in found.levels), facts.nets[density]))
    return ClassPlan(
        shell.name, (*shell.bases, "Autoregressive"), shell.doc, (Attribute("net", Construct(net)),),
        (_theta(density, shell, len(found.levels)),), shell.fields,
        (density.head.lower(found.support, together), found.layout.shape, levels),
        keywords=(*(_predecessors(found, places, module.literals) if shell.given is not None else ()), *_reach(found)),
    )  # fmt: skip


def _predecessors(found: DensityFacts, places: Places | None, literals: Literals) -> tuple[tuple[str, Value], ...]:
    """What tells in sampling whether the rest can be drawn: ranks where levels are others, what graphs let be known."""
    ranks = [order.rank for order in found.orders]
    if places is not None and all(rank is not None for rank in ranks):
        rows = [np.unique(rank, return_inverse=True)[1].reshape(-1) + 1 for rank in ranks if rank is not None]
        if all(np.array_equal(row, own) for row, own in zip(rows, found.levels, strict=True)):
            return ()
        return (("ranks", levels_text(rows, places, literals, "RANKS", "where each variable stands in the order")),)
    table = _known(found)
    return (("knows", literals.constant("KNOWS", table, "what each variable depends on")),) if table else ()


def _reach(found: DensityFacts) -> tuple[tuple[str, Value], ...]:
    """How far a net looks, where a part of the picture is then much less than the whole."""
    box = reach_of(found.net) if found.net is not None and not isinstance(found.support.count, tuple) else None
    if box is None or all(2 * (hi - lo + 1) > n for (lo, hi), n in zip(box, found.layout.sites, strict=True)):
        return ()
    return (("reach", [list(axis) for axis in box]),)


def _known(found: DensityFacts) -> dict[int, list[int]]:
    """What each variable depends on, where that is a short table; empty where it is not known or too long."""
    if found.net is None or found.net.reach is None or found.net.reach.dependency is None:
        return {}
    bits, size = found.net.reach.dependency, found.layout.units
    if size > GRAPH:
        return {}
    table = {v: np.flatnonzero(bits.row(v)).tolist() for v in range(size)}
    return {v: row for v, row in table.items() if row} if sum(map(len, table.values())) <= GRAPH else {}


def _theta(density: Autoregressive, shell: Shell, members: int) -> Method:
    assert density.conditioner is not None
    names = list(parameter_names(density.conditioner.contexts).values())
    if shell.given is not None:  # a method of the model, whose parameters are called what the spec calls the data
        names = [c.origin.removeprefix("given:") for c in density.conditioner.contexts]
    taken = shell.given if shell.given is not None else names
    order = [Parameter("order", "int", "0")] if members > 1 else []
    arguments = ", ".join(["x", *names, *(["order"] if members > 1 else [])])
    parameters = (Parameter("x"), *(Parameter(name) for name in taken), *order)
    return Method("theta", parameters, TENSOR, (Return(f"self.net({arguments})"),))
