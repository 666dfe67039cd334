"""NumPy's .npz: a zip of named arrays, never pickled objects."""

from __future__ import annotations

import zipfile
import zlib

import numpy as np

from flowspec.train.errors import TrainError
from flowspec.train.readers.table import Table, Wanted
from flowspec.train.values import Array


class Npz:
    """The arrays under their own keys; an array of strings named `columns` names the columns of the others."""

    name = "npz"

    @staticmethod
    def claims(wanted: Wanted) -> bool:
        return wanted.head().startswith(b"PK")

    @staticmethod
    def read(wanted: Wanted) -> Table:
        """Raise TrainError for a damaged archive, an empty one, or Python objects, which are never loaded."""
        try:
            with np.load(wanted.path, allow_pickle=False) as archive:
                arrays = {key: archive[key] for key in archive.files}
        except (ValueError, EOFError, zipfile.BadZipFile, zlib.error) as error:
            raise TrainError(f"`{wanted.path}` is not a readable npz file: {error}") from error
        names = arrays.pop("columns", None)
        if not arrays:
            raise TrainError(f"`{wanted.path}` holds no arrays")
        return Table(str(wanted.path), arrays, _names(names))


def _names(names: Array | None) -> tuple[str, ...]:
    if names is None or names.ndim != 1 or names.dtype.kind not in "US":
        return ()
    return tuple(str(name) for name in names)
