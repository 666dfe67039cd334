"""Data made from a seed, so that every gallery model trains without a download: `synthetic:NAME[:ROWS]`."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np

from flowspec.train.errors import TrainError
from flowspec.train.glyphs import digits
from flowspec.train.picture import points
from flowspec.train.readers import Table
from flowspec.train.traits import Traits
from flowspec.train.values import Array

PREFIX = "synthetic:"
ROWS = 20_000
SEED = 7
Random = np.random.Generator


def peaks(random: Random, rows: int) -> Array:
    """Three normals of weights 0.3, 0.5 and 0.2 on the line, (rows, 1); their entropy is 1.70 nats."""
    k = random.choice(3, rows, p=[0.3, 0.5, 0.2])
    means, deviations = np.array([-2.5, 0.0, 2.0]), np.array([0.5, 0.8, 0.2])
    return (means[k] + deviations[k] * random.standard_normal(rows))[:, None]


def moons(random: Random, rows: int) -> Array:
    """Two interleaving half circles of radius 1 with normal noise of deviation 0.1, (rows, 2)."""
    angle = random.uniform(0, math.pi, rows)
    upper = random.random(rows) < 0.5
    x = np.where(upper, np.cos(angle), 1 - np.cos(angle)) - 0.5
    y = np.where(upper, np.sin(angle), 0.5 - np.sin(angle)) - 0.25
    return 2 * np.stack([x, y], axis=1) + 0.15 * random.standard_normal((rows, 2))


def gaussians(random: Random, rows: int) -> Array:
    """Eight normals of deviation 0.25 on a circle of radius 3, (rows, 2)."""
    angle = random.integers(0, 8, rows) * math.pi / 4
    return 3 * np.stack([np.cos(angle), np.sin(angle)], axis=1) + 0.25 * random.standard_normal((rows, 2))


def checkerboard(random: Random, rows: int) -> Array:
    """The dark squares of a 4 x 4 board on [-4, 4] x [-4, 4], uniform, (rows, 2); the density is 1/32 there."""
    column, pair = random.integers(0, 4, rows), random.integers(0, 2, rows)
    corner = np.stack([column, 2 * pair + column % 2], axis=1)
    return 2 * (corner + random.random((rows, 2))) - 4


def pinwheel(random: Random, rows: int) -> Array:
    """Five arms that bend with the radius (Johnson et al. 2016, Composing graphical models), (rows, 2)."""
    arm = random.integers(0, 5, rows) * 2 * math.pi / 5
    along = 1 + 0.3 * random.standard_normal(rows)
    across = 0.1 * random.standard_normal(rows)
    angle = arm + 0.25 * np.exp(along)
    cos, sin = np.cos(angle), np.sin(angle)
    return 2 * np.stack([along * cos - across * sin, along * sin + across * cos], axis=1)


def camel(random: Random, rows: int) -> Array:
    """Two normals of deviation 0.1 on the diagonal of [0, 1]^2, cut at its border: Lepage's (1978) test of integration by
    importance sampling, (rows, 2)."""
    x = np.empty((0, 2))
    while len(x) < rows:
        center = (1 + random.integers(0, 2, rows)) / 3
        drawn = center[:, None] + 0.1 * random.standard_normal((rows, 2))
        x = np.concatenate([x, drawn[((drawn >= 0) & (drawn <= 1)).all(1)]])
    return x[:rows]


def tabular(random: Random, rows: int, D: int) -> Array:
    """D dependent real columns, (rows, D): each bends and scales with the one before; two modes in the first."""
    x = np.empty((rows, D))
    x[:, 0] = np.where(random.random(rows) < 0.3, -1.5, 1.0) + 0.5 * random.standard_normal(rows)
    for i in range(1, D):
        before = x[:, i - 1]
        x[:, i] = np.sin(2 * before) + 0.3 * before + np.exp(-0.3 * before**2) * 0.6 * random.standard_normal(rows)
    return x


PLANE: dict[str, Callable[[Random, int], Array]] = {
    "moons": moons,
    "gaussians": gaussians,
    "checkerboard": checkerboard,
    "pinwheel": pinwheel,
    "picture": points,
}
NAMES = ("peaks", *PLANE, "camel", "digits", "tabular")


def table(source: str, traits: Traits) -> Table:
    """The arrays of `synthetic:NAME[:ROWS]`, split 80/10/10, shaped for a model; the same for the same source.

    Raises TrainError for an unknown name, a bad number of rows, or a model of other data.
    """
    name, _, count = source.removeprefix(PREFIX).partition(":")
    rows = _rows(source, count)
    random = np.random.Generator(np.random.PCG64(SEED))
    x, labels = _made(name, random, rows, traits)
    cuts = {"train": slice(0, rows * 8 // 10), "valid": slice(rows * 8 // 10, rows * 9 // 10)}
    cuts["test"] = slice(rows * 9 // 10, rows)
    arrays = {f"x_{split}": x[cut] for split, cut in cuts.items()}
    if labels is not None:
        arrays |= {f"y_{split}": labels[cut] for split, cut in cuts.items()}
    return Table(source, arrays, selected=True)


def _rows(source: str, count: str) -> int:
    if not count:
        return ROWS
    if not count.isdigit() or not 10 <= int(count) <= 10_000_000:
        raise TrainError(f"`{source}` asks for `{count}` rows", "write a number from 10 to 10000000, or leave it out")
    return int(count)


def _made(name: str, random: Random, rows: int, traits: Traits) -> tuple[Array, Array | None]:
    if name in PLANE:
        _needs(traits.shape == (2,) and traits.values.unbounded, name, "`x: {shape: [2], values: real}`")
        return PLANE[name](random, rows), None
    if name == "peaks":
        _needs(traits.shape == (1,) and traits.values.unbounded, name, "`x: {shape: [1], values: real}`")
        return peaks(random, rows), None
    if name == "camel":
        unit = traits.values.unbounded or (traits.values.low, traits.values.high) == (0, 1)
        _needs(traits.shape == (2,) and unit, name, "`x: {shape: [2], values: [0, 1]}`")
        return camel(random, rows), None
    if name == "tabular":
        _needs(len(traits.shape) == 1 and traits.values.unbounded, name, "`x: {shape: [D], values: real}`")
        return tabular(random, rows, traits.variables), None
    if name == "digits":
        return _digits(random, rows, traits)
    raise TrainError(f"there is no synthetic data `{name}`", f"choose one of {', '.join(NAMES)}")


def _digits(random: Random, rows: int, traits: Traits) -> tuple[Array, Array]:
    side = math.isqrt(traits.variables)
    shape = (1, side, side) if len(traits.shape) == 1 and side**2 == traits.variables else traits.shape
    fits = len(shape) == 3 and shape[0] in (1, 3) and min(shape[1:]) >= 8
    _needs(fits, "digits", "images such as `x: {shape: [1, 28, 28]}`, or a vector of square length such as [784]")
    pixels, labels = digits(random, rows, *shape)
    return _quantized(pixels, traits, random).reshape(rows, *traits.shape), labels


def _quantized(pixels: Array, traits: Traits, random: Random) -> Array:
    """Bytes as the model's values: bits, N levels, or reals between the bounds (0 and 1 where there are none)."""
    values = traits.values
    if values.binary:
        return np.asarray(pixels > 127, dtype=np.uint8)
    if values.discrete:
        return np.asarray(pixels.astype(np.int64) * values.count // 256)
    unit = (pixels + random.random(pixels.shape, dtype=np.float32)) / np.float32(256)
    low, high = (values.low, values.high) if np.isfinite(values.high) else (0.0, 1.0)
    return np.asarray(low + (high - low) * np.clip(unit, 1e-6, 1 - 1e-6), dtype=np.float32)


def _needs(fits: bool, name: str, wanted: str) -> None:
    if not fits:
        raise TrainError(f"`{PREFIX}{name}` makes data for {wanted}, and the model is of another shape or values")
