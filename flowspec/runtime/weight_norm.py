"""Weight normalization (Salimans and Kingma 2016)."""

from __future__ import annotations

import torch
from torch import nn


class WeightNorm(nn.Module):
    """A layer with the weights w = gain * v / |v| of each output unit, |v| over the weights that its mask keeps.

    The layer holds v and the bias. Gains start as |v|, so that the layer starts as it would without them; a unit
    without inputs stays its bias.
    """

    def __init__(self, layer: nn.Module) -> None:
        super().__init__()
        self.layer = layer
        weight = layer.get_parameter("weight")
        self.axis = 1 if getattr(layer, "transposed", False) else 0  # of the units: transposed kernels come second
        self.gain = nn.Parameter(weight.new_empty(weight.shape[self.axis]))
        self.reset_gain()

    def reset_parameters(self) -> None:
        """Draw new weights, and set the gains to what they come to."""
        self.layer.reset_parameters()  # type: ignore[operator]
        self.reset_gain()

    @torch.no_grad()
    def reset_gain(self) -> None:
        """Gains under which the weights are v itself; of an ensemble, under its first order."""
        self.gain.copy_(self.squared().sqrt())

    def squared(self, *order: int) -> torch.Tensor:
        """(n_out,) |v|^2 of each unit."""
        weight: torch.Tensor = self.layer.get_parameter("weight")
        kept = getattr(self.layer, "kept", None)  # plain layers keep every weight
        if kept is not None:
            weight = torch.where(kept(*order), weight, 0)
        return weight.transpose(0, self.axis).flatten(1).square().sum(1)

    def forward(self, x: torch.Tensor, *order: int) -> torch.Tensor:
        """As the layer's: scaling a unit's weights scales what it adds to its bias."""
        y: torch.Tensor = self.layer(x, *order)
        squared = self.squared(*order)
        scale = self.gain * torch.where(squared > 0, squared, 1).rsqrt()
        shape = (-1, *[1] * (y.dim() - 2))
        bias = self.layer.get_parameter("bias")
        return torch.lerp(bias.to(y.dtype).view(shape), y, scale.to(y.dtype).view(shape))
