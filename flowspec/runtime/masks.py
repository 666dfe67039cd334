"""Masks as integers: orders, labels of units, and the digest of what was proved."""

from __future__ import annotations

import hashlib

import torch
from torch import nn


def splitmix(state: int) -> int:
    """The draw of the 64-bit generator SplitMix64 (Steele, Lea, Flood 2014) at one state."""
    z = state % (1 << 64)
    z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) % (1 << 64)
    z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) % (1 << 64)
    return z ^ (z >> 31)


def permutation(n: int, seed: int, member: int = 0) -> list[int]:
    """The random order `member` of an ensemble: SplitMix64 and Fisher-Yates, the same on every machine."""
    step = 0x9E3779B97F4A7C15
    state = splitmix(seed + (member + 1) * step)  # each member has its own stream
    order = list(range(n))
    for i in range(n - 1, 0, -1):
        state += step
        while splitmix(state) >= (1 << 64) - (1 << 64) % (i + 1):  # such a draw would favour small numbers
            state += step
        j = splitmix(state) % (i + 1)
        order[i], order[j] = order[j], order[i]
    return order


def places(sequence: list[int]) -> list[int]:
    """The inverse permutation: entry v is the place of v in the sequence."""
    place = [0] * len(sequence)
    for k, v in enumerate(sequence):
        place[v] = k
    return place


def spread(rows: list[int] | range, width: int, slices: int = 1) -> list[int]:
    """One row for each of `width` units, evenly and in order; an op that cuts its input in slices gets equal slices."""
    n, m = width // slices, len(rows)
    if n >= m:
        return [rows[k * m // n] for k in range(n)] * slices
    return [rows[(k + 1) * (m + 1) // (n + 1) - 1] for k in range(n)] * slices


def label_rows(labels: list[int] | range | list[list[int]]) -> list[list[int]]:
    """The label rows of an ensemble of orders; one row of labels is an ensemble of one."""
    single = [label for label in labels if isinstance(label, int)]
    return [single] if single else [list(row) for row in labels if not isinstance(row, int)]


def groups(width: int, channels: int, slices: int = 1) -> list[int]:
    """The channel of x that each of `width` channels is about, floor(k C / n), tiled over the slices."""
    n = width // slices
    return [k * channels // n for k in range(n)] * slices


def check_digest(mask: torch.Tensor, digest: str | None, name: str) -> None:
    """Raise RuntimeError if a boolean mask is not the one whose digest was written down when it was proved."""
    if digest is None:
        return
    data = bytearray(mask.numel())
    if data:
        torch.frombuffer(data, dtype=torch.uint8).copy_(mask.flatten())  # the bytes, without numpy
    if hashlib.sha256(repr(tuple(mask.shape)).encode() + data).hexdigest()[:16] != digest:
        raise RuntimeError(f"the mask of {name} is not the one that was proved")


def cut(values: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
    """A copy of the values with zeros where the mask is False. A CPU multiplies bytes faster than booleans."""
    return mask.view(torch.uint8) * values


def init_by_fan_in(weight: torch.Tensor, bias: torch.Tensor | None, fan_in: torch.Tensor) -> None:
    """U(-b, b) with b = 1 / sqrt(fan-in) as nn.Linear starts, but with the inputs that each unit really has."""
    bound = torch.where(fan_in > 0, fan_in.clamp(min=1).to(weight.dtype).rsqrt(), 0.0)
    with torch.no_grad():
        weight.uniform_(-1, 1).mul_(bound.view(-1, *[1] * (weight.dim() - 1)))
        if bias is not None:
            bias.uniform_(-1, 1).mul_(bound)


def rebuild(module: nn.Module, _keys: object = None) -> None:
    """The hook that rebuilds what a state_dict does not carry."""
    reset = getattr(module, "reset_buffers", None)
    if callable(reset):
        reset()


def home(module: nn.Module) -> torch.device:
    """The device of a module's first parameter or buffer, else the one on which new tensors are made."""
    for tensor in (*module.parameters(), *module.buffers()):
        return tensor.device
    return torch.empty(0).device
