"""Latents as files: rows of data encoded into one, and one decoded into data."""

from __future__ import annotations

import io
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch

from flowspec.train import files
from flowspec.train.attribute import Wish, chosen_rows
from flowspec.train.compute import Feed
from flowspec.train.counting import Counter
from flowspec.train.errors import TrainError
from flowspec.train.latents import Encoded, Part, contexts_of, decoded, encoded, need_latents, parts_of, weights_of
from flowspec.train.metrics import LABELS
from flowspec.train.readers import Wanted, read
from flowspec.train.request import locate
from flowspec.train.samples import Samples
from flowspec.train.session import Trained
from flowspec.train.values import Array, checked

SCORES = (
    "its Fisher scores are vectors that compare rows: `model.fisher_score(x)`, and `flowspec sample RUN --between A B`"
)
DRAW = "draw from it with `flowspec sample RUN`"


@dataclass(frozen=True, slots=True, eq=False)
class Codes:
    """Rows of a split in latent space, what they were given, and the parts of z in the order in which they stand."""

    encoded: Encoded
    parts: tuple[Part, ...]
    given: Mapping[str, Array]
    split: str
    likelihood: str
    weights: str

    @property
    def nats(self) -> Array:
        """-log p of each row, of the very draw of z where one is drawn."""
        return -self.encoded.log_p

    def as_json(self) -> dict[str, Any]:
        """The parts with their means and deviations over all rows and entries, and the mean nats."""
        z, parts, start = self.encoded.z.astype(np.float64), [], 0
        for part in self.parts:
            piece = z[:, start : start + part.size]
            start += part.size
            moments = {"mean": float(piece.mean()), "std": float(piece.std())}
            parts.append({"name": part.name, "shape": list(part.shape), "density": part.family, **moments})
        return {
            "split": self.split,
            "rows": len(z),
            "parts": parts,
            "log_det": float(self.encoded.log_det.mean()),
            "nats": float(self.nats.mean()),
            "measures": LABELS[self.likelihood],
        }

    def write(self, path: Path) -> None:
        """As .npz: z, log_det and nats of each row, what it was given, and the parts; as .npy z alone."""
        buffer = io.BytesIO()
        if path.suffix == ".npy":
            np.save(buffer, self.encoded.z, allow_pickle=False)
        else:
            arrays = {"z": self.encoded.z, "log_det": self.encoded.log_det, "nats": self.nats}
            names, sizes = np.array([p.name for p in self.parts]), np.array([p.size for p in self.parts])
            own = {"part_names": names, "part_sizes": sizes, "weights": np.array(self.weights)}
            np.savez_compressed(buffer, allow_pickle=False, **arrays, **own, **self.given)
        files.write(path, buffer.getvalue())


def encode(
    trained: Trained,
    source: str | None,
    split: str,
    n: int | None,
    batch: int,
    seed: int,
    counter: Counter | None = None,
) -> Codes:
    """The latents of a split of the data of the run or of another source, prepared as the run prepared its own.

    Raises TrainError for models without latents, and for data that is not there.
    """
    need_latents(trained, SCORES)
    rows = chosen_rows(trained, Wish(source, split))
    rows = rows if n is None else rows.rows(np.arange(min(n, len(rows))))
    found = encoded(trained, rows, batch, seed, counter)
    _, context = Feed(rows.rows(np.arange(1)), trained.traits, trained.compute).batch(slice(None))
    parts = parts_of(trained, torch.from_numpy(found.z[:1]).to(trained.compute.device), context)
    return Codes(found, parts, rows.given, split, trained.traits.likelihood, weights_of(trained))


def decode(
    trained: Trained,
    source: str,
    chosen: Mapping[str, str],
    batch: int,
    seed: int,
    counter: Counter | None = None,
) -> Samples:
    """The data of latents in a file: FILE or FILE:KEY, by default the array `z`, with the givens beside it.

    Raises TrainError for latents of another width or of other weights, for those of which nobody says what they are
    given, and for models without latents.
    """
    need_latents(trained, DRAW)
    path, key = locate(source)
    table = read(Wanted(path))
    name = key or ("z" if "z" in table.arrays or len(table.arrays) > 1 else next(iter(table.arrays)))
    if name not in table.arrays:
        raise TrainError(f"`{path}` has no array `{name}`", f"it holds {table.inventory()}: choose one, FILE:KEY")
    z = _latents(trained, table.arrays[name], table.where(name))
    if "weights" in table.arrays and str(table.arrays["weights"]) != weights_of(trained):
        raise TrainError(
            f"`{path}` belongs to other weights: its latents mean nothing to this model",
            f"encode the data anew: flowspec encode {trained.run.path} -o {path.name}",
        )
    beside = {k: table.arrays[k] for k in trained.traits.given if k in table.arrays and k not in chosen}
    for k in trained.traits.given.keys() - beside.keys() - chosen.keys():
        raise TrainError(
            f"the model is conditional on `{k}`, and {table.where(name)} has none beside it",
            f"choose it: --given {k}=..., or decode a .npz file that `flowspec encode` wrote",
        )
    return decoded(trained, z, _given(trained, beside, chosen, len(z)), batch, seed, counter)


def _latents(trained: Trained, array: Array, where: str) -> Array:
    """Rows of latents in the type of the model."""
    model: Any = trained.model
    width = sum(int(np.prod(model.part_shapes[k])) for k in model.latent)
    flat = array.reshape(len(array), -1) if array.size else array
    if flat.ndim != 2 or not flat.size or flat.shape[1] != width:
        raise TrainError(
            f"{where} holds an array of shape {list(array.shape)}; latents of this model have {width} numbers a row"
        )
    if flat.dtype.kind not in "biuf" or not np.isfinite(flat).all():
        raise TrainError(f"{where} holds entries that are not finite numbers")
    return flat.astype(np.float64 if trained.run.options.wide else np.float32)


def _given(trained: Trained, beside: Mapping[str, Array], chosen: Mapping[str, str], n: int) -> dict[str, Array]:
    """What each row is given: what was chosen, else what stands beside the latents."""
    traits = trained.traits
    for name, array in beside.items():
        if array.shape != (n, *traits.given[name].shape):
            raise TrainError(f"`{name}` has shape {list(array.shape)}, and there are {n} rows of latents")
    own = {name: checked(array, traits.given[name].values, f"`{name}`") for name, array in beside.items()}
    return {**contexts_of(traits, traits.given.keys() - own.keys(), chosen, n), **own}
