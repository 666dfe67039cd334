"""The idx format of the MNIST files, plain or gzipped, and folders that hold them."""

from __future__ import annotations

import gzip
import math
import re
import zlib
from pathlib import Path

import numpy as np

from flowspec.train.errors import TrainError
from flowspec.train.readers.table import Table, Wanted
from flowspec.train.values import Array

TYPES = {0x08: "u1", 0x09: "i1", 0x0B: ">i2", 0x0C: ">i4", 0x0D: ">f4", 0x0E: ">f8"}
GZIP = b"\x1f\x8b"
NAME = re.compile(r"(?P<split>train|t10k|test|valid)[-_](?P<what>images|labels)[-.]idx[13][-.]ubyte(\.gz)?")


class Idx:
    """One array under the key `data`; for a model with context also the labels that lie beside it, as `y`."""

    name = "idx"

    @staticmethod
    def claims(wanted: Wanted) -> bool:
        head = wanted.head()
        if head.startswith(GZIP):
            return "idx" in wanted.path.name
        return head[:2] == b"\0\0" and len(head) > 3 and head[2] in TYPES

    @staticmethod
    def read(wanted: Wanted) -> Table:
        arrays = {"data": idx_array(wanted.path)}
        match = NAME.fullmatch(wanted.path.name)
        if wanted.givens and match and match["what"] == "images":
            beside = [wanted.path.with_name(f"{match['split']}-labels-idx1-ubyte{end}") for end in ("", ".gz")]
            found = next((path for path in beside if path.exists()), None)
            arrays |= {} if found is None else {"y": idx_array(found)}
        return Table(str(wanted.path), arrays)


class IdxFolder:
    """A folder of `train-images-idx3-ubyte(.gz)`, `t10k-labels-idx1-ubyte(.gz)` and so on: x_train, y_test, ..."""

    name = "folder of idx files"

    @staticmethod
    def claims(wanted: Wanted) -> bool:
        return wanted.path.is_dir()

    @staticmethod
    def read(wanted: Wanted) -> Table:
        arrays: dict[str, Array] = {}
        for path in sorted(wanted.path.iterdir()):
            if match := NAME.fullmatch(path.name):
                split = {"t10k": "test"}.get(match["split"], match["split"])
                arrays[f"{'x' if match['what'] == 'images' else 'y'}_{split}"] = idx_array(path)
        if not arrays:
            raise TrainError(
                f"the folder `{wanted.path}` holds no idx files such as train-images-idx3-ubyte.gz",
                "name one npz, npy, idx or csv file",
            )
        return Table(str(wanted.path), arrays)


def idx_array(path: Path) -> Array:
    """The array of one idx file; TrainError when the header and the length disagree."""
    data = _bytes(path)
    if len(data) < 4 or data[:2] != b"\0\0" or data[2] not in TYPES:
        raise TrainError(f"`{path}` is not an idx file: it starts with {data[:4].hex()}")
    rank, start = data[3], 4 + 4 * data[3]
    shape = tuple(int(n) for n in np.frombuffer(data[4:start], ">u4")) if len(data) >= start else ()
    dtype = np.dtype(TYPES[data[2]])
    if len(shape) != rank or len(data) - start != math.prod(shape) * dtype.itemsize:
        raise TrainError(f"`{path}` is cut short or damaged: its header says {shape}, it has {len(data)} bytes")
    return np.frombuffer(data, dtype, offset=start).reshape(shape).astype(dtype.newbyteorder("="))


def _bytes(path: Path) -> bytes:
    data = path.read_bytes()
    if not data.startswith(GZIP):
        return data
    try:
        return gzip.decompress(data)
    except (EOFError, gzip.BadGzipFile, zlib.error) as error:
        raise TrainError(f"`{path}` is a damaged gzip file: {error}") from error
