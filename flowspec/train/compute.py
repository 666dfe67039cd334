"""Where and in which precision a model runs, and how rows of data get there."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

import torch
from torch import Tensor

from flowspec.train.data import Split
from flowspec.train.errors import FAILED, TrainError
from flowspec.train.traits import Traits

RESIDENT = 1 << 30  # bytes of a split that are kept on the device; larger ones go there batch by batch


@dataclass(frozen=True, slots=True)
class Compute:
    """A device and a precision: float32, float64, or bfloat16 (autocast over float32 weights)."""

    device: torch.device
    precision: str = "float32"

    @property
    def dtype(self) -> torch.dtype:
        """The type of weights and of x."""
        return torch.float64 if self.precision == "float64" else torch.float32

    def autocast(self) -> contextlib.AbstractContextManager[object]:
        """Half precision inside, where it is asked for."""
        if self.precision != "bfloat16":
            return contextlib.nullcontext()
        return torch.autocast(self.device.type, dtype=torch.bfloat16)

    @contextlib.contextmanager
    def aside(self, seed: int) -> Iterator[None]:
        """Random numbers from `seed` inside; afterwards the generators stand where they stood."""
        devices = [self.device] if self.device.type == "cuda" else []
        with torch.random.fork_rng(devices=devices):
            torch.manual_seed(seed)
            yield


def device(name: str | None) -> torch.device:
    """A device by name; by default the GPU if there is one. TrainError when it does not exist."""
    if name in (None, "auto"):
        return torch.device("cuda" if torch.cuda.is_available() else "cpu")
    try:
        found = torch.device(name)
        torch.empty(1, device=found)
    except (RuntimeError, AssertionError) as error:
        reason = str(error).splitlines()[0]
        raise TrainError(f"the device `{name}` cannot be used: {reason}", "use cpu, cuda or cuda:N") from error
    return found


@contextlib.contextmanager
def limits(batch: int) -> Iterator[None]:
    """Say what to do when memory runs out, an ODE cannot be solved, or torch.compile finds no compiler, inside."""
    try:
        yield
    except torch._dynamo.exc.TorchDynamoException as error:
        reason = str(error).strip().splitlines()[0]
        raise TrainError(f"torch.compile failed: {reason}", "train without --compile", FAILED) from error
    except ArithmeticError as error:
        helps = "loosen rtol and atol of the `ode` step, or train with a smaller --lr or with --clip"
        raise TrainError(str(error), helps, FAILED) from error
    except (MemoryError, RuntimeError) as error:
        if not _out_of_memory(error):
            raise
        message = f"out of memory with batches of {batch} rows"
        raise TrainError(message, "make them smaller with --batch", FAILED) from error


def _out_of_memory(error: Exception) -> bool:
    """On the CPU torch has no class of its own for this."""
    return isinstance(error, MemoryError | torch.OutOfMemoryError) or "can't allocate memory" in str(error)


class Feed:
    """The rows of one split as tensors: x floating, labels as int64."""

    def __init__(self, split: Split, traits: Traits, compute: Compute) -> None:
        self._compute = compute
        self._labels = {name for name, given in traits.given.items() if given.classes}
        self._arrays = {name: torch.from_numpy(a) for name, a in (("x", split.x), *split.given.items())}
        if sum(a.nbytes for a in self._arrays.values()) <= RESIDENT:
            self._arrays = {name: a.to(compute.device) for name, a in self._arrays.items()}

    def __len__(self) -> int:
        return len(self._arrays["x"])

    def batch(self, rows: Tensor | slice) -> tuple[Tensor, dict[str, Tensor]]:
        """x (B, *shape) and the givens of these rows, on the device."""
        index = rows if isinstance(rows, slice) else rows.to(self._arrays["x"].device)
        device = self._compute.device
        given = {
            name: array[index].to(device, torch.int64 if name in self._labels else self._compute.dtype)
            for name, array in self._arrays.items()
        }
        return given.pop("x"), given

    def batches(self, size: int) -> Iterator[tuple[Tensor, dict[str, Tensor]]]:
        """All rows in order, `size` at a time."""
        return (self.batch(slice(start, start + size)) for start in range(0, len(self), size))
