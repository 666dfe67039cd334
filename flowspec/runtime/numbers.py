"""How data enters nets."""

from __future__ import annotations

import torch


def signed_unit(x: torch.Tensor, n: int) -> torch.Tensor:
    """Integers 0..n-1 as numbers on [-1, 1]."""
    return x / ((n - 1) / 2) - 1
