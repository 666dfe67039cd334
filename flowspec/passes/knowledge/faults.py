"""Findings about who knows what, each with the place that causes it and a witness."""

from __future__ import annotations

from collections.abc import Iterable

from flowspec.diagnostics import Finding, Label, Span
from flowspec.graph.bounds import Bound, Bounds
from flowspec.graph.layout import Layout
from flowspec.graph.net import NetGraph, NetNode
from flowspec.order import Order


def variable(order: Order, v: int) -> str:
    """A variable as messages name it: x[3] of a vector, x[0,5,7] of an image."""
    channel, place = divmod(v, order.grid.volume)
    site = []
    for size in reversed(order.grid.sites):
        place, at = divmod(place, size)
        site.append(at)
    spots = [str(s) for s in reversed(site)]
    if order.grid.axes == 1 and order.grid.channels == 1:
        return f"x[{spots[0]}]"
    return f"x[{channel},{','.join(spots)}]"


def names_of(bounds: Iterable[Bound]) -> str:
    """Kinds of bounds in words."""
    return " and ".join(sorted({f"`{b.kind.value}`" for b in bounds}))


def unmasked_ancestor(graph: NetGraph, i: int) -> int | None:
    """The nearest op upstream that was declared without a mask."""
    queue, seen = [i], set()
    while queue:
        j = queue.pop(0)
        if graph.nodes[j].unmasked and j != i:
            return j
        if j not in seen:
            seen.add(j)
            queue.extend(graph.nodes[j].inputs)
    return i if graph.nodes[i].unmasked else None


def path_between(graph: NetGraph, start: int, end: int) -> list[int]:
    """Some path of nodes from `start` to `end`."""
    previous: dict[int, int] = {start: start}
    for i in range(start + 1, end + 1):
        feeding = [j for j in graph.nodes[i].inputs if j in previous]
        if feeding:
            previous[i] = feeding[-1]
    path = [end]
    while path[-1] != start and path[-1] in previous:
        path.append(previous[path[-1]])
    return path[::-1]


