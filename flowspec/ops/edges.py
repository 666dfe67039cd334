"""How the units of an op's output depend on the units of its inputs, before any mask."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from itertools import product


@dataclass(frozen=True, slots=True)
class Dense:
    """Every unit may read every unit of the one input. A weighted op: edges are kept one by one."""


@dataclass(frozen=True, slots=True)
class Window:
    """Every channel may read every channel of the one input at p + offset. A weighted op.

    `shape` and `dilation` are the kernel's; a kernel that `slides` ends at the last place it may know, which is settled
    when the bounds are known (a sequence in raster order)."""

    shape: tuple[int, ...]
    dilation: tuple[int, ...]
    slides: bool = True

    def centred(self) -> tuple[tuple[int, ...], ...]:
        """The displacements of the taps where nothing moves the kernel; an even one reaches one further back."""
        return tuple(
            product(
                *(range(-(k // 2) * d, (k - k // 2) * d, d) for k, d in zip(self.shape, self.dilation, strict=True))
            )
        )


@dataclass(frozen=True, slots=True)
class Strided:
    """A convolution between grids of different size, of kernel and stride `factors`. A weighted op.

    `down`: the unit at coarse place p reads around the first fine place of its block. `up`: the unit at fine place f
    reads the coarse place f // factors (semantics N6)."""

    factors: tuple[int, ...]
    up: bool = False


@dataclass(frozen=True, slots=True)
class Attend:
    """Units at site i read the query at i, and the keys and values at every site (semantics N4). A weighted op with three
    inputs: query, key, value; `heads` of them carry groups like channels, None for as many as there are groups."""

    heads: int | None = None


@dataclass(frozen=True, slots=True)
class Fold:
    """A unit at site i folds, along the order, every unit of the one input that lies inside what it may know (N5): the
    state of a recurrent net, or NADE's running sum. A weighted op.

    With `both` a second state runs the other way and is added."""

    both: bool = False


@dataclass(frozen=True, slots=True)
class Recurrent:
    """A recurrence over the lines of an image (van den Oord et al. 2016, section 3). A weighted op with one input.

    `rows`: the state reads `kernel` places of its own row of the input, and `kernel` places of the state one row back.
    `diagonals`: it reads the input at its own place, and the state one place back along either axis. With `both` a second
    state runs the other way along the line, within what lies on earlier lines, and is added."""

    along: str
    kernel: int
    both: bool


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


Edges = Dense | Window | Strided | Attend | Fold | Recurrent | Channelwise | Joined | AcrossBatch | Constant
Paired = Strided | Attend | Fold | Recurrent  # their masks say which places read which


@lru_cache(maxsize=64)
def same_channel(channels: int, inputs: int = 1) -> Channelwise:
    """Channel k of the output reads channel k of each input."""
    return Channelwise(tuple(tuple((i, k) for i in range(inputs)) for k in range(channels)))
