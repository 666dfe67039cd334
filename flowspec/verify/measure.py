"""Errors as one number."""

from __future__ import annotations

import math

from torch import Tensor


def worst(error: Tensor) -> float:
    """The largest entry; infinite when one is NaN, 0 when there is none."""
    return float(error.detach().nan_to_num(math.inf).max()) if error.numel() else 0.0


def relative(found: Tensor, expected: Tensor) -> Tensor:
    """|found - expected| / (1 + |expected|); 0 where both are the same infinity."""
    gap = (found - expected).abs() / (1 + expected.abs())
    return gap.masked_fill(found == expected, 0.0)
