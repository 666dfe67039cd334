"""Normalizing flows: bijections from x to parts, each of which ends in one density."""

from __future__ import annotations

import math

import torch
from torch import nn

from flowspec.runtime.densities import Density


def back(step: nn.Module, z: torch.Tensor, /, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The inverse of a step, and what it adds to the log-density of a draw: log|det dz/dx| of the step."""
    if hasattr(step, "back"):
        found: tuple[torch.Tensor, torch.Tensor] = step.back(z, **given)  # type: ignore[operator]
        return found
    x = step.inverse(z, **given)  # type: ignore[operator]
    return x, step(x, **given)[1]


class Flow(Density):
    """log p(x) = log|det dz/dx| + the log-densities of the parts of z.

    A subclass says flow(x, **given) -> (parts, log_det, log_base), with shapes ((B, *part_shape), ...), (B,), (B,);
    and unflow(draw, n, **given) -> x, where draw(k, density, **given) gives part k of n samples. Parts in `decoders`
    are what an encoder was given: they are no entries of z.
    """

    def __init__(
        self, shape: tuple[int, ...], part_shapes: list[tuple[int, ...]], decoders: list[int] | tuple[int, ...] = ()
    ) -> None:
        super().__init__(shape)
        self.part_shapes = [tuple(part) for part in part_shapes]
        self.decoders = tuple(decoders)
        self.latent = [k for k in range(len(self.part_shapes)) if k not in self.decoders]

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
        return self.possible(x, log_det + log_base)

    def encode(self, x: torch.Tensor, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """z, (B, sum of parts) with the parts in the order in which they leave, each row-major; and log|det dz/dx|."""
        x, given = self.admit(x, given)
        parts, log_det, _ = self.flow(x, **given)
        return torch.cat([parts[k].flatten(1) for k in self.latent], 1), log_det

    def decode(self, z: torch.Tensor, /, **given: torch.Tensor) -> torch.Tensor:
        """The inverse of encode: (B, sum of parts) -> (B, *shape). Behind an encoder, the middle of the decoder's
        distribution (see Density.middle)."""
        sizes = [math.prod(self.part_shapes[k]) for k in self.latent]
        if z.dim() != 2 or z.shape[1] != sum(sizes):
            raise ValueError(f"z has shape {tuple(z.shape)}, expected (B, {sum(sizes)})")
        pieces = dict(zip(self.latent, z.split(sizes, 1), strict=True))

        def draw(k: int, density: Density, /, **given: torch.Tensor) -> torch.Tensor:
            if k in self.decoders:
                return density.middle(z.shape[0], **given)
            return pieces[k].unflatten(1, self.part_shapes[k])

        return self.unflow(draw, z.shape[0], **self.admit_given(z.shape[0], given))

    def scored(self, draw: object, n: int, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """x from the parts of z, and its log-density; `draw` supplies the parts with theirs. A subclass may need one
        pass."""

        def drawn(k: int, density: Density, /, **given: torch.Tensor) -> torch.Tensor:
            return draw(k, density, **given)[0]  # type: ignore[operator]

        x = self.unflow(drawn, n, **given)
        _, log_det, log_base = self.flow(x, **given)
        return x, log_det + log_base

    def rsample(self, n: int, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        """n draws, (n, *shape), that gradients pass through, and their log-densities, (n,)."""

        def draw(_k: int, density: Density, /, **given: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
            return density.rsample(n, **given)

        return self.scored(draw, n, **given)

    @torch.no_grad()
    def sample(
        self, n: int, *, generator: torch.Generator | None = None, temperature: float = 1.0, **given: torch.Tensor
    ) -> torch.Tensor:
        """(n, *shape), with every part drawn at a temperature above 0 (see Family.tempered): learned priors, too."""

        def draw(_k: int, density: Density, /, **given: torch.Tensor) -> torch.Tensor:
            return density.sample(n, generator=generator, temperature=temperature, **given)

        return self.unflow(draw, n, **self.admit_given(n, given))
