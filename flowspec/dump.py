"""`--dump`: every stage of the pipeline as text."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import asdict
from typing import TYPE_CHECKING

from flowspec.graph.model import Autoregressive, Density, Flow, Leaf
from flowspec.graph.net import NetGraph
from flowspec.passes.facts import Facts, NetFacts
from flowspec.syntax import Mapping, Node, Scalar, Sequence

if TYPE_CHECKING:
    from flowspec.compiler import Report


def dump(report: Report, stage: str) -> str:
    """One stage as text. Raises ValueError for a stage that there is not."""
    if stage == "tree":
        return "" if report.tree is None else "\n".join(_tree(report.tree, 0)) + "\n"
    if stage == "graph":
        return "" if report.program is None else "\n".join(_density(report.program.model, 0)) + "\n"
    if stage == "facts":
        return "" if report.all_facts is None else "\n".join(_facts(report.all_facts)) + "\n"
    if not report.ok:
        return ""
    if stage == "plan":
        from flowspec.plan import describe

        return describe(report.plan)
    if stage == "source":
        return report.source()
    raise ValueError(f"there is no stage `{stage}`: tree, graph, facts, plan, source")


def _tree(node: Node, depth: int) -> Iterator[str]:
    pad = "  " * depth
    if isinstance(node, Scalar):
        yield f"{pad}{node.span.start} {node.value!r}"
    elif isinstance(node, Sequence):
        yield f"{pad}{node.span.start} list of {len(node.items)}"
        for item in node.items:
            yield from _tree(item, depth + 1)
    elif isinstance(node, Mapping):
        yield f"{pad}{node.span.start} mapping of {len(node.entries)}"
        for entry in node.entries:
            yield f"{pad}  {entry.key.span.start} {entry.key.text}:"
            yield from _tree(entry.value, depth + 2)


def _density(density: Density, depth: int) -> Iterator[str]:
    pad = "  " * depth
    if isinstance(density, Leaf):
        yield f"{pad}{density.id}: {density.family.name} ({density.form})"
        if density.conditioner:
            yield from _net(density.conditioner.graph, depth + 1)
    elif isinstance(density, Autoregressive):
        yield f"{pad}{density.id}: autoregressive, order {density.order.op.name}, head {density.head.name}"
        if density.conditioner:
            yield from _net(density.conditioner.graph, depth + 1)
    else:
        yield from _flow(density, depth)


def _flow(flow: Flow, depth: int) -> Iterator[str]:
    pad = "  " * depth
    yield f"{pad}{flow.id}: flow of {len(flow.nodes)} steps, {len(flow.parts)} parts"
    shown: set[int] = set()
    for node in flow.nodes:
        outputs = ", ".join(f"v{v}" for v in node.outputs)
        yield f"{pad}  {outputs} = {node.id}(v{node.input})    # line {node.span.start.line}"
        if node.conditioner is not None and id(node.conditioner.graph) not in shown:
            shown.add(id(node.conditioner.graph))
            yield from _net(node.conditioner.graph, depth + 2)
    for part in flow.parts:
        yield f"{pad}  part {part.name} = v{part.value}"
        yield from _density(part.density, depth + 2)


def _net(graph: NetGraph, depth: int) -> Iterator[str]:
    pad = "  " * depth
    for i, node in enumerate(graph.nodes):
        inputs = ", ".join(graph.nodes[j].id for j in node.inputs)
        cap = "" if node.cap == "before" else f" knows {node.cap}"
        yield f"{pad}n{i} {node.id} = {node.op!r}({inputs}){cap}"


def _facts(facts: Facts) -> Iterator[str]:
    yield json.dumps(asdict(facts.summary), sort_keys=True)
    for owner, net in facts.nets.items():
        yield f"net of {owner.id}:"
        yield from _net_facts(net)


def _net_facts(net: NetFacts) -> Iterator[str]:
    for i, node in enumerate(net.conditioner.graph.nodes):
        bounds = net.knowledge.bounds[i]
        classes = ", ".join(f"{b} x{n}" for b, n in zip(bounds.classes, bounds.sizes, strict=True)) if bounds else "-"
        mask = type(net.knowledge.masks[i]).__name__ if net.knowledge.masks[i] is not None else "no mask"
        yield f"  n{i} {node.id}: {net.shapes.layouts[i] or 'not read'}; knows {classes[:200]}; {mask}"
    if net.reach is not None:
        yield f"  followed as {net.reach.domain}: {net.reach.reached} of {net.reach.allowed} pairs; possible {net.reach.possible}"
    if net.levels:
        yield f"  sampling levels: {int(net.levels[0].max())}"
