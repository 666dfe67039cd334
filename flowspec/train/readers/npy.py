"""NumPy's .npy: one array, never pickled objects."""

from __future__ import annotations

import numpy as np

from flowspec.train.errors import TrainError
from flowspec.train.readers.table import Table, Wanted

MAGIC = b"\x93NUMPY"


class Npy:
    """One array under the key `data`."""

    name = "npy"

    @staticmethod
    def claims(wanted: Wanted) -> bool:
        return wanted.head().startswith(MAGIC)

    @staticmethod
    def read(wanted: Wanted) -> Table:
        """Raise TrainError for a truncated file or for Python objects, which are never loaded."""
        try:
            array = np.load(wanted.path, allow_pickle=False)
        except (ValueError, EOFError) as error:
            raise TrainError(f"`{wanted.path}` is not a readable npy file: {error}") from error
        return Table(str(wanted.path), {"data": array})