def leak(graph: NetGraph, culprit: int, reader: int, order: Order) -> Finding:
    """FS401: an op without a mask lets through what its readers must not know. The witness is the centre variable."""
    node, victim = graph.nodes[culprit], graph.nodes[reader]
    centre = order.grid.index(0, tuple(s // 2 for s in order.grid.sites))
    v = variable(order, centre)
    upstream = path_between(graph, 0, culprit)
    onward = path_between(graph, culprit, graph.output)
    route = _short([graph.nodes[i] for i in dict.fromkeys([*upstream[1:], *onward])])
    return Finding(
        "FS401",
        f"`{victim.id if reader != graph.output else 'head'}` sees the variable it predicts: the model is not autoregressive",
        node.arg_span("mask"),
        f"without a mask, `{node.id}` lets {v} through to what predicts {v}",
        labels=(Label(victim.span, f"must know only what comes before {v} in `order: {order.label}`"),)
        if victim.span != node.span
        else (),
        trace=(v, *("..." if step is None else step.id for step in route), f"head{v[1:]}"),
        stops=tuple(map(_stop, (graph.nodes[0], *route, graph.nodes[graph.output]))),
        helps=("drop `mask: none`; the mask is then derived from the order",),
        node=node.id,
    )


def _short(route: list[NetNode]) -> list[NetNode | None]:
    return [*route] if len(route) <= 8 else [*route[:4], None, *route[-3:]]


def _stop(node: NetNode | None) -> Span | None:
    return node.span if node is not None and node.span.file else None


def keeps_no_edge(node: NetNode, source: NetNode, bounds: Bounds, targets: list[Bound]) -> Finding:
    """FS404: nothing that the input knows is inside what the op may know."""
    return Finding(
        "FS404",
        f"`{node.id}` keeps no edge: its input knows {names_of(bounds.classes)}, and `{node.id}` may know {names_of(targets)} at most",
        node.arg_span("knows") if dict(node.args).get("knows") else node.span,
        f"reads {names_of(bounds.classes)}",
        labels=(Label(source.span, "its input"),) if source.span.file and source.span != node.span else (),
        helps=("raise the cap with `knows`, or read something that knows less",),
        node=node.id,
    )


def beyond_cap(node: NetNode, inputs: list[NetNode], found: Iterable[Bound]) -> Finding:
    """FS405: an op without weights would join more than its cap allows."""
    named = " and ".join(f"`{n.id}`" for n in inputs)
    reads_x = any(n.id == "x" for n in inputs)
    helps = (
        ("start the skip after a first weighted layer: the first layer under an order is the strict one",)
        if reads_x
        else (f"lower what {named} may know, or raise the cap of `{node.id}` with `knows: upto`",)
    )
    return Finding(
        "FS405",
        f"`{node.id}` joins values that know {names_of(found)}: together more than `{node.cap}`, the cap here",
        node.span,
        f"joins {named}",
        helps=helps,
        node=node.id,
    )


def window_under_graph(node: NetNode) -> Finding:
    """FS406: a graph of names has no places for a kernel to slide over."""
    return Finding(
        "FS406",
        f"`{node.op.name}` slides over places, and an order given as a graph has none",
        node.span,
        helps=("use `linear` layers under `graph`",),
        node=node.id,
    )


def window_in_ensemble(node: NetNode) -> Finding:
    """FS406: members of an ensemble share weights, which a kernel cannot under different orders."""
    return Finding(
        "FS406",
        f"`{node.op.name}` under an ensemble of orders: its taps would mean something else in each",
        node.span,
        helps=("use `linear` layers, or one order: `random: 1`",),
        node=node.id,
    )


def strided_under(node: NetNode, label: str) -> Finding:
    """FS438: a coarser grid needs blocks that look the same everywhere."""
    return Finding(
        "FS438",
        f"`{node.op.name}` reads values of x under `order: {label}`, where the earliest site of a block differs from block to block",
        node.span,
        helps=("use raster, reverse or columns, or stay on the sites of x",),
        node=node.id,
    )


def finer_than_x(node: NetNode, layout: Layout, order: Order) -> Finding:
    """FS440: a site that stands for no site of x."""
    sites, own = "x".join(map(str, layout.sites)), "x".join(map(str, order.grid.sites))
    return Finding(
        "FS440",
        f"`{node.op.name}` goes to {sites} sites, which do not divide the {own} sites of x",
        node.span,
        "stands for no site of x, so nothing says what it may know",
        helps=("go up only as far as was gone down before",),
        node=node.id,
    )


def no_lines(node: NetNode, label: str) -> Finding:
    """FS407: `above` needs lines."""
    return Finding(
        "FS407",
        f"`knows: above` means earlier lines, and `order: {label}` has none here",
        node.arg_span("knows"),
        helps=("use raster, reverse, columns, s_curve or subscale over two or more spatial axes",),
        node=node.id,
    )


def batch_norm(node: NetNode, label: str, layout: Layout) -> Finding:
    """FS408: batch statistics run over ordered positions and over samples."""
    axes = "the batch" if layout.flat else f"the batch and the sites {list(layout.sites)}"
    return Finding(
        "FS408",
        f"`norm: batch` takes its statistics over {axes} in train mode: every unit then knows all of `order: {label}`",
        node.arg_span("kind"),
        "joins what the order keeps apart",
        helps=("use `norm: layer`, whose statistics stay inside one site and group",),
        node=node.id,
    )


def degenerate_norm(node: NetNode, small: int, total: int, layout: Layout, copied: bool) -> Finding:
    """FS409: with one or two units the outcome hardly depends on them, so tightness cannot be proved.

    `copied`: there are enough channels, and they hold copies of one or two numbers.
    """
    units = "copies of one or two units" if copied else "one or two units"
    widen = f"widen the layer before it: {layout.channels} channels give each group less than three"
    return Finding(
        "FS409",
        f"`{node.id}` normalizes over {units} in {small} of {total} groups: cannot prove that their context gets through",
        node.span,
        helps=("normalize before the values are put side by side" if copied else widen,),
        node=node.id,
    )


def degenerate_norm_alone(node: NetNode, units: int, layout: Layout) -> Finding:
    """FS409 where no order holds: one unit, or copies of one, becomes a constant, and two become a sign."""
    copied = layout.channels > 2
    over = ("copies of " if copied else "") + ("one unit" if units == 1 else "two units")
    lost = "which leaves a constant: nothing gets through it" if units == 1 else "which leaves hardly more than a sign"
    return Finding(
        "FS409",
        f"`{node.id}` normalizes over {over}, {lost}",
        node.span,
        helps=(
            "normalize before the values are put side by side"
            if copied
            else "widen the layer before it to three or more",
        ),
        node=node.id,
    )


def cap_without_place(node: NetNode) -> Finding:
    """FS407: `above` and `upto` are about a place, and a flat unit has none."""
    return Finding(
        "FS407",
        f"`knows: {node.cap}` is about a place, and the units of `{node.id}` stand at none",
        node.arg_span("knows"),
        helps=("drop the cap: units of a flat layer spread over the contexts there are",),
        node=node.id,
    )


def flat_at_every_site(node: NetNode, flat: NetNode) -> Finding:
    """FS405: units of a flat layer know contexts of many sizes, and at some site each knows too much."""
    return Finding(
        "FS405",
        f"`{node.id}` puts the flat units of `{flat.id}` at every site, where some know more than the site may",
        node.span,
        f"joins `{flat.id}`, which stands at no site",
        labels=(Label(flat.span, "flat"),) if flat.span.file and flat.span != node.span else (),
        helps=(
            f"give `{flat.id}` sites of its own: `linear: [C, ...]` with the sites of x, which masks each by what it may know",
        ),
        node=node.id,
    )


def vector_beside_a_coarser_grid(node: NetNode, vector: NetNode) -> Finding:
    """FS405: beside another number of sites a vector stands at each of them as a whole."""
    return Finding(
        "FS405",
        f"`{node.id}` puts all numbers of `{vector.id}` at every site of a coarser grid, where most know more than the site may",
        node.span,
        f"joins `{vector.id}` and values of fewer sites",
        helps=("bring them up to the sites of x first: `up`",),
        node=node.id,
    )
