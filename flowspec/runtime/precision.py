"""Where half precision ends: heads, log-determinants and inverses run in float32 at least."""

from __future__ import annotations

import torch
from torch import nn


def upcast(x: torch.Tensor) -> torch.Tensor:
    """x in float32, or in float64 if it is that already."""
    return x.to(torch.promote_types(x.dtype, torch.float32))


def full_precision(module: nn.Module, h: torch.Tensor, *args: object) -> torch.Tensor:
    """Run a head's projection outside autocast, on float32 or float64; further arguments pass as they are."""
    with torch.autocast(h.device.type, enabled=False):
        result: torch.Tensor = module(upcast(h), *args)
    return result


def interior(u: torch.Tensor) -> torch.Tensor:
    """Uniform numbers kept off 0 and 1, so that no quantile is infinite."""
    half = torch.finfo(u.dtype).eps / 2
    return u.clamp(half, 1 - half)


def open_unit(u: torch.Tensor) -> torch.Tensor:
    """Numbers of (0, 1) kept off its ends, as close as numbers are there: far closer to 0 than to 1."""
    return u.clamp(torch.finfo(u.dtype).tiny, 1 - torch.finfo(u.dtype).eps / 2)


def parameters_last(h: torch.Tensor, size: int) -> torch.Tensor:
    """(B, C * size, *sites) -> (B, C, *sites, size): the parameters of a variable stand side by side."""
    return h.unflatten(1, (-1, size)).movedim(2, -1)
