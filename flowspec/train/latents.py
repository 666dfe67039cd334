"""The latent space of a trained flow: its parts, rows of data on their way there, and latents on their way back."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import torch
from torch import Tensor

from flowspec.train.compute import Feed, limits
from flowspec.train.counting import Counter
from flowspec.train.data import Split
from flowspec.train.errors import FAILED, TrainError
from flowspec.train.run import BEST
from flowspec.train.samples import Samples, contexts, original_units
from flowspec.train.session import Trained
from flowspec.train.traits import Traits
from flowspec.train.values import Array

Context = Mapping[str, Tensor]


@dataclass(frozen=True, slots=True)
class Part:
    """One part of z: `name` is that of its density in the module, `family` what that is. `round` tells that its density
    is the same at all points of a sphere about 0, `whole` that it holds integers."""

    name: str
    shape: tuple[int, ...]
    family: str
    round: bool
    whole: bool

    @property
    def size(self) -> int:
        return math.prod(self.shape)


def need_latents(trained: Trained, instead: str) -> None:
    """Raise TrainError for a model without a latent space, with what is to be used `instead`."""
    if not hasattr(trained.model, "decode"):
        raise TrainError(
            f"`{trained.traits.name}` is an autoregressive model: it has no latent space and no decoder", instead
        )


def parts_of(trained: Trained, z: Tensor, context: Context) -> tuple[Part, ...]:
    """The parts of z (B, D), found on the way back to data."""
    names = {id(module): name for name, module in trained.model.named_modules()}
    found: dict[int, Part] = {}

    def look(k: int, density: Any, piece: Tensor) -> None:
        family = getattr(density, "family", None)
        integers = trained.traits.values.discrete and bool((piece == piece.floor()).all())
        kind = type(family if family is not None else density).__name__
        spherical = bool(getattr(family, "spherical", False))
        found[k] = Part(names[id(density)], tuple(piece.shape[1:]), kind, spherical, integers)

    _to_data(trained, z, context, look)
    return tuple(found[k] for k in sorted(found))


def _to_data(trained: Trained, z: Tensor, context: Context, look: Callable[[int, Any, Tensor], None]) -> Tensor:
    """The inverse of encode, as `decode` of the module has it, which lets us `look` at each part and its density."""
    model: Any = trained.model
    sizes = [math.prod(model.part_shapes[k]) for k in model.latent]
    pieces: dict[int, Tensor] = dict(zip(model.latent, torch.split(z, sizes, 1), strict=True))

    def draw(k: int, density: Any, **given: Tensor) -> Tensor:
        if k not in pieces:
            middle: Tensor = density.middle(len(z), **given)
            return middle
        piece = pieces[k].reshape(-1, *model.part_shapes[k])
        look(k, density, piece)
        return piece

    with torch.no_grad():
        x: Tensor = model.unflow(draw, len(z), **model.admit_given(len(z), dict(context)))
    return x


def need_real(parts: Iterable[Part], what: str) -> None:
    """Raise TrainError when a part of z holds integers, between which there is no `what`."""
    for k, part in enumerate(parts):
        if part.whole:
            raise TrainError(f"part {k} of the latents holds integers, between which there is no {what}")


@dataclass(frozen=True, slots=True, eq=False)
class Encoded:
    """z (N, D) of N rows, log|det dz/dx| and log p(x) of each in nats and in the units of the data, float64."""

    z: Array
    log_det: Array
    log_p: Array


def encoded(trained: Trained, rows: Split, batch: int, seed: int, counter: Counter | None = None) -> Encoded:
    """Rows on their way to z. What is drawn on the way (dequantization, an encoder) is drawn from `seed`; log p is that
    of this very draw."""
    model: Any = trained.model
    found: list[tuple[Tensor, Tensor, Tensor]] = []
    with torch.no_grad(), trained.compute.aside(seed), limits(batch):
        feed = Feed(rows, trained.traits, trained.compute)
        for some, context in (counter or Counter()).over(feed.batches(batch), "batches", -(-len(rows) // batch)):
            x, given = model.admit(some, context)
            parts, log_det, log_base = model.flow(x, **given)
            z = torch.cat([parts[k].flatten(1) for k in model.latent], 1)
            found.append((z.cpu(), log_det.double().cpu(), (log_det + log_base).double().cpu()))
    codes, log_det, log_p = (np.asarray(torch.cat(column)) for column in zip(*found, strict=True))
    standard = trained.run.load_standard()
    constant = standard.log_det if standard else 0.0
    return Encoded(codes, log_det + constant, log_p + constant)


def placed(
    trained: Trained, rows: Split, given: Mapping[str, Array], seed: int, what: str
) -> tuple[Tensor, tuple[Part, ...]]:
    """The latents of a few rows under one context, (N, D) on the CPU, between which there is a `what`; and the parts."""
    own = Split(rows.x, {name: np.repeat(array[:1], len(rows), axis=0) for name, array in given.items()})
    z = torch.from_numpy(encoded(trained, own, len(rows), seed).z)
    x, context = Feed(own, trained.traits, trained.compute).batch(slice(None))
    parts = parts_of(trained, z.to(x.device), context)
    need_real(parts, what)
    return z, parts


def decoded(
    trained: Trained, z: Array, given: Mapping[str, Array], batch: int, seed: int = 0, counter: Counter | None = None
) -> Samples:
    """Latents (N, D) on their way to data, in its units. TrainError for those outside the support of the base, and when
    some do not come out finite."""
    compute, traits = trained.compute, trained.traits
    feed = Feed(Split(z, given), traits, compute)
    found, outside = [], []
    with torch.no_grad(), compute.aside(seed), limits(batch):
        for latents, context in (counter or Counter()).over(feed.batches(batch), "batches", -(-len(z) // batch)):
            outside.append(torch.zeros(len(latents), dtype=torch.bool, device=latents.device))

            def look(_k: int, density: Any, piece: Tensor, off: Tensor = outside[-1]) -> None:
                off |= _beyond(density, piece)

            found.append(_to_data(trained, latents, context, look).cpu())
    _need(torch.cat(outside).cpu(), "lie where the base has no density", "a uniform base ends at 0 and 1")
    x = torch.cat(found)
    lost = ~x.flatten(1).isfinite().all(1)
    _need(lost, "decode to numbers that are not finite", "they may lie too far from those of data")
    array = x.numpy().astype(traits.values.dtype()) if traits.values.discrete else x.numpy()
    return Samples(original_units(array, trained.run.load_standard()), given, traits, trained.run.medium)


def _beyond(density: Any, piece: Tensor) -> Tensor:
    """Which latents (B,) have density 0 under a base without parameters."""
    family = getattr(density, "family", None)
    if family is None or family.size:
        return torch.zeros(len(piece), dtype=torch.bool, device=piece.device)
    beyond: Tensor = family.log_prob(piece, None).isneginf().flatten(1).any(1)
    return beyond


def _need(lost: Tensor, what: str, help: str) -> None:
    """Raise TrainError where any of the rows is lost."""
    if (count := int(lost.sum())) > 0:
        first = int(lost.nonzero()[0])
        raise TrainError(f"{count} of {len(lost)} latents {what}, the first of them in row {first}", help, FAILED)


def shared_context(trained: Trained, rows: Split, chosen: Mapping[str, str], n: int, what: str) -> dict[str, Array]:
    """The one context of n steps of `what`: chosen, or what all the rows are given; TrainError when they differ."""
    traits = trained.traits
    need_one(chosen, what)
    given = contexts_of(traits, chosen.keys(), chosen, 1)
    for name in traits.given.keys() - given.keys():
        if (rows.given[name] != rows.given[name][:1]).any():
            raise TrainError(
                f"the {COUNT.get(len(rows), str(len(rows)))} rows are given different `{name}`, and {what} has one",
                f"choose it: --given {name}=...",
            )
        given[name] = rows.given[name][:1]
    return {name: np.repeat(array[:1], n, axis=0) for name, array in given.items()}


COUNT = {2: "two", 4: "four"}


def need_one(chosen: Mapping[str, str], what: str) -> None:
    """Raise TrainError where several classes are chosen for `what`, which has one context."""
    for name, words in chosen.items():
        several = {word.strip() for word in words.split(",")}
        if len(several) > 1 and all(word.isdigit() for word in several):
            raise TrainError(
                f"--given {name}={words} chooses {len(several)} classes, and {what} has one",
                f"choose one of them: --given {name}=...",
            )


def contexts_of(traits: Traits, names: Collection[str], chosen: Mapping[str, str], n: int) -> dict[str, Array]:
    """What n rows are given under some names alone (see `contexts`)."""
    if unknown := chosen.keys() - traits.given.keys():
        contexts(traits, dict.fromkeys(unknown, ""), 1)  # says what there is
    return contexts(replace(traits, given={k: g for k, g in traits.given.items() if k in names}), chosen, n)


def weights_of(trained: Trained) -> str:
    """The sha256 of the weights, by which latents of another model are told apart."""
    return hashlib.sha256((trained.run.path / BEST).read_bytes()).hexdigest()
