"""Encoders: x becomes a latent z by chance, and leaves with a density given z (a variational autoencoder)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flowspec.graph.layout import Layout, layout_of
from flowspec.graph.support import REAL, Support
from flowspec.ops.base import POSITIVE_INT, OpError, arg
from flowspec.ops.flow_base import FlowSite, Parting
from flowspec.ops.lowering import Construct, construct


@dataclass(frozen=True)
class Encode(Parting):
    """Draws z of a shape from `posterior`, given x; x leaves with the density `decoder`, given z, and z goes on.

    What z goes through, and the base, are its prior: log p(x) >= E log p(x | z) + log p(z) - log q(z | x) (Kingma and
    Welling 2014; a flow as posterior: Rezende and Mohamed 2015, Kingma et al. 2016). z is real. `encode` gives z alone;
    `decode` gives the middle of the decoder's distribution, and `sample` draws from it.
    """

    name = "encode"
    main = "shape"
    log_det = "posterior"
    stochastic = True
    draws = "posterior"
    leaving = "decoder"
    going_on = "z"
    shape: tuple[int, ...] = arg(
        {"type": "array", "items": POSITIVE_INT, "minItems": 1, "maxItems": 4}, "the shape of z: [D], [C, T], [C, H, W]"
    )
    posterior: Any = arg({"$ref": "#/definitions/density"}, "the density of z given x", None, form="density")
    decoder: Any = arg({"$ref": "#/definitions/density"}, "the density of x given z", None, form="density")

    def part_names(self) -> tuple[str, ...]:
        return ("", "")

    def outputs(self, layout: Layout) -> tuple[Layout, ...]:
        if self.posterior is None:
            message = "`encode` needs a `posterior`: the density of z given x, from which z is drawn"
            raise OpError("FS202", message, "add `posterior: {net: {mlp: [200]}, head: normal}`")
        return (layout, self.drawn_layout(layout))

    def drawn_layout(self, layout: Layout) -> Layout:
        return layout_of(self.shape)

    def images(self, values: Support, count: int) -> tuple[Support, ...]:
        return (values, REAL)

    def together(self, parts: Sequence[Support]) -> Support:
        return parts[0]

    def lower(self, site: FlowSite) -> Construct:
        return construct("Encode", site.drawn, site.reads)
