"""Normalizing flows: bijections from x to parts, each of which ends in one density."""

from __future__ import annotations

import math

import torch

from flowspec.runtime.densities import Density


class Flow(Density):
    """log p(x) = log|det dz/dx| + the log-densities of the parts of z.

    A subclass says flow(x, **given) -> (parts, log_det, log_base), with shapes ((B, *part_shape), ...), (B,), (B,);
    and unflow(draw, n, **given) -> x, where draw(k, density, **given) gives part k of n samples.
    """

    def __init__(self, shape: tuple[int, ...], part_shapes: list[tuple[int, ...]]) -> None:
        super().__init__(shape)
        self.part_shapes = [tuple(part) for part in part_shapes]

    def flow(
        self, x: torch.Tensor, **given: torch.Tensor
    ) -> tuple[tuple[torch.Tensor, ...], torch.Tensor, torch.Tensor]:
        """From data to the parts of z, with log|det dz/dx| and the log-density of z."""
        raise NotImplementedError

    def unflow(self, draw: object, n: int, **given: torch.Tensor) -> torch.Tensor:
        """From the parts of z, which `draw` supplies, to data."""
        raise NotImplementedError

    def log_prob(self, x: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        """(B, *shape) -> (B,), in nats."""
        x, given = self.admit(x, given)
        _, log_det, log_base = self.flow(x, **given)
        return log_det + log_base

    def encode(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """z, (B, sum of parts) with the parts in the order in which they leave, each row-major; and log|det dz/dx|."""
        x, given = self.admit(x, given)
        parts, log_det, _ = self.flow(x, **given)
        return torch.cat([part.flatten(1) for part in parts], 1), log_det

    def decode(self, z: torch.Tensor, **given: torch.Tensor) -> torch.Tensor:
        """The inverse of encode: (B, sum of parts) -> (B, *shape)."""
        sizes = [math.prod(part) for part in self.part_shapes]
        if z.dim() != 2 or z.shape[1] != sum(sizes):
            raise ValueError(f"z has shape {tuple(z.shape)}, expected (B, {sum(sizes)})")
        pieces = z.split(sizes, 1)

        def draw(k: int, _density: Density, **_given: torch.Tensor) -> torch.Tensor:
            return pieces[k].unflatten(1, self.part_shapes[k])

        return self.unflow(draw, z.shape[0], **self.admit_given(z.shape[0], given))

    @torch.no_grad()
    def sample(self, n: int, *, generator: torch.Generator | None = None, **given: torch.Tensor) -> torch.Tensor:
        """(n, *shape)."""

        def draw(_k: int, density: Density, **given: torch.Tensor) -> torch.Tensor:
            return density.sample(n, generator=generator, **given)

        return self.unflow(draw, n, **self.admit_given(n, given))
