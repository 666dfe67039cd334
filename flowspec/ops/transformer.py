"""The macro `transformer`: blocks of attention and a two-layer net, with skips that start after a strict layer."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flowspec.ops.attention import Attention
from flowspec.ops.base import POSITIVE_INT, arg
from flowspec.ops.elementwise import Add, Gelu, Norm
from flowspec.ops.structure import Building, Structure
from flowspec.ops.weighted import Mixer


@dataclass(frozen=True)
class Transformer(Structure):
    """An attention layer of `width`, then `layers` pre-norm blocks of attention and a two-layer net, then a norm.

    A block is h + attention(norm h), then h + W gelu(W norm h), four times as wide inside (Vaswani et al. 2017; pre-norm,
    Xiong et al. 2020). The first layer stands outside every skip, so under an order it is the strict one and no skip
    carries x itself. `width` gives each channel of x three units or more, which the norms need.
    """

    name = "transformer"
    main = "width"
    width: int = arg(POSITIVE_INT, "channels of every layer, divided among the heads")
    layers: int = arg({"type": "integer", "minimum": 0, "maximum": 1000}, "how many blocks", 2)
    heads: int | None = arg(
        {"anyOf": [POSITIVE_INT, {"type": "null"}]},
        "heads of each attention; one for each channel of x if left out",
        None,
    )

    def unfold(self, net: Building, value: Any) -> Any:
        value = net.apply(Attention(self.width, self.heads), [value] * 3)
        for _ in range(self.layers):
            value = net.named("residual", self._block(net), value)
        return net.apply(Norm("layer"), [value])

    def _block(self, net: Building) -> Any:
        def block(value: Any) -> Any:
            inner = net.apply(Norm("layer"), [value])
            value = net.apply(Add(), [value, net.apply(Attention(self.width, self.heads), [inner] * 3)])
            inner = net.apply(Mixer(4 * self.width), [net.apply(Norm("layer"), [value])])
            return net.apply(Add(), [value, net.apply(Mixer(self.width), [net.apply(Gelu(), [inner])])])

        return block
