"""Attention: every place reads the places that it may know, weighted by how well their keys fit its query."""

from __future__ import annotations

from dataclasses import dataclass

from flowspec.graph.layout import Layout
from flowspec.ops import lower_attention
from flowspec.ops.base import POSITIVE_INT, NetContext, NetSite, OpError, arg
from flowspec.ops.edges import Attend, Edges
from flowspec.ops.lowering import Lowered
from flowspec.ops.weighted import Weighted


@dataclass(frozen=True)
class Attention(Weighted):
    """Multi-head attention over places (Vaswani et al. 2017), masked by what each place may know.

    `in` is one value, or `{query: a, key: b, value: c}`; the output stands where the query does. Head h of H is about channel
    floor(h C / H) of x. A place j is read from i when all that its key and its value know lies inside what i may know: x
    itself only where j comes strictly before i, layers that are strict already also at j = i. Queries and keys add a learned
    position, one embedding an axis, since under an arbitrary order a query must know which variable it is for. A null key
    stands beside the others, so that a place with nothing to read has something to attend to: its own query.
    """

    name = "attention"
    main = "out"
    repeatable = True
    named = ("query", "key", "value")
    out: int = arg(POSITIVE_INT, "channels of the output, divided among the heads")
    heads: int | None = arg(
        {"anyOf": [POSITIVE_INT, {"type": "null"}]}, "how many heads; if left out, one for each channel of x", None
    )
    mask: str = arg(
        {"enum": ["derived", "none"]}, "`none` opts out of the derived mask, and must prove harmless", "derived"
    )

    def layout(self, context: NetContext, inputs: tuple[Layout, ...]) -> Layout:
        for source in inputs:
            if source.flat:
                raise OpError(
                    "FS220",
                    f"`attention` needs sites, and an input is a flat list of {source.channels} units",
                    "give sites back with `linear: [C, H, W]`; a context without sites enters by `given`",
                )
        key, value = inputs[1], inputs[2]
        if key.sites != value.sites:
            raise OpError(
                "FS222",
                f"the keys of `attention` stand on sites {list(key.sites)}, and its values on {list(value.sites)}",
                "give each key a value: read them from values of one size",
            )
        if self.heads is not None and self.out % self.heads:
            near = [n for n in range(1, self.out + 1) if self.out % n == 0]
            legal = min(near, key=lambda n: abs(n - (self.heads or 1)))
            raise OpError(
                "FS430",
                f"{self.out} channels do not divide among {self.heads} heads",
                f"`heads: {legal}` would do",
                "heads",
            )
        return Layout(self.out, inputs[0].sites)

    def edges(self, context: NetContext, inputs: tuple[Layout, ...], output: Layout) -> Edges:
        return Attend(self.heads)

    def parameters(self, site: NetSite) -> int:
        """Three projections with biases, a null key and a null value, and an embedding for each place of an axis."""
        channels = sum(source.channels for source in site.inputs) + 3 + 2
        return self.out * (channels + sum(site.output.sites) + sum(site.inputs[1].sites))

    def lower(self, site: NetSite) -> Lowered:
        return lower_attention.lowered(site)
