"""The steps of a flow one by one: what each was given and gave, and the names that the spec has for them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import torch
from torch import Tensor

from flowspec.graph.model import Flow, FlowNode
from flowspec.ops.flow_base import FlowSite
from flowspec.verify.measure import relative, worst
from flowspec.verify.moves import jacobian
from flowspec.verify.noise import fixed_noise
from flowspec.verify.subject import Subject
from flowspec.verify.trace import Call, draws, is_composite, step_calls
from flowspec.verify.units import Unit


@dataclass(frozen=True, eq=False, slots=True)
class Step:
    """One use of a step: its label, the module, what it was given, and what it gave."""

    label: str
    module: Any
    x: Tensor
    kwargs: dict[str, Any]
    z: Tensor
    log_det: Tensor
    stochastic: bool

    def forward(self, x: Tensor) -> tuple[Tensor, Tensor]:
        """z and log|det| for other inputs."""
        found: tuple[Tensor, Tensor] = self.module(x, **self.kwargs)
        return found

    def inverse(self, z: Tensor) -> Tensor:
        """x."""
        found: Tensor = self.module.inverse(z, **self.kwargs)
        return found


def steps(subject: Subject, unit: Unit) -> list[Step]:
    """Every step that runs when a flow encodes a unit's inputs, in order; what the spec calls one step is one."""
    calls = _calls(subject, unit)
    words = {word for _, word in _lowered(subject, unit)}
    whole = [call for call in calls if not is_composite(call.module) or type(call.module).__name__ in words]
    inside = tuple(f"{call.name}." for call in whole)
    found = [call for call in whole if not call.name.startswith(inside)]
    names = _names(subject, unit, [type(call.module).__name__ for call in found])
    return [_step(unit, call, names[k] if names else None) for k, call in enumerate(found)]


def composites(subject: Subject, unit: Unit) -> list[Step]:
    """The blocks and rounds that are made of steps; the innermost first."""
    return [_step(unit, call, None) for call in _calls(subject, unit) if is_composite(call.module)]


def _calls(subject: Subject, unit: Unit) -> list[Call]:
    def run() -> None:
        with torch.no_grad(), fixed_noise(subject.seed):
            unit.module.encode(unit.x, **unit.given)

    return step_calls(unit.module, run)


def _step(unit: Unit, call: Call, name: tuple[str, bool] | None) -> Step:
    path = f"{unit.name}.{call.name}" if unit.name else call.name
    noisy = draws(call.module) or any(type(module).__name__ == "Dequantize" for module in call.module.modules())
    label, stochastic = name or (path, noisy)
    z, log_det = call.output
    return Step(label, call.module, call.args[0], call.kwargs, z, log_det, stochastic)


def _names(subject: Subject, unit: Unit, classes: list[str]) -> list[tuple[str, bool]]:
    """The label of each call, and whether it is a stochastic step, if the calls are the steps of the spec one by one."""
    lowered = list(_lowered(subject, unit))
    if [word for _, word in lowered] != classes:
        return []
    return [(f"{node.id} (line {node.span.start.line})", bool(node.op.stochastic)) for node, _ in lowered]


def _lowered(subject: Subject, unit: Unit) -> Iterator[tuple[FlowNode, str]]:
    """The steps of a unit's flow that have one output, with the name of the class that each becomes."""
    if not isinstance(unit.density, Flow):
        return
    assert subject.report.all_facts is not None
    found = subject.report.all_facts.densities[unit.density].flow
    assert found is not None
    for node in unit.density.nodes:
        if len(node.outputs) == 1:
            site = FlowSite(found.layouts[node.input], tuple(found.layouts[v] for v in node.outputs))
            yield node, node.op.lower(site).name


def inverse_errors(step: Step) -> tuple[float, float]:
    """How far x -> z -> x, and z -> x -> z for other z in the range of the step, are from where they began."""
    with torch.no_grad():
        back = worst(relative(step.inverse(step.z), step.x))
        if step.stochastic:
            return back, 0.0
        z = shuffled(step.z)
        return back, worst(relative(step.forward(step.inverse(z))[0], z))


def log_det_error(step: Step, seed: int) -> float:
    """log|det| against the Jacobian by autograd, under noise that stays the same."""

    def forward(x: Tensor) -> Tensor:
        with fixed_noise(seed):
            return step.forward(x)[0]

    _, J = jacobian(forward, step.x)
    return worst(relative(step.log_det, torch.linalg.slogdet(J)[1]))


def shuffled(z: Tensor) -> Tensor:
    """Every column of (B, ...) in another order: values that no sample had together, inside the same product of sets."""
    flat = z.flatten(1)
    n = len(flat)
    rows = (torch.arange(n)[:, None] + torch.arange(flat.shape[1])[None, :]) % n
    return flat.gather(0, rows).view(z.shape)
