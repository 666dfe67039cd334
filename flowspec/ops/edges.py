"""How the units of an op's output depend on the units of its inputs, before any mask."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product


@dataclass(frozen=True, slots=True)
class Dense:
    """Every unit may read every unit of the one input. A weighted op: edges are kept one by one."""


@dataclass(frozen=True, slots=True)
class Window:
    """Every channel may read every channel of the one input at p + offset. A weighted op.

    `shape` and `dilation` are the kernel's; `free` kernels slide to end at the last place they may know, which is
    settled when the bounds are known (a sequence in raster order)."""

    shape: tuple[int, ...]
    dilation: tuple[int, ...]

    def centred(self) -> tuple[tuple[int, ...], ...]:
        """The displacements of the taps where nothing moves the kernel; an even one reaches one further back."""
        return tuple(
            product(
                *(range(-(k // 2) * d, (k - k // 2) * d, d) for k, d in zip(self.shape, self.dilation, strict=True))
            )
        )


@dataclass(frozen=True, slots=True)
class Channelwise:
    """Output channel k reads the listed (input, channel) pairs at its own site."""

    sources: tuple[tuple[tuple[int, int], ...], ...]


@dataclass(frozen=True, slots=True)
class Joined:
    """A statistic over the channels of one site that share a bound; every channel reads all of its class."""


@dataclass(frozen=True, slots=True)
class AcrossBatch:
    """A statistic over sites and samples in train mode: it couples everything to everything."""


@dataclass(frozen=True, slots=True)
class Constant:
    """Reads nothing of x: coordinates, context."""


Edges = Dense | Window | Channelwise | Joined | AcrossBatch | Constant


def same_channel(channels: int, inputs: int = 1) -> Channelwise:
    """Channel k of the output reads channel k of each input."""
    return Channelwise(tuple(tuple((i, k) for i in range(inputs)) for k in range(channels)))
