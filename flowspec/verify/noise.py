"""The same noise, whatever the precision and the size of the batch: what makes stochastic models comparable."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from unittest import mock

import torch
from torch import Tensor

ROWS = 64  # batches up to this size get the same noise in the same rows


def mixed(*parts: int) -> int:
    """One seed out of several numbers."""
    seed = 0
    for part in parts:
        seed = (seed * 1_000_003 + part + 1) % (2**63 - 1)
    return seed


def generator(*parts: int) -> torch.Generator:
    """A generator of its own for each combination of numbers."""
    return torch.Generator().manual_seed(mixed(*parts))


@contextmanager
def seeded(*parts: int) -> Iterator[None]:
    """The global generator starts from a seed inside; afterwards it stands where it stood."""
    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(mixed(*parts))
        yield


@contextmanager
def fixed_noise(seed: int) -> Iterator[None]:
    """Every draw without a generator of its own, inside, depends on `seed` and on how many draws came before.

    Noise is drawn in float64 and rounded, so float32 and float64 models meet the same one.
    """
    count = iter(range(2**31))

    def draw(make: Callable[..., Tensor], shape: tuple[int, ...], dtype: torch.dtype | None) -> Tensor:
        rows = (max(shape[0], ROWS), *shape[1:]) if shape else shape
        noise = make(rows, generator=generator(seed, next(count)), dtype=torch.float64)
        return (noise[: shape[0]] if shape else noise).to(dtype or torch.get_default_dtype())

    replaced = [(f"{name}_like", _like(draw, getattr(torch, name))) for name in ("rand", "randn")]
    replaced += [(name, _shaped(draw, getattr(torch, name))) for name in ("rand", "randn")]
    with mock.patch.multiple(torch, **dict(replaced)):
        yield


def _like(draw: Any, make: Any) -> Any:
    return lambda x, dtype=None, **_: draw(make, tuple(x.shape), dtype or x.dtype)


def _shaped(draw: Any, make: Any) -> Any:
    def made(
        *size: Any, generator: torch.Generator | None = None, dtype: torch.dtype | None = None, **rest: Any
    ) -> Tensor:
        if generator is not None:
            result: Tensor = make(*size, generator=generator, dtype=dtype, **rest)
            return result
        shape = size[0] if len(size) == 1 and not isinstance(size[0], int) else size
        found: Tensor = draw(make, tuple(shape), dtype)
        return found

    return made
