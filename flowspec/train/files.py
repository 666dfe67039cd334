"""Files that are either the old ones or the new ones, whatever happens in between."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from safetensors import SafetensorError, safe_open
from safetensors.torch import save
from torch import Tensor

from flowspec.train.errors import FAILED, TrainError

HEADER = "flowspec"


def write(path: Path, content: bytes) -> None:
    """Put `content` at `path` in one step: a temporary file beside it, flushed to disk, then renamed over it.

    Raises TrainError when the disk is full or the folder cannot be written.
    """
    temporary = path.with_name(f".{path.name}.{os.getpid()}.tmp")
    try:
        with temporary.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        temporary.replace(path)
        _settle(path.parent)
    except OSError as error:
        raise TrainError(f"cannot write `{path}`: {error.strerror or error}", code=FAILED) from error
    finally:
        with contextlib.suppress(OSError):
            temporary.unlink()


def _settle(folder: Path) -> None:
    """Flush the rename itself, where the system lets a folder be opened."""
    with contextlib.suppress(OSError, AttributeError):
        handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def write_json(path: Path, record: Mapping[str, Any]) -> None:
    write(path, (json.dumps(record, indent=2, allow_nan=False) + "\n").encode())


def read_json(path: Path) -> dict[str, Any]:
    """A JSON object; TrainError when the file is absent, unreadable or something else."""
    try:
        record = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise TrainError(f"cannot read `{path}`: {error.strerror or error}") from error
    except ValueError as error:
        raise TrainError(f"`{path}` is not JSON: {error}") from error
    if not isinstance(record, dict):
        raise TrainError(f"`{path}` holds no JSON object")
    return record


def write_tensors(path: Path, tensors: Mapping[str, Tensor], header: Mapping[str, str]) -> None:
    """A safetensors file, written as `write` does; tied tensors are stored once a name.

    The header is kept as JSON under the one metadata key `flowspec`, so that equal contents are equal bytes.
    """
    plain = {name: tensor.detach().cpu().contiguous().clone() for name, tensor in tensors.items()}
    write(path, save(plain, {HEADER: json.dumps(dict(header), sort_keys=True)}))


def read_tensors(path: Path) -> tuple[dict[str, Tensor], dict[str, str]]:
    """All tensors (on the CPU) and the header; TrainError when the file is absent, cut short or no safetensors."""
    try:
        with safe_open(str(path), framework="pt") as file:
            header = json.loads((file.metadata() or {}).get(HEADER, "{}"))
            return {name: file.get_tensor(name) for name in file.keys()}, header
    except OSError as error:
        raise TrainError(f"cannot read `{path}`: {error.strerror or error}") from error
    except (SafetensorError, ValueError) as error:
        raise TrainError(f"`{path}` is not a readable safetensors file: {error}") from error
