"""Gates: the second half of the channels decides how much of the first passes."""

from __future__ import annotations

import torch


def tanh_sigmoid(h: torch.Tensor) -> torch.Tensor:
    """tanh(a) sigmoid(b) for the halves a, b of the channels (gated PixelCNN, van den Oord et al. 2016)."""
    a, b = h.chunk(2, 1)
    return torch.tanh(a) * torch.sigmoid(b)


def glu(h: torch.Tensor) -> torch.Tensor:
    """a sigmoid(b) for the halves a, b of the channels (Dauphin et al. 2017).

    Written out: torch's own has no gradient of its forward-mode derivative, which the trace of an ODE needs.
    """
    a, b = h.chunk(2, 1)
    return a * torch.sigmoid(b)
