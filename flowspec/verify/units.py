"""The parts of a model that are judged on their own: every flow in it, and every density with conditionals."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from flowspec.graph.model import Autoregressive, Density, Flow
from flowspec.passes.dependency import member_reach
from flowspec.passes.facts import Facts
from flowspec.verify.inputs import Given, Values
from flowspec.verify.noise import fixed_noise
from flowspec.verify.subject import Subject
from flowspec.verify.trace import Call, density_calls


@dataclass(frozen=True, eq=False, slots=True)
class Claims:
    """What the compiler says of an order: who depends on whom, (D, D) with a row for each conditional, and a sequence."""

    relation: Tensor
    sequence: tuple[int, ...]


@dataclass(frozen=True, eq=False, slots=True)
class Unit:
    """A density inside a model (or the model itself): its path, the module, and inputs as it meets them.

    `density` is its place in the program; None where that could not be told.
    """

    name: str
    module: Any
    x: Tensor
    given: Given
    values: Values
    density: Density | None = None

    @property
    def size(self) -> int:
        return self.x[0].numel()

    @property
    def is_ordered(self) -> bool:
        """Whether it has an order, and so conditionals that depend on other variables."""
        return hasattr(self.module, "of_order")

    @property
    def orders(self) -> tuple[int | None, ...]:
        """The members of an ensemble; (None,) where there is one order."""
        count = getattr(self.module, "orders", 1)
        return tuple(range(count)) if count > 1 else (None,)


def whole(subject: Subject, model: Any, n: int, salt: int = 0) -> Unit:
    """The model itself with n samples."""
    program = subject.report.program
    x, given = subject.data(n, salt)
    return Unit("", model, x, given, subject.values, program.model if program else None)


def flows(subject: Subject, model: Any, n: int, salt: int = 0) -> list[Unit]:
    """The model, if it is a flow, and every flow below it, on the values that n samples of x become."""
    return [unit for unit in units(subject, model, n, salt) if hasattr(unit.module, "encode")]


def factored(subject: Subject, model: Any, n: int, salt: int = 0) -> list[Unit]:
    """The model and every density below it that has conditionals, likewise."""
    return [unit for unit in units(subject, model, n, salt) if hasattr(unit.module, "conditionals")]


def units(subject: Subject, model: Any, n: int, salt: int = 0, at: tuple[Tensor, Given] | None = None) -> list[Unit]:
    """The model and every density below it, on n samples of random data or on those that are given."""
    top = whole(subject, model, n, salt)
    top = top if at is None else replace(top, x=at[0], given=at[1])
    with (
        torch.no_grad(),
        fixed_noise(subject.seed),
        density_calls(model, "log_prob") as calls,
        density_calls(model, "rsample") as drawn,
    ):
        model.log_prob(top.x, **top.given)
    found = placed(subject, model, calls, lambda call: call.args[0])
    return [top, *found, *placed(subject, model, drawn, lambda call: call.output[0])]


def drawn(subject: Subject, model: Any, n: int, given: Given) -> list[Unit]:
    """Every density below the model, on what it draws while the model draws n samples."""
    with density_calls(model, "sample") as calls:
        model.sample(n, generator=subject.source(5), **given)
    return placed(subject, model, calls, lambda call: call.output)


def placed(subject: Subject, model: Any, calls: list[Call], value: Callable[[Call], Tensor]) -> list[Unit]:
    """Calls of densities as units, each with its place in the program."""
    place = _places(subject, model)
    found = []
    for call in calls:
        given = {name: v for name, v in call.kwargs.items() if isinstance(v, Tensor)}
        family = getattr(call.module, "family", None)
        found.append(Unit(call.name, call.module, value(call), given, _values(family), place.get(call.name)))
    return found


def _values(family: Any) -> Values:
    """Where the variables of a part lie, by the family of its density."""
    family = getattr(family, "mixture", family)  # of the channels of a site together
    if type(family).__name__ == "Bernoulli":
        return Values.of("binary")
    return Values.of(getattr(family, "classes", "real"))


def _places(subject: Subject, model: Any) -> dict[str, Density]:
    """The program's ordered densities and flows by the path of the module that computes each; they come in one order."""
    assert subject.report.program is not None
    found: dict[str, Density] = {}
    for attribute, kind in (("of_order", Autoregressive), ("encode", Flow)):
        names = [name for name, module in model.named_modules() if hasattr(module, attribute)]
        wanted = [d for d in densities(subject.report.program.model) if isinstance(d, kind)]
        if len(names) == len(wanted):
            found |= dict(zip(names, wanted, strict=True))
    return found


def densities(density: Density) -> Iterator[Density]:
    """A density, those that its steps draw from, and those of its parts."""
    yield density
    if isinstance(density, Flow):
        for node in density.nodes:
            if node.op.drawn is not None:
                yield from densities(node.op.drawn)
        for part in density.parts:
            yield from densities(part.density)


def claims(subject: Subject, unit: Unit, order: int | None) -> Claims:
    """What was proved of the conditionals of a unit. Raises ValueError where there is no proof to hold it to."""
    facts: Facts | None = subject.report.all_facts
    if facts is None or not isinstance(unit.density, Autoregressive):
        raise ValueError(f"`{unit.name or 'the model'}` cannot be matched with a density of the spec")
    member, net = order or 0, facts.densities[unit.density].net
    assert net is not None
    sequence = tuple(int(v) for v in net.orders[member].sequence)
    if not unit.name:
        return Claims(torch.from_numpy(np.asarray(subject.report.dependency(member))), sequence)
    reach = member_reach(net, member) if member else net.reach
    assert reach is not None
    assert reach.dependency is not None
    rows = [reach.dependency.row(v) for v in range(unit.size)]
    return Claims(torch.from_numpy(np.stack(rows)), sequence)
