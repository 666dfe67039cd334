"""Attention: which heads read which places (semantics N4).

The query stands at the reader's own place and is projected from what the reader may know there. Keys and values are
shared by all readers of a group, so each of their projections has to settle once what it takes from a place. Where the
input knows, at its own place, no kind that the reader may not know as well, the projection takes the channels that the
reader of its group may know, and the reader's own place is read with the others: the pairs are inclusive. Where it holds
something else, as x itself does, the projection takes all that some reader may know, and a place is read where all of
that lies inside what the reader may know: the pairs are strict.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import reduce
from itertools import product
from operator import and_, or_
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from flowspec.graph.bounds import KNOWS_ALL, KNOWS_NOTHING, Bound, Bounds, Kind
from flowspec.graph.layout import Layout
from flowspec.graph.masks import Mask
from flowspec.graph.net import NetNode
from flowspec.graph.pairing import Labels, PairMask
from flowspec.ops.edges import Attend
from flowspec.passes.knowledge import attend_faults
from flowspec.passes.knowledge.relations import CAP_KINDS, KIND_ORDER, label_inside
from flowspec.passes.knowledge.relations import Labels as Labelling

if TYPE_CHECKING:
    from flowspec.passes.knowledge.bounds import Derivation

Bools = npt.NDArray[np.bool_]
QUERY, KEY, VALUE = range(3)


def free(edges: Attend, inputs: tuple[Layout, ...], output: Layout) -> Mask:
    """The mask where there is no order: every place reads every place."""
    reads, writes = (0,) * inputs[KEY].places, (0,) * output.places
    classes = tuple((0,) * source.channels for source in inputs)
    return PairMask(
        classes, (0,) * output.channels, "prefix", ((reads,),), ((writes,),), (((True,),),) * 3, edges.heads or 1
    )


def derive(d: Derivation, i: int, node: NetNode, edges: Attend, layout: Layout) -> tuple[Bounds | None, Mask | None]:
    """The bounds and the mask of one use of attention under an order."""
    inputs, layouts = [d.input_bounds(j) for j in node.inputs], tuple(d.shapes[j] for j in node.inputs)
    if all(b.kind is Kind.NONE for bounds in inputs for b in bounds.classes):
        return Bounds.uniform(KNOWS_NOTHING, layout.channels), free(edges, layouts, layout)
    found = attend_faults.unfit(d, i, node, edges, layout)
    if found is not None:
        d.findings.append(found)
        return None, None
    heads = edges.heads or d.groups() * d.cut[i]
    use = _Use(d, tuple(inputs), layouts, layout, _targets(d, i, node, layout, heads))
    mask = use.open_mask(heads) if node.unmasked else use.mask(heads)
    if not node.unmasked and not use.fed(mask) and d.something_allowed():
        d.findings.append(attend_faults.no_edge(d, i, node, list(use.out.classes)))
        return None, None
    least = [use.least(mask, o, node.unmasked) for o in mask.outs]
    return Bounds.per_channel([least[o] for o in mask.out_class]), mask


def _targets(d: Derivation, i: int, node: NetNode, layout: Layout, heads: int) -> Bounds:
    """The bound declared for each channel: the cap about the group of its head."""
    slices, width = d.cut[i], layout.channels // heads
    own = [Bound(CAP_KINDS[node.cap], h * d.groups() // (heads // slices)) for h in range(heads // slices)]
    own = [KNOWS_NOTHING if b.kind is Kind.NONE else b for b in own]
    return Bounds.per_channel([b for b in own * slices for _ in range(width)])


# --- one use -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False, slots=True)
class _Use:
    """One use of attention: what its inputs know, and what its output may know at most."""

    d: Derivation
    inputs: tuple[Bounds, ...]
    layouts: tuple[Layout, ...]
    layout: Layout
    out: Bounds

    def mask(self, heads: int) -> PairMask:
        """The largest mask inside the bounds declared."""
        classes = range(len(self.out.classes))
        kept = (
            tuple(self._own(QUERY, o) for o in classes),
            tuple(self._taken(KEY, o) for o in classes),
            tuple(self._taken(VALUE, o) for o in classes),
        )
        rows = [
            (tuple(self._read(labels, kept, o) for o in classes), tuple(self._written(labels, o) for o in classes))
            for labels in self.d.labels
        ]
        reads, writes = _shared([r for r, _ in rows]), _shared([w for _, w in rows])
        of = tuple(bounds.of for bounds in self.inputs)
        return PairMask(of, self.out.of, self.d.labels[0].rule, reads, writes, kept, heads)

    def open_mask(self, heads: int) -> PairMask:
        """`mask: none`: every place is read, and everything there."""
        count = len(self.out.classes)
        reads, writes = (0,) * self.layouts[KEY].places, (0,) * self.layout.places
        kept = tuple(((True,) * len(bounds.classes),) * count for bounds in self.inputs)
        of, rule = tuple(bounds.of for bounds in self.inputs), self.d.labels[0].rule
        return PairMask(of, self.out.of, rule, ((reads,) * count,), ((writes,) * count,), kept, heads)

    # --- projections ---------------------------------------------------------------------------------------------

    def _own(self, source: int, o: int) -> tuple[bool, ...]:
        """The classes of an input that the reader may know at its own place, whichever that is."""
        return tuple(self._at_home(source, b, self.out.classes[o]) for b in self.inputs[source].classes)

    def _taken(self, source: int, o: int) -> tuple[bool, ...]:
        """The classes of an input that a key's or a value's projection takes."""
        bounds, group = self.inputs[source], self.out.classes[o].group
        kinds = {b.kind for b in bounds.classes}
        about = [KNOWS_NOTHING if kind is Kind.NONE else Bound(kind, group) for kind in kinds]
        if all(self._at_home(source, b, self.out.classes[o]) for b in about):
            return self._own(source, o)
        return tuple(self._ever_read(source, b, self.out.classes[o]) for b in bounds.classes)

    def _at_home(self, source: int, b: Bound, target: Bound) -> bool:
        """Whether K(b) lies inside K(target) at every place that both stand at, under every order."""
        if b.kind is Kind.NONE or b.kind is Kind.ALL:
            return b.kind is Kind.NONE
        same = _same_place(self.layout, self.layouts[source])
        for labels in self.d.labels:
            inside = label_inside(labels.rule)
            reads, writes = self.known(labels, b, self.layouts[source]), self.known(labels, target, self.layout)
            if not all(inside(reads[j], writes[i]) for i, j in enumerate(same)):
                return False
        return True

    def _ever_read(self, source: int, b: Bound, target: Bound) -> bool:
        """Whether some place may read another's channels of this bound."""
        if b.kind is Kind.NONE or b.kind is Kind.ALL:
            return b.kind is Kind.NONE
        for labels in self.d.labels:
            inside = label_inside(labels.rule)
            reads, writes = self.known(labels, b, self.layouts[source]), self.known(labels, target, self.layout)
            if any(inside(r, w) for r in set(reads) for w in set(writes)):
                return True
        return False

    # --- labels --------------------------------------------------------------------------------------------------

    def known(self, labels: Labelling, b: Bound, layout: Layout) -> list[int]:
        """What a unit with bound b knows at each place; a strided place stands for what its whole block knows (K2)."""
        sites = self.d.context.x.sites
        if b.kind is Kind.NONE or layout.sites == sites:
            return labels.of(b, layout)
        fine = np.array(labels.of(b, Layout(1, sites)), dtype=object).reshape(sites)
        steps = [range(n // m) for n, m in zip(sites, layout.sites, strict=True)]
        cells = [fine[tuple(slice(s, None, len(r)) for s, r in zip(at, steps, strict=True))] for at in product(*steps)]
        join: Callable[[int, int], int] = min if labels.rule == "prefix" else and_
        return [reduce(join, values) for values in zip(*(c.ravel().tolist() for c in cells), strict=True)]

    def _read(self, labels: Labelling, kept: tuple[tuple[tuple[bool, ...], ...], ...], o: int) -> Labels:
        """What a key and its value know together, at each place."""
        found = [0] * self.layouts[KEY].places
        for source in (KEY, VALUE):
            for b, taken in zip(self.inputs[source].classes, kept[source][o], strict=True):
                if taken and b.kind is not Kind.NONE:
                    found = _joined(labels.rule, found, self.known(labels, b, self.layouts[source]))
        return tuple(found)

    def _written(self, labels: Labelling, o: int) -> Labels:
        return tuple(self.known(labels, self.out.classes[o], self.layout))

    # --- what comes of it ----------------------------------------------------------------------------------------

    def fed(self, mask: PairMask) -> bool:
        """Whether some head reads anything of x: at its own place, or at one that it may read."""
        pairs = {o: mask.count(o) for o in mask.outs}
        return any(self._knows(mask, s, o) for o in mask.outs for s in ((QUERY, KEY, VALUE) if pairs[o] else (QUERY,)))

    def _knows(self, mask: PairMask, source: int, o: int) -> bool:
        """Whether a projection takes anything of x."""
        classes = self.inputs[source].classes
        return any(k and b.kind is not Kind.NONE for b, k in zip(classes, mask.kept[source][o], strict=True))

    def least(self, mask: PairMask, o: int, unmasked: bool) -> Bound:
        """The least kind about the head's group that holds what is kept, at every place (the end of N1)."""
        kept = [self._gathered(mask, o, k, unmasked) for k in range(len(self.d.labels))]
        group = self.out.classes[o].group
        for kind in KIND_ORDER[:-1]:
            if kind is Kind.ABOVE and (self.d.relation is None or not self.d.relation.has_lines()):
                continue
            bound = KNOWS_NOTHING if kind is Kind.NONE else Bound(kind, group)
            if all(self._holds(labels, bound, row) for labels, row in zip(self.d.labels, kept, strict=True)):
                return bound
        return KNOWS_ALL

    def _gathered(self, mask: PairMask, o: int, member: int, unmasked: bool) -> list[int]:
        """What the output knows at each place: all that is read, and the query."""
        labels = self.d.labels[member]
        read = list(self._read(labels, mask.kept, o)) if unmasked else mask.labels(o, member)[0]
        written = [labels.everything()] * self.layout.places if unmasked else mask.labels(o, member)[1]
        found = gathered(mask.rule, read, written)
        for b, taken in zip(self.inputs[QUERY].classes, mask.kept[QUERY][o], strict=True):
            if taken and b.kind is not Kind.NONE:
                found = _joined(mask.rule, found, self.known(labels, b, self.layouts[QUERY]))
        return found

    def _holds(self, labels: Labelling, bound: Bound, row: list[int]) -> bool:
        own = self.known(labels, bound, self.layout)
        if bound.kind is Kind.SELF and labels.rule == "prefix":  # of the prefixes only the first can be {i}
            lone = bool(labels.order.class_sizes[0] == 1)
            return all(k == 0 or (k == a == 1 and lone) for k, a in zip(row, own, strict=True))
        inside = label_inside(labels.rule)
        return all(inside(k, a) for k, a in zip(row, own, strict=True))


def gathered(rule: str, reads: Labels | list[int], writes: Labels | list[int]) -> list[int]:
    """For each label written, what all the labels inside it know together."""
    if rule == "prefix":
        known = np.unique(np.array([0, *reads], dtype=np.int64))
        found: list[int] = known[np.searchsorted(known, np.array(writes), side="right") - 1].tolist()
        return found
    distinct = set(reads)
    table = {w: reduce(or_, (r for r in distinct if not r & ~w), 0) for w in set(writes)}
    return [table[w] for w in writes]


def _joined(rule: str, a: list[int], b: list[int]) -> list[int]:
    """What two values know together, place by place."""
    return [max(k, m) if rule == "prefix" else k | m for k, m in zip(a, b, strict=True)]


def _shared(rows: list[tuple[Labels, ...]]) -> tuple[tuple[Labels, ...], ...]:
    """One row for each order; one for all where they do not differ."""
    return tuple(rows) if len(set(rows)) > 1 else (rows[0],)


def _same_place(output: Layout, source: Layout) -> list[int]:
    """For each place of the output the place of an input where it stands."""
    if output.sites == source.sites:
        return list(range(output.places))
    at = np.unravel_index(np.arange(output.places), output.sites)
    near = tuple(a * m // n for a, m, n in zip(at, source.sites, output.sites, strict=True))
    found: list[int] = np.ravel_multi_index(near, source.sites).tolist()
    return found


def any_seen(mask: PairMask, inputs: list[Bools], layouts: tuple[Layout, ...], output: Layout) -> Bools:
    """(channels, places) which units read one that is marked, from the labels alone."""
    rows = []
    for o in mask.outs:
        query, key, value = (
            _marked(mask, s, o, found, own.places) for s, (found, own) in enumerate(zip(inputs, layouts, strict=True))
        )
        rows.append(query | mask.reading_one(o, key | value))
    seen: Bools = np.stack(rows)[list(mask.out_class)]
    return seen


def _marked(mask: PairMask, source: int, o: int, found: Bools, places: int) -> Bools:
    """(places,) where a projection takes something that is marked."""
    taken = np.array(mask.kept[source][o])[list(mask.in_classes[source])]
    return np.broadcast_to(found[taken].any(axis=0), (places,))
