"""Completeness of a net under an order: what the order allows and no path realises (semantics D6)."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from flowspec.diagnostics import Finding, Label, Span
from flowspec.graph.masks import LabelMask, SiteMask, TapMask
from flowspec.graph.pairing import PairMask, StrideMask
from flowspec.ops.recurrent import RecurrentLayer
from flowspec.order import Grid, Order, centre, missing_at
from flowspec.passes.facts import NetFacts
from flowspec.passes.knowledge.faults import variable
from flowspec.passes.knowledge.narrow import cuts
from flowspec.passes.knowledge.seen import contexts_seen

VERTICAL = (
    "let a vertical stack read the rows above: a branch with `knows: above` and full-width kernels, added to this one"
)
LINES = (
    "let a second stack read the lines before this one: a branch with `knows: above` and kernels as wide as a line, "
    "added to this one"
)
ATTEND = (
    "let an `attention` or a `transformer` that reads x reach what kernels do not: it sees all that the order allows"
)
SKIP = (
    "every path goes through a coarser grid, whose sites know no more than the first of their block may: "
    "add a skip that stays on the sites of x"
)

UNREAD = "no step reads x: let one read it, `in: x`"

ALONG = "let the recurrence run `along: order`, which reaches all that comes before"

WIDER = "widen the kernels, or let a `linear` layer read x"

PIXELS = "let keys and values hold x itself beside its features: attend to `{concat: [x, h]}`, or to x first"


def completeness(facts: NetFacts, order: Order, order_span: Span, place: str) -> Iterator[Finding]:
    """Warnings about blind pairs and narrow layers, a note about far pairs, an error for a variable without context."""
    reach = facts.reach
    span = facts.conditioner.graph.span
    if reach is None:
        return
    if reach.dependency is None:
        yield Finding(
            "FS426",
            f"cannot prove what {place} reaches: {order.grid.size:,} variables are too many to follow one by one under this order",
            order_span,
            helps=(
                "use an order that looks the same everywhere, such as raster",
                "`flowspec mask SPEC` shows what each layer reads",
            ),
        )
        return
    lost = _without_context(facts, order)
    if lost is not None:
        yield _no_context(facts, order, order_span, lost, place)
        return
    if reach.missing:
        yield from _missing(facts, order, order_span, span, place)
    if not reach.missing or _narrow(facts) is None:
        yield from _half_seen(facts, order, span, place)
    yield from _dead_units(facts)


def _no_context(facts: NetFacts, order: Order, order_span: Span, lost: int, place: str) -> Finding:
    """The error for a variable without context; a layer that is too narrow is shown, with the width that would do."""
    unread, coarse = not _reads_x(facts), _only_coarse(facts)
    narrow = None if unread or coarse else _narrow(facts)
    labels: tuple[Label, ...] = (Label(order_span, "the order that allows it"),)
    near = "let the first layer read what lies just before"
    help_ = f"widen the layers or kernels, or {near if order.line is not None else 'let an `attention` read x first'}"
    if unread or coarse:
        help_ = UNREAD if unread else SKIP
    elif narrow is not None:
        labels = (*labels, Label(narrow[0], "more distinct contexts than units"))
        help_ = f"widen the layer: {narrow[1]} units would do"
    return Finding(
        "FS425",
        f"{variable(order, lost)} loses all its context: nothing it may know reaches its parameters",
        facts.conditioner.graph.span,
        labels=labels,
        helps=(help_,),
        node=place,
    )


def _dead_units(facts: NetFacts) -> Iterator[Finding]:
    """Layers with units that read nothing though they may; one that stands in a loop is named once."""
    graph, named = facts.conditioner.graph, set()
    for i, count in facts.knowledge.dead:
        node = graph.nodes[i]
        if node.span not in named:
            named.add(node.span)
            yield Finding(
                "FS423",
                f"{count:,} of the {facts.shapes[i].units:,} units of `{node.id}` have no inputs: they are constants",
                node.span,
                helps=("widen the layers before it", f"`flowspec mask SPEC {node.id}` shows it"),
                node=node.id,
            )


def _half_seen(facts: NetFacts, order: Order, span: Span, place: str) -> Iterator[Finding]:
    """A context that some parameters see and others do not."""
    for name, seen in contexts_seen(facts).items():
        if seen.any() and not seen.all():
            first = next(v for v in order.sequence.tolist() if not seen[v])
            yield Finding(
                "FS424",
                f"{int((~seen).sum()):,} of {len(seen):,} conditionals cannot see the context `{name}`, the first that of {variable(order, first)}",
                span,
                "carries it to some and not to others",
                helps=(
                    f"name it where every conditional reads: `given: {name}` on the last layer",
                    f"`flowspec graph SPEC {place}` shows what it feeds",
                ),
                node=place,
            )


def _missing(facts: NetFacts, order: Order, order_span: Span, span: Span, place: str) -> Iterator[Finding]:
    reach = facts.reach
    assert reach is not None
    missing, blind = reach.missing or 0, reach.blind or 0
    narrow, (example, shown) = _narrow(facts), _example(facts, order, place)
    share = f"{missing:,} of {reach.allowed:,} allowed pairs ({100 * missing / reach.allowed:.1f} %)"
    if narrow is not None:
        node, width = narrow
        yield Finding(
            "FS422",
            f"the layer is too narrow: {share} are lost",
            node,
            "more distinct contexts than units",
            helps=(f"width {width} would do", *shown),
            node=place,
        )
        return
    label = (Label(order_span, "the order that allows them"),) if order_span != span else ()
    if blind:
        yield Finding(
            "FS420",
            f"blind spot: {blind:,} of {reach.allowed:,} allowed pairs are out of reach at any depth",
            span,
            "never sees all that the order allows",
            labels=label,
            notes=example,
            helps=(_remedy(facts, order), *shown),
            node=place,
        )
    low, high = reach.possible
    if low < high:
        yield Finding(
            "FS428",
            f"of {missing:,} missing pairs {blind:,} to {reach.allowed - low:,} are blind: cannot count them exactly at this size",
            span,
            labels=label,
            notes=example,
            helps=shown,
            node=place,
        )
        return
    far = missing - blind
    if far > 0:
        yield Finding(
            "FS421",
            f"{far:,} of {reach.allowed:,} allowed pairs are out of reach, and more layers would reach them",
            span,
            labels=label,
            notes=() if blind else example,
            helps=("add layers, or widen the kernels", *(() if blind else shown)),
            node=place,
        )


def _narrow(facts: NetFacts) -> tuple[Span, int] | None:
    """The narrowest layer that loses context, and the width that would not."""
    rows, full = facts.knowledge.rows, facts.knowledge.full_rows
    graph, cut = facts.conditioner.graph, cuts(facts.conditioner.graph, facts.shapes, facts.context)
    found = []
    for i in sorted(graph.live() - {graph.output}):
        mask, layout = facts.knowledge.masks[i], facts.shapes[i]
        wanted = 0
        if isinstance(mask, LabelMask) and layout.flat:
            wanted = len(full) if len(rows) < len(full) or layout.channels // cut[i] < len(full) else 0
        elif isinstance(mask, TapMask | SiteMask | StrideMask):
            wanted = facts.groups
        if layout.channels // cut[i] < wanted:
            found.append((layout.channels // cut[i], i, wanted * cut[i]))
    if not found:
        return None
    _, i, wanted = min(found)
    node = graph.nodes[i]
    return dict(node.args).get("out", node.span), wanted


def _remedy(facts: NetFacts, order: Order) -> str:
    """What usually opens a blind spot."""
    if _only_coarse(facts):
        return SKIP
    if any(isinstance(mask, PairMask) for mask in facts.knowledge.masks):
        return PIXELS
    ops = [node.op for node in facts.conditioner.graph.nodes]
    if any(isinstance(op, RecurrentLayer) and op.along == "rows" for op in ops):
        return ALONG
    if order.line is None:
        return ATTEND if order.rank is not None else WIDER
    return VERTICAL if order.label == "raster" else LINES


def _reads_x(facts: NetFacts) -> bool:
    """Whether x has a way to the head at all."""
    graph = facts.conditioner.graph
    return any(graph.nodes[i].id == "x" and not graph.nodes[i].inputs for i in graph.live())


def _only_coarse(facts: NetFacts) -> bool:
    """Whether every path from x to the head goes through a coarser grid."""
    graph, shapes = facts.conditioner.graph, facts.shapes
    found: set[int] = set()
    for i in sorted(graph.live()):
        node, sites = graph.nodes[i], shapes[i].sites
        if (node.id == "x" and not node.inputs) or any(j in found for j in node.inputs):
            found |= {i} if sites in ((), facts.context.x.sites) else set()
    return graph.output not in found


def _example(facts: NetFacts, order: Order, place: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """A variable that misses something, in words, and the command that draws it: the centre, or the last one drawn."""
    reach = facts.reach
    assert reach is not None
    assert reach.dependency is not None
    for v in (centre(order.grid), int(order.sequence[-1])):
        missing = missing_at(order, v, reach.dependency.row(v))
        if missing.variables:
            near = ", ".join(variable(order, j) for j in missing.variables[:3])
            more = f" and {len(missing.variables) - 3} more" if len(missing.variables) > 3 else ""
            step = "" if place == "model" else f" {place}"
            shown = f"`flowspec field SPEC{step} --at {at_text(order.grid, v)}` shows it"
            return (f"{variable(order, v)} may know {near}{more}, and cannot",), (shown,)
    return (), ()


def at_text(grid: Grid, v: int) -> str:
    """A variable as `flowspec field --at` takes it; the last channel goes without saying."""
    channel, site = grid.site(v)
    return ",".join(map(str, site if channel == grid.channels - 1 else (*site, channel)))


def _without_context(facts: NetFacts, order: Order) -> int | None:
    """The first variable in the order that may know something and knows nothing."""
    reach = facts.reach
    assert reach is not None
    if not reach.missing or reach.dependency is None:
        return None
    may = order.rank > 0 if order.rank is not None else np.array([bool(p) for p in order.parents or ()])
    lost = may & reach.dependency.knows_nothing()
    return int(order.sequence[np.argmax(lost[order.sequence])]) if lost.any() else None
