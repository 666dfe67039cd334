"""A run on disk: one folder with the spec, the module, the weights, and everything needed to go on."""

from __future__ import annotations

import json
import platform
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from flowspec.train import files
from flowspec.train.compute import Compute
from flowspec.train.data import Data
from flowspec.train.errors import TrainError
from flowspec.train.media import Medium
from flowspec.train.options import Options
from flowspec.train.request import Request
from flowspec.train.standard import Standard
from flowspec.train.state import State, load_weights
from flowspec.train.traits import Traits

FORMAT = 1
RECORD = "run.json"  # what was trained on what, and how it went
BEST = "model.safetensors"  # the weights of the best validation, a plain state dict
LAST = "last.safetensors"  # the latest state, whole, in one file: weights, optimizer, generators, counters
STANDARD = "standard.safetensors"  # mean and deviation of standardised data
METRICS = "metrics.jsonl"  # one line a validation
SPEC = "spec.yaml"
MODULE = "model.py"
FAILURE = "failed"  # how the status of a failed run begins


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """A run folder and its record (`run.json`)."""

    path: Path
    record: dict[str, Any]

    @classmethod
    def create(cls, path: Path, traits: Traits, texts: Mapping[str, str], record: Mapping[str, Any]) -> Run:
        """Make the folder; `texts` are further files by name (spec.yaml, model.py). TrainError unless it is vacant."""
        cls.vacant(path)
        for name, text in texts.items():
            _make_folder((path / name).parent)
            files.write(path / name, text.encode())
        _make_folder(path)
        head = {"format": FORMAT, "name": traits.name, "spec_sha256": traits.sha256, "likelihood": traits.likelihood}
        run = cls(path, {**head, **record, "versions": _versions(), "status": "started", "history": []})
        run.write_record()
        return run

    @staticmethod
    def vacant(path: Path) -> None:
        """Raise TrainError when the folder holds a run already, or anything else: nothing is overwritten unasked.

        A run that failed before it saved anything may be replaced.
        """
        recorded = (path / RECORD).exists()
        if recorded and not (path / LAST).exists() and _failed(path):
            return
        if recorded:
            raise TrainError(f"`{path}` holds a run already", "go on with it by --resume, or choose another --out")
        if path.exists() and (not path.is_dir() or any(path.iterdir())):
            raise TrainError(f"`{path}` exists and is not an empty folder", "choose another --out")

    @classmethod
    def open(cls, path: Path) -> Run:
        """An existing run; TrainError when the folder is none."""
        if not (path / RECORD).is_file():
            raise TrainError(
                f"`{path}` is not a run: it has no {RECORD}", "make one with `flowspec train SPEC --out DIR`"
            )
        record = files.read_json(path / RECORD)
        if record.get("format") != FORMAT:
            raise TrainError(f"`{path / RECORD}` has format {record.get('format')!r}, and this version reads {FORMAT}")
        missing = [name for name in ("name", "spec_sha256", "options", "data") if name not in record]
        if missing:
            raise TrainError(f"`{path / RECORD}` is damaged: it has no `{missing[0]}`")
        return cls(path, record)

    @property
    def options(self) -> Options:
        return Options.from_json(self.record["options"])

    @property
    def request(self) -> Request:
        """The data it was trained on."""
        return Request.from_json(self.record["data"]["request"])

    @property
    def medium(self) -> Medium | None:
        """What the numbers of its data stand for, where they are text or sound."""
        return Medium.from_json(self.record["data"].get("medium"))

    def fits(self, traits: Traits, spec: str) -> None:
        """Raise TrainError unless this run was trained from the spec whose module has these traits."""
        _same_spec(str(self.path / RECORD), self.record, traits, spec)

    def same_texts(self, texts: Mapping[str, str]) -> None:
        """Raise TrainError when a file that the spec uses is not the one kept here: its hash covers the spec alone."""
        for name, text in texts.items():
            kept = self.path / name
            if name != MODULE and (not kept.exists() or kept.read_bytes() != text.encode()):
                raise TrainError(
                    f"`{name}`, which the spec uses, differs from the one that `{self.path}` was trained with",
                    "restore the file, or train the changed one into another --out",
                )

    def same_data(self, data: Data) -> None:
        """Raise TrainError when the splits are not those the run was trained on."""
        recorded = self.record["data"]["fingerprints"]
        changed = [name for name, digest in data.fingerprints().items() if recorded.get(name) != digest]
        if changed:
            raise TrainError(
                f"`{data.source}` has changed since `{self.path}` was trained on it: its {changed[0]} split differs",
                "restore the file that the run was trained on; `flowspec eval --data FILE` takes any other",
            )

    def update(self, **entries: Any) -> None:
        """Set entries of the record and write it."""
        self.record.update(entries)
        self.write_record()

    def write_record(self) -> None:
        files.write_json(self.path / RECORD, self.record)

    def log(self, history: list[dict[str, Any]]) -> None:
        """Write the history: whole into the record, a line each into metrics.jsonl."""
        lines = "".join(json.dumps(entry, allow_nan=False) + "\n" for entry in history)
        files.write(self.path / METRICS, lines.encode())
        self.update(history=history)

    def save_best(self, weights: Mapping[str, Tensor], step: int) -> None:
        files.write_tensors(self.path / BEST, weights, self._header(step))

    def save_last(self, state: State, compute: Compute) -> None:
        header = {**self._header(state.step), "state": state.counters()}
        files.write_tensors(self.path / LAST, state.tensors(compute), header)

    def load_best(self, model: nn.Module, traits: Traits, spec: str) -> int:
        """Load the best weights into the model; the step they are from.

        Raises TrainError when there are none yet, or they belong to another spec.
        """
        path = self.path / BEST
        if not path.exists() and self.record.get("history"):
            raise TrainError(
                f"`{self.path}` has lost its {BEST}: {len(self.record['history'])} validations were finished",
                "bring the file back, or train anew into another --out",
            )
        if not path.exists():
            raise TrainError(
                f"`{self.path}` has no {BEST}: no validation was finished (its status: {self.record.get('status')})",
                "train it further, by --resume if it was interrupted",
            )
        weights, header = files.read_tensors(path)
        _same_spec(str(path), header, traits, spec)
        load_weights(model, weights, f"`{path}`")
        return int(header.get("step", 0))

    def load_last(self, state: State, compute: Compute, traits: Traits, spec: str) -> bool:
        """Take up the latest state; False when none was written. TrainError when it belongs to another spec."""
        path = self.path / LAST
        if not path.exists():
            return False
        tensors, header = files.read_tensors(path)
        _same_spec(str(path), header, traits, spec)
        if "state" not in header:
            raise TrainError(f"`{path}` holds weights alone, not the state of a run")
        state.restore(tensors, header["state"], compute, f"`{path}`")
        return True

    def save_standard(self, standard: Standard) -> None:
        tensors = {"mean": torch.from_numpy(standard.mean), "std": torch.from_numpy(standard.std)}
        files.write_tensors(self.path / STANDARD, tensors, self._header(0))

    def load_standard(self) -> Standard | None:
        """How the data was standardised, if it was."""
        if not self.request.standardize:
            return None
        tensors, _ = files.read_tensors(self.path / STANDARD)
        return Standard(tensors["mean"].numpy(), tensors["std"].numpy())

    def _header(self, step: int) -> dict[str, str]:
        record = self.record
        return {"name": record["name"], "spec_sha256": record["spec_sha256"], "step": str(step), "format": str(FORMAT)}


def _failed(path: Path) -> bool:
    return str(files.read_json(path / RECORD).get("status")).startswith(FAILURE)


def _make_folder(path: Path) -> None:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise TrainError(f"cannot create `{path}`: {error.strerror or error}") from error


def _same_spec(where: str, header: Mapping[str, Any], traits: Traits, spec: str) -> None:
    found = str(header.get("spec_sha256", "none"))
    if found != traits.sha256:
        raise TrainError(
            f"`{where}` belongs to another spec: it was made from `{header.get('name', '?')}` with sha256 {found[:16]}"
            f", and `{spec}` (`{traits.name}`) has {traits.sha256[:16]}",
            "use the spec.yaml beside the checkpoint, or train the changed spec into another --out",
        )


def _versions() -> dict[str, str]:
    return {"python": platform.python_version(), "torch": str(torch.__version__)}
