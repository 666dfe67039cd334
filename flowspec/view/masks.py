"""The masks that were derived for a spec, as a list: whose they are, and what they keep."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import numpy.typing as npt

from flowspec.diagnostics import Span, suggest
from flowspec.graph.bounds import Bounds
from flowspec.graph.layout import Layout
from flowspec.graph.masks import LabelMask, SiteMask, TapMask
from flowspec.graph.model import Flow, FlowNode
from flowspec.graph.pairing import PlaceMask
from flowspec.passes.facts import Facts, NetFacts
from flowspec.view import place_masks
from flowspec.view.counts import Count, kept_edges
from flowspec.view.errors import ViewError


@dataclass(frozen=True, eq=False, slots=True)
class Keep:
    """The halves of a coupling: `kept` (units,) in the layout of the value."""

    kept: npt.NDArray[np.bool_]


@dataclass(frozen=True, eq=False, slots=True)
class Derived:
    """One derived mask and where it stands.

    Attributes:
        name: how the command line calls it, unique in the spec: `conv.1`, or `autoregressive.2/linear.1`.
        names: other words that pick it: its node, its owner, the blocks around it.
        span: the step in the spec.
        mask: what is kept.
        source: the layout of the input; of a coupling, of the value.
        output: the layout of the output.
        reads: the bounds of the input's channels, None for a coupling.
        writes: the bounds of the output's channels, None where they no longer show how the mask came about.
        order: the name of the order, empty for a coupling.
        member: which order of an ensemble this is, `members` how many there are.
        inputs: the layouts of all inputs, where an op has several.
    """

    name: str
    names: frozenset[str]
    span: Span
    mask: LabelMask | TapMask | SiteMask | PlaceMask | Keep
    source: Layout
    output: Layout
    reads: Bounds | None = None
    writes: Bounds | None = None
    order: str = ""
    member: int = 0
    members: int = 1
    inputs: tuple[Layout, ...] = ()

    @property
    def count(self) -> Count:
        """How many edges (of a coupling: entries) are kept, and of how many."""
        if isinstance(self.mask, Keep):
            return Count(int(self.mask.kept.sum()), self.mask.kept.size)
        if isinstance(self.mask, PlaceMask):
            return Count(*place_masks.count(self.mask, self.member))
        return kept_edges(self.mask, self.source, self.member)

    @property
    def full(self) -> bool:
        """Whether nothing is masked."""
        count = self.count
        return count.kept == count.possible

    @property
    def alike(self) -> Any:
        """Equal for two masks that have the same picture."""
        mask = self.mask
        if isinstance(mask, Keep):
            return mask.kept.tobytes(), self.source
        if isinstance(mask, TapMask):  # where the channels of a group stand does not show
            sizes = tuple(sorted(Counter(mask.in_class).items())), tuple(sorted(Counter(mask.out_class).items()))
            return mask.offsets, mask.kept, sizes, self.reads and self.reads.classes
        return mask, self.source, self.output, self.reads


def derived_masks(facts: Facts, node: str | None = None, member: int = 0) -> tuple[Derived, ...]:
    """Every derived mask in writing order, or those that `node` names: a node, a step, or a block around them.

    Args:
        member: which order of an ensemble.

    Raises:
        ViewError: when the node has no mask, or there is no such order.
    """
    found = tuple(_numbered(_all(facts, member)))
    if node is None:
        return found
    picked = tuple(m for m in found if node == m.name) or tuple(m for m in found if node in m.names)
    if not picked:
        raise _no_mask(facts, found, node)
    return picked


def _all(facts: Facts, member: int) -> Iterator[Derived]:
    owners = [o for o, net in facts.nets.items() if net.orders and any(m is not None for m in net.knowledge.masks)]
    for owner in owners:
        yield from _of_net(facts.nets[owner], owner, f"{owner.id}/" if len(owners) > 1 else "", member)
    for flow in (density for density in facts.densities if isinstance(density, Flow)):
        found = facts.densities[flow].flow
        assert found is not None
        for step in flow.nodes:
            yield from _of_step(step, found.layouts[step.input])


def _numbered(masks: Iterable[Derived]) -> Iterator[Derived]:
    """The masks with `#2`, `#3`, ... behind a name that parts of a flow have given before."""
    times: Counter[str] = Counter()
    for mask in masks:
        times[mask.name] += 1
        again = times[mask.name]
        yield mask if again == 1 else replace(mask, name=f"{mask.name}#{again}", names=mask.names | {mask.name})


def _of_net(net: NetFacts, owner: Any, prefix: str, member: int) -> Iterator[Derived]:
    members = len(net.orders)
    if not 0 <= member < members:
        last = f"orders are numbered 0..{members - 1}" if members > 1 else "it has one order: leave `--order` out"
        raise ViewError(f"there is no order {member} in `{owner.id}`", last)
    for i, node in enumerate(net.conditioner.graph.nodes):
        found = mask_of(net, i, member)
        if found is not None:
            yield replace(found, name=prefix + node.id, names=frozenset({owner.id, *_paths(node.id)}))


def mask_of(net: NetFacts, i: int, member: int = 0) -> Derived | None:
    """The mask of node i of one net under order `member`, by the name of the node; None where it has none."""
    node, mask = net.conditioner.graph.nodes[i], net.knowledge.masks[i]
    if mask is None or not net.orders:
        return None
    reads, writes = net.knowledge.bounds[node.inputs[0]], net.knowledge.bounds[i]
    return Derived(
        node.id, frozenset(_paths(node.id)), node.span, mask, net.shapes[node.inputs[0]],
        net.shapes[i], reads, writes, net.orders[member].label, member, len(net.orders),
        tuple(net.shapes[j] for j in node.inputs),
    )  # fmt: skip


def _of_step(step: FlowNode, layout: Layout) -> Iterator[Derived]:
    """The halves of a step that moves some entries and keeps others."""
    moved = step.op.moved(layout)
    if moved is not None and not moved.all():
        yield Derived(step.id, frozenset(_paths(step.id)), step.span, Keep(~moved), layout, layout)


def _paths(name: str) -> Iterator[str]:
    """A name and the blocks around it: a.1.b, a.1, a."""
    parts = name.split(".")
    return (".".join(parts[:n]) for n in range(len(parts), 0, -1))


def _no_mask(facts: Facts, found: tuple[Derived, ...], node: str) -> ViewError:
    nodes = {n.id for net in facts.nets.values() for n in net.conditioner.graph.nodes}
    known = nodes | {owner.id for owner in facts.nets}
    names = [m.name for m in found]
    guess = suggest(node, names) or suggest(node, sorted({word for m in found for word in m.names}))
    listed = ", ".join(names[:6]) + (", ..." if len(names) > 6 else "")
    there = f"there are masks of: {listed}" if names else "nothing in this spec is masked"
    message = f"`{node}` has no derived mask" if node in known else f"there is no node `{node}`"
    return ViewError(message, f"did you mean `{guess}`?" if guess and node not in known else there)
