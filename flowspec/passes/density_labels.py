"""Which variables a density that is no flow joins by itself (semantics F4): those that share a conditional, and the
channels of a site under a density of whole sites."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import numpy.typing as npt

from flowspec.graph.model import Autoregressive, Leaf
from flowspec.passes.facts import DensityFacts
from flowspec.passes.heads import family_of

Ints = npt.NDArray[np.int64]


def density_labels(density: Leaf | Autoregressive, facts: DensityFacts) -> Ints:
    """A number for each variable, the same for those that hang together, (D,)."""
    labels = np.arange(facts.layout.units)
    for group in _groups(density, facts):
        own = np.unique(labels[group])
        if len(own) > 1:
            labels[np.isin(labels, own)] = own[0]
        if not labels.any():
            break
    return labels


def _groups(density: Leaf | Autoregressive, facts: DensityFacts) -> Iterator[Ints]:
    layout = facts.layout
    if family_of(density).together(layout, density.joint) > 1:
        yield from np.arange(layout.units).reshape(layout.channels, -1).T
    if not isinstance(density, Autoregressive) or not facts.orders[0].allowed():
        return
    reach = facts.net.reach if facts.net is not None else None
    if reach is None or reach.dependency is None:  # too large to follow: what the order allows is taken to be there
        yield np.arange(layout.units)
        return
    for v in reversed(range(layout.units)):  # late variables know most
        yield np.append(np.flatnonzero(reach.dependency.row(v)), v)
