"""Files of numbers: one reader a format, tried in the order of `READERS`."""

from __future__ import annotations

from flowspec.train.errors import TrainError
from flowspec.train.readers.csv import Csv
from flowspec.train.readers.idx import Idx, IdxFolder
from flowspec.train.readers.npy import Npy
from flowspec.train.readers.npz import Npz
from flowspec.train.readers.table import Stream, Table, Wanted, column_numbers
from flowspec.train.readers.text import Text
from flowspec.train.readers.wav import Wav

__all__ = ["READERS", "Stream", "Table", "Wanted", "column_numbers", "read"]

READERS = (Wav, IdxFolder, Npz, Npy, Idx, Text, Csv)


def read(wanted: Wanted) -> Table:
    """Read a file with the first reader that claims it, by its content or its suffix.

    Raises TrainError when the file is absent, unreadable, damaged, or of no known format.
    """
    try:
        reader = next((r for r in READERS if r.claims(wanted)), None)
        if reader is not None:
            return reader.read(wanted)
    except OSError as error:
        raise TrainError(f"cannot read `{wanted.path}`: {error.strerror or error}") from error
    raise TrainError(
        f"`{wanted.path}` is in no format that can be read",
        f"known formats: {', '.join(r.name for r in READERS)}",
    )
