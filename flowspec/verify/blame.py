"""Which layer of a net is at fault: each is held to what the compiler says that its units depend on."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

import torch
from torch import Tensor

from flowspec.graph.model import Autoregressive
from flowspec.order import Bits
from flowspec.passes.facts import NetFacts
from flowspec.passes.knowledge.by_bits import net_bits
from flowspec.verify.moves import one_moved, theta
from flowspec.verify.noise import fixed_noise, mixed, seeded
from flowspec.verify.subject import Subject
from flowspec.verify.trace import Call, is_layer, layer_calls
from flowspec.verify.units import Unit, factored
from flowspec.verify.weights import GENERIC, POSITIVE

STILL = 1e-9
DRAWS = 6


@dataclass(frozen=True, eq=False, slots=True)
class Watched:
    """One call of a layer: the node of the spec it belongs to, which units moved with which variable, and the claim."""

    label: str
    moved: Tensor  # (units, D)
    claimed: Tensor


def leaking_layer(subject: Subject, unit: Unit, order: int | None, training: bool) -> str:
    """The first layer with a unit that moves though it should not; empty when none can be named."""
    watched = watch(subject, unit.name, order, training)
    return next((w.label for w in watched if (w.moved & ~w.claimed).any()), "")


def silent_layer(subject: Subject, unit: Unit, order: int | None) -> str:
    """The first layer with a unit that never moves though it should."""
    return next((w.label for w in watch(subject, unit.name, order) if (w.claimed & ~w.moved).any()), "")


def watch(subject: Subject, name: str, order: int | None, training: bool = False) -> Iterator[Watched]:
    """The layers of one net in the order in which they run; a unit moves if it does for some weights."""
    moved: list[Tensor] = []
    rows: list[tuple[str, Tensor]] = []
    for draw in range(DRAWS):
        model = subject.model(draw, POSITIVE if draw % 2 else GENERIC).train(training)
        unit = next(u for u in factored(subject, model, 2, draw) if u.name == name)
        calls = _calls(unit, order, mixed(subject.seed, draw))
        now = [_changes(a, b) for a, b in zip(*calls, strict=True)]
        moved = [m | n for m, n in zip(moved, now, strict=True)] if moved else now
        rows = rows or _claims(subject, unit, order, calls[0])
    for (label, claimed), m in zip(rows, moved, strict=False):
        if claimed.shape == m.shape:
            yield Watched(label, m, claimed)


def _calls(unit: Unit, order: int | None, seed: int) -> tuple[list[Call], list[Call]]:
    """The layers' calls on the first sample, and on it with one variable changed in each row."""
    variables = torch.arange(unit.size)
    base = unit.x[:1].expand(unit.size, *unit.x.shape[1:])

    def run(x: Tensor) -> list[Call]:
        with torch.no_grad(), seeded(seed), fixed_noise(seed):
            return layer_calls(unit.module, lambda: theta(unit, x, order), is_layer)

    return run(base), run(one_moved(unit, variables, seed))


def _changes(before: Call, after: Call) -> Tensor:
    """(units, D) which units of a layer's output change with which variable."""
    gap = (after.output - before.output).abs() / (1 + before.output.abs())
    moved: Tensor = gap > STILL
    return moved.flatten(1).T


def _claims(subject: Subject, unit: Unit, order: int | None, calls: list[Call]) -> list[tuple[str, Tensor]]:
    """The label and the claim of every call, if the calls are the layers of the graph one by one; else none."""
    facts = subject.report.all_facts
    if facts is None or not isinstance(unit.density, Autoregressive):
        return []
    net = facts.densities[unit.density].net
    assert net is not None
    nodes = list(_layers(net))
    if [word for _, word in nodes] != [type(call.module).__name__ for call in calls]:
        return []
    return [(_label(net, i), _units(net, i, order)) for i, _ in nodes]


def _layers(net: NetFacts) -> Iterator[tuple[int, str]]:
    """The nodes that have a module, with the name of its class."""
    graph = net.conditioner.graph
    for i in sorted(graph.live()):
        if not graph.nodes[i].op.outside:
            module = graph.nodes[i].op.lower(net.site(i)).module
            if module is not None:
                yield i, module.name.rpartition(".")[2]


def _label(net: NetFacts, i: int) -> str:
    node = net.conditioner.graph.nodes[i]
    return f"{node.id} (line {node.span.start.line})"


def _units(net: NetFacts, i: int, order: int | None) -> Tensor:
    """(units, D) what each unit of node i depends on, by the compiler."""
    graph = replace(net.conditioner.graph, output=i)
    member = order or 0
    start = Bits.identity(net.orders[member].grid.size)
    bits = net_bits(graph, net.shapes, net.knowledge, start, replace(net.context, size=1, joint=False), member=member)
    return torch.from_numpy(bits.dense())
